"""A second table of records beside the one that is read, and how it takes the first one's place.

The shadow of a kind of records stands in the same tables, under a name that no kind can have.
"""

from __future__ import annotations

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
# The lookups go along in both, by their foreign key.
DELETE = sql(f"""
DELETE FROM records WHERE {_KEYS}
""")  # noqa: S608 - as above
MOVE = sql(f"""
UPDATE records SET kind = :to WHERE {_KEYS}
""")  # noqa: S608 - as above
# What is known of when a record was the newest does not depend on what is made of it.
KEEP_CHECKED = sql(f"""
UPDATE records SET checked_at = (
    SELECT live.checked_at FROM records AS live WHERE live.kind = :to AND live.key = records.key
)
WHERE {_KEYS} AND EXISTS (
    SELECT 1 FROM records AS live
    WHERE live.kind = :to AND live.key = records.key AND live.checked_at > records.checked_at
)
""")  # noqa: S608 - as above


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
    """Keys of records that are to become others, and of those that are to go."""

    others: list[str]
    gone: list[str]


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
    found = Differing([], [])
    for key in changed:
        old, new = live.get(key), shadow.get(key)
        if old is None or old.seq in sources or not old.beats(new):
            (found.gone if new is None else found.others).append(key)
    return found


def swap(connection: Connection, kind: str, found: Differing) -> None:
    """Have the shadow's records take the place of those that are read, in a transaction that takes turns."""
    keys = [*found.others, *found.gone]
    live, shadow = load(connection, kind, keys), load(connection, shadow_of(kind), keys)
    for key in keys:
        old, new = live.get(key), shadow.get(key)
        body = None if new is None else new.body
        told = new or old
        if told is not None and body != (None if old is None else old.body):
            values = {"kind": kind, "key": key, "version": told.version, "body": body, "as_of": told.as_of}
            records.log(connection, values)
    given = {"kind": shadow_of(kind), "to": kind, "keys": json_list(found.others)}
    connection.run(KEEP_CHECKED, given)
    connection.run(DELETE, {"kind": kind, "keys": json_list(keys)})
    connection.run(MOVE, given)


def clear(connection: Connection, kind: str) -> bool:
    """Delete some of a shadow; False where nothing was left."""
    keys = keys_after(connection, shadow_of(kind), "")
    connection.run(DELETE, {"kind": shadow_of(kind), "keys": json_list(keys)})
    return bool(keys)


def _same(old: Row | None, new: Row | None) -> bool:
    return old is new if old is None or new is None else old.equals(new)
