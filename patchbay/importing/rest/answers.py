"""A reply -> the value that an operation answers with."""

from __future__ import annotations

import base64
import codecs
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from patchbay.errors import UpstreamBadData
from patchbay.importing.model import BodyKind
from patchbay.upstreams.decoding import DECODE_ERRORS, bad_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.calls import Reply
    from patchbay.importing.model import Operation
    from patchbay.importing.runtime import RecordTypes

_EMPTY: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT)
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_UTF8: Final = ("utf-8", "ascii")
_NEVER_JSON: Final = ("text/html", "application/xhtml", "text/xml", "application/xml", "image/")


class AnswerReader:
    """What reads one operation's answers.

    Args:
        source: the upstream's name.
        operation: of the model.
        decode: JSON -> the value; may raise what stands in decoding.DECODE_ERRORS.
    """

    __slots__ = ("_decode", "_source", "read")

    def __init__(self, source: str, operation: Operation, decode: Callable[[bytes], Any] | None) -> None:
        self._source = source
        self._decode = decode
        self.read: Callable[[Reply], Any] = {
            BodyKind.NOTHING: _done,
            BodyKind.BINARY: _base64,
            BodyKind.TEXT: self._text,
            BodyKind.XML: self._text,
        }.get(operation.result.kind, self._json)
        """The value of a reply that tells of success. Raises UpstreamBadData."""

    def _json(self, reply: Reply) -> Any:
        if not reply.body or reply.status in _EMPTY:
            return None
        if self._decode is None:
            return None
        try:
            return self._decode(json_bytes(self._source, reply))
        except DECODE_ERRORS as error:
            raise bad_data(self._source, error) from error

    def _text(self, reply: Reply) -> str:
        named = _charset(reply)
        try:
            return reply.body.decode(named or "utf-8-sig", "strict" if named else "replace")
        except UnicodeDecodeError as error:
            raise UpstreamBadData(self._source, "text in another encoding than it says") from error


def answer_reader(
    source: str,
    operation: Operation,
    records: RecordTypes,
    attributes: frozenset[str] | None = None,
) -> AnswerReader:
    """What reads an operation's whole answers, with some attributes of their records."""
    is_json = operation.result.kind not in (BodyKind.NOTHING, BodyKind.BINARY, BodyKind.TEXT, BodyKind.XML)
    decode = records.decoder(operation.result.type, attributes=attributes) if is_json else None
    return AnswerReader(source, operation, decode)


def json_bytes(source: str, reply: Reply) -> bytes:
    """The JSON of a reply, in UTF-8. Raises UpstreamBadData where it is something else, as a login page."""
    told = reply.headers.get("content-type", "")
    if told == "application/json":
        return reply.body.removeprefix(codecs.BOM_UTF8)
    kind = told.lower().lstrip()
    for other in _NEVER_JSON:
        if kind.startswith(other):
            raise UpstreamBadData(source, f"{other.rstrip('/')} in place of JSON")
    named = _charset(reply)
    if named is None:
        return reply.body.removeprefix(codecs.BOM_UTF8)
    try:
        return reply.body.decode(named).removeprefix("\ufeff").encode()
    except UnicodeError as error:
        raise UpstreamBadData(source, "text in another encoding than it says") from error


def _charset(reply: Reply) -> str | None:
    """The encoding that a reply names, where it is another one than UTF-8 and known; else None."""
    named = _CHARSET.search(reply.headers.get("content-type", ""))
    if named is None:
        return None
    try:
        name = codecs.lookup(named[1]).name
        # Some codecs of Python's are none of texts, as "zlib".
        "".encode(name)
    except (LookupError, ValueError, TypeError):
        return None
    return None if name in _UTF8 else name


def _done(_: Reply) -> bool:
    return True


def _base64(reply: Reply) -> str | None:
    if reply.status in _EMPTY:
        return None
    return base64.b64encode(reply.body).decode()
