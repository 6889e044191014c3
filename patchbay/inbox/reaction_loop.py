"""Runs the steps of reactions in the one process that leads: each reaction's in order, several at once.

It keeps no state of its own beside which reactions it works at. After a crash the next leader finds the steps
that were running, and nobody who works at them.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

import structlog

from patchbay.inbox import outbox
from patchbay.inbox.database import NotLeadingError, RefusedError
from patchbay.inbox.model import InboxUnavailable
from patchbay.inbox.step_runs import GRACE_SECONDS, Ended, make_try
from patchbay.inbox.tasks import wait_until_set

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.inbox.claims import Claim
    from patchbay.inbox.database import Connection, Database
    from patchbay.inbox.triggers import Triggers

CONCURRENCY = 16
POLL_SECONDS = 1.0
RETRY_SECONDS = 0.5
DRAIN_SECONDS = 5.0
"""How long steps under way may take to end by themselves when the server stops."""

_log = structlog.get_logger("patchbay.reactions")


class ReactionLoop:
    """Works at reactions that are due.

    Args:
        database: where they are.
        triggers: the graph's reactions.
        concurrency: how many are worked at together.
    """

    def __init__(self, database: Database, triggers: Triggers, *, concurrency: int = CONCURRENCY) -> None:
        self._database = database
        self._triggers = triggers
        self._concurrency = concurrency
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._draining = False
        self._has_led = False
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Say that there may be something to do."""
        self._wake.set()

    def start(self) -> None:
        """Begin with what is under way already."""
        self._draining = self._has_led = False
        self._stopping.clear()
        self._task = asyncio.create_task(self._main(), name="patchbay-reactions")

    async def stop(self) -> None:
        """Returns when no step runs. Those under way get DRAIN_SECONDS to end, and are then ended.

        No further step is begun. Not by cancelling the loop, which may be about to begin one.
        """
        if self._task is None:
            return
        self._draining = True
        self.wake()
        await _wait((self._task, *self._under_way.values()), DRAIN_SECONDS)
        self._stopping.set()
        await _wait((self._task, *self._under_way.values()), 2 * GRACE_SECONDS)
        left = [task for task in (self._task, *self._under_way.values()) if not task.done()]
        for task in left:
            task.cancel()
        await _wait(left, None)
        self._task = None

    async def _main(self) -> None:
        while not self._draining:
            self._wake.clear()
            wait_seconds = POLL_SECONDS
            try:
                while await self._take():
                    pass
                next_seconds = await self._database.read(outbox.next_try_seconds)
                if next_seconds is not None:
                    wait_seconds = min(POLL_SECONDS, next_seconds + 0.001)
            except NotLeadingError:
                self._has_led = False
            except InboxUnavailable as error:
                _log.error("reactions not read, tried again", error=str(error), cause=repr(error.__cause__))
            await wait_until_set(self._wake, wait_seconds)

    async def _take(self) -> bool:
        """Begin with some that are due; False when there were none, or no place for them."""
        if not self._has_led:
            # What another release left for one that knows more.
            await self._database.lead(lambda connection: connection.run(outbox.LOOK_AT_HELD).rowcount)
            self._has_led = True
        # Who ends meanwhile has been worked at when this was read, and is not to be taken for a crash's.
        under_way = frozenset(self._under_way)
        free = self._concurrency - len(under_way)
        if free <= 0 or self._draining:
            return False
        found = await self._database.read(partial(outbox.due, most=self._concurrency))
        ids = [each for each in found if each not in under_way][:free]
        if not ids:
            return False
        declared = self._triggers.by_name

        def take(connection: Connection) -> list[Claim]:
            claims = (outbox.advance(connection, id, declared) for id in ids)
            return [claim for claim in claims if claim is not None]

        for claim in await self._database.lead(take):
            self._under_way[claim.id] = asyncio.create_task(self._work(claim), name=f"reaction-{claim.id}")
        return True

    async def _work(self, claim: Claim) -> None:
        """Run this step and those behind it, until one does not end well or there is none."""
        following: Claim | None = claim
        try:
            while following is not None:
                following = await self._step(following)
        except NotLeadingError:
            _log.warning("another process leads: what a step came to is not written", reaction=claim.id)
        finally:
            self._under_way.pop(claim.id, None)
            self.wake()

    async def _step(self, claim: Claim) -> Claim | None:
        started = time.perf_counter()
        ended = await make_try(claim, self._stopping)
        _log.log(
            {"done": 20, "waiting": 30}.get(ended.state, 40),
            "step",
            reaction=claim.reaction.name,
            id=claim.id,
            step=claim.step.name,
            state=ended.state,
            attempt=claim.attempt,
            error=ended.error,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
        )
        while True:
            declared = None if self._draining else self._triggers.by_name
            try:
                return await self._database.lead(
                    partial(outbox.finish, claim=claim, ended=ended, declared=declared)
                )
            except NotLeadingError:
                raise
            except RefusedError:
                ended = Ended("in_doubt", error="the database refuses to keep what it came to")
            except InboxUnavailable as error:
                # It has happened: nothing is worth more than writing that down.
                _log.error("step not written, tried again", id=claim.id, error=str(error))
            await asyncio.sleep(RETRY_SECONDS)


async def _wait(tasks: Iterable[asyncio.Task[None]], seconds: float | None) -> None:
    if waiting := [task for task in tasks if not task.done()]:
        await asyncio.wait(waiting, timeout=seconds)
