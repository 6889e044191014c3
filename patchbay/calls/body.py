"""Reading a body under a cap that holds after decompression."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from patchbay.errors import UpstreamBadData, UpstreamTooLarge

if TYPE_CHECKING:
    import httpx2

ACCEPT_ENCODING = "gzip, deflate"
"""What `read_body` can undo."""

_GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS


async def read_body(response: httpx2.Response, source: str, max_body_bytes: int) -> bytes:
    """The whole body, decompressed, and never more of it in memory than the cap and one chunk.

    Raises:
        UpstreamTooLarge: it passes the cap; what is left is not read.
        UpstreamBadData: its compression is broken or not one that was asked for.
    """
    inflate = _inflater(response, source)
    parts: list[bytes] = []
    size = 0
    async for chunk in response.aiter_raw():
        # Asking for one byte more than may come tells "full" from "too large" without inflating a bomb.
        part = chunk if inflate is None else _inflate(inflate, chunk, source, max_body_bytes - size + 1)
        size += len(part)
        if size > max_body_bytes:
            raise UpstreamTooLarge(source, max_body_bytes)
        parts.append(part)
    if inflate is not None and parts and not inflate.eof:
        raise UpstreamBadData(source, "compressed body ends early")
    return b"".join(parts)


def _inflater(response: httpx2.Response, source: str) -> zlib._Decompress | None:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return None
    if encoding in ("gzip", "x-gzip"):
        return zlib.decompressobj(_GZIP_WINDOW_BITS)
    if encoding == "deflate":
        return zlib.decompressobj()
    raise UpstreamBadData(source, "body in a content encoding that was not asked for")


def _inflate(inflate: zlib._Decompress, chunk: bytes, source: str, max_bytes: int) -> bytes:
    try:
        part = inflate.decompress(chunk, max_bytes)
    except zlib.error as error:
        raise UpstreamBadData(source, "broken compression of the body") from error
    if inflate.unused_data:
        # Dropping it could cut a body made of several parts short without a word.
        raise UpstreamBadData(source, "more data behind the compressed body")
    return part
