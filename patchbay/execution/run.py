"""One run of a plan: breadth-first, a column at a time.

Blocks that have all they need are resolved until none is left; then every edge that was met is asked, each
read once with all its keys, and the run waits. Whatever comes first goes on at once. A run in which nothing
has to be waited for never touches an event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql.pyutils import Path

from patchbay.errors import OperationTimeout
from patchbay.execution.block import Block
from patchbay.execution.columns import Failure, Leaf
from patchbay.execution.complete import Completion
from patchbay.execution.edges import Edges
from patchbay.execution.outcome import nulled
from patchbay.execution.plan import Attribute, Denied, Edge, LeafOutput
from patchbay.execution.sources import resolved
from patchbay.execution.waiting import Wait
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from graphql import GraphQLResolveInfo

    from patchbay.execution.executor import CompiledExecutor
    from patchbay.execution.plan import FieldPlan, Selection
    from patchbay.execution.waiting import Then

GRACE_SECONDS = 0.1
"""After the operation's deadline: upstream calls end at the deadline themselves, and know more to tell."""

HOLD_SECONDS = 0.05
"""How long an edge waits for others of its level that may ask the same read."""


class Run:
    """Resolves one root selection.

    Args:
        executor: gives info its contents, and has the settings of the request.
        selection: what is asked of the root.
        root: the root value.
    """

    def __init__(self, executor: CompiledExecutor, selection: Selection, root: Any) -> None:
        self.executor = executor
        self.root = Block(selection, [root], None, None)
        self.turn = 0
        self.failed = False
        self.has_failures = False
        self.is_whole = True
        self._ready: deque[Block] = deque((self.root,))
        self._edges = Edges()
        self._waits: list[Wait] = []
        self._woken: asyncio.Future[None] | None = None
        self.arguments: dict[FieldPlan, dict[str, Any]] = {}

    # --------------------------------------------------------------------------------------------- the loop

    def advance(self) -> bool:
        """Do all that can be done without waiting; whether there is something to wait for."""
        while True:
            while self._ready:
                self._resolve(self._ready.popleft())
            asks = self._edges.due(self._waits) if self._edges.are_met else ()
            if not asks:
                break
            for ask in asks:
                wait = ask.start(self)
                if wait is not None:
                    self._waits.append(wait)
        if self.failed and self._waits:
            self._drop_what_is_null()
        self.failed = False
        return bool(self._waits)

    async def finish(self) -> None:
        """Wait and advance until the run has ended. Cancelled, it cancels all that is under way.

        When the operation's deadline passes, what has not come by then fails with OperationTimeout.
        """
        seconds = current_scope().remaining_seconds()
        try:
            if seconds is None:
                await self._loop()
                return
            deadline = asyncio.timeout(seconds + GRACE_SECONDS)
            try:
                async with deadline:
                    await self._loop()
            except TimeoutError:
                if not deadline.expired():
                    raise
                await self._give_up()
        finally:
            for wait in self._waits:
                await wait.cancel()

    async def _loop(self) -> None:
        while self._waits:
            await self._step()
            self.advance()

    async def _step(self) -> None:
        """Wait for whatever comes first."""
        waits = self._waits
        if len(waits) == 1 and waits[0].is_single and not self._edges.are_met:
            results = await waits[0].single()
            self.turn += 1
            waits.pop().then((0,), results)
            return
        for wait in waits:
            wait.start(self._wake)
        if not any(wait.is_ready for wait in waits):
            await self._wait_for_one(waits)
        self.turn += 1
        self._waits = []
        for wait in waits:
            if not wait.is_ready or wait.hand_over():
                self._waits.append(wait)

    async def _wait_for_one(self, waits: list[Wait]) -> None:
        """Until one of them is ready, or edges have been held for long enough."""
        loop = asyncio.get_running_loop()
        self._woken = loop.create_future()
        if not self._edges.are_met:
            await self._woken
            return
        hold = loop.call_later(HOLD_SECONDS, self._wake)
        try:
            await self._woken
        finally:
            hold.cancel()
        self._edges.held_long_enough = not any(wait.is_ready for wait in waits)

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def _give_up(self) -> None:
        """Fail whatever is waited for, and what that leads to, as the time is over."""
        while self._waits:
            waits, self._waits = self._waits, []
            self.turn += 1
            for wait in waits:
                await wait.cancel()
                wait.give_up(OperationTimeout())
            self.advance()

    def wait(
        self,
        block: Block,
        field: FieldPlan,
        awaitables: Sequence[Awaitable[Any]],
        then: Then,
        *,
        eager: bool = False,
        guarded: bool = True,
    ) -> None:
        """Go on with the results, exceptions among them, when they have come; see Wait.

        Args:
            block: whose column waits.
            field: that column's.
            awaitables: at least one.
            then: see Wait.
            eager: see Wait.
            guarded: whether the abort signal cancels them.
        """
        if guarded and self.executor.abort_signal is not None:
            awaitables = [self.executor.with_abort_signal(each) for each in awaitables]
        self._waits.append(Wait(((block, field),), awaitables, then, eager=eager))

    @property
    def complete(self) -> Completion:
        """Made when it is needed: kept, it would be a cycle, and the whole answer would hang on it."""
        return Completion(self)

    def start(self, block: Block) -> None:
        """Resolve this block when those before it are."""
        self._ready.append(block)

    def fail(self, error: Exception) -> Failure:
        """The error, to stand where its value should be."""
        self.note_failure()
        return Failure(error, self.turn)

    def note_failure(self) -> None:
        """A Failure stands somewhere."""
        self.failed = self.has_failures = True

    def _drop_what_is_null(self) -> None:
        """Stop waiting for what has no place in the answer any more."""
        positions = nulled(self.root, propagate=self.executor.error_propagation)
        if not positions:
            return
        dropped = [wait for wait in self._waits if wait.is_within(positions)]
        if not dropped:
            return
        self.is_whole = False
        self._waits = [wait for wait in self._waits if wait not in dropped]
        for wait in dropped:
            wait.drop(self.executor)

    # ---------------------------------------------------------------------------------------------- a block

    def _resolve(self, block: Block) -> None:
        columns, sources = block.columns, block.sources
        for place, field in enumerate(block.selection.fields):
            source, output = field.source, field.output
            if type(source) is Attribute and type(output) is LeafOutput:
                # By far the most frequent: values that are read as a column and need nothing more.
                try:
                    values = source.column(sources)
                except Exception:  # noqa: BLE001, S110 - met again below
                    pass
                else:
                    if output.wire.issuperset(map(type, values)) and (
                        output.check is None or output.check(values)
                    ):
                        columns[place] = Leaf(values, dirty=False)
                        continue
            put = partial(columns.__setitem__, place)
            values = resolved(self, block, field)
            if type(source) is Edge:
                self._edges.meet(block, field, source, values, put, self)
            elif type(source) is Denied:
                put(Leaf(values, dirty=True))
            else:
                self.complete(block, field, output, values, put)

    def info(self, block: Block, field: FieldPlan, row: int) -> GraphQLResolveInfo[Any]:
        """What a resolver is told about where it is."""
        path = Path(block.paths()[row], field.key, field.parent_type.name)
        return self.executor.build_resolve_info(field.definition, field.nodes, field.parent_type, path)
