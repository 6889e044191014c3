"""A second table of records beside the one that is read, and how it takes the first one's place.

The shadow of a kind of records stands in the same tables, under a name that no kind can have.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from patchbay.inbox import lookup_rows, records
from patchbay.inbox.database import sql
from patchbay.inbox.database.sql import json_list

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from patchbay.inbox.database import Connection
    from patchbay.inbox.model import Change, Event

BATCH_ROWS = 500
_SUFFIX = "~"

_KEYS = "kind = :kind AND key IN (SELECT value FROM EACH(:keys, wanted))"

LOAD = sql(f"""
SELECT key, version, body, as_of, checked_at, seq FROM records WHERE {_KEYS}
""")  # noqa: S608 - made of the text above
LOAD_LOOKUPS = sql(f"""
SELECT key, attribute, value, rank, version FROM lookups WHERE {_KEYS}
""")  # noqa: S608 - as above
KEYS = sql("SELECT key FROM records WHERE kind = :kind AND key > :after ORDER BY key LIMIT :most")
NEW_KEYS = sql("""
SELECT key, CASE WHEN EXISTS (
    SELECT 1 FROM records AS live WHERE live.kind = :live AND live.key = records.key
) THEN 0 ELSE 1 END
FROM records WHERE kind = :kind AND key > :after ORDER BY key LIMIT :most
""")
TAKING_PART = sql("""
SELECT seq FROM events WHERE seq IN (SELECT CAST(value AS BIGINT) FROM EACH(:seqs, wanted))
AND state IN ('applied', 'ignored') AND body IS NOT NULL
""")
# The lookups go along, by their foreign key.
DELETE = sql(f"""
DELETE FROM records WHERE {_KEYS}
""")  # noqa: S608 - as above
# What is known of when a record was the newest does not depend on what is made of it.
COPY = sql(f"""
INSERT INTO records (kind, key, version, body, as_of, checked_at, seq)
SELECT CAST(:to AS TEXT), key, version, body, as_of, checked_at, seq FROM records WHERE {_KEYS}
ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, body = excluded.body,
    as_of = excluded.as_of, seq = excluded.seq, checked_at = CASE
        WHEN records.checked_at > excluded.checked_at THEN records.checked_at ELSE excluded.checked_at
    END
""")  # noqa: S608 - as above
FORGET_LOOKUPS = sql(f"""
DELETE FROM lookups WHERE {_KEYS}
""")  # noqa: S608 - as above
COPY_LOOKUPS = sql(f"""
INSERT INTO lookups (kind, key, attribute, value, rank, version)
SELECT CAST(:to AS TEXT), key, attribute, value, rank, version FROM lookups WHERE {_KEYS}
""")  # noqa: S608 - as above
# Numbered as records.LOG does it, all in one statement.
_LOG = f"""
INSERT INTO changes (position, kind, key, version, body, as_of, logged_at)
SELECT (SELECT COALESCE(max(position), 0) FROM changes) + row_number() OVER (ORDER BY key),
    kind, key, version, {{body}}, as_of, :now
FROM records WHERE {_KEYS}
"""  # noqa: S608 - as above
LOG_OTHERS = sql(_LOG.format(body="body"))
LOG_GONE = sql(_LOG.format(body="NULL"))


class Row(NamedTuple):
    """A stored record with its lookups, which are (attribute, value, rank, version)."""

    key: str
    version: int
    body: bytes | None
    as_of: float
    checked_at: float
    seq: int | None
    lookups: frozenset[tuple[str, str, str, int]]

    def equals(self, other: Row) -> bool:
        """Whether they are the same, whenever they were last known to be the newest."""
        return self._replace(checked_at=0.0) == other._replace(checked_at=0.0)

    def beats(self, other: Row | None) -> bool:
        """Whether it stands where both have come. A fetched one was there first, or is newer."""
        if other is None or self.version != other.version:
            return other is None or self.version > other.version
        return self.seq is None or (other.seq is not None and self.seq <= other.seq)


class Differing(NamedTuple):
    """Keys of records that become others, of those that go, and of those of both whose body changes."""

    others: list[str]
    gone: list[str]
    told: set[str]


def shadow_of(kind: str) -> str:
    """The shadow's name."""
    return kind + _SUFFIX


def load(connection: Connection, kind: str, keys: Collection[str]) -> dict[str, Row]:
    """By key, those that exist."""
    asked = {"kind": kind, "keys": json_list(keys)}
    lookups: dict[str, set[tuple[str, str, str, int]]] = {}
    for key, *lookup in connection.run(LOAD_LOOKUPS, asked):
        lookups.setdefault(key, set()).add(tuple(lookup))
    rows = connection.run(LOAD, asked)
    return {
        key: Row(key, version, body, as_of, checked_at, seq, frozenset(lookups.get(key, ())))
        for key, version, body, as_of, checked_at, seq in rows
    }


def keys_after(connection: Connection, kind: str, after: str) -> list[str]:
    """The next keys of a kind, in their order, at most BATCH_ROWS."""
    rows = connection.run(KEYS, {"kind": kind, "after": after, "most": BATCH_ROWS})
    return [key for (key,) in rows]


def new_keys_after(connection: Connection, kind: str, after: str) -> tuple[list[str], str | None]:
    """Keys that only the shadow has, among its next ones, and the last of all these; None at its end."""
    asked = {"kind": shadow_of(kind), "live": kind, "after": after, "most": BATCH_ROWS}
    rows = connection.run(NEW_KEYS, asked).fetchall()
    return [key for key, is_new in rows if is_new], rows[-1][0] if rows else None


def apply(connection: Connection, event: Event, changes: Iterable[Change]) -> None:
    """Write what an event brings, as records are written, without a line in the log."""
    for change in changes:
        kind = shadow_of(change.kind)
        values = {
            "kind": kind,
            "key": change.key,
            "version": change.version,
            "body": change.body,
            "as_of": event.received_at,
            "checked_at": event.received_at,
            "seq": event.seq,
        }
        if connection.run(records.UPSERT, values).rowcount:
            lookup_rows.write(connection, kind, change.key, change.version, change.lookups)


def differing(
    connection: Connection, kind: str, keys: Iterable[str], unreadable: Collection[int]
) -> Differing:
    """What is another one in the shadow.

    A record without a source in it stays where it beats the shadow's: it was fetched, its event waits or was
    given up, or cannot be read now.

    Args:
        connection: where.
        kind: of which records.
        keys: which of them are looked at.
        unreadable: `seq` of events that cannot be read.
    """
    asked = sorted(keys)
    live, shadow = load(connection, kind, asked), load(connection, shadow_of(kind), asked)
    changed = [key for key in asked if not _same(live.get(key), shadow.get(key))]
    seqs = {seq for key in changed if key in live and (seq := live[key].seq) is not None}
    rows = connection.run(TAKING_PART, {"seqs": json_list(map(str, sorted(seqs)))})
    sources = {int(seq) for (seq,) in rows} - set(unreadable)
    found = Differing([], [], set())
    for key in changed:
        old, new = live.get(key), shadow.get(key)
        if old is None or old.seq in sources or not old.beats(new):
            (found.gone if new is None else found.others).append(key)
            if _body(old) != _body(new):
                found.told.add(key)
    return found


def swap(connection: Connection, kind: str, found: Differing) -> None:
    """Have the shadow's records take the place of those that are read, in a transaction that takes turns."""
    others, gone = (
        {"kind": shadow_of(kind), "to": kind, "keys": json_list(found.others)},
        json_list(found.gone),
    )
    logged = {"kind": kind, "now": time.time()}
    connection.run(LOG_GONE, {**logged, "keys": json_list(key for key in found.gone if key in found.told)})
    connection.run(DELETE, {"kind": kind, "keys": gone})
    connection.run(COPY, others)
    connection.run(FORGET_LOOKUPS, {**others, "kind": kind})
    connection.run(COPY_LOOKUPS, others)
    connection.run(
        LOG_OTHERS, {**logged, "keys": json_list(key for key in found.others if key in found.told)}
    )


def clear(connection: Connection, kind: str) -> bool:
    """Delete some of a shadow; False where nothing was left."""
    keys = keys_after(connection, shadow_of(kind), "")
    connection.run(DELETE, {"kind": shadow_of(kind), "keys": json_list(keys)})
    return bool(keys)


def _same(old: Row | None, new: Row | None) -> bool:
    return old is new if old is None or new is None else old.equals(new)


def _body(row: Row | None) -> bytes | None:
    return None if row is None else row.body
