"""From the log of changes to the subscriptions of this process.

The log is the truth: whoever committed a change, here or on another replica, it is read from there. Being
woken only makes that sooner.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import structlog

from patchbay.errors import CursorExpired
from patchbay.inbox.changes import ChangeLog, LoggedChange
from patchbay.inbox.model import InboxUnavailable
from patchbay.inbox.tasks import end, wait_until_set
from patchbay.inbox.updates import Offer

if TYPE_CHECKING:
    from patchbay.inbox.subscription import Subscription

POLL_SECONDS = 1.0
OFFERED_AT_ONCE = 256
"""How many offers, of any changes to any subscriptions, are made before others get their turn."""

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
        self._all: WeakSet[Subscription[Any]] = WeakSet()
        self._live: dict[str, WeakSet[Subscription[Any]]] = {}
        self._has_ended = False
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Follow the log from its end. Raises InboxUnavailable."""
        _, self.position = await self.log.bounds()
        self._has_ended = False
        self._task = asyncio.create_task(self._main(), name="patchbay-inbox-feed")

    async def stop(self) -> None:
        """Returns when no more is offered."""
        await end(self._task)
        self._task = None

    def wake(self) -> None:
        """Say that there may be new changes."""
        self._wake.set()

    def join(self, subscription: Subscription[Any]) -> None:
        """Know of it, so that it ends with all others; at once where they have ended before."""
        self._all.add(subscription)
        if self._has_ended:
            subscription.finish(StopAsyncIteration())

    def add(self, subscription: Subscription[Any]) -> None:
        """Offer it what comes behind `position`."""
        self._live.setdefault(subscription.kind, WeakSet()).add(subscription)

    def remove(self, subscription: Subscription[Any]) -> None:
        """Offer it nothing more."""
        self._live.get(subscription.kind, WeakSet()).discard(subscription)

    def listeners(self, kind: str) -> int:
        """How many subscriptions are offered changes of this kind."""
        return len(self._live.get(kind, ()))

    def end(self) -> None:
        """End all subscriptions, each after what it has queued, and those that come later."""
        self._has_ended = True
        for subscription in list(self._all):
            subscription.finish(StopAsyncIteration())
        self._all.clear()

    async def _main(self) -> None:
        while True:
            self._wake.clear()
            try:
                while await self._follow():
                    pass
            except InboxUnavailable as error:
                _log.error("changes not read, tried again", error=str(error), cause=repr(error.__cause__))
            await wait_until_set(self._wake, POLL_SECONDS)

    async def _follow(self) -> bool:
        """Offer the next changes; False when there were none. Raises InboxUnavailable."""
        if not any(self._live.values()):
            _, last = await self.log.bounds()
            # Somebody who came meanwhile wants what was committed meanwhile.
            if not any(self._live.values()):
                self.position = max(self.position, last)
                return False
        try:
            changes = await self.log.since(self.position)
        except CursorExpired:
            await self._skip()
            return True
        offered = 0
        for change in changes:
            offered += 1 + self._offer(change)
            self.position = change.position
            if offered >= OFFERED_AT_ONCE:
                # Lets subscribers empty their queues, and requests be answered.
                await asyncio.sleep(0)
                offered = 0
        return bool(changes)

    def _offer(self, change: LoggedChange) -> int:
        """Offer it to all who follow its kind; how many they are."""
        subscriptions = list(self._live.get(change.kind, ()))
        offer = Offer(change)
        for subscription in subscriptions:
            subscription.offer(offer)
        return len(subscriptions)

    async def _skip(self) -> None:
        """What comes next is no longer kept, as after a long outage: each finds out whether it misses any."""
        _, last = await self.log.bounds()
        _log.warning("changes were purged before they were told", position=self.position)
        for subscriptions in self._live.values():
            for subscription in list(subscriptions):
                subscription.leave_feed()
        self.position = last
