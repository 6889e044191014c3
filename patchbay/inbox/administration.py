"""What operators do with stored events: look at them, have them applied again, and clear them away.

It needs nothing but the database, so that it works in the server and beside it.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from patchbay.inbox import listing
from patchbay.inbox.database import sql
from patchbay.inbox.database.sql import json_list
from patchbay.inbox.listing import EventFilter
from patchbay.inbox.options import MIN_KEEP_DAYS
from patchbay.inbox.runs import last_run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from patchbay.inbox.database import Connection, Database
    from patchbay.inbox.listing import EventCount, EventDetails, EventRow
    from patchbay.inbox.runs import Run

BATCH_EVENTS = 200
DAY_SECONDS = 86_400.0
REBUILD = "rebuild"

PurgeState: TypeAlias = Literal["dead", "applied", "ignored"]
Replayed: TypeAlias = Literal["replayed", "unknown", "no body"]
"""`no body`: it was dropped, and there is nothing to apply."""

_THESE = "seq IN (SELECT CAST(value AS BIGINT) FROM EACH(:seqs, wanted))"
_IS_SOURCE = "EXISTS (SELECT 1 FROM records WHERE records.seq = events.seq)"

REPLAY = sql(f"""
UPDATE events SET state = 'new', attempts = 0, try_at = 0, error = NULL WHERE {_THESE} AND body IS NOT NULL
""")  # noqa: S608 - made of the texts above
FIND = sql("SELECT seq FROM events WHERE upstream = :upstream AND event_id = :event_id")
END = sql("SELECT coalesce(max(seq), 0) FROM events")
FORGIVE = sql(f"""
DELETE FROM dead_letters WHERE {_THESE}
AND NOT EXISTS (SELECT 1 FROM events WHERE events.seq = dead_letters.seq AND events.state = 'dead')
""")  # noqa: S608 - as above
# A record that stands as the event told when it was applied earlier needs it for a rebuild.
SETTLE = sql(f"""
UPDATE events SET state = 'applied', error = NULL
WHERE {_THESE} AND state = 'dead' AND received_at <= :before AND {_IS_SOURCE}
""")  # noqa: S608 - as above
EMPTY = sql(f"""
UPDATE events SET state = 'ignored', body = NULL
WHERE {_THESE} AND state = 'dead' AND received_at <= :before AND received_at >= :ids_since
""")  # noqa: S608 - as above
DELETE = sql(f"""
DELETE FROM events WHERE {_THESE} AND state = :state AND received_at <= :before AND received_at < :ids_since
AND NOT {_IS_SOURCE}
""")  # noqa: S608 - as above


class Administration:
    """Every method raises InboxUnavailable.

    Args:
        database: open.
        woken: called when events wait that did not before, in this process.
        clock: epoch seconds.
    """

    def __init__(
        self,
        database: Database,
        woken: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._woken = woken
        self._clock = clock

    async def events(
        self, wanted: EventFilter | None = None, *, before: int | None = None, most: int = 50
    ) -> list[EventRow]:
        """Newest first, at most MAX_PAGE; `before` is the `seq` of the last one of the page before."""
        chosen = wanted or EventFilter()
        return await self._database.read_apart(lambda each: listing.page(each, chosen, before, most))

    async def event(self, upstream: str, event_id: str) -> EventDetails | None:
        """One event; None where there is none."""
        return await self._database.read_apart(lambda each: listing.details(each, upstream, event_id))

    async def counts(self) -> list[EventCount]:
        """How many events there are, by upstream, state and type. Takes a while where there are many."""
        return await self._database.read_apart(listing.counts)

    async def last_rebuild(self) -> Run | None:
        """The rebuild that is under way anywhere, or the last one; None where there was none."""
        return await last_run(self._database, REBUILD)

    async def replay(self, upstream: str, event_id: str) -> Replayed:
        """Have one event applied again, whatever became of it, as if it had just come."""

        def work(connection: Connection) -> Replayed:
            found = connection.run(FIND, {"upstream": upstream, "event_id": event_id}).fetchone()
            if found is None:
                return "unknown"
            return "replayed" if _replay(connection, [int(found[0])]) else "no body"

        replayed = await self._database.write_apart(work)
        self._woken()
        return replayed

    async def replay_all(self, wanted: EventFilter) -> int:
        """Have these applied again, oldest first; how many. Those that come meanwhile are left out."""
        done = 0
        async for seqs in self._batches(wanted):
            done += await self._database.write_apart(partial(_replay, seqs=seqs))
            self._woken()
        return done

    async def purge(
        self, state: PurgeState, *, upstream: str | None = None, older_than_days: float = MIN_KEEP_DAYS
    ) -> int:
        """Clear events of a state away that were received so long ago; how many.

        An id is known for MIN_KEEP_DAYS in any case, so that a late delivery of the same event is none again:
        a younger dead letter loses its body, and stays as `ignored`; younger events of other states stay as
        they are. An event that a record is made of stays, and is `applied`.
        """
        now = self._clock()
        values = {
            "state": state,
            "before": now - older_than_days * DAY_SECONDS,
            "ids_since": now - MIN_KEEP_DAYS * DAY_SECONDS,
        }
        done = 0
        async for seqs in self._batches(EventFilter(upstream=upstream, state=state)):
            given = {**values, "seqs": _list(seqs)}
            done += await self._database.write_apart(partial(_purge, values=given))
        return done

    async def _batches(self, wanted: EventFilter) -> AsyncIterator[list[int]]:
        """The `seq` of those that are there now, in batches."""
        (last,) = await self._database.read_apart(lambda connection: connection.run(END).fetchone())
        after = 0
        while after < last:
            asked = partial(listing.seqs_after, wanted=wanted, after=after, most=BATCH_EVENTS)
            seqs = await self._database.read_apart(asked)
            after = seqs[-1] if seqs else last
            if within := [seq for seq in seqs if seq <= last]:
                yield within


def _replay(connection: Connection, seqs: Sequence[int]) -> int:
    values = {"seqs": _list(seqs)}
    replayed = connection.run(REPLAY, values).rowcount
    connection.run(FORGIVE, values)
    connection.wake_others()
    return replayed


def _purge(connection: Connection, values: Mapping[str, object]) -> int:
    # In turn with those who write records: which events they are made of must not change meanwhile.
    connection.take_turns()
    statements = (SETTLE, EMPTY, DELETE) if values["state"] == "dead" else (DELETE,)
    purged = sum(connection.run(each, values).rowcount for each in statements)
    connection.run(FORGIVE, {"seqs": values["seqs"]})
    return purged


def _list(seqs: Sequence[int]) -> str:
    return json_list(map(str, seqs))
