"""Replies in several parts (MTOM, SOAP with Attachments): the envelope and what it refers to."""

from __future__ import annotations

import base64
import binascii
import quopri
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from typing import Final

MAX_PARTS: Final = 1_000

_MAX_HEADERS: Final = 16 * 1024


def parts_of(body: bytes, content_type: str) -> tuple[bytes, dict[str, bytes]]:
    """The envelope's bytes, and the other parts by Content-ID (without its angle brackets).

    Args:
        body: of the reply.
        content_type: its header.

    Raises:
        ValueError: it says that it has several parts, and has none.
    """
    if not content_type.lower().lstrip().startswith("multipart/"):
        return body, {}
    about = Headers()
    about["Content-Type"] = " ".join(content_type.split())
    boundary = about.get_boundary()
    if not boundary:
        raise ValueError("parts without a boundary")
    parts = _parts(body, boundary.encode("utf-8", "surrogateescape"))
    if not parts:
        raise ValueError("no part")
    start = _bare(str(about.get_param("start") or ""))
    root = next((content for name, content in parts if start and name == start), parts[0][1])
    return root, {name: content for name, content in parts if name}


def _parts(body: bytes, boundary: bytes) -> list[tuple[str, bytes]]:
    """(Content-ID, content) of each part."""
    delimiter = b"\n--" + boundary
    # What stands in front of the first boundary is for people.
    pieces = (b"\n" + body).split(delimiter, MAX_PARTS + 1)[1:]
    if len(pieces) > MAX_PARTS:
        raise ValueError("too many parts")
    parts = []
    for piece in pieces:
        if piece.startswith(b"--"):
            break
        parts.append(_part(piece))
    return parts


def _part(piece: bytes) -> tuple[str, bytes]:
    # The boundary's line ends, then come headers and an empty line; the end of the line in front of the next
    # boundary is not the content's.
    _, _, rest = piece.partition(b"\n")
    content = rest.removesuffix(b"\r")
    headers = Headers()
    if not rest.startswith((b"\r\n", b"\n")):
        end, skipped = _end_of_headers(content)
        headers = BytesHeaderParser().parsebytes(content[: min(end, _MAX_HEADERS)])
        content = content[end + skipped :]
    else:
        content = content[2:] if content.startswith(b"\r\n") else content[1:]
    return _bare(str(headers.get("Content-ID") or "")), _decoded(content, headers)


def _end_of_headers(content: bytes) -> tuple[int, int]:
    found = [(content.find(gap), len(gap)) for gap in (b"\r\n\r\n", b"\n\n")]
    return min((each for each in found if each[0] >= 0), default=(len(content), 0))


def _decoded(content: bytes, headers: Headers) -> bytes:
    encoding = str(headers.get("Content-Transfer-Encoding") or "").strip().lower()
    if encoding == "base64":
        try:
            return base64.b64decode(content)
        except binascii.Error as error:
            raise ValueError("a part that is not base64") from error
    return quopri.decodestring(content) if encoding == "quoted-printable" else content


def _bare(content_id: str) -> str:
    return content_id.strip().removeprefix("<").removesuffix(">")
