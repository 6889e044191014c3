"""The upstream behind the proxy: asked over kept connections, its answers read whole."""

from __future__ import annotations

import asyncio
import time
from typing import Final
from urllib.parse import urlsplit

from tests.faults.answers import Answer

_LIMIT_BYTES: Final = 1 << 20
_KEEP_SECONDS: Final = 2.0
"""The demo's services close idle connections after five."""

_DROPPED: Final = ("connection", "content-length", "keep-alive", "transfer-encoding")
_WITHOUT_BODY: Final = (204, 304)


class Target:
    """Where requests go.

    Args:
        url: of which only the origin counts.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, sent: bytes) -> Answer:
        """Its answer to these bytes. Raises OSError, EOFError or ValueError where it gives none.

        Cancelled, the connection is closed under the request.
        """
        reader, writer = await self._connection()
        try:
            writer.write(sent)
            answer, is_kept = await _read_answer(reader, is_head=sent.startswith(b"HEAD "))
        except BaseException:
            writer.transport.abort()
            raise
        if is_kept:
            self._idle.append((time.monotonic(), reader, writer))
        else:
            writer.close()
        return answer

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        oldest = time.monotonic() - _KEEP_SECONDS
        while self._idle:
            since, reader, writer = self._idle.pop()
            if since >= oldest and not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port, limit=_LIMIT_BYTES)


async def _read_answer(reader: asyncio.StreamReader, *, is_head: bool) -> tuple[Answer, bool]:
    """The answer, and whether the connection can be used again."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
    status = int(first.split(" ")[1])
    pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    headers = dict(pairs)
    is_kept = headers.get("connection", "").lower() != "close"
    if status in _WITHOUT_BODY or is_head:
        body = b""
    elif "chunked" in headers.get("transfer-encoding", "").lower():
        body = await _chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body, is_kept = await reader.read(), False
    kept = tuple(pair for pair in pairs if pair[0] not in _DROPPED)
    return Answer(status, kept, body), is_kept


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return b"".join(parts)
