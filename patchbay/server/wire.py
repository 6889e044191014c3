"""What a connection may bring before anybody looks at what it means, and what it is told beyond that."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
import orjson

from patchbay.server.cache_policy import NO_STORE

if TYPE_CHECKING:
    from patchbay.server.answer import Answer
    from patchbay.server.settings import Settings

MOST_HEADERS: Final = 100
"""Headers of one request."""

HEAD_SECONDS: Final = 10.0
"""How long a request's head may take, from its first byte or from the connection's beginning."""

BODY_SECONDS: Final = 30.0
"""How long a request's body may take."""

LINGER_SECONDS: Final = 1.0
"""How long a client may take to read what it is told last. A socket that is closed with unread data in it
would take that away from the client."""

_HOST = re.compile(rb"(?:[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")


class WireLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one request's head, and of time.

    Args:
        header_bytes: of all headers together, as they stand on the wire.
        url_bytes: of path and query string.
        head_seconds: see HEAD_SECONDS.
        body_seconds: see BODY_SECONDS.
    """

    header_bytes: int = 32 * 1024
    url_bytes: int = 16 * 1024
    head_seconds: float = HEAD_SECONDS
    body_seconds: float = BODY_SECONDS

    @classmethod
    def of(cls, settings: Settings) -> WireLimits:
        """As the server is told."""
        return cls(header_bytes=settings.max_header_bytes, url_bytes=settings.max_url_bytes)

    @property
    def head_bytes(self) -> int:
        """Of a whole head at most."""
        return self.header_bytes + self.url_bytes


def is_host(value: bytes) -> bool:
    """Whether a Host header names a host. Anything else would become a part of the URL that is made of it."""
    return _HOST.fullmatch(value) is not None


def size_of(headers: list[tuple[bytes, bytes]]) -> int:
    """Bytes on the wire."""
    return sum(len(name) + len(value) for name, value in headers) + 4 * len(headers)


def on_the_wire(answer: Answer, *more: tuple[bytes, bytes]) -> bytes:
    """A whole response."""
    lines = [b"%s: %s\r\n" % header for header in (*answer.headers, *more)]
    phrase = HTTPStatus(answer.status).phrase.encode()
    return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (answer.status, phrase, b"".join(lines), answer.body)


def _last_words(status: int, code: str, message: str) -> bytes:
    """A response after which the connection is closed."""
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
    headers = (
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        *NO_STORE,
        (b"connection", b"close"),
    )
    lines = [b"%s: %s\r\n" % header for header in headers]
    return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (status, HTTPStatus(status).phrase.encode(), b"".join(lines), body)


MALFORMED: Final = _last_words(400, "BAD_REQUEST", "this is no HTTP request that can be read")
WRONG_HOST: Final = _last_words(400, "BAD_REQUEST", "a request has one Host header, with a host's name")
TOO_SLOW: Final = _last_words(408, "REQUEST_TIMEOUT", "the request did not come in time")
URL_TOO_LONG: Final = _last_words(414, "URI_TOO_LONG", "path and query string are too long")
HEADERS_TOO_LARGE: Final = _last_words(431, "HEADERS_TOO_LARGE", "the headers are too large, or too many")
