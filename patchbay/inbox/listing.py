"""Stored events as operators look at them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from patchbay.inbox.database import sql

if TYPE_CHECKING:
    from patchbay.inbox.database import Connection, Sql

EventState: TypeAlias = Literal["new", "applied", "ignored", "dead"]
"""`new` waits, for the first or for another try."""

EVENT_STATES: tuple[EventState, ...] = ("new", "applied", "ignored", "dead")
MAX_PAGE = 500
MAX_ALIKE = 20

_COLUMNS = "seq, upstream, event_id, type, state, received_at, attempts, error, length(body)"
SHOW = sql(f"""
SELECT {_COLUMNS}, body, body_hash, try_at,
    (SELECT failed_at FROM dead_letters WHERE dead_letters.seq = events.seq)
FROM events WHERE upstream = :upstream AND event_id = :event_id
""")  # noqa: S608 - made of the text above
ALIKE = sql("""
SELECT event_id FROM events WHERE upstream = :upstream AND body_hash = :body_hash AND event_id <> :event_id
ORDER BY seq LIMIT :most
""")
RECORDS = sql("SELECT kind, key FROM records WHERE seq = :seq ORDER BY kind, key LIMIT :most")
COUNTS = sql("""
SELECT upstream, state, type, count(*), min(received_at), coalesce(sum(length(body)), 0)
FROM events GROUP BY upstream, state, type ORDER BY upstream, state, type
""")


class EventFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events. None: whatever it is."""

    upstream: str | None = None
    state: EventState | None = None
    type: str | None = None


class EventRow(msgspec.Struct, frozen=True):
    """One event. `size_bytes` is its body's; None where that is no longer kept. Times are epoch seconds."""

    seq: int
    upstream: str
    event_id: str
    type: str | None
    state: EventState
    received_at: float
    attempts: int
    error: str | None
    size_bytes: int | None


class EventDetails(msgspec.Struct, frozen=True):
    """All about one event.

    Args:
        event: see EventRow.
        body: as it was received; None where it is no longer kept.
        body_hash: hex SHA-256 of it.
        try_at: epoch seconds, when an event that waits is tried next; None where nothing waits.
        failed_at: epoch seconds, when it was given up; None where it was not.
        alike: ids of this upstream's events with the very same body, oldest first, at most MAX_ALIKE.
        records: kind and key of the records that are as this event told, at most MAX_ALIKE.
    """

    event: EventRow
    body: bytes | None
    body_hash: str
    try_at: float | None
    failed_at: float | None
    alike: tuple[str, ...]
    records: tuple[tuple[str, str], ...]


class EventCount(msgspec.Struct, frozen=True):
    """How many events have this upstream, state and type, the oldest one's time, and their bodies' size."""

    upstream: str
    state: EventState
    type: str | None
    count: int
    oldest_received_at: float
    size_bytes: int


def page(connection: Connection, wanted: EventFilter, before: int | None, most: int) -> list[EventRow]:
    """Newest first.

    Args:
        connection: where.
        wanted: which.
        before: only those with a lower `seq`.
        most: how many at most.
    """
    values = {**_values(wanted), "limit": before, "most": min(most, MAX_PAGE)}
    statement = _list(_where(wanted, "seq < :limit" if before is not None else None), _COLUMNS, "seq DESC")
    return [EventRow(*row) for row in connection.run(statement, values)]


def seqs_after(connection: Connection, wanted: EventFilter, after: int, most: int) -> list[int]:
    """The next events of these, oldest first."""
    statement = _list(_where(wanted, "seq > :limit"), "seq", "seq")
    values = {**_values(wanted), "limit": after, "most": most}
    return [int(seq) for (seq,) in connection.run(statement, values)]


def details(connection: Connection, upstream: str, event_id: str) -> EventDetails | None:
    """One event; None where there is none."""
    asked = {"upstream": upstream, "event_id": event_id}
    found = connection.run(SHOW, asked).fetchone()
    if found is None:
        return None
    *columns, body, body_hash, try_at, failed_at = found
    event = EventRow(*columns)
    alike = connection.run(ALIKE, {**asked, "body_hash": body_hash, "most": MAX_ALIKE})
    records = connection.run(RECORDS, {"seq": event.seq, "most": MAX_ALIKE})
    return EventDetails(
        event,
        body,
        body_hash,
        try_at if event.state == "new" and try_at else None,
        failed_at,
        tuple(each for (each,) in alike),
        tuple((kind, key) for kind, key in records),
    )


def counts(connection: Connection) -> list[EventCount]:
    """By upstream, state and type. Looks at every event."""
    return [EventCount(*row) for row in connection.run(COUNTS)]


def _values(wanted: EventFilter) -> dict[str, object]:
    return {"upstream": wanted.upstream, "type": wanted.type}


def _where(wanted: EventFilter, limit: str | None) -> str:
    conditions = [
        limit,
        "upstream = :upstream" if wanted.upstream is not None else None,
        "type = :type" if wanted.type is not None else None,
        # As it stands in the indexes of some states.
        f"state = '{wanted.state}'" if wanted.state in EVENT_STATES else None,
    ]
    return " AND ".join(each for each in conditions if each is not None) or "seq > 0"


@cache
def _list(where: str, columns: str, order: str) -> Sql:
    return sql(f"SELECT {columns} FROM events WHERE {where} ORDER BY {order} LIMIT :most")  # noqa: S608 - of texts above
