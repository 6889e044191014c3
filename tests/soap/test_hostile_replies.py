from __future__ import annotations

import asyncio
import time

import pytest

from patchbay.calls import Limits
from patchbay.errors import UpstreamBadData, UpstreamError, UpstreamTooLarge
from tests.soap.documents import PLACE, envelope
from tests.soap.rows import Row, Rows, opened
from tests.soap.service import Answer, Service, answered, longest_gap, row

QUICK_SECONDS = 1.0
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
LARGE_ROWS = 3_000


pytestmark = pytest.mark.usefixtures("settled_heap")


async def error_of(upstream: Rows) -> UpstreamError:
    """What a read ends in; at once, and saying nothing of the reply."""
    started = time.monotonic()
    (error,) = await upstream.by_ids(["a"])
    assert time.monotonic() - started < QUICK_SECONDS
    assert isinstance(error, UpstreamError)
    assert not any(
        secret in f"{error!r}{error.extensions}" for secret in ("root:", "haha", "passwd", "127.0.0.1")
    )
    return error


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE e:Envelope>",
        f'<!DOCTYPE a [<!ENTITY l0 "{"ha" * 50}">{LAUGHS}]>',
        f'<!DOCTYPE a [<!ENTITY l9 "{"ha" * 100_000}">]>',
        '<!DOCTYPE a [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY l9 SYSTEM "{elsewhere}/entity">]>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "{elsewhere}/entity"> %p;]>',
        '<!DOCTYPE a SYSTEM "{elsewhere}/external.dtd">',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
    ],
)
async def test_a_reply_has_no_document_type(
    service: Service, elsewhere: Service, rows: Rows, before: str
) -> None:
    used = "&l9;" * 100 if "l9" in before else ""
    content = answered(f"<Row><Id>a{used}</Id><Count>1</Count></Row>")
    for status in (200, 500):
        service.reply(envelope(content, before=before.replace("{elsewhere}", elsewhere.url)), status)
        await error_of(rows)
    assert elsewhere.asked == []


INSTANCE = 'xmlns:x="http://www.w3.org/2001/XMLSchema-instance"'
ENCODING = 'xmlns:c="http://schemas.xmlsoap.org/soap/encoding/"'
SCHEMA = 'xmlns:s="http://www.w3.org/2001/XMLSchema"'


@pytest.mark.parametrize(
    "content",
    [
        '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{elsewhere}/included"/>',
        f'<Row {INSTANCE} x:schemaLocation="urn:o {{elsewhere}}/o.xsd"/>',
        f'<Row {INSTANCE} {ENCODING} x:type="c:a"/>',
        f'<s:schema {SCHEMA}><s:import namespace="urn:o" schemaLocation="{{elsewhere}}/o.xsd"/></s:schema>',
        '<Row href="{elsewhere}/multiref"/>',
    ],
)
async def test_a_reply_loads_nothing(service: Service, elsewhere: Service, rows: Rows, content: str) -> None:
    asked = len(service.asked)
    content = content.replace("{elsewhere}", elsewhere.url)
    service.reply(f'<GetRowsResponse xmlns="{PLACE}"><Rows>{content}</Rows></GetRowsResponse>')
    assert isinstance(await error_of(rows), UpstreamBadData)
    assert elsewhere.asked == []
    assert len(service.asked) == asked + 1


async def test_a_processing_instruction_is_no_content(
    service: Service, rows: Rows, elsewhere: Service
) -> None:
    style = f'<?xml-stylesheet href="{elsewhere.url}/style.xsl" type="text/xsl"?>'
    body = f'<GetRowsResponse xmlns="{PLACE}"><Rows><!-- a --><?b c?>{row("a")}</Rows></GetRowsResponse>'
    service.reply(envelope(f"<!-- a --><?b c?>{body}", before=style))
    assert await rows.by_ids(["a"]) == [Row("a", 1)]
    assert elsewhere.asked == []


@pytest.mark.parametrize("depth", [400, 100_000])
@pytest.mark.parametrize("where", ["envelope", "header", "body", "row", "fault"])
async def test_a_deep_reply_is_bad_data(service: Service, rows: Rows, depth: int, where: str) -> None:
    deep = "<a>" * depth + "</a>" * depth
    bodies = {
        "envelope": deep.encode(),
        "header": envelope("").replace(b"<e:Body>", f"<e:Header>{deep}</e:Header><e:Body>".encode()),
        "body": envelope(deep),
        "row": envelope(f'<GetRowsResponse xmlns="{PLACE}"><Rows>{deep}</Rows></GetRowsResponse>'),
        "fault": envelope(f"<e:Fault><detail>{deep}</detail></e:Fault>"),
    }
    service.reply(bodies[where])
    assert isinstance(await error_of(rows), UpstreamBadData)


async def test_a_reply_of_50_mb_ends_at_the_cap(service: Service, rows: Rows) -> None:
    service.reply(envelope(f"<a>{'a' * 50_000_000}</a>"))
    assert isinstance(await error_of(rows), UpstreamTooLarge)


@pytest.mark.parametrize(
    "filling",
    [
        '<a b="' + "a" * 900_000 + '"/>',
        "<a " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>",
        "<a " + " ".join(f'xmlns:a{n}="urn:{n}"' for n in range(20_000)) + "/>",
        "<a/>" * 200_000,
        f"<a>{'&#97;' * 180_000}</a>",
    ],
)
async def test_large_nonsense_is_bad_data_at_once(service: Service, rows: Rows, filling: str) -> None:
    service.reply(f'<GetRowsResponse xmlns="{PLACE}"><Rows>{filling}</Rows></GetRowsResponse>')
    await error_of(rows)


async def test_a_large_reply_is_read_off_the_loop(service: Service) -> None:
    service.reply(answered(*(row(f"k{n}", n, "x" * 20) for n in range(LARGE_ROWS))))
    body = service.answer(None).body  # type: ignore[arg-type]  # the answer looks at no request
    assert len(body) > 200_000
    upstream = Rows(max_size=LARGE_ROWS, limits=Limits(deadline_seconds=20))
    async with opened(upstream, service.wsdl_url):
        keys = [f"k{n}" for n in range(LARGE_ROWS)]
        started = time.monotonic()
        async with longest_gap() as gap:
            outcomes = await upstream.by_ids(keys)
        seconds = time.monotonic() - started
    assert outcomes[-1] == Row("k2999", 2999, "x" * 20)
    assert None not in outcomes
    # On the loop, the gap would be nearly all of that time.
    assert gap[0] < 0.6 * seconds


async def test_concurrent_large_replies_do_not_mix(service: Service) -> None:
    def answer(asked: object) -> Answer:
        key = str(asked).partition("Id>")[2].partition("<")[0]
        return Answer(envelope(answered(row(key), *(row(f"{key}-{n}", note="y" * 100) for n in range(300)))))

    service.answer = answer
    async with opened(Rows(max_size=1), service.wsdl_url) as upstream:
        keys = [f"k{n}" for n in range(12)]
        assert await upstream.by_ids(keys) == [Row(key, 1) for key in keys]
        assert await asyncio.gather(*(upstream.by_ids([key]) for key in keys)) == [
            [Row(key, 1)] for key in keys
        ]
