"""From the log of changes to the subscriptions of this process.

The log is the truth: whoever committed a change, here or on another replica, it is read from there. Being
woken only makes that sooner.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import structlog

from patchbay.inbox.changes import ChangeLog, LoggedChange
from patchbay.inbox.model import InboxUnavailable

if TYPE_CHECKING:
    from patchbay.inbox.subscription import Subscription

POLL_SECONDS = 1.0
OFFERED_AT_ONCE = 32

_log = structlog.get_logger("patchbay.inbox")


class ChangeFeed:
    """Follows the log and offers each change to those who want it.

    Args:
        log: what is followed.

    Attributes:
        log: the same.
        position: of the last change that was offered.
    """

    def __init__(self, log: ChangeLog) -> None:
        self.log = log
        self.position = 0
        # Weak: `break` inside `async for` drops an iterator without closing it.
        self._subscriptions: dict[str, WeakSet[Subscription[Any]]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Follow the log from its end. Raises InboxUnavailable."""
        _, self.position = await self.log.bounds()
        self._task = asyncio.create_task(self._main(), name="patchbay-inbox-feed")

    async def stop(self) -> None:
        """Returns when no more is offered."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def wake(self) -> None:
        """Say that there may be new changes."""
        self._wake.set()

    def add(self, subscription: Subscription[Any]) -> None:
        """Offer it what comes behind `position`."""
        self._subscriptions.setdefault(subscription.kind, WeakSet()).add(subscription)

    def remove(self, subscription: Subscription[Any]) -> None:
        """Offer it nothing more."""
        self._subscriptions.get(subscription.kind, WeakSet()).discard(subscription)

    def listeners(self, kind: str) -> int:
        """How many subscriptions are offered changes of this kind."""
        return len(self._subscriptions.get(kind, ()))

    def end(self) -> None:
        """End all subscriptions, each after what it has queued."""
        for subscriptions in self._subscriptions.values():
            for subscription in list(subscriptions):
                subscription.finish(StopAsyncIteration())
        self._subscriptions.clear()

    async def _main(self) -> None:
        while True:
            self._wake.clear()
            try:
                while await self._follow():
                    pass
            except InboxUnavailable as error:
                _log.error("changes not read, tried again", error=str(error), cause=repr(error.__cause__))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)

    async def _follow(self) -> bool:
        """Offer the next changes; False when there were none."""
        if not any(self._subscriptions.values()):
            _, last = await self.log.bounds()
            # Somebody who came meanwhile wants what was committed meanwhile.
            if not any(self._subscriptions.values()):
                self.position = max(self.position, last)
                return False
        changes = await self.log.since(self.position)
        for number, change in enumerate(changes, 1):
            self._offer(change)
            self.position = change.position
            if number % OFFERED_AT_ONCE == 0:
                # Lets subscribers empty their queues: a big batch alone must overflow nobody who reads.
                await asyncio.sleep(0)
        return bool(changes)

    def _offer(self, change: LoggedChange) -> None:
        for subscription in list(self._subscriptions.get(change.kind, ())):
            subscription.offer(change)
