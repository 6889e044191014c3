"""Promise: an answer ends at its cap, however it is packed, within a second and without much memory."""

from __future__ import annotations

import asyncio
import sys
import zlib

import msgspec
import pytest

from tests.egress.taking import Took
from tests.faults import bombs
from tests.patchbay.wire import Request, Wire, reply
from tests.serving import ROOT

CAP = 10 * 1024 * 1024
BOMB_BYTES = 524_288_000
SECONDS = 1.0
TOO_LARGE = "UPSTREAM_TOO_LARGE"


def chunked(body: bytes, size: int = 16_384) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


async def took(answer: bytes, *mutant: str, cap: int = CAP) -> Took:
    """What a process of its own took to take this answer."""

    async def respond(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(b"{}") if request.target == "/warm" else answer)

    async with Wire(respond) as wire:
        command = (sys.executable, "-m", "tests.egress.taking", wire.url, str(cap), *mutant)
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
    return msgspec.json.decode(said, type=Took)


def assert_cheap(result: Took) -> None:
    assert result.seconds <= SECONDS
    assert result.more_bytes <= 3 * CAP


@pytest.mark.parametrize("frame", [reply, chunked], ids=["length", "chunks"])
@pytest.mark.parametrize("more", [0, 1])
async def test_the_last_byte_under_the_cap_is_taken_and_the_next_one_is_not(frame: object, more: int) -> None:
    result = await took(frame(b"x" * (CAP + more)))  # type: ignore[operator]  # a parameter, a function
    assert (result.code, result.size) == ((TOO_LARGE, 0) if more else ("", CAP))
    assert_cheap(result)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_ends_at_the_cap(encoding: str) -> None:
    bomb = bombs.packed(BOMB_BYTES, encoding)
    assert len(bomb) < 600_000
    result = await took(reply(bomb, content_encoding=encoding))
    assert result.code == TOO_LARGE
    assert_cheap(result)


@pytest.mark.parametrize("more", [0, 1])
async def test_a_packed_body_may_be_as_large_as_any_other(more: int) -> None:
    packed = zlib.compress(b"x" * (CAP + more))
    result = await took(reply(packed, content_encoding="deflate"))
    assert (result.code, result.size) == ((TOO_LARGE, 0) if more else ("", CAP))
    assert_cheap(result)


async def test_a_bomb_in_a_bomb_is_not_even_unpacked() -> None:
    twice = zlib.compress(bombs.packed(BOMB_BYTES, "gzip"))
    result = await took(reply(twice, content_encoding="gzip, deflate"))
    assert result.code == "UPSTREAM_BAD_DATA"
    assert_cheap(result)


async def test_a_bomb_in_the_smallest_chunks_ends_there_as_well() -> None:
    packed = bombs.packed(BOMB_BYTES, "gzip")
    answer = chunked(packed, 1).replace(b"Transfer", b"Content-Encoding: gzip\r\nTransfer", 1)
    result = await took(answer)
    assert result.code == TOO_LARGE
    assert_cheap(result)


async def test_a_cap_on_what_comes_from_the_socket_would_not_hold() -> None:
    result = await took(reply(bombs.packed(100_000_000, "gzip"), content_encoding="gzip"), "mutant")
    assert result.size >= 100_000_000
    assert result.more_bytes > 3 * CAP
