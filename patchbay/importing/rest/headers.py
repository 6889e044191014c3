"""The headers of a call that hold arguments, cookies among them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from patchbay.errors import InputError
from patchbay.importing.model import Place
from patchbay.importing.rest.styles import NoAddress, in_query, plain, simple
from patchbay.upstreams.idempotency import ALLOWED, is_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.model import Argument

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SENDABLE: Final = re.compile(r"[\t\x20-\x7e]*")
"""With a line's end in it, a header would be two."""

_SET_ELSEWHERE: Final = frozenset(
    (
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    )
)
"""Headers that say how a call is sent; OpenAPI ignores parameters of some of these names itself."""


class HeaderPlan:
    """What makes the headers of one operation's calls.

    Args:
        arguments: of the operation, those of other places included.
        fixed: headers that each call has.
        idempotency_header: where the operation takes an idempotency key.
    """

    __slots__ = ("_cookies", "_fixed", "_headers", "_key_header")

    def __init__(
        self, arguments: Sequence[Argument], fixed: Mapping[str, str], idempotency_header: str | None
    ) -> None:
        self._fixed = dict(fixed)
        self._headers = [each for each in arguments if each.place is Place.HEADER and can_send(each.wire)]
        self._cookies = [each for each in arguments if each.place is Place.COOKIE]
        self._key_header = (idempotency_header or "").lower()

    def headers(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        """The headers for these arguments.

        Raises:
            InputError: a value that no header can carry as it is.
        """
        headers = dict(self._fixed)
        for argument in self._headers:
            value = arguments.get(argument.attribute)
            if value is not None:
                headers[argument.wire] = self._text(argument, value)
        cookies = [
            cookie
            for argument in self._cookies
            if (value := arguments.get(argument.attribute)) is not None
            for cookie in _cookies(argument, value)
        ]
        if cookies:
            headers["Cookie"] = "; ".join(cookies)
        return headers

    def _text(self, argument: Argument, value: Any) -> str:
        try:
            text = ascii_json(value) if argument.content_type else simple(value, explode=argument.explode)
        except NoAddress:
            raise InputError(argument.name, "holds text without a UTF-8 form") from None
        if argument.wire.lower() == self._key_header and not is_key(text):
            raise InputError(argument.name, f"must have {ALLOWED}")
        if not is_header_text(text):
            raise InputError(argument.name, "holds characters that a header cannot carry")
        return text


def can_send(name: str) -> bool:
    """Whether an argument can be a header of this name."""
    return _NAME.fullmatch(name) is not None and name.lower() not in _SET_ELSEWHERE


def is_header_text(text: str) -> bool:
    """Whether a header can carry it."""
    return _SENDABLE.fullmatch(text) is not None


def ascii_json(value: Any) -> str:
    """A value as JSON of ASCII characters alone. Raises NoAddress for a text without UTF-8 form."""
    try:
        text = orjson.dumps(value).decode()
    except (orjson.JSONEncodeError, UnicodeError):
        raise NoAddress from None
    return "".join(character if character.isascii() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def _cookies(argument: Argument, value: Any) -> list[str]:
    try:
        if argument.content_type:
            value = plain(value) if isinstance(value, str) else ascii_json(value)
        return in_query("form", argument.wire, value, explode=argument.explode)
    except NoAddress:
        raise InputError(argument.name, "holds text without a UTF-8 form") from None
