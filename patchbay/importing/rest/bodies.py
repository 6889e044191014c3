"""The body of a call: one value, written in the media type that the operation takes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.errors import InputError
from patchbay.importing.model import BodyKind
from patchbay.importing.rest import multipart
from patchbay.importing.rest.styles import NoAddress, encoded, in_query

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from patchbay.importing.model import Argument, Body
    from patchbay.importing.rest.numbers import Numbers

    Written: TypeAlias = "tuple[bytes, str]"
    """Bytes and their Content-Type."""

_USUAL: Final = {
    BodyKind.JSON: "application/json",
    BodyKind.FORM: "application/x-www-form-urlencoded",
    BodyKind.TEXT: "text/plain",
    BodyKind.XML: "application/xml",
    BodyKind.BINARY: multipart.ANY_BYTES,
}
"""Where a document says "*/*", or nothing."""


class BodyPlan:
    """What makes the bodies of one operation's calls.

    Args:
        body: how they are written.
        argument: what holds the value.
        numbers: of the model.
    """

    __slots__ = ("_argument", "_body", "_parts", "_turn", "_write")

    def __init__(self, body: Body, argument: Argument, numbers: Numbers) -> None:
        self._argument = argument
        self._body = body
        self._parts = {part.wire: part for part in body.parts}
        self._turn = numbers.for_type(argument.type)
        self._write: Callable[[Any], Written] = {
            BodyKind.JSON: self._json,
            BodyKind.FORM: self._form,
            BodyKind.MULTIPART: self._multipart,
            BodyKind.BINARY: self._binary,
        }.get(body.kind, self._text)

    def written(self, arguments: Mapping[str, Any]) -> Written | None:
        """The body for these arguments; None where none is given.

        Raises:
            InputError: the value cannot be written so.
        """
        attribute = self._argument.attribute
        value = arguments.get(attribute)
        # null is a value in JSON, where the client has given it.
        if value is None and (self._body.kind is not BodyKind.JSON or attribute not in arguments):
            return None
        try:
            return self._write(value)
        except (UnicodeEncodeError, NoAddress):
            raise InputError(self._argument.name, "holds text without a UTF-8 form") from None

    def _json(self, value: Any) -> Written:
        turned = value if self._turn is None else self._turn(value)
        return msgspec.json.encode(turned), self._type()

    def _form(self, value: Any) -> Written:
        pairs: list[str] = []
        for wire, member in self._members(value).items():
            if member is not None:
                pairs += self._pairs(wire, member)
        return "&".join(pairs).encode("ascii"), self._type()

    def _pairs(self, wire: str, member: Any) -> list[str]:
        part = self._parts.get(wire)
        if part is not None and part.style:
            return in_query(part.style, wire, member, explode=part.explode)
        if part is not None and "json" in part.content_type:
            return [f"{encoded(wire)}={encoded(msgspec.json.encode(member).decode())}"]
        explode = part.explode if part is not None else True
        if isinstance(member, Mapping):
            # What OpenAPI says of objects without a style of their own.
            return [f"{encoded(wire)}={encoded(msgspec.json.encode(member).decode())}"]
        return in_query("form", wire, member, explode=explode)

    def _multipart(self, value: Any) -> Written:
        content, boundary = multipart.write(self._members(value), self._parts)
        kind = self._type() if self._body.content_type.startswith("multipart/") else "multipart/form-data"
        return content, f"{kind.partition(';')[0]}; boundary={boundary}"

    def _binary(self, value: Any) -> Written:
        if multipart.is_file(value):
            return multipart.told(value, "content"), multipart.media_type(value, self._body.content_type)
        try:
            content = base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise InputError(self._argument.name, "is not base64") from None
        return content, self._type()

    def _text(self, value: Any) -> Written:
        if multipart.is_file(value):
            return multipart.told(value, "content"), self._type()
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        kind = self._type()
        needs_charset = kind.startswith("text/") and "charset" not in kind
        return text.encode(), f"{kind}; charset=utf-8" if needs_charset else kind

    def _members(self, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise InputError(self._argument.name, "must be an object")
        return value

    def _type(self) -> str:
        declared = self._body.content_type
        if self._body.kind is BodyKind.BINARY:
            return multipart.media_type(None, declared)
        is_one = multipart.is_media_type(declared)
        return declared if is_one else _USUAL.get(self._body.kind, "multipart/form-data")
