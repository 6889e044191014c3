"""Values of lists: flattened, so that the items of all rows are completed as one column."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError
from graphql.execution.executor import collect_iterator_awaitables
from graphql.pyutils import is_iterable

from patchbay.execution.arriving import wait_for
from patchbay.execution.columns import ABANDONED, BrokenList, Failure, Items
from patchbay.execution.sizes import limit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from patchbay.execution.block import Block
    from patchbay.execution.complete import Completion
    from patchbay.execution.plan import FieldPlan, ListOutput
    from patchbay.execution.run import Run
    from patchbay.execution.sizes import Limit

    Put = Callable[[Any], None]

_LISTS = frozenset((list, tuple))


class ListCompletion:
    """Completes columns of lists of whatever kind: sequences, iterators, async iterators."""

    __slots__ = ("_complete", "_run")

    def __init__(self, run: Run, complete: Completion) -> None:
        self._run = run
        self._complete = complete

    def __call__(
        self,
        block: Block,
        field: FieldPlan,
        output: ListOutput,
        values: list[Any],
        kinds: set[type],
        put: Put,
    ) -> None:
        """Flatten the lists, and complete the items of all of them as one column."""
        if not kinds <= _LISTS:
            is_async = self._run.executor.is_async_iterable
            places = [
                place
                for place, value in enumerate(values)
                if value is not None and type(value) is not Failure and is_async(value)
            ]
            if places:
                self._collect_async(block, field, output, values, places, put)
                return
        self._flatten(block, field, output, values, put)

    def _flatten(
        self, block: Block, field: FieldPlan, output: ListOutput, values: list[Any], put: Put
    ) -> None:
        items: list[Any] = []
        lengths: list[Any] = []
        limit = limit_of(self._run, block, field)
        for value in values:
            if value is None or type(value) is Failure:
                lengths.append(value)
                continue
            start = len(items)
            if type(value) in _LISTS:
                if limit is not None and len(value) > limit.most:
                    lengths.append(self._too_long(limit, value))
                    continue
                items.extend(value)
                lengths.append(len(items) - start)
            else:
                lengths.append(self._iterate(field, value, items, limit))
        column = Items(lengths, dirty=any(isinstance(length, Failure) for length in lengths))
        put(column)

        def put_items(inner: Any) -> None:
            column.items = inner

        self._complete(block, field, output.item, items, put_items)

    def _too_long(self, limit: Limit, value: Sequence[Any]) -> Failure:
        self._settle(iter(value), [], 0)
        return self._run.fail(limit.error())

    def _iterate(self, field: FieldPlan, value: Any, items: list[Any], limit: Limit | None) -> int | Failure:
        """Add the items of anything iterable; how many there are, or why that failed."""
        if isinstance(value, _Collected):
            items.extend(value.items)
            if value.error is None:
                return len(value.items)
            self._run.note_failure()
            return BrokenList(value.error, self._run.turn, len(value.items))
        if not is_iterable(value):
            message = f"Expected Iterable, but did not find one for field '{field.parent_type}.{field.name}'."
            return self._run.fail(GraphQLError(message))
        start = len(items)
        iterator: Iterator[Any] = iter(())
        try:
            iterator = iter(value) if limit is None else limit.held(value)
            # One by one, so that what came before an error is kept.
            for item in iterator:
                items.append(item)  # noqa: PERF402
        except Exception as error:  # noqa: BLE001 - whatever an iterator raises is its list's error
            self._run.note_failure()
            self._settle(iterator, items, start)
            return BrokenList(error, self._run.turn, len(items) - start)
        return len(items) - start

    def _settle(self, iterator: Iterator[Any], items: list[Any], start: int) -> None:
        """Let what can be awaited in a broken list run to its end; nobody waits for it."""
        executor = self._run.executor
        pending = []
        for place in range(start, len(items)):
            if executor.is_awaitable(items[place]):
                pending.append(items[place])
                items[place] = Failure(ABANDONED, self._run.turn)
        pending += collect_iterator_awaitables(iterator, executor.is_awaitable)
        if pending:
            executor.settle_in_background(pending)

    def _collect_async(
        self,
        block: Block,
        field: FieldPlan,
        output: ListOutput,
        values: list[Any],
        places: list[int],
        put: Put,
    ) -> None:
        executor = self._run.executor
        limit = limit_of(self._run, block, field)

        async def collect(iterable: Any) -> _Collected:
            items: list[Any] = []
            source = executor.cancellable_iterable(iterable)
            iterator = aiter(source if limit is None else limit.held_async(source))
            try:
                async for item in iterator:
                    items.append(item)  # noqa: PERF401 - what came before an error is kept
            except Exception as error:  # noqa: BLE001 - whatever an iterator raises is its list's error
                close = getattr(iterator, "aclose", None)
                if close is not None:
                    # The first error is the one to tell.
                    with suppress(Exception):
                        await close()
                return _Collected(items, error)
            return _Collected(items, None)

        def go_on(_: Sequence[int], found: list[Any], put: Put) -> None:
            ordinary = [self._run.fail(each) if isinstance(each, Exception) else each for each in found]
            self._flatten(block, field, output, ordinary, put)

        collecting = list(values)
        for place in places:
            collecting[place] = collect(values[place])
        wait_for(self._run, block, field, collecting, places, go_on, put, eager=True, guarded=False)


class _Collected:
    """What an async iterable gave, and how it ended."""

    __slots__ = ("error", "items")

    def __init__(self, items: list[Any], error: Exception | None) -> None:
        self.items = items
        self.error = error
