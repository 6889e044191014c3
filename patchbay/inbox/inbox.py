"""The inbox as the rest of the house sees it."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from patchbay.inbox import fetched, pages
from patchbay.inbox.administration import Administration
from patchbay.inbox.applying import ApplyLoop
from patchbay.inbox.changes import ChangeLog
from patchbay.inbox.database import database_at
from patchbay.inbox.events import EventStore
from patchbay.inbox.feed import ChangeFeed
from patchbay.inbox.lookup_rebuilds import LookupRebuilds
from patchbay.inbox.model import InboxUnavailable
from patchbay.inbox.options import InboxOptions
from patchbay.inbox.reaction_desk import ReactionDesk
from patchbay.inbox.reaction_loop import ReactionLoop
from patchbay.inbox.rebuilds import Rebuilds
from patchbay.inbox.records import RecordStore
from patchbay.inbox.retention import Retention
from patchbay.inbox.sources import Sources
from patchbay.inbox.status import read_status
from patchbay.inbox.subscription import Subscription
from patchbay.inbox.triggers import Triggers
from patchbay.inbox.updates import encode_change_cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from patchbay.environment import Secret
    from patchbay.inbox.changes import LoggedChange
    from patchbay.inbox.database import Database
    from patchbay.inbox.model import Arrival, Change, Handler, Lookups, Receipt, StoredRecord
    from patchbay.inbox.pages import PageQuery, StoredPage
    from patchbay.inbox.rebuild import Rebuild
    from patchbay.inbox.status import InboxStatus
    from patchbay.reactions import Reaction

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
        clock: epoch seconds: when events are received, and how old they are.

    Attributes:
        reactions: what operators see and do of reactions.
        administration: what operators see and do of events.
        rebuilds: of all records, in the background.
        retention: deletes what is no longer needed.
    """

    def __init__(
        self,
        location: Path | Secret,
        *,
        options: InboxOptions | None = None,
        max_waiting: int = MAX_WAITING,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database_at(location, max_waiting=max_waiting)
        self._events = EventStore(self._database, clock)
        self._records = RecordStore(self._database)
        self._feed = ChangeFeed(ChangeLog(self._database))
        self._triggers = Triggers()
        self._reacting = ReactionLoop(self._database, self._triggers)
        self.reactions = ReactionDesk(self._database, self._reacting.wake)
        chosen = options or InboxOptions()
        self._applying = ApplyLoop(self._database, self._events, chosen, self._triggers, self._applied)
        self.retention = Retention(self._database, chosen, clock)
        self.administration = Administration(self._database, self._applying.wake, clock)
        self._sources = Sources()
        self.rebuilds = Rebuilds(self._database, self._sources)
        self._lookups = LookupRebuilds(self._database)

    @property
    def database(self) -> Database:
        """For what else is kept in it, such as API keys; open as long as the inbox is."""
        return self._database

    async def open(self) -> None:
        """Open the database and go on applying. Raises ConfigurationError naming the setting."""
        await self._database.open(self._woken)
        await self._feed.start()
        self._applying.start()
        self._lookups.start()
        self.retention.start()

    async def close(self) -> None:
        """End subscriptions; returns when every store under way is committed. Harmless when not open."""
        await self.rebuilds.stop()
        await self.retention.stop()
        await self._reacting.stop()
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
        self._sources.register(upstream, handlers, lookups)
        self._applying.register(upstream, handlers)

    def unregister(self, upstream: str) -> None:
        """Keep this upstream's events as they come, until it is registered again."""
        self._applying.unregister(upstream)

    def react(self, reactions: Sequence[Reaction[Any]], signs_ids: Mapping[str, bool]) -> None:
        """Have events set these off. Before events are applied: none sets one off later.

        Args:
            reactions: of the graph.
            signs_ids: for each webhook by name, whether its signatures cover the events' ids.

        Raises:
            ConfigurationError: they contradict each other or the webhooks.
        """
        self._triggers.declare(reactions, signs_ids)

    def start_reacting(self) -> None:
        """Run the steps of reactions from now on: upstreams can be called."""
        self._reacting.start()

    async def stop_reacting(self) -> None:
        """Returns when no step runs: those under way get a moment to end. Harmless when not started."""
        await self._reacting.stop()

    def subscribe(
        self,
        kind: str,
        decode: Callable[[LoggedChange], R | None],
        wanted: Callable[[R], bool] | None = None,
        after: str | None = None,
    ) -> Subscription[R]:
        """Records of this kind that change from now on, or behind a cursor; see Subscription."""
        return Subscription(self._feed, kind, decode, wanted, after)

    async def cursor(self) -> str:
        """Where the log of changes ends now: what changes later is behind it. Raises InboxUnavailable."""
        _, last = await self._feed.log.bounds()
        return encode_change_cursor(last)

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

    async def page(self, query: PageQuery) -> StoredPage:
        """See patchbay.inbox.pages; waits while the lookups of this kind are rebuilt."""
        await self._lookups.ready(query.kind)
        return await pages.read_page(self._database, query)

    async def pages(self, query: PageQuery, parents: Collection[str]) -> dict[str, StoredPage]:
        """See patchbay.inbox.pages; waits while the lookups of this kind are rebuilt."""
        await self._lookups.ready(query.kind)
        return await pages.read_pages(self._database, query, parents)

    async def keep(self, changes: Sequence[Change], *, as_of: float) -> None:
        """Keep records that were fetched, where they are newer than what is kept; see patchbay.inbox.fetched.

        Args:
            changes: the records.
            as_of: epoch seconds, when they were asked for.
        """
        if await self._database.write(partial(fetched.keep, changes=changes, as_of=as_of)):
            self._feed.wake()

    def rebuild(self, upstreams: Collection[str] = ()) -> Rebuild:
        """A rebuild of these upstreams' records, of all where none is named; to be run.

        Raises:
            ConfigurationError: no records are made of one of them.
        """
        return self.rebuilds.of(upstreams)

    async def status(self) -> InboxStatus:
        """How it does. Raises InboxUnavailable."""
        return await read_status(self._database, leads=self._applying.leads)

    async def check(self) -> None:
        """Whether it can be written and events are being applied. Raises InboxUnavailable when not."""
        await self._database.check()
        if not self._applying.running:
            raise InboxUnavailable("events are no longer applied")

    def _woken(self) -> None:
        """Another process may have committed something."""
        self._applying.wake()
        self._applied()

    def _applied(self) -> None:
        self._feed.wake()
        self._reacting.wake()
