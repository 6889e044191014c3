"""Bodies of several parts (multipart/form-data, RFC 7578), files among them.

A file comes as a dict of `filename` (or None), `content_type` (or None) and `content`, bytes; from operations
that were written by hand as an UploadedFile, whose attributes are the same.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.importing.rest.styles import in_parts, plain
from patchbay.uploads import UploadedFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.importing.model import Part

ANY_BYTES: Final = "application/octet-stream"

_WORD: Final = r"[!#$&^_.+\w-]+"
_MEDIA_TYPE: Final = re.compile(
    rf"{_WORD}/{_WORD}(\s*;\s*{_WORD}=(\"[\x20!\x23-\x7e]*\"|[!\x23-:<-\x7e]+))*", re.ASCII
)
_MAX_NAME_CHARACTERS: Final = 255


def is_file(value: Any) -> bool:
    """Whether a value is a file."""
    if isinstance(value, UploadedFile):
        return True
    return isinstance(value, Mapping) and isinstance(value.get("content"), bytes)


def told(file: Any, name: str) -> Any:
    """The filename, content_type or content of a file."""
    return getattr(file, name) if isinstance(file, UploadedFile) else file.get(name)


def is_media_type(text: str) -> bool:
    """Whether it is one media type, and not a range of them."""
    return "*" not in text and _MEDIA_TYPE.fullmatch(text) is not None


def media_type(value: Any, declared: str = "") -> str:
    """What a file is sent as: what is declared, where that is one type, else what the client says of it."""
    if is_media_type(declared):
        return declared
    claimed = told(value, "content_type") if is_file(value) else None
    return claimed if isinstance(claimed, str) and _MEDIA_TYPE.fullmatch(claimed) else ANY_BYTES


def write(value: Mapping[str, Any], parts: Mapping[str, Part]) -> tuple[bytes, str]:
    """The body and the boundary.

    Args:
        value: the members by wire name; a list's items are parts of their own.
        parts: how members are written where not as usual.

    Raises:
        UnicodeEncodeError: a text has no UTF-8 form.
    """
    # A boundary that nobody can guess is in no value, so none of them has to be looked through.
    boundary = secrets.token_hex(16)
    pieces: list[bytes] = []
    for wire, member in value.items():
        for head, content in _written(wire, member, parts.get(wire)):
            pieces += (f"--{boundary}\r\n{head}\r\n\r\n".encode(), content, b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), boundary


def _written(wire: str, member: Any, part: Part | None) -> Iterator[tuple[str, bytes]]:
    """The parts of one member, as (head, content)."""
    if member is None:
        return
    if part is not None and part.style and not is_file(member):
        for name, text in in_parts(part.style, wire, member, explode=part.explode):
            yield _disposition(name), text.encode()
        return
    for item in member if isinstance(member, list | tuple) else (member,):
        if item is not None:
            yield _part(wire, item, part)


def _part(wire: str, item: Any, part: Part | None) -> tuple[str, bytes]:
    declared = part.content_type if part is not None else ""
    if is_file(item):
        name = str(told(item, "filename") or wire)[-_MAX_NAME_CHARACTERS:]
        head = (
            f'{_disposition(wire)}; filename="{_quoted(name)}"\r\nContent-Type: {media_type(item, declared)}'
        )
        return head, told(item, "content")
    if isinstance(item, Mapping | list | tuple):
        head = f"{_disposition(wire)}\r\nContent-Type: {media_type(None, declared or 'application/json')}"
        return head, msgspec.json.encode(item)
    head = _disposition(wire)
    if part is not None and part.is_file:
        head += f'; filename="{_quoted(wire)}"'
    if declared and "*" not in declared:
        head += f"\r\nContent-Type: {media_type(None, declared)}"
    return head, plain(item).encode()


def _disposition(name: str) -> str:
    return f'Content-Disposition: form-data; name="{_quoted(name)}"'


def _quoted(name: str) -> str:
    """A name as browsers write it; with a quote or a line's end in it, a part could have another head."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").replace("\0", "%00")
