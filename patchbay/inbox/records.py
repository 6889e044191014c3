"""Stored records: the newest version of each, what it is found by, and the log of its changes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from patchbay.inbox import lookup_rows
from patchbay.inbox.database import sql
from patchbay.inbox.database.sql import json_list
from patchbay.inbox.model import Change, StoredRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from patchbay.inbox.database import Connection, Database, Sql

# Of events with the same version the one that was stored first wins, whichever is applied first: what a
# record is depends on the events alone, and not on when they were tried. The same event again, replayed after
# its handler was mended, brings what it is now.
UPSERT = sql("""
INSERT INTO records (kind, key, version, body, as_of, checked_at, seq)
VALUES (:kind, :key, :version, :body, :as_of, :checked_at, :seq)
ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, body = excluded.body,
    as_of = excluded.as_of, checked_at = excluded.checked_at, seq = excluded.seq
WHERE excluded.version > records.version
    OR (excluded.version = records.version AND excluded.seq < records.seq)
    OR (excluded.version = records.version AND excluded.seq = records.seq AND (
        excluded.body <> records.body OR (excluded.body IS NULL) <> (records.body IS NULL)
    ))
""")
# Numbered without holes, which a sequence would leave where a transaction is undone: behind a hole, nobody
# could tell what was purged. Transactions that log take turns, and the last line is never purged.
LOG = sql("""
INSERT INTO changes (position, kind, key, version, body, as_of, logged_at)
SELECT COALESCE(max(position), 0) + 1, :kind, :key, :version, :body, :as_of, :logged_at FROM changes
""")

# SQLite takes a CROSS JOIN's tables in the order in which they stand. It would otherwise turn the loops
# around, and look at every record of the kind.
BY_KEYS = sql("""
SELECT wanted.value, records.key, records.body, records.as_of, records.checked_at
FROM EACH(:values, wanted) CROSS JOIN records
WHERE records.kind = :kind AND records.key = wanted.value AND records.body IS NOT NULL
""")
NEWEST_BY_LOOKUP = sql("""
SELECT wanted.value, records.key, records.body, records.as_of, records.checked_at
FROM EACH(:values, wanted) CROSS JOIN records
WHERE records.kind = :kind AND records.key = (
    SELECT key FROM lookups WHERE kind = :kind AND attribute = :attribute AND value = wanted.value
    ORDER BY version DESC, key DESC LIMIT 1
)
""")
ALL_BY_LOOKUP = sql("""
SELECT wanted.value, records.key, records.body, records.as_of, records.checked_at
FROM EACH(:values, wanted) CROSS JOIN lookups CROSS JOIN records
WHERE lookups.kind = :kind AND lookups.attribute = :attribute AND lookups.value = wanted.value
AND records.kind = lookups.kind AND records.key = lookups.key
ORDER BY records.key
""")


class RecordStore:
    """Reads of one statement each. Every method raises InboxUnavailable.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_keys(self, kind: str, keys: Collection[str]) -> dict[str, StoredRecord]:
        """Key -> record, for those that exist."""
        rows = await self._rows(BY_KEYS, {"values": json_list(keys), "kind": kind})
        return {value: StoredRecord(*rest) for value, *rest in rows}

    async def newest_by_lookup(
        self, kind: str, attribute: str, values: Collection[str]
    ) -> dict[str, StoredRecord]:
        """Value -> the record with the highest version among those that have it."""
        asked = {"values": json_list(values), "kind": kind, "attribute": attribute}
        return {value: StoredRecord(*rest) for value, *rest in await self._rows(NEWEST_BY_LOOKUP, asked)}

    async def all_by_lookup(
        self, kind: str, attribute: str, values: Collection[str]
    ) -> dict[str, list[StoredRecord]]:
        """Value -> all records that have it, ordered by key."""
        asked = {"values": json_list(values), "kind": kind, "attribute": attribute}
        found: dict[str, list[StoredRecord]] = {}
        for value, *rest in await self._rows(ALL_BY_LOOKUP, asked):
            found.setdefault(value, []).append(StoredRecord(*rest))
        return found

    async def _rows(self, statement: Sql, values: dict[str, str]) -> list[Any]:
        return await self._database.read(lambda connection: connection.run(statement, values).fetchall())


def write(connection: Connection, change: Change, *, as_of: float, seq: int | None) -> bool:
    """Write a version of a record, its lookups and a line in the log; False where it is not the newest.

    Args:
        connection: in a transaction that takes turns: positions in the log are committed in their order.
        change: the version.
        as_of: epoch seconds, when it was received or fetched.
        seq: of the event that brings it; None where it was fetched.
    """
    values = {
        "kind": change.kind,
        "key": change.key,
        "version": change.version,
        "body": change.body,
        "as_of": as_of,
    }
    if not connection.run(UPSERT, {**values, "checked_at": time.time(), "seq": seq}).rowcount:
        return False
    lookup_rows.write(connection, change.kind, change.key, change.version, change.lookups)
    log(connection, values)
    return True


def log(connection: Connection, values: Mapping[str, object]) -> None:
    """Add a line to the log of changes; see `write` for the transaction.

    Args:
        connection: where.
        values: kind, key, version, body and as_of.
    """
    connection.run(LOG, {**values, "logged_at": time.time()})
