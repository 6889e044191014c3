"""A subscription to the changes of one kind of record, from now on or from where another one has ended.

It reads what it has missed from the log, in pages, and then takes what the feed offers. Its queue is bounded,
so a slow one hurts no other; it is told where it stopped, and misses nothing when it goes on from there.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections import deque
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from patchbay.errors import CursorExpired, InputError, PatchbayError, SubscriptionOverflow
from patchbay.inbox.changes import PAGE_CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.inbox.changes import LoggedChange
    from patchbay.inbox.feed import ChangeFeed

R = TypeVar("R")

MAX_QUEUED_CHANGES = 256

_CURSOR = re.compile(r"change:(0|[1-9][0-9]{0,18})")


class Update(NamedTuple, Generic[R]):
    """A record's new version, and the cursor to go on from behind it."""

    cursor: str
    node: R


class Subscription(Generic[R]):
    """An async iterator over updates, registered from the moment it exists.

    It ends when the inbox closes, after `aclose`, when the task that awaits it is cancelled, and when it is
    dropped. A full queue ends it too: what was queued is still given out, then SubscriptionOverflow raised,
    which holds the cursor to go on from.

    Args:
        feed: offers changes.
        kind: of which records.
        decode: a change's record; None where it cannot be read, which is left out.
        wanted: which records; the others take no place in the queue.
        after: the cursor of the last update that was seen; None for what changes from now on.

    Raises:
        InputError: `after` is no cursor. When iterated: it is one of another inbox.
        CursorExpired: when iterated: changes behind it are no longer kept.
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
        self._queue: deque[Update[R]] = deque()
        self._ready = asyncio.Event()
        self._end: Exception | None = None
        self._position = feed.position if after is None else decode_change_cursor(after)
        """Of the last change that was queued or left out."""
        self._is_checked = self._is_live = after is None
        if self._is_live:
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
                    await self._catch_up()
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
        self._feed.remove(self)
        self._ready.set()

    def offer(self, change: LoggedChange) -> None:
        """Queue it if it is wanted. A `wanted` that raises ends this subscription with its error."""
        # A cursor can come from a replica that is ahead of this one's feed.
        if self.finished or change.position <= self._position:
            return
        if self._is_live and len(self._queue) >= MAX_QUEUED_CHANGES:
            # Whether it is wanted no longer matters: the cursor would have to stand behind it.
            self.finish(SubscriptionOverflow(encode_change_cursor(self._position)))
            return
        try:
            record = self._decode(change)
            is_wanted = record is not None and (self._wanted is None or self._wanted(record))
        except Exception as error:  # noqa: BLE001 - a foreign function, whose error belongs to its subscriber
            self.finish(error)
            return
        self._position = change.position
        if record is not None and is_wanted:
            self._queue.append(Update(encode_change_cursor(change.position), record))
            self._ready.set()

    async def _catch_up(self) -> None:
        """Queue the next page of what was missed; where nothing is missed any more, go live."""
        try:
            if not self._is_checked:
                await self._check()
            until = self._feed.position
            changes = await self._feed.log.history(self.kind, self._position, until)
        except PatchbayError as error:
            self.finish(error)
            return
        for change in changes:
            self.offer(change)
        if len(changes) < PAGE_CHANGES:
            self._position = max(self._position, until)
        # The feed may have gone on meanwhile: then there is another page.
        if self._position >= self._feed.position and not self.finished:
            self._is_live = True
            self._feed.add(self)

    async def _check(self) -> None:
        first, last = await self._feed.log.bounds()
        if self._position > last:
            raise InputError("after", "is a cursor of another inbox")
        if self._position < first:
            raise CursorExpired
        self._is_checked = True


def encode_change_cursor(position: int) -> str:
    """The cursor to go on from behind this position."""
    return base64.urlsafe_b64encode(f"change:{position}".encode()).decode()


def decode_change_cursor(cursor: str) -> int:
    """The position in a cursor. Raises InputError naming `after` when it is none of ours."""
    try:
        text = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        text = ""
    match = _CURSOR.fullmatch(text)
    if match is None or int(match[1]) >= 2**63:
        raise InputError("after", "is not a cursor of a subscription")
    return int(match[1])
