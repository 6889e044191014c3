"""Lookups of records that were stored before a lookup was declared.

The database remembers each kind's declared lookups. Where a new release declares others, those of all stored
records are read again from their bodies, in bounded batches between other writes; reads by lookup wait.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import structlog

from patchbay.inbox import lookup_rows
from patchbay.inbox.model import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.inbox.database import Connection, Database
    from patchbay.inbox.model import Lookups

BATCH_RECORDS = 200
READ_WAIT_SECONDS = 5.0

_log = structlog.get_logger("patchbay.inbox")


class LookupRebuilds:
    """Brings the lookups of each declared kind up to date, once per start.

    Args:
        database: where records and lookups are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._declared: dict[str, Lookups] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._running = False

    def declare(self, lookups: Iterable[Lookups]) -> None:
        """Take these from now on."""
        for each in lookups:
            self._declared[each.kind] = each
            if self._running:
                self._begin(each.kind)

    def start(self) -> None:
        """Begin with all that are declared already."""
        self._running = True
        for kind in self._declared:
            self._begin(kind)

    async def stop(self) -> None:
        """Returns when no more is rebuilt. What was under way begins anew at the next start."""
        self._running = False
        tasks, self._tasks = self._tasks, {}
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def ready(self, kind: str) -> None:
        """Returns when the lookups of this kind are complete.

        Raises:
            InboxUnavailable: they are not, after a while of waiting.
        """
        task = self._tasks.get(kind)
        if task is None:
            return
        if task.done() and not task.cancelled() and task.exception() is not None:
            task = self._begin(kind)
        await asyncio.wait((task,), timeout=READ_WAIT_SECONDS)
        if not task.done() or task.cancelled():
            raise InboxUnavailable("the lookups of its records are being rebuilt")
        task.result()

    def _begin(self, kind: str) -> asyncio.Task[None]:
        before = self._tasks.get(kind)
        if before is not None:
            before.cancel()
        task = self._tasks[kind] = asyncio.create_task(
            self._rebuild(self._declared[kind]), name=f"patchbay-inbox-lookups-{kind}"
        )
        task.add_done_callback(_note)
        return task

    async def _rebuild(self, lookups: Lookups) -> None:
        kind, attributes = lookups.kind, lookups.attributes

        def declared(connection: Connection) -> tuple[str, ...] | None:
            return lookup_rows.declared(connection, kind)

        if await self._database.read(declared) == attributes:
            return
        done = 0
        after: str | None = ""
        while after is not None:
            number, after = await self._database.write(partial(_some, lookups=lookups, after=after))
            done += number
        await self._database.write(lambda connection: lookup_rows.declare(connection, kind, attributes))
        if done:
            _log.info("lookups_rebuilt", kind=kind, attributes=attributes, records=done)


def _some(connection: Connection, *, lookups: Lookups, after: str) -> tuple[int, str | None]:
    # In turn with those who write records: a row's lookups must be those of the version that was read.
    connection.take_turns()
    return lookup_rows.rebuild(connection, lookups, after, BATCH_RECORDS)


def _note(task: asyncio.Task[None]) -> None:
    """Log a failure: the next read tries again, and is told."""
    if not task.cancelled() and task.exception() is not None:
        _log.error("lookups_not_rebuilt", error=str(task.exception()))
