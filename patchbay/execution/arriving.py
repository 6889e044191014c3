"""Columns of which some values are there and others have to be waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from patchbay.execution.columns import Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.execution.block import Block
    from patchbay.execution.plan import FieldPlan
    from patchbay.execution.run import Run

    Put = Callable[[Any], None]


class GoOn(Protocol):
    """Completes some places of a column."""

    def __call__(self, places: Sequence[int], values: list[Any], put: Put, /) -> None:
        """Complete these values, and put their column."""


def as_they_come(
    run: Run, block: Block, field: FieldPlan, values: list[Any], go_on: GoOn, put: Put, *, eager: bool
) -> None:
    """Go on with the values that are there, and with the awaitables among them as they come.

    Args:
        run: waits, and says what an awaitable is.
        block: where the field stands.
        field: whose values these are.
        values: of one column.
        go_on: takes awaited results in place of their awaitables, exceptions among them.
        put: takes the whole column, at once.
        eager: see Wait.
    """
    is_awaitable = run.executor.is_awaitable
    awaited = [place for place, value in enumerate(values) if is_awaitable(value)]
    if awaited:
        wait_for(run, block, field, values, awaited, go_on, put, eager=eager)
    else:
        go_on(range(len(values)), values, put)


def wait_for(  # noqa: PLR0913 - one place where all of it meets
    run: Run,
    block: Block,
    field: FieldPlan,
    values: list[Any],
    awaited: Sequence[int],
    go_on: GoOn,
    put: Put,
    *,
    eager: bool,
    guarded: bool = True,
) -> None:
    """As `as_they_come`, with an awaitable at each of the places `awaited`, which are in order; at least one.

    `guarded`: see Run.wait.
    """
    parts = Parts(len(values))
    put(parts)
    if len(awaited) < len(values):
        waiting = frozenset(awaited)
        ready = [place for place in range(len(values)) if place not in waiting]
        go_on(ready, [values[place] for place in ready], parts.add(ready))

    def then(came: Sequence[int], results: list[Any]) -> None:
        places = [awaited[index] for index in came]
        go_on(places, results, parts.add(places, awaited=True))

    run.wait(block, field, [values[place] for place in awaited], then, eager=eager, guarded=guarded)
