"""Addresses of upstreams: what a URL says of host, port and path, and nothing that a call could not use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import idna

_PORTS = {"http": 80, "https": 443}

_MAX_LENGTH = 64 * 1024

_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")
"""urlsplit drops some of these without a word, and a backslash is a slash to others."""

_AUTHORITY = re.compile(r"([^@]*@)?(\[[^\[\]]+\]|[^\[\]:@]+)(:[0-9]*)?")

_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+(%[A-Za-z0-9._~-]+)?\]")

_PATH_SAFE = "/%:@!$&'()*+,;=~?"
"""What stays itself in path and query; a percent sign is taken to belong to what is encoded already."""


@dataclass(frozen=True)
class Address:
    """An HTTP address.

    Args:
        scheme: http or https.
        host: in ASCII and lower case; an IPv6 address without brackets.
        port: the scheme's own where none is given.
        target: path and query, encoded; it starts with a slash.
        path: as `target`, without the query.
    """

    scheme: str
    host: str
    port: int
    target: str
    path: str

    @property
    def authority(self) -> str:
        """Host and port as a Host header has them: without the scheme's own port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The URL without path and query, which is the same for all addresses of one server."""
        return f"{self.scheme}://{self.authority}"


def parse_address(url: str) -> Address:
    """An address from a URL; credentials in it and a fragment are left out.

    Raises:
        ValueError: the URL is none of http or https, or names no host or a port outside of 1 to 65535. The
            message holds nothing of it.
    """
    if len(url) > _MAX_LENGTH or _AMBIGUOUS.search(url):
        raise ValueError("not a URL")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _ascii_host(parts.hostname or "")
    except ValueError:
        raise ValueError("not a URL") from None
    if parts.scheme not in _PORTS or not host or port == 0 or not _AUTHORITY.fullmatch(parts.netloc):
        raise ValueError("not an HTTP address with a host")
    path = quote(parts.path, safe=_PATH_SAFE)
    target = (path or "/") + (f"?{quote(parts.query, safe=_PATH_SAFE)}" if parts.query else "")
    return Address(parts.scheme, host, port or _PORTS[parts.scheme], target, path)


def _ascii_host(host: str) -> str:
    """The host as DNS knows it. Raises ValueError."""
    text = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    if text and _HOST.fullmatch(f"[{text}]" if ":" in text else text) is None:
        raise ValueError("not a host")
    return text.lower()
