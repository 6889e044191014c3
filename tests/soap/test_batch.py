from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from lxml import etree

from patchbay.errors import SoapFault, UpstreamBadData, UpstreamError
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Soap
from tests.soap.documents import KEYS, PLACE, envelope, fault, wsdl
from tests.soap.rows import Row, Rows, opened, runtime
from tests.soap.service import Answer, Asked, Service, answered, row

KNOWN = ("a", "b", "c", "d", "e")


def ids(asked: Asked) -> list[str]:
    return [each.text or "" for each in etree.fromstring(asked.body).iter(f"{{{PLACE}}}Id")]


def knows(*known: str) -> object:
    def answer(asked: Asked) -> Answer:
        return Answer(envelope(answered(*(row(key) for key in reversed(ids(asked)) if key in known))))

    return answer


async def test_rows_come_back_in_the_order_of_the_keys(service: Service) -> None:
    service.answer = knows(*KNOWN)  # type: ignore[assignment]  # a function may stand in for the attribute
    async with opened(Rows(max_size=2), service.wsdl_url) as upstream:
        enter_scope(scope := Scope())
        outcomes = await upstream.by_ids(["c", "nope", "a", "c", "e", "b"])
    assert outcomes == [Row("c", 1), None, Row("a", 1), Row("c", 1), Row("e", 1), Row("b", 1)]
    assert [ids(post) for post in service.posts] == [["c", "nope"], ["a", "e"], ["b"]]
    assert scope.calls == {("rows", "GetRows"): 3}


async def test_the_request_is_the_envelope_that_the_wsdl_describes(service: Service, rows: Rows) -> None:
    service.answer = knows(*KNOWN)  # type: ignore[assignment]  # a function may stand in for the attribute
    await rows.by_ids(["a"], Region="north")
    (post,) = service.posts
    assert post.target == "/service"
    assert post.headers["content-type"] == "text/xml; charset=utf-8"
    assert post.headers["soapaction"] == f'"{PLACE}:GetRows"'
    request = etree.fromstring(post.body)[0][0]
    assert request.tag == f"{{{PLACE}}}GetRows"
    assert request.findtext(f"{{{PLACE}}}Region") == "north"


async def test_no_keys_no_call(service: Service, rows: Rows) -> None:
    assert await rows.by_ids([]) == []
    assert service.posts == []


@pytest.mark.parametrize(
    "content",
    [
        answered(),
        f'<GetRowsResponse xmlns="{PLACE}"/>',
        f'<GetRowsResponse xmlns="{PLACE}">\n <Rows>\n</Rows>\n</GetRowsResponse>',
    ],
)
async def test_an_empty_response_knows_no_key(service: Service, rows: Rows, content: str) -> None:
    service.reply(content)
    assert await rows.by_ids(["a", "b"]) == [None, None]


@pytest.mark.parametrize("content", ["<Maintenance/>", f'<PutRowResponse xmlns="{PLACE}"/>'])
async def test_another_element_than_the_response_does_not_make_keys_unknown(
    service: Service, rows: Rows, content: str
) -> None:
    service.reply(content)
    assert [type(outcome) for outcome in await rows.by_ids(["a", "b"])] == [UpstreamBadData] * 2


async def test_one_row(service: Service, rows: Rows) -> None:
    service.reply(f'<GetRowsResponse xmlns="{PLACE}"><Rows>{row("a", 7, "n")}</Rows></GetRowsResponse>')
    assert await rows.by_ids(["a", "b"]) == [Row("a", 7, "n"), None]


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        ("<Row><Id>b</Id><Count>many</Count></Row>", ".Count"),
        ("<Row><Id>b</Id><Count/></Row>", ".Count"),
        ("<Row><Id>b</Id></Row>", ".Count"),
        ("<Row><Id>b</Id><Count>1</Count><Price>cheap</Price></Row>", ".Price"),
        ("<Row><Id>b</Id><Count>9999999999999999999999x</Count></Row>", ".Count"),
    ],
)
async def test_a_wrong_row_is_an_error_of_its_own_key(
    service: Service, rows: Rows, wrong: str, member: str
) -> None:
    service.reply(
        f'<GetRowsResponse xmlns="{PLACE}"><Rows>{row("a")}{wrong}{row("c")}</Rows></GetRowsResponse>'
    )
    before, bad, after, unknown = await rows.by_ids(["a", "b", "c", "d"])
    assert (before, after, unknown) == (Row("a", 1), Row("c", 1), None)
    assert isinstance(bad, UpstreamBadData)
    assert bad.path == f"$.Rows.Row[1]{member}"
    assert not any(text in str(bad) for text in ("many", "cheap", "99999"))


@pytest.mark.parametrize("wrong", ["<Row/>", "<Row><Count>1</Count></Row>", "<Row><Id>b</Id><Other/></Row>"])
async def test_a_row_that_does_not_tell_its_key_or_breaks_the_schema_is_an_error_of_all(
    service: Service, rows: Rows, wrong: str
) -> None:
    service.reply(f'<GetRowsResponse xmlns="{PLACE}"><Rows>{row("a")}{wrong}</Rows></GetRowsResponse>')
    outcomes = await rows.by_ids(["a", "b"])
    assert [type(outcome) for outcome in outcomes] == [UpstreamBadData] * 2


async def test_texts_come_as_they_are(service: Service, rows: Rows) -> None:
    nil = 'xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    service.reply(
        f'<GetRowsResponse xmlns="{PLACE}"><Rows>'
        f"<Row><Id>a</Id><Count>1</Count><Note/><Price>-0.10</Price></Row>"
        f"<Row><Id>b</Id><Count>1</Count><Note {nil}/></Row>"
        f"<Row><Id>ü&#x1f4a9;&lt;![CDATA[</Id><Count>1</Count><Note><![CDATA[<&>]]></Note></Row>"
        f"</Rows></GetRowsResponse>"
    )
    assert await rows.by_ids(["a", "b", "ü\U0001f4a9<![CDATA["]) == [
        Row("a", 1, "", Decimal("-0.10")),
        Row("b", 1, None),
        Row("ü\U0001f4a9<![CDATA[", 1, "<&>"),
    ]


@pytest.mark.parametrize("hostile", ["a\0b", "\x1b", "\ud800", "\uffff"])
async def test_a_key_that_xml_cannot_carry_is_just_unknown(
    service: Service, rows: Rows, hostile: str
) -> None:
    service.answer = knows(*KNOWN)  # type: ignore[assignment]  # a function may stand in for the attribute
    assert await rows.by_ids(["a", hostile, "b"]) == [Row("a", 1), None, Row("b", 1)]
    assert await rows.by_ids([hostile]) == [None]
    assert [ids(post) for post in service.posts] == [["a", "b"]]


async def test_markup_in_a_key_stays_text(service: Service, rows: Rows) -> None:
    service.answer = knows(*KNOWN)  # type: ignore[assignment]  # a function may stand in for the attribute
    hostile = ["</Id><Id>a", "]]>", "&a;", "<!--", "' OR 1=1", "x" * 10_000]
    assert await rows.by_ids([*hostile, "b"]) == [None] * len(hostile) + [Row("b", 1)]
    assert ids(service.posts[0]) == [*hostile, "b"]


async def test_a_key_of_another_type_than_the_wsdls_is_just_unknown(service: Service) -> None:
    service.describe(wsdl(f"{service.url}/service", keys=KEYS.replace("xsd:string", "xsd:int")))
    service.answer = knows("7", "8")  # type: ignore[assignment]  # a function may stand in for the attribute
    async with opened(Rows(), service.wsdl_url) as upstream:
        assert await upstream.by_ids(["7", "seven", 8]) == [Row("7", 1), None, Row("8", 1)]
    assert [ids(post) for post in service.posts] == [["7", "8"]]


class Placed(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    count: int


async def test_a_composite_key_is_one_element_with_a_member_for_each_part(service: Service) -> None:
    keys = '<xsd:element name="Key" type="t:Row" maxOccurs="unbounded"/>'
    service.describe(wsdl(f"{service.url}/service", keys=keys))
    service.reply(answered(row("a", 2), row("a", 1), "<Row><Id>b</Id><Count>1</Count><Price>x</Price></Row>"))
    soap = Soap("rows", wsdl="ROWS_WSDL")
    read = soap.batch("GetRows", Row, keys="Ids.Key", at="Rows.Row", match=("id", "count"), max_size=9)
    await soap.open(runtime({"ROWS_WSDL": service.wsdl_url}))
    first, second, wrong, unknown = await read([("a", 1), ("a", "2"), ("b", 1), ("a\0", 3)])
    await soap.close()
    assert (first, second, unknown) == (Row("a", 1), Row("a", 2), None)
    assert isinstance(wrong, UpstreamBadData)
    sent = [
        [each.text for each in key] for key in etree.fromstring(service.posts[0].body).iter(f"{{{PLACE}}}Key")
    ]
    assert sent == [["a", "1"], ["a", "2"], ["b", "1"]]


async def test_a_failed_chunk_is_an_error_of_its_keys_alone(service: Service) -> None:
    def answer(asked: Asked) -> Answer:
        if "c" in ids(asked):
            return Answer(envelope(fault("e:Server.Busy")), 500)
        return Answer(envelope(answered(*map(row, ids(asked)))))

    service.answer = answer
    async with opened(Rows(max_size=2), service.wsdl_url) as upstream:
        outcomes = await upstream.by_ids(["a", "b", "c", "d"])
    assert outcomes[:2] == [Row("a", 1), Row("b", 1)]
    assert all(isinstance(outcome, SoapFault) for outcome in outcomes[2:])


async def test_a_service_that_is_not_open_is_an_error_per_key() -> None:
    outcomes = await Rows().by_ids(["a", "b"])
    assert [str(outcome) for outcome in outcomes] == ["rows: is not open"] * 2
    assert all(isinstance(outcome, UpstreamError) for outcome in outcomes)
