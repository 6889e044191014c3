"""Narrower reads: the same read, whose records carry only the attributes that somebody wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Read = TypeVar("Read")

MAX_SELECTIONS = 128
"""Narrower reads that one read keeps; clients choose the attributes, so there could be any number."""


class Selections(Generic[Read]):
    """A read's narrower reads, each made once.

    Args:
        make: makes one; None where there is nothing to leave out. None where the read cannot be narrowed.
    """

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[frozenset[str]], Read | None] | None) -> None:
        self._make = make
        self._made: dict[frozenset[str], Read | None] = {}

    def of(self, read: Read, attributes: frozenset[str]) -> Read:
        """The read itself where there is no narrower one."""
        if self._make is None:
            return read
        if attributes not in self._made:
            if len(self._made) >= MAX_SELECTIONS:
                del self._made[next(iter(self._made))]
            self._made[attributes] = self._make(attributes)
        return self._made[attributes] or read
