"""Operation templates of REST upstreams: "GET /customers?ids={ids}".

A template is a method, a path and a query in which `{name}` stands for an argument. `{name}` takes a list as
one comma-separated value, `{name*}` repeats the parameter for each item. A query parameter whose argument is
None is left out. Every value is percent-encoded as a whole, so no argument can reach outside of its place;
one that no address can hold makes no address at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPLATE = re.compile(r"(?P<method>GET|POST|PUT|PATCH|DELETE) (?P<path>/[^?#\s]*)(?:\?(?P<query>[^?#\s]*))?")
_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)(\*?)\}")
_WHOLE_PLACE = re.compile(r"(?P<parameter>[^={}]+)=\{(?P<name>[a-z_][a-z0-9_]*)(?P<explode>\*?)\}")
_SEPARATOR = ","
_DOT_SEGMENTS = ("", ".", "..")


class Template:
    """A parsed template.

    Args:
        text: as above.

    Raises:
        ValueError: the text is no template.
    """

    __slots__ = ("_path", "_query", "joined", "method", "names", "operation")

    def __init__(self, text: str) -> None:
        match = _TEMPLATE.fullmatch(text)
        if match is None:
            message = f"{text!r} is not an operation such as 'GET /things?ids={{ids}}'"
            raise ValueError(message)
        self.method: str = match["method"]
        self._path: str = match["path"]
        self._query = (match["query"] or "").split("&") if match["query"] else []
        self.names = tuple(dict.fromkeys(name for name, _ in _PLACE.findall(text)))
        """The arguments, in the order in which they stand."""
        self.joined = frozenset(name for name, explode in _PLACE.findall(match["query"] or "") if not explode)
        """The query arguments whose lists become one comma-separated value."""
        self.operation = f"{self.method} {self._path}"
        """The name for logs and counters: the template without its query."""
        rest = _PLACE.sub("", self._path) + "".join(_WHOLE_PLACE.sub("", part) for part in self._query)
        if "{" in rest or "}" in rest:
            message = f"{text!r}: a query argument must be the whole value, as in '?ids={{ids}}'"
            raise ValueError(message)

    def expand(self, arguments: Mapping[str, object]) -> str | None:
        """Path and query for these arguments. Raises KeyError for one that is missing.

        Returns:
            None when an argument cannot stand in its place, so that nothing can be there: an empty or a dot
            segment in the path, or text that has no UTF-8 form anywhere.
        """
        try:
            path = _PLACE.sub(lambda place: _segment(arguments[place[1]]), self._path)
            query = "&".join(filter(None, (_parameter(part, arguments) for part in self._query)))
        except _NoSuchAddress:
            return None
        return f"{path}?{query}" if query else path

    def can_list(self, name: str, item: str) -> bool:
        """Whether an item of a list stays one item among the others in the place of that name.

        An empty one asks for everything at some upstreams. In a comma-separated value a comma would shift all
        items behind it. A lone surrogate has no UTF-8 form.
        """
        together = name in self.joined and _SEPARATOR in item
        return item != "" and not together and item.encode("utf-8", "ignore").decode() == item


class _NoSuchAddress(Exception):
    """An argument cannot stand in its place."""


def _segment(value: object) -> str:
    encoded = _encode(value)
    # "." and ".." would be resolved away by clients and servers, and an empty segment names a collection.
    if encoded in _DOT_SEGMENTS:
        raise _NoSuchAddress
    return encoded


def _parameter(part: str, arguments: Mapping[str, object]) -> str:
    match = _WHOLE_PLACE.fullmatch(part)
    if match is None:
        return part
    value = arguments[match["name"]]
    if value is None:
        return ""
    parameter = match["parameter"]
    if not isinstance(value, list | tuple):
        return f"{parameter}={_encode(value)}"
    items = [_encode(item) for item in value]
    if match["explode"]:
        return "&".join(f"{parameter}={item}" for item in items)
    return f"{parameter}={_SEPARATOR.join(items)}"


def _encode(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        # A lone surrogate. Any character in its stead could be the key of something else.
        raise _NoSuchAddress from None
