"""Where something stands: a document and a JSON pointer in it."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote


class Location(NamedTuple):
    """A place in a document.

    Attributes:
        file: the document's name as people know it: relative to the root document's folder, or a URL without
            credentials and query.
        pointer: a JSON pointer; "" is the whole document.
    """

    file: str
    pointer: str = ""

    def __truediv__(self, token: object) -> Location:
        """The place of a member or an item."""
        return Location(self.file, f"{self.pointer}/{escaped(token)}")

    @property
    def key(self) -> Location:
        """Something to remember it by: equal for the same place, and hashable."""
        return self

    @property
    def last(self) -> str:
        """The pointer's last token, unescaped; "" for a whole document."""
        return unescaped(self.pointer.rpartition("/")[2])

    def __str__(self) -> str:
        return f"{self.file}#{self.pointer}"


def escaped(token: object) -> str:
    """A member's name or an item's index as a pointer's token."""
    text = str(token)
    if "~" in text:
        text = text.replace("~", "~0")
    return text.replace("/", "~1") if "/" in text else text


def unescaped(token: str) -> str:
    """The name behind a pointer's token."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def tokens_of(fragment: str) -> list[list[str]]:
    """The readings of a fragment that starts with a slash, the likeliest first, as unescaped tokens.

    Percent signs are decoded as RFC 6901 has it; where names hold such signs themselves, documents leave them
    as they are, and where names hold slashes, some write `%2F`.
    """
    plain = fragment[1:].split("/")
    readings = [[unescaped(token) for token in plain]]
    if "%" in fragment:
        decoded = unquote(fragment)[1:].split("/")
        readings.insert(0, [unescaped(token) for token in decoded])
        readings.append([unescaped(unquote(token)) for token in plain])
    return readings
