from __future__ import annotations

import gzip

import pytest

from patchbay.calls import Limits
from patchbay.errors import (
    SoapFault,
    UpstreamBadData,
    UpstreamError,
    UpstreamQuota,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from tests.soap.documents import ENVELOPE_11, ENVELOPE_12, PLACE, SOAP_12, envelope, fault, fault_12, wsdl
from tests.soap.rows import Put, Rows, opened
from tests.soap.service import Service

SECRETS = ("hunter2", "10.0.0.7", "127.0.0.1", "/service", "Traceback")
NO_ROOM = f'<NoRoom xmlns="{PLACE}"><Left>3</Left></NoRoom>'
UNPREFIXED = f'<Fault xmlns="{ENVELOPE_11}"><faultcode xmlns="">e:Server</faultcode></Fault>'
GOOD = f'<PutRowResponse xmlns="{PLACE}"><Total>3</Total></PutRowResponse>'


async def failure(upstream: Rows) -> UpstreamError:
    """The error of a write, checked to give nothing away."""
    with pytest.raises(UpstreamError) as caught:
        await upstream.put(Id="a", Count=1)
    shown = f"{caught.value} {caught.value!r} {caught.value.extensions}"
    assert not [secret for secret in SECRETS if secret in shown]
    assert caught.value.source == "rows"
    return caught.value


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (fault("e:Server", NO_ROOM), "NoRoom"),
        (fault("e:Server", f'<BadRow xmlns="{PLACE}">hunter2</BadRow>'), "BadRow"),
        (fault("e:Server", f'<a:hostname xmlns:a="urn:axis">hunter2</a:hostname>{NO_ROOM}'), "NoRoom"),
        (fault("e:Server", '<a:hostname xmlns:a="urn:axis">hunter2</a:hostname>'), "Server"),
        (fault("e:Server", "hunter2 at http://10.0.0.7/"), "Server"),
        (fault("e:Server", f"<!-- {NO_ROOM} -->"), "Server"),
        (fault("e:Client.InvalidRow"), "Client.InvalidRow"),
        (fault("  w:FailedAuthentication\n"), "FailedAuthentication"),
        (fault("ERR-1001"), "ERR-1001"),
        (UNPREFIXED, "Server"),
        (fault("e:Server").replace("faultcode", "e:faultcode"), "Server"),
    ],
)  # fmt: skip
async def test_a_soap_11_fault_has_its_name(
    service: Service, rows: Rows, content: str, name: str, status: int
) -> None:
    service.reply(content, status)
    error = await failure(rows)
    assert isinstance(error, SoapFault)
    assert error.extensions == {"code": "SOAP_FAULT", "source": "rows", "fault": name}


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (fault_12("e:Sender"), "Sender"),
        (fault_12("e:Sender", "w:FailedAuthentication"), "FailedAuthentication"),
        (fault_12("e:Receiver", "x:Busy", "x:TooManyRows"), "TooManyRows"),
        (fault_12("e:Receiver", "x:Busy", detail=NO_ROOM), "NoRoom"),
        ("<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode/></e:Code></e:Fault>", "Sender"),
    ],
)
async def test_a_soap_12_fault_has_its_name(service: Service, content: str, name: str, status: int) -> None:
    service.describe(wsdl(f"{service.url}/service", soap=SOAP_12))
    async with opened(Rows(), service.wsdl_url) as upstream:
        service.reply(envelope(content, ENVELOPE_12), status, "application/soap+xml")
        error = await failure(upstream)
        assert isinstance(error, SoapFault)
        assert error.fault == name
        service.reply(envelope(GOOD, ENVELOPE_12), 200, "application/soap+xml")
        assert await upstream.put(Id="a", Count=1) == Put(3)
    assert service.posts[0].headers["content-type"].startswith("application/soap+xml; charset=utf-8; action=")


async def test_a_fault_of_another_version_is_a_fault(service: Service, rows: Rows) -> None:
    service.reply(envelope(fault_12("e:VersionMismatch"), ENVELOPE_12), 500)
    error = await failure(rows)
    assert isinstance(error, SoapFault)
    assert error.fault == "VersionMismatch"


@pytest.mark.parametrize(
    "code", ["", "hunter2 at http://10.0.0.7/", "e:" + "x" * 200, "e: hunter2 is the password"]
)
async def test_a_fault_without_a_code_worth_the_name_is_the_statuss_error(
    service: Service, rows: Rows, code: str
) -> None:
    service.reply(fault(code), 500)
    assert isinstance(await failure(rows), UpstreamUnavailable)
    service.reply(fault(code), 200)
    assert isinstance(await failure(rows), UpstreamBadData)
    service.reply("<e:Fault/>", 400)
    assert isinstance(await failure(rows), UpstreamRefused)


HTML = b"<!doctype html><html><body>hunter2 at http://10.0.0.7/</body></html>"
BODIES = {
    "nothing": b"",
    "white space": b" \n ",
    "html": HTML,
    "xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><body>hunter2</body></html>',
    "truncated": envelope(GOOD)[:-30],
    "json": b'{"hunter2": true}',
    "not utf-8": b'<?xml version="1.0" encoding="utf-8"?><a>\xff</a>',
    "unknown encoding": b'<?xml version="1.0" encoding="hunter2"?><a/>',
    "nul": b"\0" * 100,
    "another envelope": envelope(GOOD, "urn:hunter2"),
    "another version": envelope(GOOD, ENVELOPE_12),
    "no body": b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>',
    "empty body": envelope(""),
    "text in the body": envelope("hunter2"),
    "another operation": envelope(f'<GetRowsResponse xmlns="{PLACE}"/>'),
    "another element": envelope("<Maintenance>hunter2</Maintenance>"),
    "unexpected member": envelope(GOOD.replace("Total", "Sum")),
    "unknown xsi:type": envelope(
        GOOD.replace("<Total>", '<Total xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
                     'xmlns:c="http://schemas.xmlsoap.org/soap/encoding/" i:type="c:int">')
    ).replace(b"3", b"x"),
}  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
async def test_what_is_no_reply_is_the_statuss_error(service: Service, rows: Rows, body: str) -> None:
    service.reply(BODIES[body], 200)
    assert isinstance(await failure(rows), UpstreamBadData)
    service.reply(BODIES[body], 500)
    assert isinstance(await failure(rows), UpstreamUnavailable)
    service.reply(BODIES[body], 400)
    assert isinstance(await failure(rows), UpstreamRefused)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, UpstreamRefused), (401, UpstreamRefused), (403, UpstreamRefused), (404, UpstreamRefused),
        (429, UpstreamQuota), (502, UpstreamUnavailable), (503, UpstreamUnavailable),
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", [HTML, b"", envelope(fault("e:Server", NO_ROOM))])
async def test_other_statuses_speak_for_themselves(
    service: Service, rows: Rows, status: int, error: type[UpstreamError], body: bytes
) -> None:
    service.reply(body, status)
    assert type(await failure(rows)) is error


@pytest.mark.parametrize(
    "content_type", [None, "text/html", "application/json", "hunter2", ";;;", "text/xml; charset=hunter2"]
)
async def test_the_content_type_does_not_matter_for_a_good_reply(
    service: Service, rows: Rows, content_type: str | None
) -> None:
    service.reply(b"\r\n " + envelope(GOOD), 200, content_type)
    assert await rows.put(Id="a", Count=1) == Put(3)


async def test_the_first_part_of_a_multipart_reply_is_the_envelope(service: Service, rows: Rows) -> None:
    parts = b"--b\r\nContent-Type: application/xop+xml\r\n\r\n%s\r\n--b\r\n\r\n\0\1\r\n--b--\r\n"
    kind = 'multipart/related; boundary="b"; type="application/xop+xml"'
    service.reply(parts % envelope(GOOD), 200, kind)
    assert await rows.put(Id="a", Count=1) == Put(3)
    service.reply(parts % envelope(fault("e:Server", NO_ROOM)), 500, kind)
    assert isinstance(await failure(rows), SoapFault)


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/related",
        "multipart/related; boundary=b",
        'multipart/related; boundary="',
        "multipart/mixed; boundary=ü",
    ],
)
@pytest.mark.parametrize(
    "body", [b"garbage", b"--b\r\n", b"--b--", b"--b\r\n\r\n<a/>", b"\xff\0--b\r\n--b\r\n", b""]
)
async def test_multipart_garbage_is_bad_data(service: Service, rows: Rows, kind: str, body: bytes) -> None:
    service.reply(body, 200, kind)
    assert isinstance(await failure(rows), UpstreamBadData)


async def test_broken_compression_is_bad_data(service: Service, rows: Rows) -> None:
    body = gzip.compress(envelope(GOOD))
    service.reply(envelope(GOOD))
    good = service.answer
    for broken in (body[:-9], b"garbage", body[:20] + b"\0" * 40):
        service.answer = lambda asked, broken=broken: type(good(asked))(
            broken, headers={"Content-Encoding": "gzip"}
        )  # type: ignore[misc]  # a parameter with a default
        assert isinstance(await failure(rows), UpstreamBadData)


async def test_no_answer_at_all(service: Service) -> None:
    async with opened(Rows(limits=Limits(deadline_seconds=0.3)), service.wsdl_url) as upstream:
        service.reply(GOOD)
        service.wait_seconds = 60
        assert isinstance(await failure(upstream), UpstreamTimeout)
