"""Broken upstreams: each way of failing has its error, and no foreign exception comes through."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Iterator

import pytest
import trustme

from patchbay.calls import Call, Limits
from patchbay.errors import PatchbayError, UpstreamError
from tests.patchbay.calling import CANARY, GET, assert_safe, pipeline_to
from tests.patchbay.wire import Answer, Request, Wire, cut_off, reply

LIMITS = Limits(deadline_seconds=3)


async def failure(url: str, call: Call = GET) -> UpstreamError:
    async with pipeline_to(url, LIMITS) as pipe:
        with pytest.raises(PatchbayError) as caught:
            await pipe.send(call)
    error = caught.value
    assert isinstance(error, UpstreamError)
    assert_safe(error)
    return error


async def reset(request: Request, writer: asyncio.StreamWriter) -> None:
    """Ends the connection with RST instead of FIN."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.fixture
def unused_port() -> Iterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def test_refused(unused_port: int) -> None:
    error = await failure(f"http://127.0.0.1:{unused_port}")
    assert error.code == "UPSTREAM_UNAVAILABLE"
    assert str(error) == "things: connection refused or host not found"


async def test_unknown_host() -> None:
    error = await failure("http://no-such-host.invalid")
    assert str(error) == "things: connection refused or host not found"


async def test_a_host_that_is_no_name() -> None:
    assert (await failure(f"http://{'a' * 70}.invalid")).code == "UPSTREAM_UNAVAILABLE"


async def test_a_certificate_that_nobody_knows() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with Wire(reply(b"{}"), tls=context) as wire:
        error = await failure(wire.url)
        assert wire.requests == []
    assert error.code == "UPSTREAM_UNAVAILABLE"
    assert str(error) == "things: TLS failed"


async def test_tls_to_a_port_that_speaks_none() -> None:
    def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        error = await failure(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert str(error) == "things: TLS failed"


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reset, id="reset"),
        pytest.param(cut_off(b""), id="closed without an answer"),
        pytest.param(cut_off(HEAD + b"X-Half: "), id="head cut off"),
        pytest.param(cut_off(HEAD + b"Content-Length: 100\r\n\r\n" + CANARY.encode()), id="body cut off"),
        pytest.param(cut_off(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), id="chunk cut off"),
        pytest.param(
            cut_off(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CANARY.encode()), id="chunk size is a word"
        ),
        pytest.param(cut_off(HEAD + b"Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}"), id="two lengths"),
        pytest.param(cut_off(HEAD + b"Content-Length: -2\r\n\r\n{}"), id="negative length"),
        pytest.param(cut_off(HEAD + b"X-Big: " + b"x" * 2_000_000 + b"\r\n\r\n{}"), id="2 MB header"),
        pytest.param(cut_off(HEAD + b"bad header\x00: " + CANARY.encode() + b"\r\n\r\n"), id="broken header"),
        pytest.param(cut_off(b"HTTP/1.1 " + CANARY.encode() + b"\r\n\r\n"), id="status is a word"),
        pytest.param(cut_off(b"HTTP/1.1 20\xff OK\r\n\r\n"), id="status is not ASCII"),
        pytest.param(cut_off(b"220 mail.example ESMTP ready\r\n"), id="not HTTP"),
        pytest.param(cut_off(b"\x16\x03\x01\x00\x05\x01\x00"), id="TLS without being asked"),
        pytest.param(cut_off(b"\x00" * 300_000), id="zeros"),
    ],
)
async def test_a_broken_connection_or_broken_http_is_unavailable(answer: Answer) -> None:
    async with Wire(answer) as wire:
        error = await failure(wire.url)
        assert len(wire.requests) == 1
    assert error.code == "UPSTREAM_UNAVAILABLE"


async def test_a_call_is_never_made_twice() -> None:
    post = Call("POST /things", "POST", "/things", body=b"{}")
    async with Wire(reset) as wire:
        await failure(wire.url, post)
        await asyncio.sleep(0.05)
        assert len(wire.requests) == 1


async def test_an_address_too_long_to_be_sent_is_an_error_of_that_call() -> None:
    async with Wire(reply(b"{}")) as wire:
        error = await failure(wire.url, Call("GET /things", "GET", f"/things?ids={CANARY * 8000}"))
        assert wire.requests == []
    assert error.code == "UPSTREAM_ERROR"


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "/elsewhere",
        "http://[::1",
        "//",
        "ftp://x/",
        "http://user:pw@h:99999/",
        "\xff\xfe",
    ],
)
async def test_a_redirect_is_handed_back_and_not_followed(location: str) -> None:
    head = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n".encode("latin-1")
    async with Wire(head) as wire, pipeline_to(wire.url, LIMITS) as pipe:
        try:
            status = (await pipe.send(GET)).status
        except UpstreamError as error:
            assert_safe(error)
            status = None
        assert len(wire.requests) == 1
    assert status in (302, None)
