"""How the inbox does, for health checks: a few reads that indexes answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.inbox.database import sql
from patchbay.inbox.retention import RETENTION
from patchbay.inbox.runs import last_run

if TYPE_CHECKING:
    from patchbay.inbox.database import Connection, Database

MOST = 10_000
"""Waiting and dead events are counted up to here."""

WAITING = sql("SELECT count(*) FROM (SELECT seq FROM events WHERE state = 'new' LIMIT :most) AS waiting")
# The index of new events is by upstream: from each to the next, and the first event of each.
OLDEST = sql("""
WITH RECURSIVE names(upstream) AS (
    SELECT min(upstream) FROM events WHERE state = 'new'
    UNION ALL
    SELECT (SELECT min(upstream) FROM events WHERE state = 'new' AND upstream > names.upstream)
    FROM names WHERE names.upstream IS NOT NULL
)
SELECT min((
    SELECT received_at FROM events WHERE state = 'new' AND upstream = names.upstream ORDER BY seq LIMIT 1
)) FROM names
""")
DEAD = sql("SELECT count(*) FROM (SELECT seq FROM dead_letters LIMIT :most) AS dead")


class InboxStatus(msgspec.Struct, frozen=True):
    """How it does.

    Args:
        database: `sqlite` or `postgresql`.
        leads: whether this process applies the events, and not another one on the same database.
        waiting: events that are neither applied, ignored nor given up; at most MOST.
        oldest_waiting_seconds: how long ago the oldest of them was received; None where none waits.
        dead_letters: events that were given up; at most MOST.
        cleaned_at: epoch seconds, when retention last ran to its end; None where it never did.
        cleaned: what it did then.
    """

    database: str
    leads: bool
    waiting: int
    oldest_waiting_seconds: float | None
    dead_letters: int
    cleaned_at: float | None
    cleaned: dict[str, Any] | None


async def read_status(database: Database, *, leads: bool) -> InboxStatus:
    """Ask the database. Raises InboxUnavailable."""

    def work(connection: Connection) -> tuple[int, float | None, int]:
        (waiting,) = connection.run(WAITING, {"most": MOST}).fetchone()
        (oldest,) = connection.run(OLDEST).fetchone()
        (dead,) = connection.run(DEAD, {"most": MOST}).fetchone()
        return waiting, oldest, dead

    waiting, oldest, dead = await database.read(work)
    cleaned = await last_run(database, RETENTION)
    return InboxStatus(
        database.kind,
        leads,
        waiting,
        None if oldest is None else round(max(0.0, time.time() - oldest), 1),
        dead,
        None if cleaned is None else cleaned.ended_at,
        None if cleaned is None else cleaned.report,
    )
