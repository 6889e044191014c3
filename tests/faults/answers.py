"""What each mode makes of an upstream's good answer, or says in its place."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from tests.faults import bombs
from tests.faults.fault import Fault, Mode

HTML: Final = (
    b"<!doctype html><html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>"
)
XML: Final = "text/xml; charset=utf-8"

_SOAP_12: Final = "http://www.w3.org/2003/05/soap-envelope"
_HEADER_BYTES: Final = 2 * 1024 * 1024
_BROKEN_XML: Final = f'<?xml version="1.0"?><e:Envelope xmlns:e="{bombs.SOAP_11}"><e:Body><'.encode()
_HTTP2: Final = b"".join(
    (
        b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",  # SETTINGS
        b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + bytes(4) + b"\x00\x00\x00\x0b",  # GOAWAY
    )
)


@dataclass(frozen=True)
class Answer:
    """A whole answer: names of headers are in lower case, and Content-Length is not among them."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def typed(self, media_type: str) -> Answer:
        """The same under another Content-Type."""
        kept = (pair for pair in self.headers if pair[0] != "content-type")
        return replace(self, headers=(*kept, ("content-type", media_type)))

    def head(self, length: int | None = None) -> bytes:
        """As it stands on the wire; the length is the body's, or another."""
        return _head(self.status, self.headers, len(self.body) if length is None else length)

    def encode(self, more: bytes = b"") -> bytes:
        """All of it, with more lines in its head."""
        head = self.head()
        return head[:-2] + more + head[-2:] + self.body


def _bad_utf8(good: Answer) -> bytes:
    """Behind every text: nobody can have skipped all of them."""
    body = good.body
    for end in (b'",', b'"}', b"</"):
        body = body.replace(end, b"\xff\xfe" + end)
    return replace(good, body=body).encode()


def _nested_gzip(good: Answer) -> bytes:
    headers = (*good.headers, ("content-encoding", "gzip, gzip"))
    return replace(good, headers=headers, body=gzip.compress(gzip.compress(good.body))).encode()


def _bad_chunk(good: Answer) -> bytes:
    head = _head(good.status, (*good.headers, ("transfer-encoding", "chunked")), None)
    return head + b"5\r\n" + good.body[:5] + b"\r\nzz\r\n"


CHANGED: Final[Mapping[Mode, Callable[[Answer], bytes]]] = {
    "wrong_type": lambda good: good.typed("image/png").encode(),
    "half_body": lambda good: replace(good, body=good.body[: len(good.body) // 2]).encode(),
    "bad_utf8": _bad_utf8,
    "nested_gzip": _nested_gzip,
    "double_length": lambda good: good.encode(b"Content-Length: 2\r\n"),
    "big_header": lambda good: good.encode(b"X-Big: " + b"x" * _HEADER_BYTES + b"\r\n"),
    "bad_chunk": _bad_chunk,
}
"""What goes out for the modes that change an answer."""


def _redirect(fault: Fault) -> bytes:
    is_redirect = HTTPStatus.MULTIPLE_CHOICES <= fault.status < HTTPStatus.BAD_REQUEST
    status = fault.status if is_redirect else HTTPStatus.FOUND
    return Answer(status, (("location", fault.location), *fault.headers.items()), b"").encode()


def _bomb(fault: Fault) -> bytes:
    encoding = fault.mode.removesuffix("_bomb")
    return _said(fault, "application/json", bombs.packed(fault.size_bytes, encoding), encoding=encoding)


def _soap_fault_11(fault: Fault) -> bytes:
    said = "<faultcode>e:Server</faultcode><faultstring>Out of order.</faultstring>"
    return _said(fault, XML, bombs.envelope(f"<e:Fault>{said}</e:Fault>"), 500)


def _soap_fault_12(fault: Fault) -> bytes:
    said = (
        "<e:Code><e:Value>e:Receiver</e:Value></e:Code>"
        '<e:Reason><e:Text xml:lang="en">Out of order.</e:Text></e:Reason>'
    )
    body = bombs.envelope(f"<e:Fault>{said}</e:Fault>").replace(bombs.SOAP_11.encode(), _SOAP_12.encode())
    return _said(fault, "application/soap+xml; charset=utf-8", body, 500)


INSTEAD: Final[Mapping[Mode, Callable[[Fault], bytes]]] = {
    "status": lambda fault: _said(fault, "text/plain", b"Out of order.", fault.status),
    "redirect": _redirect,
    "html": lambda fault: _said(fault, "text/html", HTML),
    "broken_xml": lambda fault: _said(fault, XML, _BROKEN_XML),
    "http2_goaway": lambda _: _HTTP2,
    "gzip_bomb": _bomb,
    "deflate_bomb": _bomb,
    "xml_bomb": lambda fault: _said(fault, XML, bombs.xml(fault.kind, fault.url)),
    "soap_fault_11": _soap_fault_11,
    "soap_fault_12": _soap_fault_12,
}
"""What goes out for the modes that need no good answer."""


def _said(fault: Fault, media_type: str, body: bytes, status: int = 200, encoding: str = "") -> bytes:
    headers = [("content-type", media_type), *fault.headers.items()]
    if encoding:
        headers.append(("content-encoding", encoding))
    return Answer(status, tuple(headers), body).encode()


def _head(status: int, headers: tuple[tuple[str, str], ...], length: int | None) -> bytes:
    known = {each.value: each.phrase for each in HTTPStatus}
    lines = [f"HTTP/1.1 {status} {known.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if length is not None and status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        lines.append(f"content-length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
