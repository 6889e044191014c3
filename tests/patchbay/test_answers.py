"""Answers as servers write them: whole or in pieces, framed in any of HTTP's ways, or hostile."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import time

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.calls import Limits, Reply
from patchbay.calls.connection import BrokenConnectionError, Connection
from patchbay.errors import UpstreamError
from tests.patchbay.calling import CANARY, GET, assert_safe, pipeline_to
from tests.patchbay.wire import Answer, Request, Wire, cut_off, reply

LIMITS = Limits(deadline_seconds=3, max_body_bytes=1_000_000)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


async def answered(answer: Answer | bytes) -> Reply:
    async with Wire(answer) as wire, pipeline_to(wire.url, LIMITS) as pipe:
        return await pipe.send(GET)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        pytest.param(OK + b"Content-Length: 4\r\n\r\nwell", b"well", id="length"),
        pytest.param(
            CHUNKED + b"2;q=1\r\nwe\r\n2  \r\nll\r\n0\r\nX-Trailer: 1\r\n\r\n", b"well", id="chunks"
        ),
        pytest.param(b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" * 2 + reply(b"well"), b"well", id="hints"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nwell", b"well", id="HTTP/1.0"),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nwell", b"well", id="no reason"),
        pytest.param(b"HTTP/1.1 200 OK\nContent-Length: 4\n\nwell", b"well", id="lines end with LF"),
        pytest.param(cut_off(OK + b"\r\nwell"), b"well", id="to the end"),
        pytest.param(cut_off(OK + b"Connection: close\r\n\r\n"), b"", id="nothing to the end"),
        pytest.param(
            cut_off(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"well")),
            b"well",
            id="gzip to end",
        ),
    ],
)
async def test_every_framing_gives_the_same_body(answer: Answer | bytes, body: bytes) -> None:
    assert (await answered(answer)).body == body


async def test_header_names_are_in_lower_case_and_repeated_ones_joined() -> None:
    got = await answered(OK + b"Content-Length: 0\r\nX-A: 1\r\nx-a: \xe9\r\n\r\n")
    assert got.headers == {"content-length": "0", "x-a": "1, é"}


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_an_answer_without_a_body_ends_with_its_head(status: str) -> None:
    async with Wire(f"HTTP/1.1 {status}\r\n\r\n".encode()) as wire, pipeline_to(wire.url, LIMITS) as pipe:
        assert [(await pipe.send(GET)).status for _ in range(2)] == [int(status[:3])] * 2
        assert wire.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx", id="upgrade"),
        pytest.param(CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n"), id="two framings"),
        pytest.param(cut_off(b"HTTP/1.1 103 Hints\r\n\r\n"), id="hints only"),
        pytest.param(cut_off(CHUNKED + b"2\r\nwe\r\n"), id="no last chunk"),
        pytest.param(OK + b"A: b\r\n c\r\nContent-Length: 0\r\n\r\n", id="folded header"),
    ],
)
async def test_what_is_no_answer_breaks_off(answer: Answer | bytes) -> None:
    with pytest.raises(UpstreamError) as caught:
        await answered(answer)
    assert_safe(caught.value)
    assert caught.value.code == "UPSTREAM_UNAVAILABLE"


async def test_a_compressed_body_that_ends_early_with_its_connection_is_bad_data() -> None:
    with pytest.raises(UpstreamError, match="compressed body ends early"):
        await answered(cut_off(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(9999))[:-9]))


@pytest.mark.parametrize(
    ("start", "again"),
    [
        pytest.param(b"", b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n", id="hints"),
        pytest.param(OK, b"X-More: x\r\n", id="headers"),
        pytest.param(OK + b"X: ", b"x" * 1000, id="one header"),
        pytest.param(CHUNKED + b"1\r\nx\r\n0\r\n", b"X-More: x\r\n", id="trailers"),
        pytest.param(CHUNKED + b"1\r\nx\r\n1;", b"x" * 1000, id="chunk extension"),
    ],
)
async def test_what_has_no_end_is_cut_off_long_before_the_deadline(start: bytes, again: bytes) -> None:
    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(again * 50)
            await writer.drain()

    async with Wire(endless) as wire, pipeline_to(wire.url, LIMITS) as pipe:
        started = time.monotonic()
        with pytest.raises(UpstreamError) as caught:
            await pipe.send(GET)
        assert time.monotonic() - started < 1
        await asyncio.wait_for(wire.abandoned.wait(), 2)
    assert caught.value.code == "UPSTREAM_UNAVAILABLE"


async def test_a_body_in_the_smallest_chunks_is_no_overhead_to_refuse() -> None:
    assert (await answered(CHUNKED + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n")).body == b"x" * 100_000


class Transport(asyncio.Transport):
    """A socket that takes everything and sends nothing."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def abort(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


async def parsed(pieces: list[bytes]) -> Reply | None:
    """What a connection makes of these pieces and the end behind them."""
    connection = Connection("things", 10_000)
    connection.connection_made(Transport())
    exchange = asyncio.create_task(connection.exchange(b""))
    await asyncio.sleep(0)
    for piece in pieces:
        connection.data_received(piece)
    connection.connection_lost(None)
    try:
        return await exchange
    except (BrokenConnectionError, UpstreamError):
        return None


def judged(sent: bytes) -> tuple[int, bytes] | None:
    """What h11, a parser written on its own, makes of the same bytes."""
    judge = h11.Connection(h11.CLIENT)
    judge.send(h11.Request(method="GET", target="/", headers=[("Host", "h")]))
    judge.send(h11.EndOfMessage())
    judge.receive_data(sent)
    judge.receive_data(b"")
    status, body = 0, b""
    try:
        while True:
            match judge.next_event():
                case h11.Response() as response:
                    status = response.status_code
                case h11.Data() as data:
                    body += data.data
                case h11.EndOfMessage():
                    return status, body
                case h11.NEED_DATA | h11.PAUSED | h11.ConnectionClosed():
                    return None
    except h11.RemoteProtocolError:
        return None


WHOLE = [
    reply(b'{"id":"T1"}', x_a="b"),
    CHUNKED + b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + reply(b"abc", "404 Not Found"),
    OK + b"Connection: close\r\n\r\nto the end",
    b"HTTP/1.0 204 No Content\r\n\r\n",
]


@given(
    sent=st.sampled_from(WHOLE),
    cuts=st.lists(st.integers(0, 120), max_size=8),
    changes=st.lists(
        st.tuples(st.integers(0, 120), st.sampled_from(b"\0\r\n :;,09afx\xff"), st.booleans()), max_size=2
    ),
)
def test_pieces_change_nothing_and_another_parser_agrees(
    sent: bytes, cuts: list[int], changes: list[tuple[int, int, bool]]
) -> None:
    for at, byte, instead in changes:
        sent = sent[:at] + bytes([byte]) + sent[at + instead :]
    edges = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    pieces = [sent[start:end] for start, end in itertools.pairwise(edges)]
    whole = asyncio.run(parsed([sent]))
    assert asyncio.run(parsed(pieces)) == whole
    expected = judged(sent)
    if whole is not None and expected is not None:
        assert (whole.status, whole.body) == expected
    if not changes:
        assert whole is not None
        assert expected is not None


class TestRequests:
    @pytest.mark.parametrize("target", ["/a b", "/a\r\nX: y", "/a\n", "/é", "/\x00", "/\ud800"])
    async def test_an_address_that_would_break_out_of_its_line_is_not_sent(self, target: str) -> None:
        await self.refused(target, {})

    @pytest.mark.parametrize("value", ["a\r\nX: y", "a\n", "é", "\x00", "\ud800"])
    async def test_a_header_that_would_be_two_is_not_sent(self, value: str) -> None:
        await self.refused("/things", {"SOAPAction": value})
        await self.refused("/things", {value: "x"})

    async def refused(self, target: str, headers: dict[str, str]) -> None:
        call = type(GET)("POST /things", "POST", target, headers, CANARY.encode())
        async with Wire(reply(b"{}")) as wire, pipeline_to(wire.url, LIMITS) as pipe:
            with pytest.raises(UpstreamError) as caught:
                await pipe.send(call)
            assert wire.connections == 0
        assert_safe(caught.value)
        assert caught.value.code == "UPSTREAM_ERROR"
