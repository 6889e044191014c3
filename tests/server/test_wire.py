"""Heads that are too large, too slow or none at all, as a client sees them on its socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from patchbay.server.wire import MOST_HEADERS, WireLimits
from tests.patchbay.wire import Request
from tests.server.things import Running, asking, named, post, read_answer, running

QUERY = "{ kept }"
FINE = {"data": {"kept": 1}}
HEADER_BYTES = 2048
URL_BYTES = 512


@asynccontextmanager
async def limited(folder: Path, *, seconds: float = 10.0) -> AsyncIterator[Running]:
    """The server, with limits that are soon reached."""
    async with running(named, folder) as server:
        server.state.wire_limits = WireLimits(
            header_bytes=HEADER_BYTES, url_bytes=URL_BYTES, head_seconds=seconds, body_seconds=seconds
        )
        yield server


def get(*headers: str, target: str = "/health/live", host: str = "Host: x") -> bytes:
    lines = [f"GET {target} HTTP/1.1", *([host] if host else []), *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@asynccontextmanager
async def opened(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection, closed at the block's end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def told(port: int, *pieces: bytes, pause: float = 0.0) -> tuple[int, str]:
    """Status and code of the answer to what is sent in these pieces; the connection is closed behind it."""
    async with opened(port) as (reader, writer):
        for each in pieces:
            writer.write(each)
            await asyncio.sleep(pause)
        status, headers, body = await asyncio.wait_for(read_answer(reader), 5)
        assert headers["connection"] == "close"
        assert await asyncio.wait_for(reader.read(), 5) == b""
    (error,) = body["errors"]
    assert error["message"]
    return status, error["extensions"]["code"]


TOO_LARGE = (431, "HEADERS_TOO_LARGE")
TOO_LONG = (414, "URI_TOO_LONG")
WRONG = (400, "BAD_REQUEST")

BAD: dict[str, tuple[bytes, tuple[int, str]]] = {
    "one large header": (get("A: " + "a" * HEADER_BYTES), TOO_LARGE),
    "a header of half a megabyte": (get("A: " + "a" * 500_000), TOO_LARGE),
    "headers that are large together": (get(*(f"A{n}: {'a' * 200}" for n in range(12))), TOO_LARGE),
    "many headers": (get(*(f"A{n}: b" for n in range(MOST_HEADERS))), TOO_LARGE),
    "a large header that does not end": (b"GET / HTTP/1.1\r\nA: " + b"a" * 500_000, TOO_LARGE),
    "a long path": (get(target="/" + "a" * URL_BYTES), TOO_LONG),
    "a long query string": (get(target="/graphql?query=" + "a" * URL_BYTES), TOO_LONG),
    "a path that does not end": (b"GET /" + b"a" * 500_000, TOO_LONG),
    "no host": (get(host=""), WRONG),
    "two hosts": (get("Host: y"), WRONG),
    "the same host twice": (get("Host: x"), WRONG),
    "a host with a path": (get(host="Host: x/graphql?"), WRONG),
    "a host with a user": (get(host="Host: user@x"), WRONG),
    "a host with a space": (get(host="Host: x y"), WRONG),
    "a host with a port of letters": (get(host="Host: x:http"), WRONG),
    "a host that is no text": (b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n", WRONG),
    "no version": (b"GET /health/live\r\n\r\n", WRONG),
    "another version": (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", WRONG),
    "HTTP/2 without asking": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", WRONG),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", WRONG),
    "no method": (b" / HTTP/1.1\r\nHost: x\r\n\r\n", WRONG),
    "a folded header": (get("A: b\r\n c"), WRONG),
    "a NUL in a header": (get("A: b\0c"), WRONG),
    "a space before a header's colon": (get("A : b"), WRONG),
    "a proxy's CONNECT": (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", WRONG),
    "two lengths": (post(QUERY, "Content-Length: 1"), WRONG),
    "a length and chunks": (post(QUERY, "Transfer-Encoding: chunked"), WRONG),
    "a negative length": (get("Content-Length: -1"), WRONG),
    "chunks behind another coding": (get("Transfer-Encoding: gzip"), WRONG),
}


async def test_what_is_no_request_is_told_in_a_sentence_and_ends_its_connection(tmp_path: Path) -> None:
    async with limited(tmp_path) as server:
        seen = {name: await told(server.port, request) for name, (request, _) in BAD.items()}
        assert seen == {name: expected for name, (_, expected) in BAD.items()}
        async with asking(server.port, post(QUERY)) as reader:
            assert (await read_answer(reader))[2] == FINE


GOOD = [
    get("A: " + "a" * (HEADER_BYTES - 20)),
    get(*(f"A{n}: b" for n in range(MOST_HEADERS - 1))),
    get(target="/health/live?" + "a" * (URL_BYTES - 20)),
    get(host="Host: [::1]:8000"),
    get(host="Host: a-b_c.example.com:8000"),
    get(host="Host:"),
    get(host="").replace(b"HTTP/1.1", b"HTTP/1.0"),
    b"\r\n\r\n" + get(),
    get(target="http://elsewhere/health/live"),
    get("Connection: Upgrade", "Upgrade: h2c"),
]


@pytest.mark.parametrize("size", [4000, 400, 7])
async def test_what_is_inside_the_limits_is_answered_in_any_pieces(tmp_path: Path, size: int) -> None:
    async with limited(tmp_path) as server:
        for request in GOOD:
            async with opened(server.port) as (reader, writer):
                for at in range(0, len(request), size):
                    writer.write(request[at : at + size])
                    await asyncio.sleep(0)
                assert (await asyncio.wait_for(read_answer(reader), 5))[0] == 200, request


async def test_a_large_body_is_no_large_head(tmp_path: Path) -> None:
    request = post("{ kept }" + " " * 60_000)
    async with limited(tmp_path) as server, opened(server.port) as (reader, writer):
        for at in range(0, len(request), 500):
            writer.write(request[at : at + 500])
            await writer.drain()
        writer.write(post(QUERY) * 2)
        for _ in range(3):
            assert (await asyncio.wait_for(read_answer(reader), 5))[2] == FINE


def chunked(*chunks: bytes, trailers: bytes = b"") -> bytes:
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    body = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in chunks)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n" + trailers + b"\r\n"


async def test_headers_behind_a_body_are_not_read(tmp_path: Path) -> None:
    query = json.dumps({"query": '{ caller(name: "authorization") }'}).encode()
    request = chunked(query, trailers=b"Authorization: Bearer somebody\r\nHost: y\r\n")
    async with limited(tmp_path) as server, asking(server.port, request + post(QUERY)) as reader:
        assert (await read_answer(reader))[2] == {"data": {"caller": None}}
        assert (await read_answer(reader))[2] == FINE


async def test_a_header_behind_a_body_does_not_grow_without_end(tmp_path: Path) -> None:
    query = json.dumps({"query": QUERY}).encode()
    request = chunked(query, trailers=b"A: " + b"a" * 500_000)
    async with limited(tmp_path) as server:
        assert await told(server.port, request) == TOO_LARGE


async def test_a_broken_body_is_told_and_its_request_is_not_run(tmp_path: Path) -> None:
    request = chunked(b"{").removesuffix(b"0\r\n\r\n") + b"no length\r\n"
    async with limited(tmp_path) as server:
        assert await told(server.port, request, pause=0.05) == WRONG


async def test_what_came_before_is_answered_first(tmp_path: Path) -> None:
    slow = post('{ thing(id: "1") { id } }')
    async with limited(tmp_path) as server, asking(server.port, slow + b"NONSENSE\r\n\r\n") as reader:
        status, headers, body = await asyncio.wait_for(read_answer(reader), 5)
        assert (status, headers["connection"]) == (200, "close")
        assert body == {"data": {"thing": {"id": "1"}}}
        assert await asyncio.wait_for(reader.read(), 5) == b""


async def test_who_sends_slowly_is_told_and_closed(tmp_path: Path) -> None:
    late = (408, "REQUEST_TIMEOUT")
    request = post(QUERY)
    async with limited(tmp_path, seconds=0.3) as server:
        begun = asyncio.get_running_loop().time()
        answers = await asyncio.gather(  # each in a connection of its own
            told(server.port, request[:20]),
            told(server.port, *(request[n : n + 1] for n in range(10)), pause=0.02),
            told(server.port, request[:-5]),
            told(server.port, b"\r\n", request[:20], pause=0.1),
            told(server.port, chunked(b"{").removesuffix(b"0\r\n\r\n")),
        )
        assert set(answers) == {late}
        assert asyncio.get_running_loop().time() - begun < 5


async def test_who_sends_nothing_is_closed(tmp_path: Path) -> None:
    async def rest(sent: bytes) -> bytes:
        async with asking(server.port, sent) as reader:
            return await asyncio.wait_for(reader.read(), 3)

    async with limited(tmp_path, seconds=0.3) as server:
        assert set(await asyncio.gather(rest(b""), rest(b"\r\n"), rest(b"\r\n\r\n"))) == {b""}


async def test_empty_lines_do_not_keep_a_connection_open(tmp_path: Path) -> None:
    async with limited(tmp_path, seconds=0.3) as server, opened(server.port) as (reader, writer):
        writer.write(post(QUERY))
        assert (await read_answer(reader))[2] == FINE
        writer.write(b"\r\n")
        assert await asyncio.wait_for(reader.read(), 3) == b""


async def test_a_slow_answer_is_no_slow_request(tmp_path: Path) -> None:
    async def later(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        await named(request, writer)

    slow = post('{ thing(id: "1") { id } }')
    async with running(later, tmp_path) as server:
        server.state.wire_limits = WireLimits(head_seconds=0.2, body_seconds=0.2)
        # The half of a third request waits behind the others, and is not late for that.
        async with asking(server.port, slow + post('{ thing(id: "2") { id } }') + slow[:30]) as reader:
            for _ in range(2):
                assert (await asyncio.wait_for(read_answer(reader), 5))[0] == 200


UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="


HANDSHAKES = [
    (get(*UPGRADE, KEY, "A: " + "a" * 10_000, target="/graphql"), 400),
    (get(*UPGRADE, KEY, "Content-Length: 5", target="/graphql"), 400),
    (get(*UPGRADE, KEY, target="/graphql").replace(b"GET", b"POST"), 405),
    (get(*UPGRADE, target="/graphql"), 400),
    (get(*UPGRADE, KEY, "A: " + "a" * 40_000, target="/graphql"), 431),
    (get(*UPGRADE, KEY, target="/graphql", host=""), 400),
]


async def test_a_handshake_that_is_none_is_told_and_closed(tmp_path: Path) -> None:
    async with running(named, tmp_path) as server:
        for request, status in HANDSHAKES:
            async with asking(server.port, request) as reader:
                answer = await asyncio.wait_for(reader.read(), 5)
            assert answer.startswith(b"HTTP/1.1 %d " % status), answer


async def test_a_flood_of_bytes_is_not_kept(tmp_path: Path) -> None:
    """What is sent behind the answer is dropped, and the connection ends."""
    async with limited(tmp_path) as server, opened(server.port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nA: ")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            await _flood(writer)
        reader.feed_eof()


async def _flood(writer: asyncio.StreamWriter) -> None:
    # By time: how much goes through until the client was given its second to read is up to the machine.
    async with asyncio.timeout(10):
        while True:
            writer.write(b"a" * 1_000_000)
            await writer.drain()
