"""`python -m tests.egress.taking URL CAP [mutant]`: one call in a process of its own, and what it took.

Says in one line of JSON: the error's code (empty where there is an answer), the body's size, the seconds of
the call, and the memory in bytes before it and at its peak.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
import zlib
from pathlib import Path

import msgspec

from patchbay.calls import Limits
from patchbay.calls.body import Body
from patchbay.errors import UpstreamError, UpstreamTooLarge
from tests.patchbay.calling import GET, pipeline_to

WARM = type(GET)("GET /warm", "GET", "/warm")


class Took(msgspec.Struct, frozen=True):
    code: str
    size: int
    seconds: float
    before_bytes: int
    peak_bytes: int

    @property
    def more_bytes(self) -> int:
        return self.peak_bytes - self.before_bytes


def memory(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def cap_before_decompression() -> None:
    """A mistake that somebody could make: what comes from the socket is counted, and then unpacked whole."""

    def feed(self: Body, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._max_bytes:
            raise UpstreamTooLarge(self._source, self._max_bytes)
        self._parts.append(piece)

    def whole(self: Body) -> bytes:
        sent = b"".join(self._parts)
        return sent if self._inflate is None else zlib.decompress(sent, 47)

    Body.feed = feed  # type: ignore[method-assign]
    Body.whole = whole  # type: ignore[method-assign]


async def take(url: str, cap: int) -> Took:
    async with pipeline_to(url, Limits(max_body_bytes=cap)) as pipe:
        await pipe.send(WARM)
        forget_peak()
        before, started = memory("VmRSS"), time.monotonic()
        code, size = "", 0
        try:
            size = len((await pipe.send(GET)).body)
        except UpstreamError as error:
            code = error.code
        return Took(code, size, time.monotonic() - started, before, memory("VmHWM"))


if __name__ == "__main__":
    if "mutant" in sys.argv:
        cap_before_decompression()
    sys.stdout.write(msgspec.json.encode(asyncio.run(take(sys.argv[1], int(sys.argv[2])))).decode())
