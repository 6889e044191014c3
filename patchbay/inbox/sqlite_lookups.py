"""The SQL statements about lookups: those of one change, and the rebuild of a kind's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from patchbay.inbox.model import Lookups

_WRITE = """
INSERT INTO lookups (kind, attribute, value, key, version) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, key, attribute) DO UPDATE SET value = excluded.value, version = excluded.version
"""
_FORGET = "DELETE FROM lookups WHERE kind = ? AND key = ? AND attribute = ?"
_FORGET_ALL = "DELETE FROM lookups WHERE kind = ? AND key = ?"
STORED = "SELECT key, version, body FROM records WHERE kind = ? AND key > ? ORDER BY key LIMIT ?"
_DECLARED = "SELECT attributes FROM kinds WHERE kind = ?"
_DECLARE = """
INSERT INTO kinds (kind, attributes) VALUES (?, ?)
ON CONFLICT (kind) DO UPDATE SET attributes = excluded.attributes
"""


def write(
    connection: sqlite3.Connection,
    kind: str,
    key: str,
    version: int,
    lookups: Iterable[tuple[str, str | None]],
) -> None:
    """Write a record's lookups; one without a value is forgotten."""
    for attribute, value in lookups:
        if value is None:
            connection.execute(_FORGET, (kind, key, attribute))
        else:
            connection.execute(_WRITE, (kind, attribute, value, key, version))


def rebuild(
    connection: sqlite3.Connection, lookups: Lookups, after: str, max_records: int
) -> tuple[int, str | None]:
    """Read the lookups of some records again, in the order of their keys; how many, and the last key.

    The key is None when there are no more. A record that cannot be read keeps the lookups that it has.
    """
    rows = connection.execute(STORED, (lookups.kind, after, max_records)).fetchall()
    for key, version, body in rows:
        found = lookups.read(body)
        if found is not None:
            connection.execute(_FORGET_ALL, (lookups.kind, key))
            write(connection, lookups.kind, key, version, found)
    return len(rows), rows[-1][0] if len(rows) == max_records else None


def declared(connection: sqlite3.Connection, kind: str) -> tuple[str, ...] | None:
    """The attributes that this kind's stored lookups have; None when nobody knows."""
    row = connection.execute(_DECLARED, (kind,)).fetchone()
    return None if row is None else tuple(json.loads(row[0]))


def declare(connection: sqlite3.Connection, kind: str, attributes: tuple[str, ...]) -> None:
    """Note that all records of this kind have these lookups."""
    connection.execute(_DECLARE, (kind, json.dumps(attributes)))
