"""Promise: whatever XML a service sends, as a reply or to describe itself, nothing is loaded or hangs."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from patchbay.calls import Limits
from patchbay.errors import ConfigurationError, UpstreamBadData, UpstreamTooLarge
from patchbay.upstreams import soap_xml
from tests.faults import bombs
from tests.serving import ROOT
from tests.soap.documents import PLACE, ROW, SCHEMA, envelope, included, wsdl
from tests.soap.rows import Rows, opened
from tests.soap.service import Answer, Asked, Service

SECONDS = 1.0
CALLS = "open,openat,openat2,stat,newfstatat,connect"
REFERRING = ("external", "parameter", "dtd", "xinclude")
INSTANCE = 'xmlns:x="http://www.w3.org/2001/XMLSchema-instance" xmlns:t="urn:test:rows"'

TYPED = "<Row x:type='t:Row'/>"


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with Service() as service:
        service.describe()
        yield service


@pytest.fixture
async def elsewhere() -> AsyncIterator[Service]:
    """Another origin: whatever it is asked is one request too many."""
    async with Service() as elsewhere:
        yield elsewhere


async def outcome(service: Service, limits: Limits | None = None) -> object:
    """How one read ends, which takes less than a second."""
    started = time.monotonic()
    end: object
    try:
        async with opened(Rows(limits=limits), service.wsdl_url) as rows:
            (end,) = await rows.by_ids(["a"])
    except ConfigurationError as error:
        end = error
    assert time.monotonic() - started < SECONDS
    return end


async def as_reply(service: Service, content: bytes) -> None:
    service.reply(content)


async def as_wsdl(service: Service, content: bytes) -> None:
    service.describe(content)


async def as_schema(service: Service, content: bytes) -> None:
    service.documents["/types.xsd"] = content
    service.describe(wsdl(f"{service.url}/service", types=included("types.xsd")))


PLACES = pytest.mark.parametrize("put", [as_reply, as_wsdl, as_schema])


@PLACES
@pytest.mark.parametrize("kind", bombs.KINDS)
async def test_a_bomb_is_bad_data_at_once(
    service: Service, elsewhere: Service, put: Callable[[Service, bytes], object], kind: str
) -> None:
    for url in (f"{elsewhere.url}/x", "file:///etc/passwd"):
        await put(service, bombs.xml(kind, url))  # type: ignore[misc]  # a parameter, a coroutine function
        error = await outcome(service)
        assert isinstance(error, UpstreamTooLarge if kind == "text" else UpstreamBadData)
        assert "root:" not in f"{error!r}{error.__cause__!r}"
    assert elsewhere.asked == []


@PLACES
async def test_a_long_text_is_bad_data_where_larger_answers_are_allowed(
    service: Service, put: Callable[[Service, bytes], object]
) -> None:
    await put(service, bombs.xml("text"))  # type: ignore[misc]  # a parameter, a coroutine function
    limits = Limits(deadline_seconds=5, max_body_bytes=100_000_000)
    assert isinstance(await outcome(service, limits), UpstreamBadData)


def rows(content: str) -> bytes:
    return envelope(f'<GetRowsResponse xmlns="{PLACE}"><Rows>{content}</Rows></GetRowsResponse>')


def numbered(pattern: str, count: int) -> str:
    return "".join(pattern.replace("#", str(number)) for number in range(count))


MANY: dict[str, Callable[[], str]] = {
    "attributes of a row": lambda: "<Row" + numbered(" a#='1'", 300_000) + "/>",
    "attributes of a small row": lambda: "<Row" + numbered(" a#='1'", 3_000) + "/>",
    "attributes of rows": lambda: ("<Row" + numbered(" a#='1'", 101) + "/>") * 9_000,
    "namespaces of a row": lambda: "<Row" + numbered(" xmlns:a#='u'", 200_000) + "/>",
    "namespaces inside one another": lambda: numbered("<a xmlns:a#='u'>", 101) + "</a>" * 101,
    "namespaces over typed rows": lambda: (
        f"<Row {INSTANCE}" + numbered(" xmlns:a#='u'", 20_000) + f">{TYPED * 100_000}</Row>"
    ),
    "rows": lambda: "<Row/>" * 1_500_000,
    "other elements": lambda: "<a/>" * 2_500_000,
    "texts": lambda: f"<Row>{'a<b/>' * 1_500_000}</Row>",
    "comments": lambda: "<!---->" * 1_400_000,
    "instructions": lambda: "<?a?>" * 2_000_000,
}


@pytest.mark.parametrize("what", MANY)
async def test_too_many_of_anything_is_bad_data_at_once(service: Service, what: str) -> None:
    service.reply(rows(MANY[what]()))
    assert isinstance(await outcome(service), UpstreamBadData)


@pytest.mark.parametrize("what", ["attributes of a row", "rows"])
async def test_a_schema_may_not_have_them_either(service: Service, what: str) -> None:
    service.documents["/types.xsd"] = (SCHEMA % (MANY[what]() + ROW)).encode()
    service.describe(wsdl(f"{service.url}/service", types=included("types.xsd")))
    assert isinstance(await outcome(service), UpstreamBadData)


async def test_without_a_bound_zeep_takes_seconds_for_the_attributes_of_one_row(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.reply(rows("<Row" + numbered(" a#='1'", 30_000) + "/>"))
    assert isinstance(await outcome(service), UpstreamBadData)
    monkeypatch.setattr(soap_xml, "_HAS_MANY_ATTRIBUTES", lambda _: False)
    with pytest.raises(AssertionError):
        await outcome(service)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "iso-8859-1", "shift_jis"])
@pytest.mark.parametrize("before", ["<!DOCTYPE a>", "", "many"])
async def test_another_encoding_hides_nothing(service: Service, encoding: str, before: str) -> None:
    many = numbered(" a#='1'", 101) if before == "many" else ""
    text = rows(f"<Row{many}><Id>a</Id><Count>1</Count></Row>").decode().partition("?>")[2]
    doctype = "" if before == "many" else before
    service.reply(f'<?xml version="1.0" encoding="{encoding}"?>{doctype}{text}'.encode(encoding))
    end = await outcome(service)
    assert isinstance(end, UpstreamBadData) == bool(before)


@pytest.mark.parametrize("encoding", ["UTF-7", "JAVA", "C99"])
async def test_an_encoding_that_writes_tags_in_other_signs_is_refused(
    service: Service, encoding: str
) -> None:
    text = rows("<Row><Id>a</Id><Count>1</Count></Row>").decode().partition("?>")[2]
    service.reply(f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode())
    assert isinstance(await outcome(service), UpstreamBadData)


def hostile(service: Service, canary: str, url: str) -> list[str]:
    """Makes the service describe itself well once and badly many times; the URLs of these descriptions."""
    good = wsdl(f"{service.url}/service")
    paths = {"/service": good}
    for kind in REFERRING:
        for number, target in enumerate((canary, f"file://{canary}", f"{url}/x")):
            paths[f"/{kind}{number}"] = bombs.xml(kind, target)
            head, _, rest = good.partition(b"?>")
            doctype = re.search(rb"<!DOCTYPE .*?>(?=<e:)", bombs.xml(kind, target))
            paths[f"/{kind}-described{number}"] = head + b"?>" + (doctype[0] if doctype else b"") + rest
    for number, target in enumerate((canary, f"file://{canary}", f"{url}/x")):
        for how in (included(target), f'<xsd:import namespace="urn:o" schemaLocation="{target}"/>'):
            paths[f"/schema{number}{len(how)}"] = wsdl(f"{service.url}/service", types=ROW + how)
    service.documents = dict(paths)
    replies = iter(
        [bombs.xml(kind, target) for kind in REFERRING for target in (f"file://{canary}", f"{url}/x")]
    )

    def answer(_: Asked) -> Answer:
        return Answer(next(replies, b""))

    service.answer = answer
    reads = [f"{service.url}/service?wsdl"] * (2 * len(REFERRING))
    return reads + [f"{service.url}{path}?wsdl" for path in paths if path != "/service"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
async def test_no_file_is_opened_and_nobody_else_is_called(
    service: Service, elsewhere: Service, tmp_path: Path
) -> None:
    canary, trace = tmp_path / "canary-file", tmp_path / "trace"
    canary.write_text("canary")

    async def traced(*mutant: str) -> tuple[list[str], str]:
        urls = hostile(service, str(canary), elsewhere.url)
        strace = ("strace", "-f", "--seccomp-bpf", "-qq", "-o", str(trace), "-e", f"trace={CALLS}")
        command = (*strace, sys.executable, "-m", "tests.egress.reading", *urls, *mutant)
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        # Before it, the log says what was refused.
        last = said.splitlines()[-1]
        return msgspec.json.decode(last, type=list[str]), trace.read_text(errors="replace")

    codes, calls = await traced()
    # A bare path is one of the service's own, where there is nothing.
    assert set(codes) == {"UPSTREAM_BAD_DATA", "CONFIGURATION_ERROR", "UPSTREAM_REFUSED"}
    assert "canary-file" not in calls
    ports = set(re.findall(r"htons\((\d+)\)", calls))
    assert ports == {service.url.rpartition(":")[2]}
    assert elsewhere.asked == []
    _, calls = await traced("mutant")
    assert "canary-file" in calls
