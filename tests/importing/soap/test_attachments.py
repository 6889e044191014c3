"""Replies in several parts."""

from __future__ import annotations

import pytest

from patchbay.errors import (
    UpstreamBadData,
)
from tests.importing.soap.asking import NS, of_fields, read
from tests.importing.soap.models import field
from tests.soap.documents import envelope

XOP = '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:{}"/>'


def _parts(*parts: tuple[str, bytes], start: str = "root", line: bytes = b"\r\n") -> tuple[bytes, str]:
    body = b"preamble" + line
    for name, content in parts:
        head = f"Content-ID: <{name}>".encode() + line + b"Content-Transfer-Encoding: binary"
        body += b"--b=1" + line + head + line + line + content + line
    return (
        body + b"--b=1--" + line,
        f'multipart/related; type="application/xop+xml"; boundary="b=1"; start="<{start}>"',
    )


@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
def test_attachments_stand_where_they_are_included(line: bytes) -> None:
    of = of_fields(field("A", "Base64"), field("B", "Base64"), field("C", "String"))
    inside = f"<A>{XOP.format('one%40x')}</A><B>AAH/</B><C>cid:two</C>"
    root = envelope(f"<GetResponse {NS}>{inside}</GetResponse>")
    body, kind = _parts(("two", b"hello"), ("root", root), ("one@x", b"\x00\x01\xff\r\n--"), line=line)
    answer = read(of, body, content_type=kind)
    assert (answer.a, answer.b, answer.c) == ("AAH/DQotLQ==", "AAH/", "aGVsbG8=")


def test_an_attachment_that_is_missing_is_wrong_where_it_is_included() -> None:
    root = envelope(f"<GetResponse {NS}><A>{XOP.format('one')}</A></GetResponse>")
    body, kind = _parts(("root", root))
    assert isinstance(read(of_fields(field("A", "Base64")), body, content_type=kind).a, UpstreamBadData)


def test_an_attachment_that_is_included_without_end_is_refused() -> None:
    of = of_fields(field("A", "[Base64]"))
    included = f"<A>{XOP.format('one')}</A>"
    root = envelope(f"<GetResponse {NS}>{included * 2_000}</GetResponse>")
    body, kind = _parts(("root", root), ("one", bytes(100_000)))
    with pytest.raises(UpstreamBadData, match="too many"):
        read(of, body, content_type=kind)
