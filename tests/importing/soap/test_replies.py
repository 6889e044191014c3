"""Replies, read by the model alone."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchbay.errors import (
    SoapFault,
    UpstreamBadData,
    UpstreamError,
    UpstreamQuota,
    UpstreamRefused,
    UpstreamUnavailable,
)
from patchbay.importing.model import (
    BodyKind,
    EnumType,
    EnumValue,
    ErrorAnswer,
    Field,
    MapOf,
    Member,
    Model,
    Named,
    ObjectType,
    SoapMessage,
    Type,
    UnionType,
    XmlField,
    XmlKind,
    XmlType,
)
from tests.importing.soap.asking import XSI, read
from tests.importing.soap.models import ITEM, SHOP, XSD, call, depot, field, model, operation, shop
from tests.soap.documents import ENVELOPE_12, envelope

NS = f'xmlns="{SHOP}" xmlns:xsi="{XSI}" xmlns:t="{SHOP}" xmlns:xsd="{XSD}"'


def answering(result: str, *types: Type, **more: Any) -> Model:
    errors = more.pop("errors", ())
    return model([operation(call("Get", **more), result, errors=errors)], types)


def of_fields(*fields: Field, **more: Any) -> Model:
    return answering("Thing", ObjectType("Thing", fields, xml=more.pop("xml", None)), **more)


def got(of: Model, inside: str, attributes: str = "") -> Any:
    """The record as a dict, or what else the answer is."""
    answer = read(of, f"<GetResponse {NS} {attributes}>{inside}</GetResponse>")
    return msgspec.structs.asdict(answer) if isinstance(answer, msgspec.Struct) else answer


# -------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("scalar", "text", "value"),
    [
        ("String", " a ", " a "),
        ("ID", "7", "7"),
        ("Int", " 42\n", 42),
        ("Int", "+7", 7),
        ("SafeInt", str(2**53 - 1), 2**53 - 1),
        ("BigInt", str(10**30), 10**30),
        ("Float", "1.5E3", 1500.0),
        ("Float", "INF", float("inf")),
        ("Float", "-INF", float("-inf")),
        ("Boolean", "1", True),
        ("Boolean", "false", False),
        ("Boolean", "True", True),
        ("Decimal", "12.50", Decimal("12.50")),
        ("DateTime", " 2026-05-04T03:02:01 ", "2026-05-04T03:02:01"),
        ("Base64", "AA\n H/", "AAH/"),
    ],
)
def test_scalars(scalar: str, text: str, value: object) -> None:
    assert got(of_fields(field("A", scalar)), f"<A>{text}</A>") == {"a": value}


@pytest.mark.parametrize(
    ("scalar", "text"),
    [
        ("Int", "x"),
        ("Int", "1_000"),
        ("Int", str(2**31)),
        ("Int", "9" * 5000),
        ("SafeInt", str(2**53)),
        ("Float", "1,5"),
        ("Float", "infinity"),
        ("Boolean", "yes"),
        ("Decimal", "12.50 EUR"),
        ("Colour", "GREEN"),
    ],
)
def test_a_wrong_value_is_an_error_in_its_place_and_all_else_is_used(scalar: str, text: str) -> None:
    thing = ObjectType("Thing", (field("A", scalar), field("B", "Int")))
    colour = EnumType("Colour", (EnumValue("RED", "red"),))
    answer = got(answering("Thing", thing, colour), f"<A>{text}</A><B>1</B>")
    assert answer["b"] == 1
    assert isinstance(answer["a"], UpstreamBadData)
    assert answer["a"].path == "$.A"
    assert text not in str(answer["a"])


def test_a_wrong_value_deep_inside_says_where() -> None:
    level = ObjectType("Level", (field("Sku", "String"), field("Count", "Int")))
    of = answering("[Level]", level, result_path=("Levels", "Level"))
    rows = "<Level><Sku>a</Sku></Level><Level><Sku>b</Sku><Count>many</Count></Level>"
    first, second = got(of, f"<Levels>{rows}</Levels>")
    assert (first.sku, first.count, second.sku) == ("a", None, "b")
    assert second.count.path == "$.Levels.Level[1].Count"


def test_an_empty_element_is_an_empty_text_and_no_number() -> None:
    of = of_fields(field("A", "String"), field("B", "Int"), field("C", "DateTime"), field("D", "[String]"))
    assert got(of, "<A/><B/><C></C><D/>") == {"a": "", "b": None, "c": None, "d": [""]}


def test_what_is_missing_or_nil_is_null_and_a_missing_list_is_empty() -> None:
    of = of_fields(field("A", "String"), field("B", "Thing"), field("C", "[Int]"), field("D", "[Int?]"))
    nil = '<{0} xsi:nil="true"/>'.format
    assert got(of, "") == {"a": None, "b": None, "c": [], "d": []}
    assert got(of, nil("A") + nil("B") + nil("D")) == {"a": None, "b": None, "c": [], "d": [None]}
    assert isinstance(got(of, nil("C"))["c"][0], UpstreamBadData)


def test_enums_are_their_values_on_the_wire() -> None:
    colour = EnumType("Colour", (EnumValue("RED", "red"), EnumValue("DARK_RED", "dark red")))
    of = answering("Thing", ObjectType("Thing", (field("A", "[Colour]"),)), colour)
    assert got(of, "<A>red</A><A> dark\n red </A>") == {"a": ["red", "dark red"]}


def test_attributes_and_the_text_between_them() -> None:
    of = of_fields(
        Field("value", "value", "#text", Named("Decimal"), xml=XmlField(XmlKind.TEXT)),
        field("rank", "Int", XmlKind.ATTRIBUTE, ""),
        field("ids", "[Int]", XmlKind.ATTRIBUTE, SHOP, spaced=True),
    )
    assert got(of, " 12.5 ", 'rank="7" t:ids="1 2"') == {"value": Decimal("12.5"), "rank": 7, "ids": [1, 2]}
    assert got(of, "1", 'rank=""') == {"value": 1, "rank": None, "ids": []}
    wrong = got(of, "1", 'rank="first"')["rank"]
    assert (type(wrong), wrong.path) == (UpstreamBadData, "$.@rank")


def test_an_attribute_and_an_element_of_one_name_are_two_members() -> None:
    element, attribute = field("Id", "Int"), field("Id", "Int", XmlKind.ATTRIBUTE, "")
    of = of_fields(element, msgspec.structs.replace(attribute, name="idAttribute", attribute="id_attribute"))
    assert got(of, "<Id>1</Id>", 'Id="2"') == {"id": 1, "id_attribute": 2}


def test_a_spaced_list_is_taken_apart() -> None:
    assert got(of_fields(field("A", "[Int]", spaced=True)), "<A> 1  2 3 </A>") == {"a": [1, 2, 3]}
    of = answering("[Int]", result_path=("A",), result_xml=XmlField(spaced=True))
    assert got(of, "<A>1 2</A>") == [1, 2]


def test_hexadecimal_bytes_are_base64() -> None:
    of = of_fields(field("A", "Base64", type_name=f"{{{XSD}}}hexBinary"))
    assert got(of, "<A>0001ff</A>") == {"a": "AAH/"}


def test_a_map_is_read_from_items() -> None:
    of = of_fields(Field("a", "a", "A", MapOf(Named("Int"), "E"), xml=XmlField(namespace=SHOP)))
    items = "<item><key>x</key><value>1</value></item><item><key>y</key></item>"
    assert got(of, f"<A>{items}</A>") == {"a": {"x": 1, "y": None}}


def test_anything_becomes_json() -> None:
    of = of_fields(field("A", "JSON"), field("", "JSON", XmlKind.ANY))
    inside = (
        '<A n="1"><b>x</b><b xsi:type="xsd:int">7</b><c xsi:nil="true"/><d k="v">t</d></A>'
        '<o:Other xmlns:o="urn:o">1</o:Other><More/>'
    )
    assert got(of, inside) == {
        "a": {"@n": "1", "b": ["x", 7], "c": None, "d": {"@k": "v", "#text": "t"}},
        "items": {"Other": "1", "More": ""},
    }


# --------------------------------------------------------------------------------------------------- names


def test_wrong_namespaces_are_forgiven() -> None:
    of = of_fields(field("A", "Int"), field("B", "Int", namespace=""))
    answer = read(of, '<x:GetResponse xmlns:x="urn:other"><x:A>1</x:A><x:B>2</x:B></x:GetResponse>')
    assert (answer.a, answer.b) == (1, 2)


def test_the_right_namespace_wins() -> None:
    of = of_fields(
        field("A", "Int"),
        msgspec.structs.replace(field("A", "Int", namespace="urn:2"), name="b", attribute="b"),
    )
    assert got(of, '<A>1</A><A xmlns="urn:2">2</A>') == {"a": 1} or got(
        of, '<A>1</A><A xmlns="urn:2">2</A>'
    ) == {"a": 1, "b": 2}


def test_members_come_in_any_order_and_strangers_are_skipped() -> None:
    of = of_fields(field("A", "Int"), field("B", "Int"))
    assert got(of, "<B>2</B><Stranger><A>9</A></Stranger><A>1</A>") == {"a": 1, "b": 2}


def test_only_what_is_wanted_is_read() -> None:
    of = of_fields(field("A", "Int"), field("B", "Int"))
    answer = read(of, f"<GetResponse {NS}><A>1</A><B>wrong</B></GetResponse>", attributes=frozenset({"a"}))
    assert msgspec.structs.asdict(answer) == {"a": 1}


# --------------------------------------------------------------------------------------------------- types

DOG = ObjectType("Dog", (field("Name", "String"),), xml=XmlType(f"{{{SHOP}}}Dog"))
CAT = ObjectType("Cat", (field("Name", "String"), field("Lives", "Int")), xml=XmlType(f"{{{SHOP}}}Cat"))
PET = UnionType(
    "Pet",
    (Member("Dog", (f"{{{SHOP}}}Dog",)), Member("Cat", (f"{{{SHOP}}}Cat",))),
    xml=XmlType(abstract=True),
)
PETS = answering("Thing", ObjectType("Thing", (field("Pet", "[Pet]"),)), PET, DOG, CAT)


def test_xsi_type_tells_which_type_a_value_is_of() -> None:
    pets = '<Pet xsi:type="t:Cat"><Name>Tom</Name><Lives>9</Lives></Pet><Pet xsi:type="t:Dog"/>'
    tom, dog = got(PETS, pets)["pet"]
    assert (type(tom).__name__, tom.name, tom.lives, type(dog).__name__) == ("Cat", "Tom", 9, "Dog")


def test_xsi_type_is_told_by_its_name_where_its_namespace_is_wrong() -> None:
    (tom,) = got(PETS, '<Pet xsi:type="Cat"><Name>Tom</Name></Pet>')["pet"]
    assert type(tom).__name__ == "Cat"


def test_a_subtype_stands_in_the_place_of_its_base() -> None:
    base = ObjectType("Dog", DOG.fields, xml=XmlType(f"{{{SHOP}}}Dog", subtypes={f"{{{SHOP}}}Cat": "Cat"}))
    of = answering("Thing", ObjectType("Thing", (field("Pet", "[Dog]"),)), base, CAT)
    kinds = [
        type(each).__name__ for each in got(of, '<Pet/><Pet xsi:type="t:Cat"/><Pet xsi:type="x:Y"/>')["pet"]
    ]
    assert kinds == ["Dog", "Cat", "Dog"]


def test_a_value_of_an_abstract_type_alone_is_wrong() -> None:
    base = ObjectType("Dog", (), xml=XmlType(abstract=True, subtypes={f"{{{SHOP}}}Cat": "Cat"}))
    of = answering("Thing", ObjectType("Thing", (field("Pet", "Dog"),)), base, CAT)
    assert isinstance(got(of, "<Pet><Name>x</Name></Pet>")["pet"], UpstreamBadData)


def test_types_that_hold_themselves() -> None:
    of = of_fields(field("Name", "String"), field("C", "[Thing]"))
    answer = got(of, "<Name>a</Name><C><Name>b</Name><C><Name>c</Name></C></C>")
    assert answer["c"][0].c[0].name == "c"


# ------------------------------------------------------------------------------------------------- results


def test_the_result_is_found_below_its_wrappers() -> None:
    of = answering("[String]", result_path=("Ids", "Id"))
    assert got(of, "<Ids><Id>a</Id><Id>b</Id></Ids>") == ["a", "b"]
    assert got(of, "<Ids/>") == got(of, "") == got(of, '<Ids xsi:nil="true"/>') == []
    assert got(answering("String", result_path=("Id",)), "") is None


def test_a_bare_element_is_the_result_itself() -> None:
    bare = SoapMessage(f"{{{SHOP}}}GetResponse", bare=True)
    assert got(answering("Int", response=bare), "7") == 7


def test_each_part_of_several_is_an_element_of_the_body() -> None:
    of = of_fields(field("A", "Int"), field("B", "Int"), response=SoapMessage(bare=True))
    answer = read(of, f"<A {NS}>1</A><B {NS}>2</B>")
    assert (answer.a, answer.b) == (1, 2)


def test_the_names_of_an_rpc_response_and_its_result_do_not_matter() -> None:
    of = answering("Int", rpc=True, result_path=("return",))
    assert read(of, '<x:Whatever xmlns:x="urn:x"><s-gensym3>7</s-gensym3></x:Whatever>') == 7
    assert read(of, "<Whatever><other>1</other><return>2</return></Whatever>") == 2


def test_an_operation_without_a_result_is_done() -> None:
    of = model([operation(call("Get"), "Boolean", kind=BodyKind.NOTHING)])
    assert read(of, f"<GetResponse {NS}/>") is True
    assert read(of, "") is True
    assert read(of, b"") is True
    one_way = model([operation(call("Get", one_way=True), "Boolean", kind=BodyKind.NOTHING)])
    assert read(one_way, b"", 202) is True


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Welcome</body></html>",
        b"not XML",
        envelope(""),
        envelope(f'<Other xmlns="{SHOP}"/>'),
        envelope(f"<GetResponse {NS}/>", "urn:no-envelope"),
        envelope(f"<GetResponse {NS}/>", before="<!DOCTYPE x [<!ENTITY a 'b'>]>"),
        b"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'/>",
    ],
)
def test_what_is_no_answer_of_the_operation_is_bad_data(body: bytes) -> None:
    with pytest.raises(UpstreamBadData):
        read(of_fields(field("A", "Int")), body)


# ------------------------------------------------------------------------------------------------- encoded

ENCODED = ObjectType(
    "Pair",
    (field("a", "Pair", namespace=""), field("b", "Pair", namespace=""), field("n", "String", namespace="")),
)
PAIRS = answering("Pair", ENCODED, rpc=True, encoded=True, result_path=("return",))


def test_references_are_followed() -> None:
    answer = read(
        PAIRS,
        '<r:getResponse xmlns:r="urn:r"><return href="#id0"/></r:getResponse>'
        '<multiRef id="id0"><a href="#id1"/><b href="#id1"/><n href="#t"/></multiRef>'
        '<multiRef id="id1"><n>shared</n></multiRef><multiRef id="t">text</multiRef>',
    )
    assert (answer.a.n, answer.b.n, answer.n) == ("shared", "shared", "text")


def test_references_of_soap_1_2_are_followed() -> None:
    encoding = 'xmlns:enc="http://www.w3.org/2003/05/soap-encoding"'
    answer = read(
        PAIRS,
        f'<r {encoding}><return><a enc:id="x"><n>1</n></a><b enc:ref="x"/></return></r>',
    )
    assert answer.b.n == "1"


@pytest.mark.parametrize(
    "refs",
    [
        '<m id="0"><a href="#0"/></m>',
        '<m id="0" href="#0"/>',
        "".join(f'<m id="{n}"><a href="#{n + 1}"/><b href="#{n + 1}"/></m>' for n in range(40))
        + '<m id="40"/>',
    ],
)
def test_references_without_an_end_are_bad_data_at_once(refs: str) -> None:
    started = time.monotonic()
    try:
        answer = read(PAIRS, f'<r><return href="#0"/></r>{refs}')
    except UpstreamBadData:
        answer = None
    assert answer is None or isinstance(answer, msgspec.Struct)
    assert time.monotonic() - started < 5


def test_a_reference_to_nothing_is_wrong_where_it_stands() -> None:
    answer = read(PAIRS, '<r><return><n>x</n><a href="#nowhere"/></return></r>')
    assert answer.n == "x"
    assert answer.a.path == "$.return.a"


def test_items_of_an_encoded_array_have_any_name() -> None:
    everything = depot("x")
    of = Model("depot", "soap", "", (everything.operations[2],), everything.types)
    answer = read(of, f'<r xmlns:xsi="{XSI}"><return><a>x</a><b>y</b><item xsi:nil="1"/></return></r>')
    assert answer == type(answer)(answer.items) if hasattr(answer, "items") else True
    (items,) = msgspec.structs.astuple(answer)
    assert items == ["x", "y", None]


# --------------------------------------------------------------------------------------------- attachments

XOP = '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:{}"/>'


def _parts(*parts: tuple[str, bytes], start: str = "root", line: bytes = b"\r\n") -> tuple[bytes, str]:
    body = b"preamble" + line
    for name, content in parts:
        head = f"Content-ID: <{name}>".encode() + line + b"Content-Transfer-Encoding: binary"
        body += b"--b=1" + line + head + line + line + content + line
    return (
        body + b"--b=1--" + line,
        f'multipart/related; type="application/xop+xml"; boundary="b=1"; start="<{start}>"',
    )


@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
def test_attachments_stand_where_they_are_included(line: bytes) -> None:
    of = of_fields(field("A", "Base64"), field("B", "Base64"), field("C", "String"))
    inside = f"<A>{XOP.format('one%40x')}</A><B>AAH/</B><C>cid:two</C>"
    root = envelope(f"<GetResponse {NS}>{inside}</GetResponse>")
    body, kind = _parts(("two", b"hello"), ("root", root), ("one@x", b"\x00\x01\xff\r\n--"), line=line)
    answer = read(of, body, content_type=kind)
    assert (answer.a, answer.b, answer.c) == ("AAH/DQotLQ==", "AAH/", "aGVsbG8=")


def test_an_attachment_that_is_missing_is_wrong_where_it_is_included() -> None:
    root = envelope(f"<GetResponse {NS}><A>{XOP.format('one')}</A></GetResponse>")
    body, kind = _parts(("root", root))
    assert isinstance(read(of_fields(field("A", "Base64")), body, content_type=kind).a, UpstreamBadData)


def test_an_attachment_that_is_included_without_end_is_refused() -> None:
    of = of_fields(field("A", "[Base64]"))
    included = f"<A>{XOP.format('one')}</A>"
    root = envelope(f"<GetResponse {NS}>{included * 2_000}</GetResponse>")
    body, kind = _parts(("root", root), ("one", bytes(100_000)))
    with pytest.raises(UpstreamBadData, match="too many"):
        read(of, body, content_type=kind)


# -------------------------------------------------------------------------------------------------- faults

PROBLEM = ObjectType(
    "Problem",
    (field("Code", "Int"), field("Text", "String"), field("Price", "Decimal"), field("Inner", "[Problem]")),
)
FAULTY = answering(
    "String",
    PROBLEM,
    errors=(
        ErrorAnswer("Problem", type=Named("Problem"), xml_name=f"{{{SHOP}}}Problem"),
        ErrorAnswer("Text", type=Named("String"), xml_name=f"{{{SHOP}}}Text"),
    ),
)


def _fault(detail: str, code: str = "soap:Client") -> str:
    return (
        f"<e:Fault xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><faultcode>{code}</faultcode>"
        f"<faultstring>hunter2 at 10.0.0.7</faultstring><detail>{detail}</detail></e:Fault>"
    )


def test_a_declared_fault_tells_its_declared_members_and_no_others() -> None:
    detail = (
        f"<Problem {NS}><Code>7</Code><Text>{'x' * 2000}</Text><Price>1.50</Price><Stack>at line 7</Stack>"
        "<Inner><Code>8</Code></Inner></Problem>"
    )
    with pytest.raises(SoapFault) as caught:
        read(FAULTY, _fault(detail), 500)
    told = caught.value.extensions
    assert (told["code"], told["source"], told["fault"]) == ("SOAP_FAULT", "erp", "Problem")
    assert told["detail"] == {"code": 7, "text": "x" * 1000, "price": "1.50", "inner": [{"code": 8}]}
    assert "hunter2" not in f"{caught.value!r}{told}"


def test_a_declared_fault_that_is_a_text_tells_it() -> None:
    with pytest.raises(SoapFault) as caught:
        read(FAULTY, _fault(f"<Text {NS}>no such order</Text>"))
    assert caught.value.extensions["detail"] == {"value": "no such order"}


def test_wrong_members_of_a_fault_are_left_out() -> None:
    with pytest.raises(SoapFault) as caught:
        read(FAULTY, _fault(f"<Problem {NS}><Code>seven</Code><Text>x</Text></Problem>"), 500)
    assert caught.value.extensions["detail"] == {"text": "x"}


@pytest.mark.parametrize(("code", "name"), [("soap:Server.Busy", "Server.Busy"), ("{urn:x}Gone", "Gone")])
def test_an_undeclared_fault_tells_its_code_alone(code: str, name: str) -> None:
    with pytest.raises(SoapFault) as caught:
        read(FAULTY, _fault("<Stack>at line 7</Stack>", code), 500)
    assert caught.value.extensions == {"code": "SOAP_FAULT", "source": "erp", "fault": name}


def test_a_fault_of_soap_1_2_tells_its_subcode_or_its_detail() -> None:
    fault = (
        f"<e:Fault xmlns:e='{ENVELOPE_12}'><e:Code><e:Value>e:Sender</e:Value><e:Subcode>"
        "<e:Value>m:Timeout</e:Value></e:Subcode></e:Code><e:Reason><e:Text>secret</e:Text></e:Reason>{}</e:Fault>"
    )
    for detail, name in (("", "Timeout"), (f"<e:Detail><Text {NS}>x</Text></e:Detail>", "Text")):
        with pytest.raises(SoapFault) as caught:
            read(FAULTY, envelope(fault.format(detail), ENVELOPE_12), 400)
        assert caught.value.fault == name


def test_a_fault_without_a_code_is_told_by_the_status() -> None:
    with pytest.raises(UpstreamUnavailable):
        read(FAULTY, _fault("", "<no name>"), 500)
    with pytest.raises(UpstreamBadData):
        read(FAULTY, _fault("", ""), 200)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, UpstreamUnavailable), (401, UpstreamRefused), (429, UpstreamQuota)]
)
def test_a_status_without_a_fault_is_its_own_error(status: int, kind: type[UpstreamError]) -> None:
    for body in (b"", b"<html/>", envelope(f"<GetResponse {NS}/>")):
        with pytest.raises(kind):
            read(FAULTY, body, status)


# --------------------------------------------------------------------------------------------------- bytes

SHOP_MODEL = shop("x")
SOUND = envelope(
    f'<GetItemsResponse {NS}><Item rank="7"><Sku>a</Sku><Count>1</Count><Price>1.5</Price><Tag>x</Tag></Item>'
    "</GetItemsResponse>"
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_bytes_make_another_error_than_the_upstreams(data: Any) -> None:
    start = data.draw(st.integers(0, len(SOUND)))
    end = data.draw(st.integers(start, len(SOUND)))
    put = data.draw(
        st.binary(max_size=20)
        | st.sampled_from([b"<Item>", b"</Item>", b"&#0;", b"\xff", b"<!--", b'xsi:nil="true"'])
    )
    kind = data.draw(st.sampled_from(["text/xml", "multipart/related; boundary=b", "multipart/related"]))
    body = SOUND[:start] + put + SOUND[end:]
    _read_anything(body, kind)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([200, 500, 400]))
def test_no_noise_makes_another_error_than_the_upstreams(body: bytes, status: int) -> None:
    _read_anything(body, "multipart/related; boundary=a", status)
    _read_anything(b"<GetItemsResponse>" + body, "text/xml", status)
    _read_anything(envelope("").replace(b"></e:Body>", b">" + body + b"</e:Body>"), "text/xml", status)


def _read_anything(body: bytes, kind: str, status: int = 200) -> None:
    try:
        rows = read(SHOP_MODEL, body, status, kind)
    except UpstreamError:
        return
    assert isinstance(rows, list)
    assert all(type(row).__name__ in (ITEM.name, "UpstreamBadData") for row in rows)


def test_an_element_nested_without_end_is_bad_data() -> None:
    of = of_fields(field("C", "Thing"))
    with pytest.raises(UpstreamBadData):
        got(of, "<C>" * 5_000 + "</C>" * 5_000)
