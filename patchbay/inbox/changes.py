"""The log of changes: each version of a record as it came to be, in the order of its position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from patchbay.errors import CursorExpired
from patchbay.inbox.database import sql

if TYPE_CHECKING:
    from patchbay.inbox.database import Connection, Database, Sql

PAGE_CHANGES = 200
PAGE_BYTES = 1024 * 1024
"""Of records' JSON. A single record that is larger stands in a page of its own."""


def _page(where: str) -> Sql:
    """The first changes of these, as many as fit. Sizes are added up before any body is read."""
    return sql(f"""
SELECT position, kind, key, body, as_of FROM changes
WHERE {where} AND position <= (
    SELECT max(position) FROM (
        SELECT position, sum(size) OVER (ORDER BY position) - size AS size_before FROM (
            SELECT position, coalesce(length(body), 0) AS size FROM changes
            WHERE {where} ORDER BY position LIMIT :most
        ) AS sizes
    ) AS sums WHERE size_before < :most_bytes
)
ORDER BY position
""")  # noqa: S608 - made of the two texts below


SINCE = _page("position > :after")
HISTORY = _page("kind = :kind AND position > :after AND position <= :until")
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


class LogPage(NamedTuple):
    """Some changes, oldest first, and the position up to which there are no others of the kind."""

    changes: list[LoggedChange]
    until: int


class ChangeLog:
    """Reads of the log, in the order of positions. Every method raises InboxUnavailable.

    The log is purged from its beginning only, so that its first change tells what is no longer kept.

    Args:
        database: where it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, after: int) -> list[LoggedChange]:
        """The next changes of any kind behind this position, at most a page; empty when there are none.

        Raises:
            CursorExpired: some of them are no longer kept.
        """
        changes = await self._database.read(lambda connection: _changes(connection, SINCE, {"after": after}))
        # Positions have no holes but the one that a purge leaves.
        if changes and changes[0].position > after + 1:
            raise CursorExpired
        return changes

    async def history(self, kind: str, after: int, until: int) -> LogPage:
        """The next changes of a kind behind `after` and up to `until`, at most a page.

        Raises:
            CursorExpired: some of them are no longer kept.
        """

        def work(connection: Connection) -> tuple[list[LoggedChange], int]:
            changes = _changes(connection, HISTORY, {"kind": kind, "after": after, "until": until})
            # Asked last: what was purged before that is missed in the page.
            return changes, _bounds(connection)[0]

        changes, first = await self._database.read(work)
        if after < first:
            raise CursorExpired
        size_bytes = sum(len(change.body or b"") for change in changes)
        is_cut = len(changes) == PAGE_CHANGES or size_bytes >= PAGE_BYTES
        return LogPage(changes, changes[-1].position if is_cut else max(after, until))

    async def bounds(self) -> tuple[int, int]:
        """Before the first change that is kept, and of the last; 0 and 0 where there is none.

        The last change is never purged, so that a position is never given out again.
        """
        return await self._database.read(_bounds)


def _changes(connection: Connection, statement: Sql, values: dict[str, Any]) -> list[LoggedChange]:
    limits = {"most": PAGE_CHANGES, "most_bytes": PAGE_BYTES}
    return [LoggedChange(*row) for row in connection.run(statement, {**values, **limits})]


def _bounds(connection: Connection) -> tuple[int, int]:
    first, last = connection.run(BOUNDS).fetchone()
    return (0, 0) if last is None else (first - 1, last)
