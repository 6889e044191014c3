"""Edges: keys gathered from all columns of a level, and each read asked once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from patchbay.execution.columns import Failure, Shared
from patchbay.execution.waiting import Wait
from patchbay.loading import reads_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.batch import ByIds
    from patchbay.execution.block import Block
    from patchbay.execution.plan import Edge, FieldPlan
    from patchbay.execution.run import Run

    Put = Callable[[Any], None]


class Met:
    """One edge of one block: its keys, and where its values go."""

    __slots__ = ("block", "distinct", "field", "keys", "put")

    def __init__(self, run: Run, block: Block, field: FieldPlan, keys: list[Any], put: Put) -> None:
        self.block = block
        self.field = field
        self.put = put
        try:
            different = dict.fromkeys(keys)
        except TypeError:
            # Keys that cannot be compared are no keys.
            keys = [_hashable(run, key) for key in keys]
            different = dict.fromkeys(keys)
        different.pop(None, None)
        self.keys = keys
        self.distinct = [key for key in different if type(key) is not Failure]

    def follow(self, run: Run, outcomes: dict[Any, Any]) -> None:
        """Complete the values; rows with the same key share one, where nothing can tell the rows apart."""
        keys, field, complete = self.keys, self.field, run.complete
        if not field.shareable:
            values = [key if type(key) is Failure else outcomes.get(key) for key in keys]
            complete(self.block, field, field.output, values, self.put)
            return
        dirty = run.has_failures and any(type(key) is Failure for key in keys)
        if not field.output.nullable and None in keys:
            keys = [complete.null_failure(field) if key is None else key for key in keys]
            dirty = True
        shared = Shared(keys, self.distinct, dirty=dirty)
        self.put(shared)
        values = [outcomes[key] for key in self.distinct]
        complete(self.block, field, field.output, values, partial(setattr, shared, "column"))


class Ask:
    """One read with the keys of all edges of a level that lead to it."""

    __slots__ = ("_edge", "_met")

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._met: list[Met] = []

    def add(self, met: Met) -> None:
        """One more edge."""
        self._met.append(met)

    def start(self, run: Run) -> Wait | None:
        """Ask; None where all was known already, and has been followed."""
        reads = reads_of(self._edge.read, whole=self._edge.whole)
        met = self._met
        keys = (
            met[0].distinct
            if len(met) == 1
            else list(dict.fromkeys(key for each in met for key in each.distinct))
        )

        def then(_: Sequence[int], results: list[Any]) -> None:
            outcome = results[0]
            if isinstance(outcome, Exception):
                outcomes = dict.fromkeys(keys, outcome)
            else:
                outcomes = dict(zip(keys, outcome, strict=True))
            for each in met:
                each.follow(run, outcomes)

        known = reads.known(keys)
        if known is None:
            return Wait([(each.block, each.field) for each in met], [reads.load_many(keys)], then)
        then((), [known])
        return None


class Edges:
    """What has been met and not yet asked, by depth and read.

    `held_long_enough` is set when nobody shall be waited for any longer.
    """

    __slots__ = ("_asks", "held_long_enough")

    def __init__(self) -> None:
        self._asks: dict[tuple[int, ByIds[Any]], Ask] = {}
        self.held_long_enough = False

    @property
    def are_met(self) -> bool:
        """Whether something is to be asked."""
        return bool(self._asks)

    def meet(self, block: Block, field: FieldPlan, edge: Edge, keys: list[Any], put: Put, run: Run) -> None:
        """Note the keys of a column; asked when all blocks that are ready have been resolved."""
        met = Met(run, block, field, keys, put)
        if not met.distinct:
            met.follow(run, {})
            return
        where = (block.depth, edge.read)
        ask = self._asks.get(where)
        if ask is None:
            ask = self._asks[where] = Ask(edge)
        ask.add(met)

    def due(self, waits: Sequence[Wait]) -> list[Ask]:
        """What can be asked now: all but what something under way may still want to ask at the same depth."""
        asks = self._asks
        if not waits or self.held_long_enough:
            self.held_long_enough = False
            self._asks = {}
            return list(asks.values())
        coming = {where for wait in waits for _, field in wait.fields for where in field.reads_below}
        held = {where: ask for where, ask in asks.items() if where in coming}
        self._asks = held
        return [ask for where, ask in asks.items() if where not in held]


def _hashable(run: Run, key: Any) -> Any:
    try:
        hash(key)
    except TypeError as error:
        return run.fail(error)
    return key
