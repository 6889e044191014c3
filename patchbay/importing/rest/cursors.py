"""Where a row stands in a list that comes in pages: told to clients, and checked when it comes back.

A cursor is a JSON text of the list's own mark and a place. It is no secret, and may be made up: whatever it
says leads to nothing but another page of the same list.
"""

from __future__ import annotations

import zlib
from typing import Any, Final, TypeVar

import msgspec

from patchbay.errors import InputError

MAX_CURSOR_CHARACTERS: Final = 8_192
MAX_OFFSET: Final = 10**12

T = TypeVar("T")


class Offset(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """So many rows are left out."""

    index: int


class Numbered(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """So many rows of the page of this number are left out.

    `size`: of the pages; 0 where it is not set. `is_most`: the upstream gives no larger ones.
    """

    number: int
    skip: int
    size: int
    is_most: bool = False


class Marked(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """So many rows of the page at this token are left out. `token`: None for the first page.

    `is_query`: the token is the query of an address.
    """

    token: str | int | None
    skip: int
    is_query: bool = False


Spot = Offset | Numbered | Marked


class Cursors:
    """Writes and reads the cursors of one list.

    Args:
        source: the upstream's name.
        operation: the list's.
        kind: of its places.
    """

    __slots__ = ("_decode", "_kind", "_mark")

    def __init__(self, source: str, operation: str, kind: type[Spot]) -> None:
        self._mark = f"{zlib.crc32(f'{source}.{operation}'.encode()):08x}"
        self._kind = kind
        self._decode = msgspec.json.Decoder(kind).decode

    def write(self, spot: Spot) -> str:
        """The cursor of the row before this place."""
        return self._mark + msgspec.json.encode(spot).decode()

    def read(self, cursor: str) -> Any:
        """The place. Raises InputError where it is none of this list."""
        mark = len(self._mark)
        if len(cursor) <= MAX_CURSOR_CHARACTERS and cursor.startswith(self._mark):
            try:
                spot = self._decode(cursor[mark:].encode())
            except (ValueError, RecursionError):
                pass
            else:
                if _is_possible(spot):
                    return spot
        raise InputError("after", "is not a cursor of this list")


def _is_possible(spot: Spot) -> bool:
    if isinstance(spot, Offset):
        return 0 <= spot.index <= MAX_OFFSET
    if isinstance(spot, Numbered):
        return all(0 <= part <= MAX_OFFSET for part in (spot.number, spot.skip, spot.size))
    if spot.is_query and (not isinstance(spot.token, str) or not spot.token.isascii()):
        return False
    return 0 <= spot.skip <= MAX_OFFSET
