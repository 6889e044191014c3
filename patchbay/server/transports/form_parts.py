"""The parts of a form (multipart/form-data, RFC 7578), told as they come.

python-multipart finds the boundaries. Everything that it would tell a log or a client of what it has read
stays here.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from patchbay.server.refusals import refused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_HEADERS: Final = 8
"""Headers of one part."""

MOST_HEADER_BYTES: Final = 2048
"""Of one header."""

MOST_NAME_CHARACTERS: Final = 255
"""Of a part's name, of a file's name and of its type."""

SLICE_BYTES: Final = 16 * 1024
"""What is read before others get a turn: a form can be made so that each of its bytes is looked at."""

MALFORMED: Final = "the form cannot be read"

_FORM: Final = "multipart/form-data"
_NOT_PRINTED: Final = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN_ENCODINGS: Final = (b"", b"7bit", b"8bit", b"binary")

# Its warnings quote what clients send, a line for each bad request.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


class Head(msgspec.Struct, frozen=True):
    """What a part says of itself.

    Args:
        name: of the field.
        filename: without folders; None where it is no file.
        content_type: "" where it says none.
    """

    name: str
    filename: str | None
    content_type: str


class Parts(Protocol):
    """What is told of each part. Each may raise Refusal, which ends the reading."""

    def begin(self, head: Head) -> None:
        """A part begins."""

    def take(self, data: memoryview) -> None:
        """More of its content."""

    def end(self) -> None:
        """It is whole."""


class FormReader:
    """Reads one form.

    Args:
        content_type: of the request.
        parts: are told.

    Raises:
        Refusal: 400, there is no boundary.
    """

    def __init__(self, content_type: str, parts: Parts) -> None:
        self._parts = parts
        self._field = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._has_ended = False
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._take_field,
            "on_header_value": self._take_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_head,
            "on_part_data": self._take,
            "on_part_end": parts.end,
            "on_end": self._end,
        }
        try:
            self._parser = MultipartParser(
                _boundary_in(content_type),
                callbacks,
                max_header_count=MOST_HEADERS,
                max_header_size=MOST_HEADER_BYTES,
            )
        except FormParserError as error:
            raise refused(400, "the boundary of the form is too long") from error

    async def feed(self, data: bytes) -> None:
        """Read on. Raises Refusal."""
        for start in range(0, len(data), SLICE_BYTES):
            if start:
                await asyncio.sleep(0)
            try:
                self._parser.write(data[start : start + SLICE_BYTES])
            except FormParserError as error:
                raise refused(400, MALFORMED) from error

    def close(self) -> None:
        """Nothing more comes. Raises Refusal 400 where the form is not whole."""
        if not self._has_ended:
            raise refused(400, "the form ends before its last boundary")

    def forget(self) -> None:
        """Let go of everything. Parser and reader know each other, and would wait for the collector."""
        self._parser.callbacks = {}

    def _begin(self) -> None:
        self._headers = {}

    def _take_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        name = bytes(self._field).lower()
        if name in self._headers:
            raise refused(400, MALFORMED)
        self._headers[name] = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _end_head(self) -> None:
        self._parts.begin(_head_of(self._headers))

    def _take(self, data: bytes, start: int, end: int) -> None:
        self._parts.take(memoryview(data)[start:end])

    def _end(self) -> None:
        self._has_ended = True


def is_form(content_type: str) -> bool:
    """Whether this Content-Type is multipart/form-data."""
    return content_type.partition(";")[0].strip().lower() == _FORM


def _boundary_in(content_type: str) -> bytes:
    # What reads its parameters may take long over a long one.
    _, options = parse_options_header(content_type[:MOST_HEADER_BYTES])
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise refused(400, "the Content-Type of the form names no boundary")
    return boundary


def _head_of(headers: dict[bytes, bytes]) -> Head:
    """Raises Refusal 400."""
    kind, options = parse_options_header(headers.get(b"content-disposition"))
    if kind != b"form-data" or b"name" not in options:
        raise refused(400, "a part of the form has no name")
    if headers.get(b"content-transfer-encoding", b"").strip().lower() not in _PLAIN_ENCODINGS:
        raise refused(400, "the parts of the form are sent without a transfer encoding")
    try:
        name = options[b"name"].decode()
    except UnicodeDecodeError as error:
        raise refused(400, "the name of a part of the form is not UTF-8") from error
    content_type = headers.get(b"content-type", b"").decode("latin-1").strip()
    if max(len(name), len(content_type)) > MOST_NAME_CHARACTERS:
        raise refused(400, "the name or the type of a part of the form is too long")
    filename = options.get(b"filename")
    return Head(name, None if filename is None else _filename(filename), content_type)


def _filename(value: bytes) -> str:
    """The name alone: folders are the client's affair, and control characters are nobody's."""
    name = _NOT_PRINTED.sub("", value.decode("utf-8", "replace"))
    return name.replace("\\", "/").rpartition("/")[2][-MOST_NAME_CHARACTERS:]
