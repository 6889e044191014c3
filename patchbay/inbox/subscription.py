"""A subscription to the changes of one kind of record, from now on or from where another one has ended.

    the log, in pages --> queue --> who iterates
    the feed ----------/

What it has missed it reads from the log, and then it is live: it takes what the feed offers. Its queue is
bounded, so that a slow one hurts no other: when it is full, the subscription goes back to the log, and when
it falls far behind it is told where it stopped. It misses nothing when it goes on from there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from patchbay.errors import InputError, PatchbayError, SubscriptionOverflow
from patchbay.inbox.model import InboxUnavailable
from patchbay.inbox.tasks import wait_until_set
from patchbay.inbox.updates import Offer, Update, decode_change_cursor, encode_change_cursor

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.inbox.changes import LoggedChange
    from patchbay.inbox.feed import ChangeFeed

R = TypeVar("R")

MAX_QUEUED = 256
MAX_QUEUED_BYTES = 4 * 1024 * 1024
"""Of records' JSON. Subscriptions that wait for the same changes share them."""

MAX_QUEUED_TO_GO_LIVE = 64
"""With more, the next burst would fill the queue at once."""

MAX_BEHIND_CHANGES = 2048
"""Of all kinds; how far a subscription may fall behind that was live."""

RETRY_SECONDS = 1.0


class Subscription(Generic[R]):
    """An async iterator over updates, registered from the moment it exists.

    It ends when the inbox closes, after `aclose`, when the task that awaits it is cancelled, and when it is
    dropped. Falling too far behind ends it too: what was queued is still given out, and then
    SubscriptionOverflow raised, which holds the cursor to go on from. While the database is away it waits.

    Args:
        feed: offers changes.
        kind: of which records.
        decode: a change's record; None where it cannot be read, which is left out.
        wanted: which records; the others take no place in the queue.
        after: the cursor of the last update that was seen; None for what changes from now on.

    Raises:
        InputError: `after` is no cursor. When iterated: it is one of another inbox.
        CursorExpired: when iterated: changes behind it are no longer kept.
        InboxUnavailable: when iterated: `after` cannot be looked up now.
    """

    def __init__(
        self,
        feed: ChangeFeed,
        kind: str,
        decode: Callable[[LoggedChange], R | None],
        wanted: Callable[[R], bool] | None = None,
        after: str | None = None,
    ) -> None:
        self.kind = kind
        self._feed = feed
        self._decode = decode
        self._wanted = wanted
        self._queue: deque[tuple[Update[R], int]] = deque()
        self._queued_bytes = 0
        self._ready = asyncio.Event()
        self._end: Exception | None = None
        self._position = feed.position if after is None else decode_change_cursor(after)
        """Of the last change that was queued or left out."""
        self._is_known = self._is_live = after is None
        self._has_fallen_behind = False
        feed.join(self)
        if self._is_live and not self.finished:
            feed.add(self)

    def __aiter__(self) -> Subscription[R]:
        return self

    async def __anext__(self) -> Update[R]:
        try:
            while not self._queue:
                if self._end is not None:
                    # An iterator that raised once has ended for good.
                    end, self._end = self._end, StopAsyncIteration()
                    raise end
                if self._is_live:
                    self._ready.clear()
                    await self._ready.wait()
                else:
                    await self._read_on()
        except asyncio.CancelledError:
            await self.aclose()
            raise
        update, size_bytes = self._queue.popleft()
        self._queued_bytes -= size_bytes
        return update

    async def aclose(self) -> None:
        """Unregister and forget what is queued."""
        self._queue.clear()
        self._queued_bytes = 0
        self.finish(StopAsyncIteration())

    @property
    def finished(self) -> bool:
        """Whether it takes no more records."""
        return self._end is not None

    @property
    def queued(self) -> int:
        """How many updates wait to be taken."""
        return len(self._queue)

    def finish(self, end: Exception) -> None:
        """Take no more records, and raise `end` after the queued ones."""
        if self._end is None:
            self._end = end
        self._feed.remove(self)
        self._ready.set()

    def leave_feed(self) -> None:
        """Read on in the log, once the queue is empty."""
        self._is_live = False
        self._feed.remove(self)
        self._ready.set()

    def offer(self, offer: Offer) -> None:
        """Queue it if it is wanted; with a full queue, read it from the log later.

        A `wanted` that raises ends this subscription with its error.
        """
        # A cursor can come from a replica that is ahead of this one's feed.
        if self.finished or offer.position <= self._position:
            return
        if len(self._queue) >= MAX_QUEUED or self._queued_bytes >= MAX_QUEUED_BYTES:
            self._has_fallen_behind = True
            self.leave_feed()
        else:
            self._take(offer)

    def _take(self, offer: Offer) -> None:
        try:
            update = offer.update(self._decode)
            is_wanted = update is not None and (self._wanted is None or self._wanted(update.node))
        except Exception as error:  # noqa: BLE001 - a foreign function, whose error belongs to its subscriber
            self.finish(error)
            return
        self._position = offer.position
        if update is not None and is_wanted:
            self._queue.append((update, offer.size_bytes))
            self._queued_bytes += offer.size_bytes
            self._ready.set()

    async def _read_on(self) -> None:
        """Queue the next page of the log; where that is nearly all, go live."""
        if self._has_fallen_behind and self._feed.position - self._position > MAX_BEHIND_CHANGES:
            self.finish(SubscriptionOverflow(encode_change_cursor(self._position)))
            return
        try:
            if not self._is_known:
                await self._look_up()
            until = self._feed.position
            page = await self._feed.log.history(self.kind, self._position, until)
        except InboxUnavailable as error:
            if self._is_known:
                await self._pause()
            else:
                self.finish(error)
            return
        except PatchbayError as error:
            self.finish(error)
            return
        for change in page.changes:
            if not self.finished:
                self._take(Offer(change))
        self._position = max(self._position, page.until)
        # The feed may have gone on meanwhile: then there is another page.
        is_there = self._position >= self._feed.position and len(self._queue) <= MAX_QUEUED_TO_GO_LIVE
        if is_there and not self.finished:
            self._is_live = True
            self._has_fallen_behind = False
            self._feed.add(self)

    async def _look_up(self) -> None:
        """Raises InputError where the cursor is ahead of the log, and InboxUnavailable."""
        _, last = await self._feed.log.bounds()
        if self._position > last:
            raise InputError("after", "is a cursor of another inbox")
        self._is_known = True

    async def _pause(self) -> None:
        """Returns after RETRY_SECONDS, or when it has finished."""
        self._ready.clear()
        await wait_until_set(self._ready, RETRY_SECONDS)
