"""Columns: the values of one field for all rows of a block, completed."""

from __future__ import annotations

from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.execution.block import Block


class Failure:
    """Stands where a value should be: the error, and the turn of the run in which it came up."""

    __slots__ = ("error", "turn")

    def __init__(self, error: Exception, turn: int) -> None:
        self.error = error
        self.turn = turn


ABANDONED = Exception("abandoned")
"""The error of a value that nobody waits for any more, as its list is null in any case. It is not told."""


class BrokenList(Failure):
    """A list that failed after some of its items had come."""

    __slots__ = ("count",)

    def __init__(self, error: Exception, turn: int, count: int) -> None:
        super().__init__(error, turn)
        self.count = count


class Leaf:
    """Serialised values, None, and Failures."""

    __slots__ = ("dirty", "values")

    def __init__(self, values: list[Any], *, dirty: bool) -> None:
        self.values = values
        self.dirty = dirty

    def entry(self, row: int) -> Any:
        """A row's value, None, or a Failure."""
        return self.values[row]

    def is_dirty(self) -> bool:
        """Whether any value is a Failure."""
        return self.dirty

    def build(self) -> list[Any]:
        """The response's values."""
        return self.values


class Items:
    """Lists: for each row its length, None, or a Failure; the items of all rows stand in one column."""

    __slots__ = ("_starts", "dirty", "items", "lengths")

    def __init__(self, lengths: list[Any], *, dirty: bool) -> None:
        self.lengths = lengths
        self.dirty = dirty
        self.items: Column | None = None
        self._starts: list[int] | None = None

    def entry(self, row: int) -> Any:
        """The length of a row's list, None, or a Failure."""
        return self.lengths[row]

    def range_of(self, row: int) -> range:
        """The places of a row's items in the column of items."""
        if self._starts is None:
            self._starts = list(accumulate(map(_item_count, self.lengths), initial=0))
        return range(self._starts[row], self._starts[row + 1])

    def is_dirty(self) -> bool:
        """Whether a list or an item failed."""
        return self.dirty or (self.items is not None and self.items.is_dirty())

    def build(self) -> list[Any]:
        """The response's lists."""
        items = [] if self.items is None else self.items.build()
        lengths = self.lengths
        if len(lengths) == 1:
            return [items] if lengths[0] is not None else [None]
        lists: list[Any] = []
        start = 0
        for length in lengths:
            if length is None:
                lists.append(None)
            else:
                lists.append(items[start : start + length])
                start += length
        return lists


class Objects:
    """Objects: for each row its place in their block, None, or a Failure; None for all means "in order"."""

    __slots__ = ("block", "dirty", "refs")

    def __init__(self, refs: list[Any] | None, block: Block, *, dirty: bool) -> None:
        self.refs = refs
        self.block = block
        self.dirty = dirty

    def entry(self, row: int) -> Any:
        """A row's place in the block, None, or a Failure."""
        return row if self.refs is None else self.refs[row]

    def is_dirty(self) -> bool:
        """Whether one failed, or something in one of them."""
        return self.dirty or self.block.is_dirty()

    def build(self) -> list[Any]:
        """The response's objects."""
        rows = self.block.build()
        return rows if self.refs is None else [None if ref is None else rows[ref] for ref in self.refs]


class Shared:
    """Values that several rows have in common: for each row a key, None, or a Failure.

    Args:
        keys: of the rows.
        distinct: the different keys, in the order of the column of their values, which is set later.
    """

    __slots__ = ("_places", "column", "dirty", "distinct", "keys")

    def __init__(self, keys: list[Any], distinct: list[Any], *, dirty: bool) -> None:
        self.keys = keys
        self.distinct = distinct
        self.dirty = dirty
        self.column: Column | None = None
        self._places: dict[Any, int] | None = None

    def entry(self, row: int) -> Any:
        """A row's place in the column of values, None, or a Failure."""
        key = self.keys[row]
        if key is None or type(key) is Failure:
            return key
        if self._places is None:
            self._places = {each: place for place, each in enumerate(self.distinct)}
        return self._places[key]

    def is_dirty(self) -> bool:
        """Whether a row or a value failed."""
        return self.dirty or (self.column is not None and self.column.is_dirty())

    def build(self) -> list[Any]:
        """The response's values; rows with the same key share one."""
        values = [] if self.column is None else self.column.build()
        return list(map(dict(zip(self.distinct, values, strict=True)).get, self.keys))


class Parts:
    """Values in several columns, by their type or by when they came: for each row (part, place in it), None,
    or a Failure.

    Args:
        count: of the rows.
    """

    __slots__ = ("awaited", "dirty", "parts", "refs")

    def __init__(self, count: int) -> None:
        self.awaited: set[int] = set()
        self.refs: list[Any] = [None] * count
        self.dirty = False
        self.parts: list[Column | None] = []

    def add(self, rows: Sequence[int], *, awaited: bool = False) -> Callable[[Column], None]:
        """One more part, of the values of these rows; what is returned takes its column.

        `awaited` tells that these values had to be waited for; `Parts.awaited` has the parts that had to.
        """
        part = len(self.parts)
        self.parts.append(None)
        if awaited:
            self.awaited.add(part)
        for place, row in enumerate(rows):
            self.refs[row] = (part, place)
        return partial(self.parts.__setitem__, part)

    def fail(self, row: int, failure: Failure) -> None:
        """A Failure stands in this row."""
        self.refs[row] = failure
        self.dirty = True

    def entry(self, row: int) -> Any:
        """A row's (part, place in it), None, or a Failure."""
        return self.refs[row]

    def is_dirty(self) -> bool:
        """Whether a row or a part failed."""
        return self.dirty or any(part is not None and part.is_dirty() for part in self.parts)

    def build(self) -> list[Any]:
        """The response's values, in the rows' order."""
        built = [[] if part is None else part.build() for part in self.parts]
        return [None if ref is None else built[ref[0]][ref[1]] for ref in self.refs]


Column: TypeAlias = Leaf | Items | Objects | Shared | Parts


def _item_count(length: Any) -> int:
    """How many items stand behind an entry of `lengths`."""
    if isinstance(length, int):
        return length
    return length.count if isinstance(length, BrokenList) else 0
