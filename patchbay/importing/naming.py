"""Names that GraphQL and Python allow, made of names that they do not: the same each time, and readable."""

from __future__ import annotations

import keyword
import re
import unicodedata
from functools import lru_cache
from typing import Final

LONGEST: Final = 60
_KEPT: Final = 8192
"""Names that are made again and again: "id", "status"."""

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+|[0-9]+")
_RESERVED_ATTRIBUTES = frozenset(("mro", "self", "cls"))
_NOT_FOR_ENUMS = frozenset(("true", "false", "null"))


def words(text: str) -> list[str]:
    """The words of any text: "order_line-items" -> order, line, items; "XMLRequest" -> XML, Request.

    Letters with accents lose them; signs of other scripts, which no name can hold, are left out. "+1" and
    "-1" stay apart: signs with a meaning become words.
    """
    if text.isascii() and text[:1].isalnum():
        return _WORDS.findall(text)
    plain = unicodedata.normalize("NFKD", _spoken(text).replace("ß", "ss")).encode("ascii", "ignore").decode()
    return _WORDS.findall(plain)


@lru_cache(_KEPT)
def pascal(text: str) -> str:
    """A type's name, as "OrderLineItems"; "" where nothing of the text can be said."""
    return _start("".join(word[:1].upper() + word[1:] for word in _calm(text)), "N")


@lru_cache(_KEPT)
def camel(text: str) -> str:
    """A field's name, as "orderLineItems"; "" where nothing of the text can be said."""
    found = _calm(text)
    if not found:
        return ""
    first = found[0].lower() if found[0].isupper() or not found[0][1:].isupper() else found[0]
    rest = "".join(word[:1].upper() + word[1:] for word in found[1:])
    return _start(first[:1].lower() + first[1:] + rest, "n")


@lru_cache(_KEPT)
def constant(text: str) -> str:
    """An enum value's name, as "NEWEST_FIRST"; "" where nothing of the text can be said."""
    name = "_".join(word.upper() for word in words(text))
    return f"VALUE_{name}" if name[:1].isdigit() else name


@lru_cache(_KEPT)
def attribute(text: str) -> str:
    """A Python attribute, as "order_line_items"; "" where nothing of the text can be said."""
    name = "_".join(word.lower() for word in words(text))
    if name[:1].isdigit():
        name = f"n{name}"
    if keyword.iskeyword(name) or name in _RESERVED_ATTRIBUTES:
        name += "_"
    return name


class Taken:
    """Names of one kind that are given out, each once.

    Args:
        given: that nobody may have.
    """

    __slots__ = ("_given", "_numbers")

    def __init__(self, *given: str) -> None:
        self._given = set(given)
        self._numbers: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def claim(self, *wanted: str) -> str:
        """The first of these that is free and short enough; they go from the plain one to the longest.

        Where all are taken, the last gets a number behind it, counted from 2; empty ones are passed over.
        """
        candidates = [shortened(name) for name in wanted if name]
        for name in candidates:
            if name not in self._given:
                self._given.add(name)
                return name
        if not candidates:
            return self.claim("value")
        last = candidates[-1]
        number = self._numbers.get(last, 2)
        while (name := f"{last[: LONGEST - 4]}{number}") in self._given:
            number += 1
        # A document may want one name thousands of times.
        self._numbers[last] = number + 1
        self._given.add(name)
        return name


def shortened(name: str) -> str:
    """A name of at most 60 characters: whole words from its start and its end."""
    if len(name) <= LONGEST:
        return name
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9_]+|.", name)
    head, tail = "", ""
    for part in parts:
        if len(head) + len(part) > LONGEST // 2:
            break
        head += part
    for part in reversed(parts):
        if len(head) + len(tail) + len(part) > LONGEST:
            break
        tail = part + tail
    return (head + tail) or name[:LONGEST]


_SIGNS: Final = {
    "+": " plus ",
    "-": " minus ",
    "<": " less ",
    ">": " greater ",
    "=": " equals ",
    "!": " not ",
    "*": " all ",
    "%": " percent ",
    "&": " and ",
    "@": " at ",
    "#": " number ",
    "$": " dollar ",
    "~": " about ",
    "^": " caret ",
    "|": " or ",
    "/": " per ",
    ".": " dot ",
    "?": " question ",
    ",": " comma ",
    " ": " space ",
}


def _spoken(text: str) -> str:
    """A leading sign said as a word where it tells apart ("-created" and "created", "+1" and "-1")."""
    stripped = text.strip()
    if any(character.isalnum() for character in stripped):
        sign = stripped[0]
        said = _SIGNS.get(sign, "") if sign in "+-<>=!" else ""
        return said + stripped
    return "".join(_SIGNS.get(character, " ") for character in stripped)


def _calm(text: str) -> list[str]:
    """The words; of several that are all in capitals, as "ORDER_ITEM", each with its first letter alone."""
    found = words(text)
    return [word.capitalize() for word in found] if len(found) > 1 and text.isupper() else found


def _start(name: str, letter: str) -> str:
    """A name that starts as names must; "" stays."""
    return f"{letter}{name}" if name[:1].isdigit() else name


def enum_name(text: str) -> str:
    """As `constant`, for a value of an enum; never one of the three words that GraphQL keeps."""
    name = constant(text)
    return f"VALUE_{name}" if name.lower() in _NOT_FOR_ENUMS else name
