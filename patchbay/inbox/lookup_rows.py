"""What records are found, filtered and ordered by: the rows of one version, and the rebuild of a kind's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from patchbay.inbox.database import sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.inbox.database import Connection
    from patchbay.inbox.model import Lookup, Lookups

WRITE = sql("""
INSERT INTO lookups (kind, attribute, value, rank, key, version)
VALUES (:kind, :attribute, :value, :rank, :key, :version)
""")
FORGET = sql("DELETE FROM lookups WHERE kind = :kind AND key = :key")
STORED = sql("""
SELECT key, version, body FROM records WHERE kind = :kind AND key > :after ORDER BY key LIMIT :most
""")
DECLARED = sql("SELECT attributes FROM kinds WHERE kind = :kind")
DECLARE = sql("""
INSERT INTO kinds (kind, attributes) VALUES (:kind, :attributes)
ON CONFLICT (kind) DO UPDATE SET attributes = excluded.attributes
""")


def write(connection: Connection, kind: str, key: str, version: int, lookups: Iterable[Lookup]) -> None:
    """Write those of a record's version in place of all that it had."""
    record = {"kind": kind, "key": key}
    connection.run(FORGET, record)
    for each in lookups:
        row = {"attribute": each.attribute, "value": each.value, "rank": each.rank, "version": version}
        connection.run(WRITE, {**record, **row})


def rebuild(connection: Connection, lookups: Lookups, after: str, max_records: int) -> tuple[int, str | None]:
    """Read the lookups of some records again, in the order of their keys; how many, and the last key.

    The key is None when there are no more. A record that cannot be read keeps the lookups that it has.
    """
    asked = {"kind": lookups.kind, "after": after, "most": max_records}
    rows = connection.run(STORED, asked).fetchall()
    for key, version, body in rows:
        found = None if body is None else lookups.read(body)
        if found is not None:
            write(connection, lookups.kind, key, version, found)
    return len(rows), rows[-1][0] if len(rows) == max_records else None


def declared(connection: Connection, kind: str) -> tuple[str, ...] | None:
    """The attributes that this kind's stored lookups have; None when nobody knows."""
    row = connection.run(DECLARED, {"kind": kind}).fetchone()
    return None if row is None else tuple(json.loads(row[0]))


def declare(connection: Connection, kind: str, attributes: tuple[str, ...]) -> None:
    """Note that all records of this kind have these lookups."""
    connection.run(DECLARE, {"kind": kind, "attributes": json.dumps(attributes)})
