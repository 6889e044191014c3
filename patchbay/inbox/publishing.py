"""Subscriptions inside the process: each has a bounded queue of its own, so a slow one hurts no other."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakSet

from patchbay.errors import SubscriptionOverflow

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")

MAX_QUEUED_RECORDS = 256


class Subscription(Generic[R]):
    """An async iterator over changed records, registered from the moment it exists.

    It ends when the inbox closes, after `aclose`, when the task that awaits it is cancelled, and when it is
    dropped. A full queue ends it too: what was queued is still given out, then SubscriptionOverflow raised.
    """

    def __init__(self, wanted: Callable[[R], bool] | None) -> None:
        self._wanted = wanted
        self._queue: deque[R] = deque()
        self._ready = asyncio.Event()
        self._end: Exception | None = None

    def __aiter__(self) -> Subscription[R]:
        return self

    async def __anext__(self) -> R:
        while not self._queue:
            if self._end is not None:
                # An iterator that raised once has ended for good.
                end, self._end = self._end, StopAsyncIteration()
                raise end
            self._ready.clear()
            try:
                await self._ready.wait()
            except asyncio.CancelledError:
                await self.aclose()
                raise
        return self._queue.popleft()

    async def aclose(self) -> None:
        """Unregister and forget what is queued."""
        self._queue.clear()
        self.finish(StopAsyncIteration())

    @property
    def finished(self) -> bool:
        """Whether it takes no more records."""
        return self._end is not None

    def finish(self, end: Exception) -> None:
        """Take no more records, and raise `end` after the queued ones."""
        if self._end is None:
            self._end = end
        self._ready.set()

    def offer(self, record: R) -> None:
        """Queue it if it is wanted. A `wanted` that raises ends this subscription with its error."""
        if self.finished:
            return
        try:
            taken = self._wanted is None or self._wanted(record)
        except Exception as error:  # noqa: BLE001 - a foreign function, whose error belongs to its subscriber
            self.finish(error)
            return
        if taken and len(self._queue) >= MAX_QUEUED_RECORDS:
            self.finish(SubscriptionOverflow())
        elif taken:
            self._queue.append(record)
            self._ready.set()


class Broker:
    """Who listens to what."""

    def __init__(self) -> None:
        # Weak: `break` inside `async for` drops an iterator without closing it.
        self._subscriptions: dict[str, WeakSet[Subscription[Any]]] = {}

    def subscribe(self, kind: str, wanted: Callable[[Any], bool] | None = None) -> Subscription[Any]:
        """See Inbox.subscribe."""
        subscription: Subscription[Any] = Subscription(wanted)
        self._subscriptions.setdefault(kind, WeakSet()).add(subscription)
        return subscription

    def publish(self, kind: str, record: Any) -> None:
        """Offer it to everyone who listens to this kind."""
        for subscription in list(self._subscriptions.get(kind, ())):
            subscription.offer(record)
            if subscription.finished:
                self._subscriptions[kind].discard(subscription)

    def listeners(self, kind: str) -> int:
        """How many subscriptions of this kind take records."""
        return sum(not subscription.finished for subscription in self._subscriptions.get(kind, ()))

    def close(self) -> None:
        """End all subscriptions, each after what it has queued."""
        for subscriptions in self._subscriptions.values():
            for subscription in list(subscriptions):
                subscription.finish(StopAsyncIteration())
        self._subscriptions.clear()
