"""How OpenAPI writes values into addresses, headers, cookies and forms: its styles, after RFC 6570.

A value is a text, a number, a Boolean, a list of such, or a dict by member names. Every text is
percent-encoded where it stands in an address, so that no value can reach outside of its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

if TYPE_CHECKING:
    from typing import TypeAlias

    Pairs: TypeAlias = "list[tuple[str, str]]"
    Encode: TypeAlias = "Callable[[Any], str]"

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]*")
"""What stays itself in an address."""

_RESERVED: Final = ":/?@!$'()*,;[]"
"""What `allowReserved` leaves as it is: RFC 3986's reserved characters but those that end a query's value."""

_DELIMITERS: Final = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}
_PART_DELIMITERS: Final = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}

MAX_DEPTH: Final = 16
"""Objects inside of each other in a `deepObject`."""


class NoAddress(Exception):
    """A value that no address can hold: nothing can be there."""


def plain(value: Any) -> str:
    """A scalar as a text; of what is none, its JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        raise NoAddress from None


def encoded(value: Any) -> str:
    """`plain`, percent-encoded as a whole. Raises NoAddress."""
    text = plain(value)
    if _PLAIN.fullmatch(text) is not None:
        return text
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        # A lone surrogate. Any character in its stead could be the key of something else.
        raise NoAddress from None


def reserved(value: Any) -> str:
    """As `encoded`, with the reserved characters as they are. Raises NoAddress."""
    try:
        return quote(plain(value), safe=_RESERVED)
    except UnicodeEncodeError:
        raise NoAddress from None


def _are_plain(items: Sequence[Any]) -> bool:
    """Whether all are texts that stay themselves in an address: one look, in place of one at each."""
    try:
        return _PLAIN.fullmatch("".join(items)) is not None
    except TypeError:
        return False


def in_path(style: str, name: str, value: Any, *, explode: bool) -> str:
    """A value in a path. Raises NoAddress."""
    if style == "label":
        return "." + _joined(value, "." if explode else ",", encoded, explode=explode)
    if style == "matrix":
        return _matrix(encoded(name), value, explode=explode)
    return simple(value, encoded, explode=explode)


def simple(value: Any, encode: Encode = plain, *, explode: bool) -> str:
    """A value in the style of headers: "a,b", "R,100,G,200", or "R=100,G=200" where it is exploded."""
    return _joined(value, ",", encode, explode=explode)


def in_query(style: str, name: str, value: Any, *, explode: bool, encode: Encode = encoded) -> list[str]:
    """The parameters of a query, as "name=value", that a value is written by; none for an empty list.

    Raises:
        NoAddress: a text has no UTF-8 form.
    """
    if style == "deepObject" and isinstance(value, Mapping | list | tuple):
        return [f"{encoded(key)}={encode(item)}" for key, item in deep(name, value)]
    key = encoded(name)
    if isinstance(value, Mapping):
        if explode:
            return [f"{encoded(each)}={encode(item)}" for each, item in value.items() if item is not None]
        delimiter = _DELIMITERS.get(style, ",")
        return [f"{key}={_joined(value, delimiter, encode, explode=False)}"] if value else []
    if isinstance(value, list | tuple):
        items = value if _are_plain(value) else list(map(encode, value))
        if explode:
            prefix = f"{key}="
            return [prefix + item for item in items]
        return [f"{key}={_DELIMITERS.get(style, ',').join(items)}"] if value else []
    return [f"{key}={encode(value)}"]


def in_parts(style: str, name: str, value: Any, *, explode: bool) -> Pairs:
    """The parts of a multipart body, as name and text, that a value is written by. Nothing is encoded."""
    if style == "deepObject":
        return deep(name, value)
    delimiter = _PART_DELIMITERS.get(style, ",")
    if explode and isinstance(value, Mapping):
        return [(str(key), plain(item)) for key, item in value.items() if item is not None]
    if explode and isinstance(value, list | tuple):
        return [(name, plain(item)) for item in value]
    return [(name, _joined(value, delimiter, plain, explode=False))]


def deep(name: str, value: Any, depth: int = MAX_DEPTH) -> Pairs:
    """A nested value as pairs of name and text: `filter[price][gte]`, `items[0][sku]`. Not encoded yet."""
    if isinstance(value, Mapping) and depth:
        parts: Sequence[tuple[Any, Any]] = list(value.items())
    elif isinstance(value, list | tuple) and depth:
        parts = list(enumerate(value))
    else:
        return [(name, plain(value))]
    pairs: Pairs = []
    for key, item in parts:
        if item is not None:
            pairs += deep(f"{name}[{key}]", item, depth - 1)
    return pairs


def _matrix(name: str, value: Any, *, explode: bool) -> str:
    if explode and isinstance(value, Mapping):
        return "".join(f";{encoded(key)}={encoded(item)}" for key, item in value.items())
    if explode and isinstance(value, list | tuple):
        return "".join(f";{name}={encoded(item)}" for item in value)
    text = _joined(value, ",", encoded, explode=False)
    return f";{name}={text}" if text else f";{name}"


def _joined(value: Any, delimiter: str, encode: Encode, *, explode: bool) -> str:
    if isinstance(value, Mapping):
        pairs = [(encode(key), encode(item)) for key, item in value.items() if item is not None]
        if explode:
            return delimiter.join(f"{key}={item}" for key, item in pairs)
        return delimiter.join(part for pair in pairs for part in pair)
    if isinstance(value, list | tuple):
        return delimiter.join(map(encode, value))
    return encode(value)
