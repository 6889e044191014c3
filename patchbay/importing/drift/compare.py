"""Two models of one upstream, compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.importing.drift.changes import Breaks, Change
from patchbay.importing.drift.operations import operation_changes
from patchbay.importing.drift.types import type_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.importing.model import Edge, Model

_ORDER = tuple(Breaks)


def changes_between(before: Model, after: Model) -> tuple[Change, ...]:
    """All changes, what breaks clients first, then what breaks calls, then what breaks nobody."""
    found = (
        *operation_changes(before.operations, after.operations),
        *type_changes(before.types, after.types),
    )
    rest = (*_edges(before, after), *_upstream(before, after))
    return tuple(sorted((*found, *rest), key=lambda change: _ORDER.index(change.breaks)))


def _edges(before: Model, after: Model) -> Iterator[Change]:
    now = {(each.type, each.field) for each in after.edges}
    then = {(each.type, each.field) for each in before.edges}
    for edge in before.edges:
        if (edge.type, edge.field) not in now:
            yield Change(Breaks.CLIENTS, _name(edge), "is gone")
    for edge in after.edges:
        if (edge.type, edge.field) not in then:
            yield Change(Breaks.NOBODY, _name(edge), "is new")


def _upstream(before: Model, after: Model) -> Iterator[Change]:
    if before.servers[:1] != after.servers[:1]:
        was, is_ = (", ".join(each.servers[:1]) or "no address" for each in (before, after))
        yield Change(Breaks.CALLS, before.name, f"was at {was}, and is at {is_}")
    if before.requires != after.requires or before.security != after.security:
        yield Change(Breaks.CALLS, before.name, "asks for other credentials")


def _name(edge: Edge) -> str:
    return f"{edge.type}.{edge.field}"
