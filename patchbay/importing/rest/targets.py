"""The address of a call: an operation's path with its values, and its query."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from patchbay.errors import InputError
from patchbay.importing.model import Place
from patchbay.importing.rest.styles import NoAddress, encoded, in_path, in_query, reserved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.model import Argument

_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_DOT_SEGMENTS: Final = ("", ".", "..")
_LITERAL_SAFE: Final = "/:@!$&'()*+,;=-._~%"
_QUERY_SAFE: Final = _LITERAL_SAFE + "?"


class TargetPlan:
    """What makes the addresses of one operation.

    Args:
        path: as the document has it; some have a query of their own behind it.
        arguments: of the operation, those of other places included.

    Attributes:
        has_places: whether the path names one thing among others, so that it can be missing.
    """

    __slots__ = ("_fixed", "_parameters", "_path", "_query_places", "has_places")

    def __init__(self, path: str, arguments: Sequence[Argument]) -> None:
        in_paths = {each.wire: each for each in arguments if each.place is Place.PATH}
        literal, _, query = path.partition("#")[0].partition("?")
        self._path = _parts(literal if literal.startswith("/") else f"/{literal}", in_paths, _LITERAL_SAFE)
        self._query_places = _parts(query, in_paths, _QUERY_SAFE)
        self._parameters = [each for each in arguments if each.place is Place.QUERY]
        self.has_places = any(not isinstance(part, str) for part in self._path)
        self._fixed = None if self.has_places or query or self._parameters else "".join(map(str, self._path))

    def expand(self, arguments: Mapping[str, Any], query: str | None = None) -> str:
        """Path and query for these arguments (attribute -> value; what is None is not given).

        Args:
            arguments: of the call.
            query: an encoded query that stands in place of the operation's.

        Raises:
            NoAddress: a value that no address can hold: an empty or a dot segment, a text without UTF-8 form.
            InputError: a part of the path is not given.
        """
        if self._fixed is not None and not query:
            return self._fixed
        path = "".join(part if isinstance(part, str) else _segment(part, arguments) for part in self._path)
        text = self.query(arguments) if query is None else query
        return f"{path}?{text}" if text else path

    def query(self, arguments: Mapping[str, Any]) -> str:
        """The query alone. Raises as `expand` does."""
        found = [
            part if isinstance(part, str) else encoded(_given(part, arguments)) for part in self._query_places
        ]
        parameters = ["".join(found)] if found else []
        for argument in self._parameters:
            value = arguments.get(argument.attribute)
            if value is not None:
                parameters += _written(argument, value)
        return "&".join(filter(None, parameters))

    def unspeakable(self, arguments: Mapping[str, Any]) -> str:
        """The name of the first argument that no address can hold; of the last one where all can be held."""
        name = ""
        for argument in (*self._path, *self._query_places, *self._parameters):
            if isinstance(argument, str) or arguments.get(argument.attribute) is None:
                continue
            name = argument.name
            try:
                if argument in self._parameters:
                    _written(argument, arguments[argument.attribute])
                else:
                    _segment(argument, arguments)
            except NoAddress:
                break
        return name


def json_text(value: Any) -> str:
    """A value as JSON, for a parameter of such content. Raises NoAddress for a text without UTF-8 form."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        raise NoAddress from None


def _written(argument: Argument, value: Any) -> list[str]:
    if argument.content_type:
        text = value if isinstance(value, str) and "json" not in argument.content_type else json_text(value)
        return [f"{encoded(argument.wire)}={encoded(text)}"]
    encode = reserved if argument.allow_reserved else encoded
    return in_query(argument.style, argument.wire, value, explode=argument.explode, encode=encode)


def _segment(argument: Argument, arguments: Mapping[str, Any]) -> str:
    value = _given(argument, arguments)
    if argument.content_type:
        value = json_text(value)
    text = in_path(argument.style, argument.wire, value, explode=argument.explode)
    # "." and ".." would be resolved away by clients and servers, and an empty segment names a collection.
    if text in _DOT_SEGMENTS:
        raise NoAddress
    return text


def _given(argument: Argument, arguments: Mapping[str, Any]) -> Any:
    value = arguments.get(argument.attribute)
    if value is None:
        raise InputError(argument.name, "must be given, as it is a part of the address")
    return value


def _parts(text: str, places: Mapping[str, Argument], safe: str) -> list[str | Argument]:
    """Literals, encoded, and arguments between them. A place that nothing is declared for stays as it is."""
    parts: list[str | Argument] = []
    for index, part in enumerate(_PLACE.split(text)):
        if index % 2 == 0:
            parts.append(quote(part, safe=safe))
        else:
            parts.append(places.get(part) or quote(f"{{{part}}}", safe=""))
    return [part for part in parts if part != ""]
