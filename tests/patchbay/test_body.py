"""Bodies: decompressed, and capped behind the decompression."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib

import pytest

from patchbay.calls import Limits
from patchbay.errors import UpstreamError
from tests.patchbay.calling import CANARY, GET, assert_safe, pipeline_to
from tests.patchbay.wire import Request, Wire, reply

CAP = 100_000
LIMITS = Limits(deadline_seconds=5, max_body_bytes=CAP)


async def body_of(answer: bytes, limits: Limits = LIMITS) -> bytes:
    async with Wire(answer) as wire, pipeline_to(wire.url, limits) as pipe:
        return (await pipe.send(GET)).body


async def failure(answer: bytes, limits: Limits = LIMITS) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await body_of(answer, limits)
    assert_safe(caught.value)
    return caught.value


def chunked(*parts: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("identity", bytes),
        ("", bytes),
    ],
)
async def test_encodings_that_were_asked_for_are_undone(encoding: str, compress: type[bytes]) -> None:
    body = b"some text " * 5000
    assert await body_of(reply(compress(body), content_encoding=encoding)) == body


async def test_only_what_can_be_undone_is_asked_for() -> None:
    async with Wire(reply()) as wire, pipeline_to(wire.url) as pipe:
        await pipe.send(GET)
        assert wire.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("size", [0, 1, CAP - 1, CAP])
async def test_a_body_up_to_the_cap_is_whole(size: int) -> None:
    body = b"x" * size
    assert await body_of(reply(body)) == body
    assert await body_of(chunked(*(body[at : at + 999] for at in range(0, size, 999)))) == body
    assert await body_of(reply(gzip.compress(body), content_encoding="gzip")) == body


async def test_one_byte_more_than_the_cap_is_too_large() -> None:
    body = b"x" * (CAP + 1)
    for answer in (
        reply(body),
        chunked(body),
        reply(gzip.compress(body), content_encoding="gzip"),
        reply(zlib.compress(body), content_encoding="deflate"),
    ):
        error = await failure(answer)
        assert error.code == "UPSTREAM_TOO_LARGE"
        assert str(error) == f"things: the answer is larger than {CAP} bytes"


async def test_what_is_behind_the_cap_is_not_read() -> None:
    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            await writer.drain()

    async with Wire(endless) as wire, pipeline_to(wire.url, LIMITS) as pipe:
        with pytest.raises(UpstreamError, match="larger than"):
            await pipe.send(GET)
        await asyncio.wait_for(wire.abandoned.wait(), 2)


async def test_a_gzip_bomb_ends_quickly_and_takes_little_memory() -> None:
    cap = 1_000_000
    zeros = bytes(10_000_000)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(zeros) for _ in range(50)) + packer.flush()
    assert len(bomb) < 600_000
    del zeros
    answer = reply(bomb, content_encoding="gzip")
    async with Wire(answer) as wire, pipeline_to(wire.url, Limits(max_body_bytes=cap)) as pipe:
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            started = time.monotonic()
            with pytest.raises(UpstreamError) as caught:
                await pipe.send(GET)
            took = time.monotonic() - started
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert caught.value.code == "UPSTREAM_TOO_LARGE"
    assert took < 1
    assert peak - before < 6 * cap


@pytest.mark.parametrize("cut", [1, 8, 12, 200])
async def test_a_compressed_body_that_ends_early_is_bad_data(cut: int) -> None:
    packed = gzip.compress(bytes(range(256)) * 20)
    error = await failure(reply(packed[:-cut], content_encoding="gzip"))
    assert error.code == "UPSTREAM_BAD_DATA"
    assert str(error) == "things: compressed body ends early at $"


@pytest.mark.parametrize(
    "behind", [gzip.compress(CANARY.encode()), CANARY.encode()], ids=["second member", "something else"]
)
async def test_data_behind_a_compressed_body_is_not_dropped_in_silence(behind: bytes) -> None:
    packed = gzip.compress(b"[1,2]")
    assert (await failure(reply(packed + behind, content_encoding="gzip"))).code == "UPSTREAM_BAD_DATA"
    late = chunked(packed, behind).replace(b"Transfer", b"Content-Encoding: gzip\r\nTransfer", 1)
    assert (await failure(late)).code == "UPSTREAM_BAD_DATA"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", CANARY.encode()),
        ("gzip", gzip.compress(b"x" * 100)[:-8] + b"\0" * 8),
        ("deflate", CANARY.encode()),
    ],
    ids=["no gzip", "wrong checksum", "no deflate"],
)
async def test_broken_compression_is_bad_data(encoding: str, body: bytes) -> None:
    error = await failure(reply(body, content_encoding=encoding))
    assert error.code == "UPSTREAM_BAD_DATA"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", CANARY, "\xff"])
async def test_an_encoding_that_was_not_asked_for_is_bad_data(encoding: str) -> None:
    error = await failure(reply(b"x", content_encoding=encoding))
    assert str(error) == "things: body in a content encoding that was not asked for at $"


async def test_a_body_that_is_not_read_to_its_end_gives_its_connection_back() -> None:
    limits = Limits(deadline_seconds=1, concurrency=1, max_body_bytes=CAP)
    async with Wire(b"") as wire, pipeline_to(wire.url, limits) as pipe:
        for unusable in (reply(b"x" * 5 * CAP), reply(b"x" * 5 * CAP, content_encoding="br")):
            wire.answer = unusable
            with pytest.raises(UpstreamError) as caught:
                await pipe.send(GET)
            assert caught.value.code in ("UPSTREAM_TOO_LARGE", "UPSTREAM_BAD_DATA")
            wire.answer = reply(b"well")
            assert (await pipe.send(GET)).body == b"well"


async def test_no_body_at_all_needs_no_compression() -> None:
    assert await body_of(reply(b"", content_encoding="gzip")) == b""
    assert await body_of(b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n") == b""
