"""Stored events: each once, however often it is delivered."""

from __future__ import annotations

import hashlib
import time
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

from patchbay.inbox.database import sql
from patchbay.inbox.database.sql import json_list
from patchbay.inbox.model import Arrival, Event, Outcome, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from patchbay.inbox.database import Connection, Database

MAX_BATCH_EVENTS = 128
MAX_BATCH_BYTES = 8 * 1024 * 1024

STORE = sql("""
INSERT INTO events (upstream, event_id, type, delivery, received_at, body, body_hash)
VALUES (:upstream, :event_id, :type, :delivery, :received_at, :body, :body_hash)
ON CONFLICT (upstream, event_id) DO NOTHING RETURNING seq
""")
KNOWN = sql("""
SELECT event_id, delivery, body_hash FROM EACH(:event_ids, wanted)
CROSS JOIN events WHERE events.upstream = :upstream AND events.event_id = wanted.value
""")
REPEATED = sql("""
SELECT later.seq, (
    SELECT first.event_id FROM events AS first
    WHERE first.upstream = later.upstream AND first.body_hash = later.body_hash AND first.seq < later.seq
    ORDER BY first.seq LIMIT 1
)
FROM EACH(:seqs, wanted) CROSS JOIN events AS later WHERE later.seq = CAST(wanted.value AS BIGINT)
""")
PENDING = sql("""
SELECT seq, upstream, event_id, type, received_at, body, body_hash, attempts, settled_at FROM events
WHERE state = 'new' AND upstream = :upstream AND try_at <= :now AND body IS NOT NULL
ORDER BY seq LIMIT :most
""")
NEXT_TRY = sql("SELECT min(try_at) FROM events WHERE state = 'new' AND try_at > 0 AND try_at > :now")
# The state is asked again: it may have been applied, or taken back, since it was read.
MARK = sql("""
UPDATE events SET state = :state, error = :error, try_at = :try_at, attempts = :attempts,
    settled_at = COALESCE(settled_at, :settled_at)
WHERE seq = :seq AND state = 'new'
""")
BURY = sql("""
INSERT INTO dead_letters (seq, attempts, error, failed_at) VALUES (:seq, :attempts, :error, :failed_at)
ON CONFLICT (seq) DO UPDATE
SET attempts = excluded.attempts, error = excluded.error, failed_at = excluded.failed_at
""")


class EventStore:
    """Every method raises InboxUnavailable.

    Args:
        database: where they are.
        clock: epoch seconds, when they are received.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def add(self, upstream: str, arrival: Arrival) -> Receipt:
        """Keep it; returns after the commit and its fsync. Those that wait together share one."""
        return await self._database.write_together(_add, (upstream, self._clock(), arrival))

    async def pending(self, upstreams: Collection[str]) -> list[Event]:
        """New events of these upstreams whose time has come, oldest first, bounded in number and bytes."""
        values = {"now": time.time(), "most": MAX_BATCH_EVENTS}

        def work(connection: Connection) -> list[Event]:
            # One by one: of an upstream that nobody handles, any number may wait.
            found = [connection.run(PENDING, {**values, "upstream": each}) for each in upstreams]
            events: list[Event] = []
            size_bytes = 0
            for row in islice(merge(*found), MAX_BATCH_EVENTS):
                events.append(Event(*row))
                size_bytes += len(events[-1].body)
                if size_bytes >= MAX_BATCH_BYTES:
                    break
            return events

        return await self._database.read(work)

    async def next_try_seconds(self) -> float | None:
        """How long until the next event that failed is tried again; None where there is none."""
        now = time.time()
        row = await self._database.read(lambda connection: connection.run(NEXT_TRY, {"now": now}).fetchone())
        return None if row is None or row[0] is None else max(0.0, row[0] - now)


def mark(connection: Connection, outcome: Outcome) -> bool:
    """Note what an event came to; False where it is no longer new, and nothing is to be done about it."""
    event = outcome.event
    has_failed = outcome.error is not None
    attempts = event.attempts + has_failed
    values = {
        "state": outcome.state,
        "error": outcome.error,
        "try_at": outcome.try_at,
        "attempts": attempts,
        "settled_at": time.time() if outcome.state in ("applied", "ignored") else None,
        "seq": event.seq,
    }
    if not connection.run(MARK, values).rowcount:
        return False
    if outcome.state == "dead":
        dead = {"seq": event.seq, "attempts": attempts, "error": outcome.error, "failed_at": time.time()}
        connection.run(BURY, dead)
    return True


def _add(connection: Connection, items: Sequence[tuple[str, float, Arrival]]) -> list[Receipt]:
    rows = [_row(*item) for item in items]
    seqs = [None if stored is None else int(stored[0]) for stored in connection.run_each(STORE, rows)]
    repeated = _repeated(connection, [seq for seq in seqs if seq is not None])
    known = _known(connection, [row for row, seq in zip(rows, seqs, strict=True) if seq is None])
    connection.wake_others()
    return [
        _receipt(row, None if seq is None else (repeated[seq],), known)
        for row, seq in zip(rows, seqs, strict=True)
    ]


def _row(upstream: str, received_at: float, arrival: Arrival) -> dict[str, Any]:
    return {
        "upstream": upstream,
        "event_id": arrival.event_id,
        "type": arrival.type,
        "delivery": arrival.delivery,
        "received_at": received_at,
        "body": arrival.body,
        "body_hash": hashlib.sha256(arrival.body).hexdigest(),
    }


def _receipt(
    row: dict[str, Any], new: tuple[str | None] | None, known: dict[tuple[str, str], tuple[str | None, str]]
) -> Receipt:
    if new is not None:
        return Receipt("new", repeats=new[0])
    delivery, body_hash = known[row["upstream"], row["event_id"]]
    is_replay = delivery is not None and delivery == row["delivery"]
    return Receipt("replayed" if is_replay else "duplicate", differs=body_hash != row["body_hash"])


def _repeated(connection: Connection, seqs: Sequence[int]) -> dict[int, str | None]:
    """For each stored event, the id of an earlier one with the same body."""
    return dict(connection.run(REPEATED, {"seqs": json_list(map(str, seqs))}).fetchall()) if seqs else {}


def _known(
    connection: Connection, rows: Iterable[dict[str, Any]]
) -> dict[tuple[str, str], tuple[str | None, str]]:
    """(upstream, event id) -> how the first delivery was signed, and the hash of its body."""
    asked: dict[str, list[str]] = {}
    for row in rows:
        asked.setdefault(row["upstream"], []).append(row["event_id"])
    return {
        (upstream, event_id): (delivery, body_hash)
        for upstream, event_ids in asked.items()
        for event_id, delivery, body_hash in connection.run(
            KNOWN, {"event_ids": json_list(dict.fromkeys(event_ids)), "upstream": upstream}
        )
    }
