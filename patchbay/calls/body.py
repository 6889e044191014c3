"""A body as it arrives, under a cap that holds after decompression."""

from __future__ import annotations

import zlib

from patchbay.errors import UpstreamBadData, UpstreamTooLarge

ACCEPT_ENCODING = "gzip, deflate"
"""What `Body` can undo."""

_GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS


class Body:
    """Collects a body, decompressed, and never holds more of it than the cap and one piece from the socket.

    Args:
        source: the upstream's name.
        max_bytes: the cap.
        encoding: the answer's Content-Encoding.

    Raises:
        UpstreamBadData: the encoding is not one that was asked for.
    """

    __slots__ = ("_inflate", "_max_bytes", "_parts", "_size", "_source")

    def __init__(self, source: str, max_bytes: int, encoding: str = "") -> None:
        self._source = source
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0
        self._inflate = _inflater(source, encoding) if encoding else None

    def feed(self, piece: bytes) -> None:
        """Take what came next.

        Raises:
            UpstreamTooLarge: the body passes the cap.
            UpstreamBadData: its compression is broken.
        """
        if self._inflate is not None:
            # Asking for one byte more than may come tells "full" from "too large" without inflating a bomb.
            piece = _inflated(self._inflate, piece, self._source, self._max_bytes - self._size + 1)
        self._size += len(piece)
        if self._size > self._max_bytes:
            raise UpstreamTooLarge(self._source, self._max_bytes)
        self._parts.append(piece)

    def whole(self) -> bytes:
        """All of it. Raises UpstreamBadData where the compression does not end."""
        if self._inflate is not None and self._parts and not self._inflate.eof:
            raise UpstreamBadData(self._source, "compressed body ends early")
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)


def _inflater(source: str, encoding: str) -> zlib._Decompress | None:
    name = encoding.strip().lower()
    if name in ("identity", ""):
        return None
    if name in ("gzip", "x-gzip"):
        return zlib.decompressobj(_GZIP_WINDOW_BITS)
    if name == "deflate":
        return zlib.decompressobj()
    raise UpstreamBadData(source, "body in a content encoding that was not asked for")


def _inflated(inflate: zlib._Decompress, piece: bytes, source: str, max_bytes: int) -> bytes:
    try:
        part = inflate.decompress(piece, max_bytes)
    except zlib.error as error:
        raise UpstreamBadData(source, "broken compression of the body") from error
    if inflate.unused_data:
        # Dropping it could cut a body made of several parts short without a word.
        raise UpstreamBadData(source, "more data behind the compressed body")
    return part
