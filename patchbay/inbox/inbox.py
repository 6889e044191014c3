"""The inbox as the rest of the house sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from patchbay.inbox.applying import ApplyLoop
from patchbay.inbox.changes import ChangeLog
from patchbay.inbox.database import database_at
from patchbay.inbox.events import EventStore
from patchbay.inbox.feed import ChangeFeed
from patchbay.inbox.lookup_rebuilds import LookupRebuilds
from patchbay.inbox.model import InboxUnavailable
from patchbay.inbox.options import InboxOptions
from patchbay.inbox.records import RecordStore
from patchbay.inbox.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from patchbay.environment import Secret
    from patchbay.inbox.changes import LoggedChange
    from patchbay.inbox.model import Arrival, Handler, Lookups, Receipt, StoredRecord

R = TypeVar("R")

MAX_WAITING = 512


class Inbox:
    """Keeps signed events, applies them to records, and tells subscribers.

    Reading and storing raise InboxUnavailable when the database fails or the inbox is not open.

    Args:
        location: the path of a SQLite file, made when it is not there, in a folder that exists; or the secret
            URL of a PostgreSQL, which replicas share.
        options: see InboxOptions.
        max_waiting: how many writes may be under way before more are refused.
    """

    def __init__(
        self,
        location: Path | Secret,
        *,
        options: InboxOptions | None = None,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._database = database_at(location, max_waiting=max_waiting)
        self._events = EventStore(self._database)
        self._records = RecordStore(self._database)
        self._feed = ChangeFeed(ChangeLog(self._database))
        self._applying = ApplyLoop(self._database, self._events, options or InboxOptions(), self._feed.wake)
        self._lookups = LookupRebuilds(self._database)

    async def open(self) -> None:
        """Open the database and go on applying. Raises ConfigurationError naming the setting."""
        await self._database.open(self._woken)
        await self._feed.start()
        self._applying.start()
        self._lookups.start()

    async def close(self) -> None:
        """End subscriptions; returns when every store under way is committed. Harmless when not open."""
        await self._lookups.stop()
        await self._applying.stop()
        await self._feed.stop()
        self._feed.end()
        await self._database.close()

    async def store(self, upstream: str, arrival: Arrival) -> Receipt:
        """Keep one verified event of this upstream; returns after the commit and its fsync.

        Raises:
            InboxUnavailable: it is not stored, or nobody can say; the vendor should deliver it again.
        """
        receipt = await self._events.add(upstream, arrival)
        if receipt.stored == "new":
            self._applying.wake()
        return receipt

    def register(self, upstream: str, handlers: Sequence[Handler], lookups: Sequence[Lookups] = ()) -> None:
        """Apply this upstream's events, also those stored before, each by all handlers or by none.

        Args:
            upstream: whose events.
            handlers: read each event.
            lookups: of the records that they make; where others were declared before, those of stored
                records are rebuilt, and reads by lookup wait for it.
        """
        self._lookups.declare(lookups)
        self._applying.register(upstream, handlers)

    def unregister(self, upstream: str) -> None:
        """Keep this upstream's events as they come, until it is registered again."""
        self._applying.unregister(upstream)

    def subscribe(
        self,
        kind: str,
        decode: Callable[[LoggedChange], R | None],
        wanted: Callable[[R], bool] | None = None,
        after: str | None = None,
    ) -> Subscription[R]:
        """Records of this kind that change from now on, or behind a cursor; see Subscription."""
        return Subscription(self._feed, kind, decode, wanted, after)

    def end_subscriptions(self) -> None:
        """End all subscriptions, each after what it has queued: the server is about to stop."""
        self._feed.end()

    def listeners(self, kind: str) -> int:
        """How many live subscriptions of this kind there are."""
        return self._feed.listeners(kind)

    async def by_keys(self, kind: str, keys: Collection[str]) -> dict[str, StoredRecord]:
        """See RecordStore."""
        return await self._records.by_keys(kind, keys)

    async def newest_by_lookup(
        self, kind: str, attribute: str, values: Collection[str]
    ) -> dict[str, StoredRecord]:
        """See RecordStore; waits while the lookups of this kind are rebuilt."""
        await self._lookups.ready(kind)
        return await self._records.newest_by_lookup(kind, attribute, values)

    async def all_by_lookup(
        self, kind: str, attribute: str, values: Collection[str]
    ) -> dict[str, list[StoredRecord]]:
        """See RecordStore; waits while the lookups of this kind are rebuilt."""
        await self._lookups.ready(kind)
        return await self._records.all_by_lookup(kind, attribute, values)

    async def check(self) -> None:
        """Whether it can be written and events are being applied. Raises InboxUnavailable when not."""
        await self._database.check()
        if not self._applying.running:
            raise InboxUnavailable("events are no longer applied")

    def _woken(self) -> None:
        """Another process may have committed something."""
        self._applying.wake()
        self._feed.wake()
