"""The inbox's SQL statements about events and records; those about lookups stand in sqlite_lookups."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from patchbay.inbox import sqlite_lookups
from patchbay.inbox.database import SCHEMA_VERSION, connect
from patchbay.inbox.model import Change, Event, InboxUnavailable, Outcome, Stored
from patchbay.inbox.reader import Reader
from patchbay.inbox.writer import Writer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from patchbay.inbox.model import Lookups

MAX_BATCH_EVENTS = 128
MAX_BATCH_BYTES = 8 * 1024 * 1024

_STORE = """
INSERT INTO events (upstream, event_id, delivery, received_at, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (upstream, event_id) DO NOTHING
"""
FIRST_DELIVERY = "SELECT delivery FROM events WHERE upstream = ? AND event_id = ?"
PENDING = """
SELECT seq, upstream, body FROM events
WHERE state = 'new' AND upstream IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?
"""
# The state is asked again: another process on the same file may have applied the event meanwhile.
_MARK = "UPDATE events SET state = ?, error = ? WHERE seq = ? AND state = 'new'"
_UPSERT = """
INSERT INTO records (kind, key, version, body, received_at, seq)
SELECT ?, ?, ?, ?, received_at, seq FROM events WHERE seq = ?
ON CONFLICT (kind, key) DO UPDATE SET
    version = excluded.version, body = excluded.body, received_at = excluded.received_at, seq = excluded.seq
WHERE excluded.version > records.version
"""

# CROSS JOIN keeps SQLite from turning the loops around: it would look at every record of the kind.
BY_KEYS = """
SELECT wanted.value, records.body FROM json_each(?) AS wanted
CROSS JOIN records ON records.kind = ? AND records.key = wanted.value
"""
NEWEST_BY_LOOKUP = """
SELECT wanted.value, records.body FROM json_each(?) AS wanted
CROSS JOIN records ON records.kind = ? AND records.key = (
    SELECT key FROM lookups WHERE kind = ? AND attribute = ? AND value = wanted.value
    ORDER BY version DESC, key DESC LIMIT 1
)
"""
ALL_BY_LOOKUP = """
SELECT wanted.value, records.body FROM json_each(?) AS wanted
CROSS JOIN lookups ON lookups.kind = ? AND lookups.attribute = ? AND lookups.value = wanted.value
CROSS JOIN records ON records.kind = lookups.kind AND records.key = lookups.key
ORDER BY records.key
"""


class SqliteStore:
    """Events and records in one SQLite file. Every method but `open` and `close` raises InboxUnavailable."""

    def __init__(self, path: Path, *, max_waiting: int) -> None:
        self._path = path
        self._max_waiting = max_waiting
        self._writer: Writer | None = None
        self._reader: Reader | None = None

    async def open(self) -> None:
        """Create or check the file. Raises ConfigurationError naming the path and the setting."""
        writing = await asyncio.to_thread(connect, self._path)
        try:
            reading = await asyncio.to_thread(connect, self._path, read_only=True)
        except BaseException:
            writing.close()
            raise
        self._writer = Writer(writing, max_waiting=self._max_waiting)
        self._reader = Reader(reading)

    async def close(self) -> None:
        """Returns when everything under way is done. Harmless when not open."""
        # The writer's connection is the last one to close, so that it empties the write-ahead log.
        if self._reader is not None:
            await self._reader.close()
        if self._writer is not None:
            await self._writer.close()
        self._reader = self._writer = None

    async def add(self, upstream: str, event_id: str, delivery: str, body: bytes) -> Stored:
        """See Inbox.store."""
        values = (upstream, event_id, delivery, time.time(), body)

        def work(connection: sqlite3.Connection) -> Stored:
            if connection.execute(_STORE, values).rowcount == 1:
                return "new"
            (first,) = connection.execute(FIRST_DELIVERY, (upstream, event_id)).fetchone()
            return "replayed" if first == delivery else "duplicate"

        return await self._writing().run(work, shared=True)

    async def pending(self, upstreams: Collection[str]) -> list[Event]:
        """New events of these upstreams, oldest first, bounded in number and bytes."""
        wanted = json.dumps(sorted(upstreams))

        def work(connection: sqlite3.Connection) -> list[Event]:
            events: list[Event] = []
            size_bytes = 0
            for row in connection.execute(PENDING, (wanted, MAX_BATCH_EVENTS)):
                events.append(Event(*row))
                size_bytes += len(events[-1].body)
                if size_bytes >= MAX_BATCH_BYTES:
                    break
            return events

        return await self._reading().run(work)

    async def apply(self, outcomes: Sequence[Outcome]) -> list[Change]:
        """Mark events and write their records in one transaction; the changes that won, in order."""
        return await self._writing().run(lambda connection: list(_apply(connection, outcomes)))

    async def by_keys(self, kind: str, keys: Collection[str]) -> dict[str, bytes]:
        """Key -> record as JSON, for those that exist; one statement."""
        rows = await self._rows(BY_KEYS, (json.dumps(list(keys)), kind))
        return dict(rows)

    async def newest_by_lookup(self, kind: str, attribute: str, values: Collection[str]) -> dict[str, bytes]:
        """Value -> the record with the highest version among those that have it; one statement."""
        asked = json.dumps(list(values))
        rows = await self._rows(NEWEST_BY_LOOKUP, (asked, kind, kind, attribute))
        return dict(rows)

    async def all_by_lookup(
        self, kind: str, attribute: str, values: Collection[str]
    ) -> dict[str, list[bytes]]:
        """Value -> all records that have it, ordered by key; one statement."""
        found: dict[str, list[bytes]] = {}
        for value, body in await self._rows(ALL_BY_LOOKUP, (json.dumps(list(values)), kind, attribute)):
            found.setdefault(value, []).append(body)
        return found

    async def declared_lookups(self, kind: str) -> tuple[str, ...] | None:
        """See sqlite_lookups.declared."""
        return await self._reading().run(lambda connection: sqlite_lookups.declared(connection, kind))

    async def declare_lookups(self, kind: str, attributes: tuple[str, ...]) -> None:
        """See sqlite_lookups.declare."""
        await self._writing().run(lambda connection: sqlite_lookups.declare(connection, kind, attributes))

    async def rebuild_lookups(self, lookups: Lookups, after: str, max_records: int) -> tuple[int, str | None]:
        """See sqlite_lookups.rebuild; one transaction."""
        return await self._writing().run(
            lambda connection: sqlite_lookups.rebuild(connection, lookups, after, max_records)
        )

    async def check(self) -> None:
        """Write and commit, changing nothing."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

        await self._writing().run(work)

    async def _rows(self, statement: str, values: Sequence[str]) -> list[tuple[str, bytes]]:
        return await self._reading().run(lambda connection: connection.execute(statement, values).fetchall())

    def _writing(self) -> Writer:
        if self._writer is None:
            raise InboxUnavailable("the inbox is not open")
        return self._writer

    def _reading(self) -> Reader:
        if self._reader is None:
            raise InboxUnavailable("the inbox is not open")
        return self._reader


def _apply(connection: sqlite3.Connection, outcomes: Sequence[Outcome]) -> Iterator[Change]:
    for outcome in outcomes:
        marked = connection.execute(_MARK, (outcome.state, outcome.error, outcome.seq)).rowcount
        for change in outcome.changes if marked else ():
            values = (change.kind, change.key, change.version, change.body, outcome.seq)
            if connection.execute(_UPSERT, values).rowcount:
                sqlite_lookups.write(connection, change.kind, change.key, change.version, change.lookups)
                yield change
