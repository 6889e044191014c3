"""Blocks: one selection over a list of sources.

A block's columns hold what its fields came to; a column of objects leads to the block of these objects, and
so on down. Nothing knows its path: paths are walked for when somebody asks, which is when an error is told or
a resolver looks at its info.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql.pyutils import Path

from patchbay.execution.columns import Items, Objects, Parts, Shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.execution.columns import Column
    from patchbay.execution.plan import FieldPlan, Selection


class Block:
    """One selection over some sources, and the columns that its fields come to.

    Args:
        selection: what is asked of each source.
        sources: the parent values, none of them None.
        parent: the block whose field they came from; None for the root.
        field: that field of the parent.
    """

    __slots__ = ("_paths", "_rows", "columns", "depth", "field", "parent", "selection", "sources")

    def __init__(
        self, selection: Selection, sources: Sequence[Any], parent: Block | None, field: FieldPlan | None
    ) -> None:
        self.selection = selection
        self.sources = sources
        self.parent = parent
        self.field = field
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.columns: list[Column | None] = [None] * len(selection.fields)
        self._paths: list[Path | None] | None = [None] if parent is None else None
        self._rows: list[dict[str, Any]] | None = None

    def is_dirty(self) -> bool:
        """Whether anything in or under this block failed."""
        return any(column is not None and column.is_dirty() for column in self.columns)

    def build(self) -> list[dict[str, Any]]:
        """The response rows, in the sources' order; only for a block that is whole and not dirty.

        The columns go: with them the block would be part of a cycle, and all rows with it.
        """
        if self._rows is None:
            columns = [[] if column is None else column.build() for column in self.columns]
            count = len(self.sources)
            self._rows = self.selection.build(columns, count) if count else []
            self.columns.clear()
        return self._rows

    def paths(self) -> list[Path | None]:
        """The path of each row; of a row with several, the first."""
        if self._paths is None:
            found: list[Path | None] = [None] * len(self.sources)
            if self.parent is not None and self.field is not None:
                place = self.parent.selection.fields.index(self.field)
                column = self.parent.columns[place]
                key, type_name = self.field.key, self.field.parent_type.name
                for row, path in enumerate(self.parent.paths()):
                    _find_paths(column, row, Path(path, key, type_name), self, found)
            self._paths = found
        return self._paths


def _find_paths(column: Column | None, row: int, path: Path, block: Block, found: list[Path | None]) -> None:
    """Note the path of each row of the block that this row of the column leads to."""
    match column:
        case Objects():
            ref = column.entry(row)
            if column.block is block and isinstance(ref, int) and found[ref] is None:
                found[ref] = path
        case Shared():
            ref = column.entry(row)
            if isinstance(ref, int):
                _find_paths(column.column, ref, path, block, found)
        case Parts():
            ref = column.entry(row)
            if isinstance(ref, tuple):
                _find_paths(column.parts[ref[0]], ref[1], path, block, found)
        case Items():
            for index, place in enumerate(column.range_of(row)):
                _find_paths(column.items, place, path.add_key(index, None), block, found)
        case _:
            pass
