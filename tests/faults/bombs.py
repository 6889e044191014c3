"""Bodies that take what reads them in: packed ones, and XML."""

from __future__ import annotations

import zlib
from functools import cache
from typing import Final

SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"

KINDS: Final = (
    "laughs", "quadratic", "external", "parameter", "dtd", "xinclude",
    "deep", "text", "attributes", "namespaces",
)  # fmt: skip
"""Of XML."""

_PIECE_BYTES: Final = 1 << 20
_DEPTH: Final = 100_000
_MANY: Final = 100_000
_TEXT_BYTES: Final = 50_000_000


@cache
def packed(size_bytes: int, encoding: str) -> bytes:
    """Zeros, packed about a thousand times smaller; in whole MiB, rounded up. It takes a second to make."""
    packer = zlib.compressobj(6, zlib.DEFLATED, {"gzip": 31, "deflate": 15}[encoding])
    zeros = bytes(_PIECE_BYTES)
    pieces = [packer.compress(zeros) for _ in range(-(-size_bytes // _PIECE_BYTES))]
    return b"".join(pieces) + packer.flush()


@cache
def xml(kind: str, url: str = "") -> bytes:
    """An envelope of one of KINDS; four of these refer to the URL. Raises ValueError for another kind."""
    before, inside = _document_type(kind, url), "&x;"
    if kind == "quadratic":
        inside = "&x;" * 50_000
    elif kind in ("parameter", "dtd"):
        inside = ""
    elif not before:
        inside = _content(kind, url)
    return envelope(inside, before)


def envelope(inside: str, before: str = "") -> bytes:
    """A SOAP 1.1 envelope around XML text, and what stands before it."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{before}'
        f'<e:Envelope xmlns:e="{SOAP_11}"><e:Body>{inside}</e:Body></e:Envelope>'
    ).encode()


def _document_type(kind: str, url: str) -> str:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    declarations = {
        "laughs": f'[<!ENTITY l0 "{"ha" * 50}">{laughs}<!ENTITY x "&l9;">]',
        "quadratic": f'[<!ENTITY x "{"ha" * 50_000}">]',
        "external": f'[<!ENTITY x SYSTEM "{url}">]',
        "parameter": f'[<!ENTITY % p SYSTEM "{url}"> %p;]',
        "dtd": f'SYSTEM "{url}"',
    }
    return f"<!DOCTYPE a {declarations[kind]}>" if kind in declarations else ""


def _content(kind: str, url: str) -> str:
    match kind:
        case "xinclude":
            return f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" parse="text" href="{url}"/>'
        case "deep":
            return "<a>" * _DEPTH + "</a>" * _DEPTH
        case "text":
            return "a" * _TEXT_BYTES
        case "attributes":
            return "<a" + "".join(f" a{n}='1'" for n in range(_MANY)) + "/>"
        case "namespaces":
            return "<a" + "".join(f" xmlns:a{n}='urn:{n}'" for n in range(_MANY)) + "/>"
    raise ValueError(f"there is no XML bomb {kind}")
