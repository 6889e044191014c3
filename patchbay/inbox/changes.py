"""The log of changes: each version of a record as it came to be, in the order of its position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from patchbay.inbox.database import sql

if TYPE_CHECKING:
    from patchbay.inbox.database import Database

PAGE_CHANGES = 200

SINCE = sql("""
SELECT position, kind, key, body, as_of FROM changes
WHERE position > :after ORDER BY position LIMIT :most
""")
HISTORY = sql("""
SELECT position, kind, key, body, as_of FROM changes
WHERE kind = :kind AND position > :after AND position <= :until ORDER BY position LIMIT :most
""")
# Two statements in one: each alone is answered from the index, both together are not.
BOUNDS = sql("""
SELECT (SELECT min(position) FROM changes), (SELECT max(position) FROM changes)
""")


class LoggedChange(msgspec.Struct, frozen=True):
    """One line of the log; `body` is None where the record was deleted. `as_of` is in epoch seconds."""

    position: int
    kind: str
    key: str
    body: bytes | None
    as_of: float


class ChangeLog:
    """Reads of the log, in the order of positions. Every method raises InboxUnavailable.

    Args:
        database: where it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, after: int) -> list[LoggedChange]:
        """The next changes of any kind behind this position, at most PAGE_CHANGES."""
        values = {"after": after, "most": PAGE_CHANGES}
        rows = await self._database.read(lambda connection: connection.run(SINCE, values).fetchall())
        return [LoggedChange(*row) for row in rows]

    async def history(self, kind: str, after: int, until: int) -> list[LoggedChange]:
        """The next changes of a kind behind `after` and up to `until`, at most PAGE_CHANGES."""
        values = {"kind": kind, "after": after, "until": until, "most": PAGE_CHANGES}
        rows = await self._database.read(lambda connection: connection.run(HISTORY, values).fetchall())
        return [LoggedChange(*row) for row in rows]

    async def bounds(self) -> tuple[int, int]:
        """Before the first change that is kept, and of the last; 0 and 0 where there is none.

        The last change is never purged, so that a position is never given out again.
        """
        first, last = await self._database.read(lambda connection: connection.run(BOUNDS).fetchone())
        return (0, 0) if last is None else (first - 1, last)
