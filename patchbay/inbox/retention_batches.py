"""One batch of each thing that retention does: what is found on a reading connection, and what goes.

What goes is judged again where it goes: an event may have become the source of a record meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from patchbay.inbox.database import sql
from patchbay.inbox.database.sql import json_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.inbox.database import Connection

BATCH_ROWS = 500

_THESE = "seq IN (SELECT CAST(value AS BIGINT) FROM EACH(:seqs, wanted))"
_NOT_NEEDED = """state IN ('applied', 'ignored')
AND NOT EXISTS (SELECT 1 FROM records WHERE records.seq = events.seq)"""

OLD_EVENTS = sql(f"""
SELECT seq, received_at, CASE WHEN {_NOT_NEEDED} THEN 1 ELSE 0 END FROM events
WHERE received_at < :before AND (received_at, seq) > (:at, :seq) ORDER BY received_at, seq LIMIT :most
""")  # noqa: S608 - made of the text above
DELETE_EVENTS = sql(f"""
DELETE FROM events WHERE {_THESE} AND received_at < :before AND {_NOT_NEEDED}
""")  # noqa: S608 - as above
BODIES = sql(f"""
SELECT seq, coalesce(length(body), 0), CASE WHEN body IS NOT NULL AND {_NOT_NEEDED} THEN 1 ELSE 0 END
FROM events WHERE seq > :after ORDER BY seq LIMIT :most
""")  # noqa: S608 - as above
DROP_BODIES = sql(f"""
UPDATE events SET body = NULL WHERE {_THESE} AND {_NOT_NEEDED}
""")  # noqa: S608 - as above
OLD_CHANGES = sql("SELECT position, logged_at FROM changes ORDER BY position LIMIT :most")
CUT = sql("DELETE FROM changes WHERE position <= :until AND position < (SELECT max(position) FROM changes)")
# One that is set off once for each record is remembered for good: a later event about the record, when the
# first one is gone, must not set it off again.
FORGET_REACTIONS = sql("""
DELETE FROM reactions WHERE id IN (
    SELECT id FROM reactions
    WHERE state = 'done' AND ended_at < :before AND substr(cause, 1, 7) <> 'record:' AND NOT EXISTS (
        SELECT 1 FROM events
        WHERE events.upstream = reactions.upstream AND events.event_id = reactions.event_id
    ) ORDER BY ended_at LIMIT :most
)
""")


class Place(NamedTuple):
    """Where a walk through the events by age stands."""

    received_at: float = float("-inf")
    seq: int = 0


class Body(NamedTuple):
    """The size of an event's body, and whether nothing needs it."""

    seq: int
    size_bytes: int
    is_free: bool


def old_events(connection: Connection, place: Place, before: float) -> tuple[list[int], Place | None]:
    """Which of the next events nothing needs, and where the walk goes on; oldest first.

    Args:
        connection: where.
        place: where the walk stands.
        before: epoch seconds; the walk ends at events that were received later.

    Returns:
        Their `seq`, and the next place; None where there are no more.
    """
    asked = {"before": before, "at": place.received_at, "seq": place.seq, "most": BATCH_ROWS}
    rows = connection.run(OLD_EVENTS, asked).fetchall()
    seqs = [int(seq) for seq, _, is_free in rows if is_free]
    return seqs, Place(rows[-1][1], rows[-1][0]) if len(rows) == BATCH_ROWS else None


def delete_events(connection: Connection, seqs: Sequence[int], before: float) -> int:
    """Delete them; how many it were."""
    # In turn with those who write records, here and below: which events they are made of must not change.
    connection.take_turns()
    return connection.run(DELETE_EVENTS, {"seqs": json_list(map(str, seqs)), "before": before}).rowcount


def bodies(connection: Connection, after: int) -> list[Body]:
    """The next events, oldest first; fewer than BATCH_ROWS where these are the last."""
    rows = connection.run(BODIES, {"after": after, "most": BATCH_ROWS})
    return [Body(seq, size_bytes, bool(is_free)) for seq, size_bytes, is_free in rows]


def drop_bodies(connection: Connection, seqs: Sequence[int]) -> int:
    """Drop the bodies of these events; of how many."""
    connection.take_turns()
    return connection.run(DROP_BODIES, {"seqs": json_list(map(str, seqs))}).rowcount


def cut_log(connection: Connection, before: float) -> int:
    """Cut off a batch at the log's beginning, as far as it was logged before then; how many."""
    rows = connection.run(OLD_CHANGES, {"most": BATCH_ROWS}).fetchall()
    until = 0
    for position, logged_at in rows:
        if logged_at >= before:
            break
        until = position
    return connection.run(CUT, {"until": until}).rowcount if until else 0


def forget_reactions(connection: Connection, before: float) -> int:
    """Forget some that were done before then and whose event is gone; how many."""
    return connection.run(FORGET_REACTIONS, {"before": before, "most": BATCH_ROWS}).rowcount
