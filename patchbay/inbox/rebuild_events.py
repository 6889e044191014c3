"""The events that a rebuild reads: every one that was applied or ignored, whoever commits it late.

Numbers are given out before their commit. On PostgreSQL an event can show up behind others with higher ones,
so that the last minute is looked at again, until a number is too old to show up any more.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from patchbay.inbox.database import sql
from patchbay.inbox.database.sql import json_list
from patchbay.inbox.model import Event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.inbox.database import Connection

WINDOW_EVENTS = 5_000
BATCH_EVENTS = 64
BATCH_BYTES = 4 * 1024 * 1024
LATE_SECONDS = 60.0
"""How long after its number was given out an event may be committed."""

LATE_EVENTS = 10_000
"""As many numbers are looked at again in any case: the clocks of replicas differ."""

_OURS = "upstream IN (SELECT value FROM EACH(:upstreams, ours))"

LAST = sql("SELECT coalesce(max(seq), 0) FROM events")
SETTLED = sql("""
SELECT seq FROM events WHERE received_at < :before ORDER BY received_at DESC, seq DESC LIMIT 1
""")
WINDOW = sql(f"""
SELECT seq FROM events WHERE seq > :after AND seq <= :until AND {_OURS} ORDER BY seq
""")  # noqa: S608 - made of the text above
SINCE = sql(f"""
SELECT seq FROM events WHERE seq > :after AND {_OURS} ORDER BY seq
""")  # noqa: S608 - as above
DONE_BY_NOW = sql("""
SELECT seq FROM events
WHERE seq IN (SELECT CAST(value AS BIGINT) FROM EACH(:seqs, wanted)) AND state IN ('applied', 'ignored')
ORDER BY seq
""")
THESE = sql("""
SELECT seq, upstream, event_id, type, received_at, body, body_hash, attempts, settled_at, state FROM events
WHERE seq IN (SELECT CAST(value AS BIGINT) FROM EACH(:seqs, wanted)) ORDER BY seq
""")


class Batch(NamedTuple):
    """Some events, in their order.

    Args:
        events: to be read.
        waiting: those that were neither applied nor ignored.
        asked: all that it is about, also those whose body is no longer kept.
    """

    events: list[Event]
    waiting: list[int]
    asked: Sequence[int]


class Walk:
    """Which events a rebuild has seen.

    Args:
        upstreams: whose events.
    """

    def __init__(self, upstreams: Iterable[str]) -> None:
        self._upstreams = json_list(upstreams)
        self._settled = 0
        """No event up to here can show up any more."""
        self._seen: set[int] = set()
        """Beyond that."""
        self._waiting: set[int] = set()
        self._marks: deque[tuple[float, int]] = deque()
        self._after = 0
        self.last = 0
        """The last event when it was begun, or looked at again."""

    def begin(self, connection: Connection) -> None:
        """Find out how far it goes."""
        row = connection.run(SETTLED, {"before": time.time() - LATE_SECONDS}).fetchone()
        self._settled = max(0, (0 if row is None else int(row[0])) - LATE_EVENTS)
        self._mark(connection)

    def window(self, connection: Connection) -> list[int] | None:
        """The next events; None when all are seen that were there at the beginning."""
        if self._after >= self.last:
            return None
        until = self._after + WINDOW_EVENTS
        asked = {"after": self._after, "until": until, "upstreams": self._upstreams}
        self._after = until
        return [int(seq) for (seq,) in connection.run(WINDOW, asked)]

    def missed(self, connection: Connection) -> list[int]:
        """Those that have shown up, or were applied, since they were looked at."""
        since = connection.run(SINCE, {"after": self._settled, "upstreams": self._upstreams})
        new = [int(seq) for (seq,) in since if seq not in self._seen]
        waiting = json_list(map(str, sorted(self._waiting)))
        return new + [int(seq) for (seq,) in connection.run(DONE_BY_NOW, {"seqs": waiting})]

    def look_again(self, connection: Connection) -> list[int]:
        """As `missed`. Gives up on numbers that are too old by now."""
        missed = self.missed(connection)
        self._mark(connection)
        return missed

    def note(self, batch: Batch) -> None:
        """These are seen."""
        self._waiting.difference_update(batch.asked)
        self._waiting.update(batch.waiting)
        self._seen.update(seq for seq in batch.asked if seq > self._settled)

    def _mark(self, connection: Connection) -> None:
        (self.last,) = connection.run(LAST).fetchone()
        now = time.monotonic()
        self._marks.append((now, self.last))
        while self._marks[0][0] < now - LATE_SECONDS:
            _, self._settled = self._marks.popleft()
            self._seen = {seq for seq in self._seen if seq > self._settled}


def read(connection: Connection, seqs: Sequence[int]) -> Batch:
    """The first of these events, as many as fit."""
    wanted = sorted(seqs[:BATCH_EVENTS])
    events: list[Event] = []
    waiting: list[int] = []
    size_bytes = 0
    for *columns, state in connection.run(THESE, {"seqs": json_list(map(str, wanted))}):
        event = Event(*columns)
        if state not in ("applied", "ignored"):
            waiting.append(event.seq)
        elif event.body is not None:
            events.append(event)
            size_bytes += len(event.body)
        if size_bytes >= BATCH_BYTES:
            return Batch(events, waiting, [seq for seq in wanted if seq <= event.seq])
    return Batch(events, waiting, wanted)
