"""What a run waits for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from patchbay.execution.block import Block
    from patchbay.execution.executor import CompiledExecutor
    from patchbay.execution.plan import FieldPlan

    Then = Callable[[Sequence[int], list[Any]], None]


class Wait:
    """Awaitables of one column, and how it goes on.

    Args:
        fields: the fields that wait for them, each with its block.
        awaitables: at least one.
        then: takes the places among the awaitables whose results have come, and the results in the same
            order; an exception stands for itself. Called once, or more often when `eager`.
        eager: whether a result that is an error or None is handed over at once, because it may make null
            what the others are waited for.
    """

    __slots__ = (
        "_awaitables",
        "_eager",
        "_own",
        "_pending",
        "_places",
        "_started",
        "_trouble",
        "_wake",
        "fields",
        "then",
    )

    def __init__(
        self,
        fields: Sequence[tuple[Block, FieldPlan]],
        awaitables: Sequence[Awaitable[Any]],
        then: Then,
        *,
        eager: bool = False,
    ) -> None:
        self.fields = fields
        self.then = then
        self._awaitables = list(awaitables)
        self._places = list(range(len(self._awaitables)))
        self._eager = eager
        self._pending: set[Any] = set()
        self._own: set[int] = set()
        self._started = False
        self._trouble = False
        self._wake: Callable[[], None] | None = None

    @property
    def is_single(self) -> bool:
        """Whether it can be awaited where one stands, without a task of its own."""
        return len(self._awaitables) == 1 and not self._started

    @property
    def is_ready(self) -> bool:
        """Whether there is something to hand over."""
        return self._started and (not self._pending or self._trouble)

    async def single(self) -> list[Any]:
        """The result of the only awaitable."""
        try:
            return [await self._awaitables[0]]
        except Exception as error:  # noqa: BLE001 - told at its path
            return [error]

    def start(self, wake: Callable[[], None]) -> None:
        """Run the awaitables; `wake` is called when there is something to hand over."""
        if self._started:
            return
        self._started = True
        self._wake = wake
        futures = [asyncio.ensure_future(each) for each in self._awaitables]
        self._own = {
            id(future) for each, future in zip(self._awaitables, futures, strict=True) if each is not future
        }
        self._awaitables = list(futures)
        self._pending = set(futures)
        for future in futures:
            future.add_done_callback(self._note)

    def _note(self, future: asyncio.Future[Any]) -> None:
        if future not in self._pending:
            # Handed over before the loop came to tell.
            return
        self._pending.discard(future)
        if self._eager and (future.cancelled() or future.exception() is not None or future.result() is None):
            self._trouble = True
        if self.is_ready and self._wake is not None:
            self._wake()

    def hand_over(self) -> bool:
        """Give what has come to `then`; whether something is still missing.

        Raises:
            BaseException: what came is no Exception, such as CancelledError.
        """
        futures: list[Any] = self._awaitables
        came = [(place, future) for place, future in zip(self._places, futures, strict=True) if future.done()]
        rest = [
            (place, future) for place, future in zip(self._places, futures, strict=True) if not future.done()
        ]
        self._places = [place for place, _ in rest]
        self._awaitables = [future for _, future in rest]
        self._pending = {future for _, future in rest}
        self._trouble = False
        results = [future.exception() or future.result() for _, future in came]
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, Exception):
                raise result
        self.then([place for place, _ in came], results)
        return bool(rest)

    def give_up(self, error: Exception) -> None:
        """Go on with the error in place of what has not come."""
        self.then(self._places, [error] * len(self._places))

    def is_within(self, positions: set[tuple[str | int, ...]]) -> bool:
        """Whether all that waits for it has no place in the answer, as one of these positions is null."""
        if () in positions:
            return True
        for block, field in self.fields:
            for path in block.paths():
                keys = [field.key] if path is None else [*path.as_list(), field.key]
                if not any(tuple(keys[:end]) in positions for end in range(len(keys) + 1)):
                    return False
        return True

    def drop(self, executor: CompiledExecutor) -> None:
        """Nobody waits for it any more: what runs is cancelled, what never started runs to its end."""
        if self._started:
            self._cancel()
        executor.settle_in_background(self._awaitables)

    async def cancel(self) -> None:
        """End it, and wait until it has ended."""
        if self._started:
            self._cancel()
            own = [each for each in self._awaitables if id(each) in self._own]
            await asyncio.gather(*own, return_exceptions=True)
            return
        for each in self._awaitables:
            if asyncio.iscoroutine(each):
                # One that never started would warn that nobody awaited it.
                each.close()

    def _cancel(self) -> None:
        self._wake = None
        futures: list[Any] = self._awaitables
        for future in futures:
            # A future that a resolver gave may be somebody else's too, as those of a loader are.
            if id(future) in self._own:
                future.cancel()
