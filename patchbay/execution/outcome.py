"""What a run came to: response rows where all went well, and null propagation and errors where not.

Errors are told as graphql-core tells them: in the order in which they came up, at the path of what failed;
and none under an object or a list that another had ended before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import GraphQLError
from graphql.error import located_error

from patchbay.execution.block import Block
from patchbay.execution.columns import (
    ABANDONED,
    BrokenList,
    Column,
    Failure,
    Items,
    Leaf,
    Objects,
    Parts,
    Shared,
)
from patchbay.execution.plan import ListOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.execution.plan import FieldPlan, Output

PathKeys: TypeAlias = tuple[str | int, ...]


class _Told:
    """One failure at one of its paths, and the position that it makes null.

    `steps` are the awaited values that it has risen through, `order` its place as the answer is read.
    """

    __slots__ = ("failure", "field", "null_at", "order", "path", "steps")

    def __init__(self, failure: Failure, field: FieldPlan, path: PathKeys, order: int) -> None:
        self.failure = failure
        self.field = field
        self.path = path
        self.null_at = path
        self.order = order
        self.steps = 0

    def located(self) -> GraphQLError:
        return located_error(self.failure.error, self.field.nodes, list(self.path))


def _moment(told: _Told) -> tuple[int, int, int]:
    """Orders failures as graphql-core meets them.

    By the turn in which they came up; then by the awaited values that they rose through, as each takes a step
    of the loop; then as the answer is read.
    """
    return (told.failure.turn, told.steps, told.order)


def _was_awaited(column: Column | None, row: int) -> bool:
    """Whether a row's value had to be waited for: what rises from it takes a step of the loop."""
    if isinstance(column, Parts):
        entry = column.entry(row)
        return isinstance(entry, tuple) and entry[0] in column.awaited
    return isinstance(column, Shared)


class _Rising:
    """Stands for a value that is null where null is not allowed: its failures go on to the parent."""

    __slots__ = ("told",)

    def __init__(self, told: list[_Told]) -> None:
        self.told = told


def outcome(root: Block, *, propagate: bool, whole: bool) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The response's data and errors.

    Args:
        root: all of it resolved.
        propagate: whether null goes up to the next position that may be null.
        whole: whether nothing was left out because it was null in any case.
    """
    if not root.is_dirty():
        return root.build()[0], []
    walk = _Walk(_build_once() if whole else _walk_on, propagate=propagate)
    data = walk.row(root, 0, ())
    if isinstance(data, _Rising):
        walk.settle(data, ())
        data = None
    return data, [told.located() for told in walk.heard()]


def nulled(root: Block, *, propagate: bool) -> set[PathKeys]:
    """The positions that are null for an error so far; () is the whole answer."""
    walk = _Walk(_pass_over, propagate=propagate)
    data = walk.row(root, 0, ())
    if isinstance(data, _Rising):
        walk.settle(data, ())
    return {told.null_at for told in walk.told}


class _Walk:
    """Goes through the answer depth first, in the response's order.

    Args:
        clean: the values of a column without failures; None to walk on into it.
        propagate: see outcome.
    """

    def __init__(self, clean: Callable[[Column], Sequence[Any] | None], *, propagate: bool) -> None:
        self.told: list[_Told] = []
        self._met = 0
        self._dirty: dict[int, bool] = {}
        self._clean = clean
        self._propagate = propagate

    def heard(self) -> list[_Told]:
        """The failures to tell, in order."""
        return sorted(self.told, key=_moment)

    def settle(self, rising: _Rising, path: PathKeys) -> None:
        """Null stands here."""
        for told in rising.told:
            told.null_at = path
        self.told.extend(rising.told)

    def row(self, block: Block, row: int, path: PathKeys) -> dict[str, Any] | _Rising | None:
        """One response row."""
        answer: dict[str, Any] = {}
        rising: list[_Told] = []
        before = len(self.told)
        for field, column in zip(block.selection.fields, block.columns, strict=True):
            value = self._value(column, row, field, field.output, (*path, field.key))
            if isinstance(value, _Rising):
                rising.extend(value.told)
            else:
                answer[field.key] = value
        return self._ended(before, rising) if rising else answer

    def _value(
        self, column: Column | None, row: int, field: FieldPlan, output: Output, path: PathKeys
    ) -> Any:
        """One value, completed; _Rising where it is null and must not be."""
        value = self._raw(column, row, field, output, path)
        if not isinstance(value, _Rising):
            return value
        if self._propagate and not output.nullable:
            for told in value.told:
                told.steps += _was_awaited(column, row)
            return value
        self.settle(value, path)
        return None

    def _raw(self, column: Column | None, row: int, field: FieldPlan, output: Output, path: PathKeys) -> Any:
        if column is None:
            return None
        if not self._is_dirty(column):
            values = self._clean(column)
            if values is not None:
                return values[row]
        entry = column.entry(row)
        if entry is None:
            return None
        if isinstance(entry, Failure) and not isinstance(entry, BrokenList):
            return self._failed(entry, field, path)
        return self._into(column, row, field, output, path)

    def _ended(self, before: int, rising: list[_Told]) -> _Rising:
        """An object or a list that the first of its failures has ended: nothing later under it is told."""
        first = min(rising, key=_moment)
        self.told[before:] = [told for told in self.told[before:] if _moment(told) < _moment(first)]
        return _Rising([first])

    def _failed(self, failure: Failure, field: FieldPlan, path: PathKeys) -> _Rising:
        if failure.error is ABANDONED:
            return _Rising([])
        self._met += 1
        return _Rising([_Told(failure, field, path, self._met)])

    def _into(self, column: Column, row: int, field: FieldPlan, output: Output, path: PathKeys) -> Any:
        entry = column.entry(row)
        value: Any = entry
        match column:
            case Items():
                value = self._items(column, row, field, output, path)
            case Objects():
                value = self.row(column.block, entry, path)
            case Shared():
                value = self._raw(column.column, entry, field, output, path)
            case Parts():
                value = self._raw(column.parts[entry[0]], entry[1], field, output, path)
            case Leaf():
                pass
        return value

    def _items(
        self, column: Items, row: int, field: FieldPlan, output: Output, path: PathKeys
    ) -> list[Any] | _Rising:
        item = output.item if isinstance(output, ListOutput) else output
        items: list[Any] = []
        rising: list[_Told] = []
        before = len(self.told)
        for index, place in enumerate(column.range_of(row)):
            value = self._value(column.items, place, field, item, (*path, index))
            if isinstance(value, _Rising):
                rising.extend(value.told)
            else:
                items.append(value)
        length = column.entry(row)
        if isinstance(length, BrokenList):
            rising.extend(self._failed(length, field, path).told)
        return self._ended(before, rising) if rising else items

    def _is_dirty(self, column: Column) -> bool:
        """Asked once of each column."""
        dirty = self._dirty.get(id(column))
        if dirty is None:
            dirty = self._dirty[id(column)] = column.is_dirty()
        return dirty


def _build_once() -> Callable[[Column], Sequence[Any]]:
    """Builds each column once."""
    built: dict[int, Sequence[Any]] = {}

    def build(column: Column) -> Sequence[Any]:
        values = built.get(id(column))
        if values is None:
            values = built[id(column)] = column.build()
        return values

    return build


def _walk_on(column: Column) -> None:
    """Something in it may be missing."""
    del column


class _Nothing(Sequence[None]):
    """As many None as are asked for."""

    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: Any) -> Any:
        return None


def _pass_over(column: Column) -> Sequence[Any]:
    """Only failures are looked for."""
    del column
    return _NOTHING


_NOTHING = _Nothing()
