"""The inbox as the rest of the house sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.inbox.applying import ApplyLoop
from patchbay.inbox.lookups import LookupRebuilds
from patchbay.inbox.model import InboxUnavailable
from patchbay.inbox.publishing import Broker
from patchbay.inbox.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from patchbay.inbox.model import Change, Handler, Lookups, Stored
    from patchbay.inbox.publishing import Subscription

MAX_WAITING = 512


class Inbox:
    """Keeps signed events, applies them to records, and tells subscribers.

    Reading and storing raise InboxUnavailable when the database fails or the inbox is not open.

    Args:
        path: the SQLite file; made when it is not there. Its folder must exist.
        max_waiting: how many writes may be under way before more are refused.
    """

    def __init__(self, path: Path, *, max_waiting: int = MAX_WAITING) -> None:
        self.path = path
        self._store = SqliteStore(path, max_waiting=max_waiting)
        self._broker = Broker()
        self._applying = ApplyLoop(self._store, self._publish)
        self._lookups = LookupRebuilds(self._store)

    async def open(self) -> None:
        """Open the database and go on applying. Raises ConfigurationError naming path and setting."""
        await self._store.open()
        self._applying.start()
        self._lookups.start()

    async def close(self) -> None:
        """End subscriptions; returns when every store under way is committed. Harmless when not open."""
        await self._lookups.stop()
        await self._applying.stop()
        self._broker.close()
        await self._store.close()

    async def store(self, upstream: str, event_id: str, delivery: str, body: bytes) -> Stored:
        """Keep one verified event; returns after the commit and its fsync.

        Args:
            upstream: whose event it is.
            event_id: the vendor's id of the event, the same in each delivery of it.
            delivery: hex SHA-256 that tells one signed delivery from another.
            body: as received.

        Raises:
            InboxUnavailable: it is not stored, or nobody can say; the vendor should deliver it again.
        """
        stored = await self._store.add(upstream, event_id, delivery, body)
        if stored == "new":
            self._applying.wake()
        return stored

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

    def subscribe(self, kind: str, wanted: Callable[[Any], bool] | None = None) -> Subscription[Any]:
        """Records of this kind that change from now on, each after its commit.

        Args:
            kind: as in Change.
            wanted: which records; the others take no place in the queue.
        """
        return self._broker.subscribe(kind, wanted)

    def end_subscriptions(self) -> None:
        """End all subscriptions, each after what it has queued: the server is about to stop."""
        self._broker.close()

    def listeners(self, kind: str) -> int:
        """How many subscriptions of this kind there are."""
        return self._broker.listeners(kind)

    async def by_keys(self, kind: str, keys: Collection[str]) -> dict[str, bytes]:
        """Key -> record as JSON, for those that exist; one statement."""
        return await self._store.by_keys(kind, keys)

    async def newest_by_lookup(self, kind: str, attribute: str, values: Collection[str]) -> dict[str, bytes]:
        """Value -> the record with the highest version among those that have it; one statement."""
        await self._lookups.ready(kind)
        return await self._store.newest_by_lookup(kind, attribute, values)

    async def all_by_lookup(
        self, kind: str, attribute: str, values: Collection[str]
    ) -> dict[str, list[bytes]]:
        """Value -> all records that have it, ordered by key; one statement."""
        await self._lookups.ready(kind)
        return await self._store.all_by_lookup(kind, attribute, values)

    async def check(self) -> None:
        """Whether it can be written and events are being applied. Raises InboxUnavailable when not."""
        await self._store.check()
        if not self._applying.running:
            raise InboxUnavailable("events are no longer applied")

    def _publish(self, change: Change) -> None:
        self._broker.publish(change.kind, change.record)
