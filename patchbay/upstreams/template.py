"""Operation templates of REST upstreams: "GET /customers?ids={ids}".

A template is a method, a path and a query in which `{name}` stands for an argument. `{name}` takes a list as
one comma-separated value, `{name*}` repeats the parameter for each item. A query parameter whose argument is
None is left out. Every value is percent-encoded as a whole, so no argument can reach outside of its place;
one that no address can hold makes no address at all.
"""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

_TEMPLATE = re.compile(r"(?P<method>GET|POST|PUT|PATCH|DELETE) (?P<path>/[^?#\s]*)(?:\?(?P<query>[^?#\s]*))?")
_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)(\*?)\}")
_PATH_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\*?\}")
_WHOLE_PLACE = re.compile(r"(?P<parameter>[^={}]+)=\{(?P<name>[a-z_][a-z0-9_]*)(?P<explode>\*?)\}")
_SEPARATOR = ","
_DOT_SEGMENTS = ("", ".", "..")
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")
"""What stays itself in an address."""
_PLAIN_LIST = re.compile(r"[A-Za-z0-9_.~,-]*")


class Template:
    """A parsed template.

    Args:
        text: as above.

    Raises:
        ValueError: the text is no template.
    """

    __slots__ = ("_literals", "_parameters", "_segments", "joined", "method", "names", "operation")

    def __init__(self, text: str) -> None:
        match = _TEMPLATE.fullmatch(text)
        if match is None:
            message = f"{text!r} is not an operation such as 'GET /things?ids={{ids}}'"
            raise ValueError(message)
        self.method: str = match["method"]
        path, query = match["path"], match["query"] or ""
        self.names = tuple(dict.fromkeys(name for name, _ in _PLACE.findall(text)))
        """The arguments, in the order in which they stand."""
        self.joined = frozenset(name for name, explode in _PLACE.findall(query) if not explode)
        """The query arguments whose lists become one comma-separated value."""
        self.operation = f"{self.method} {path}"
        """The name for logs and counters: the template without its query."""
        self._literals, self._segments = _split_path(path)
        self._parameters = [_Parameter(part) for part in query.split("&")] if query else []
        if any("{" in each or "}" in each for each in (*self._literals, *map(_literal, self._parameters))):
            message = f"{text!r}: a query argument must be the whole value, as in '?ids={{ids}}'"
            raise ValueError(message)

    def expand(self, arguments: Mapping[str, object]) -> str | None:
        """Path and query for these arguments. Raises KeyError for one that is missing.

        Returns:
            None when an argument cannot stand in its place, so that nothing can be there: an empty or a dot
            segment in the path, or text that has no UTF-8 form anywhere.
        """
        try:
            path = self._literals[0]
            for name, literal in zip(self._segments, self._literals[1:], strict=True):
                path += _segment(arguments[name]) + literal
            query = "&".join(filter(None, [each.expand(arguments) for each in self._parameters]))
        except _NoSuchAddress:
            return None
        return f"{path}?{query}" if query else path

    def has_parameter(self, name: str) -> bool:
        """Whether the query has a parameter of this encoded name."""
        return any(each.text.partition("=")[0] == name for each in self._parameters)

    def adding(self, parameter: str) -> Self:
        """The same template with one more parameter, as "fields=id,name"; names and values are encoded."""
        more = copy(self)
        more._parameters = [*self._parameters, _Parameter(parameter)]  # noqa: SLF001 - another of this class
        return more

    def can_list(self, name: str, item: str) -> bool:
        """Whether an item of a list stays one item among the others in the place of that name.

        An empty one asks for everything at some upstreams. In a comma-separated value a comma would shift all
        items behind it. A lone surrogate has no UTF-8 form.
        """
        together = name in self.joined and _SEPARATOR in item
        return item != "" and not together and item.encode("utf-8", "ignore").decode() == item


def can_list_all(items: Sequence[str]) -> bool:
    """Whether it is plain to see that `can_list` is true of all, in any place."""
    return "" not in items and _plain_list(items) is not None


class _NoSuchAddress(Exception):
    """An argument cannot stand in its place."""


class _Parameter:
    """One parameter of a query: `name={place}`, or a literal, whose `name` is None."""

    __slots__ = ("_explode", "_prefix", "name", "text")

    def __init__(self, text: str) -> None:
        match = _WHOLE_PLACE.fullmatch(text)
        self.text = text
        self.name: str | None = match["name"] if match else None
        self._prefix = f"{match['parameter']}=" if match else ""
        self._explode = match is not None and bool(match["explode"])

    def expand(self, arguments: Mapping[str, object]) -> str:
        """The parameter; an empty text where it is left out."""
        if self.name is None:
            return self.text
        value = arguments[self.name]
        if value is None:
            return ""
        if not isinstance(value, list | tuple):
            return self._prefix + _encode(value)
        plain = _plain_list(value)
        if not self._explode:
            return self._prefix + (_SEPARATOR.join(map(_encode, value)) if plain is None else plain)
        items = map(_encode, value) if plain is None else value
        return "&".join([self._prefix + item for item in items])


def _literal(parameter: _Parameter) -> str:
    return parameter.text if parameter.name is None else ""


def _split_path(path: str) -> tuple[list[str], list[str]]:
    """The literals, one more than there are places, and the places' names between them."""
    parts = _PATH_PLACE.split(path)
    return parts[::2], parts[1::2]


def _segment(value: object) -> str:
    encoded = _encode(value)
    # "." and ".." would be resolved away by clients and servers, and an empty segment names a collection.
    if encoded in _DOT_SEGMENTS:
        raise _NoSuchAddress
    return encoded


def _plain_list(items: Sequence[Any]) -> str | None:
    """The items with commas between, where they are texts that need no encoding and hold none; else None.

    One look at all of them costs a hundredth of a look at each.
    """
    try:
        text = _SEPARATOR.join(items)
    except TypeError:
        return None
    whole = text.count(_SEPARATOR) == len(items) - 1 and _PLAIN_LIST.fullmatch(text) is not None
    return text if whole else None


def _encode(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if _PLAIN.fullmatch(text) is not None:
        return text
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        # A lone surrogate. Any character in its stead could be the key of something else.
        raise _NoSuchAddress from None
