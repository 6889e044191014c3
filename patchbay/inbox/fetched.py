"""Records that were asked for elsewhere, and are kept beside those that events bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.inbox import records
from patchbay.inbox.database import sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.inbox.database import Connection
    from patchbay.inbox.model import Change

RENEW = sql("""
UPDATE records SET checked_at = :checked_at
WHERE kind = :kind AND key = :key AND checked_at < :checked_at
""")


def keep(connection: Connection, changes: Iterable[Change], *, as_of: float) -> bool:
    """Write those that are newer than what is kept; of the others, note when they were last asked for.

    Args:
        connection: in a transaction.
        changes: what was fetched.
        as_of: epoch seconds, when it was asked for: what an event has told since then may be newer.

    Returns:
        Whether any was written.
    """
    connection.take_turns()
    written = False
    for change in changes:
        if records.write(connection, change, as_of=as_of, seq=None):
            written = True
        else:
            asked = {"kind": change.kind, "key": change.key, "checked_at": as_of}
            connection.run(RENEW, asked)
    if written:
        connection.wake_others()
    return written
