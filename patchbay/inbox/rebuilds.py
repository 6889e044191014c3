"""Rebuilds in the background of a server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from patchbay.inbox.model import InboxUnavailable
from patchbay.inbox.rebuild import Rebuild

if TYPE_CHECKING:
    from collections.abc import Collection

    from patchbay.inbox.database import Database
    from patchbay.inbox.sources import Sources

_log = structlog.get_logger("patchbay.inbox")


class Rebuilds:
    """Starts them, and ends the one that is under way with the server.

    Args:
        database: open while one runs.
        sources: what makes records.
    """

    def __init__(self, database: Database, sources: Sources) -> None:
        self._database = database
        self._sources = sources
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, upstreams: Collection[str] = ()) -> Rebuild:
        """A rebuild of these upstreams' records, of all where none is named; to be run.

        Raises:
            ConfigurationError: no records are made of one of them.
        """
        return Rebuild(self._database, self._sources.of(upstreams))

    async def start(self, upstreams: Collection[str] = ()) -> None:
        """Begin one, which goes on in the background.

        Raises:
            ConfigurationError: no records are made of one of the upstreams.
            InboxUnavailable: another one is under way.
        """
        rebuild = self.of(upstreams)
        await rebuild.claim()
        task = asyncio.create_task(_run(rebuild), name="patchbay-inbox-rebuild")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Returns when none runs here. Records stay as they were before it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _run(rebuild: Rebuild) -> None:
    try:
        await rebuild.run()
    except InboxUnavailable as error:
        _log.error("records_not_rebuilt", error=str(error), cause=repr(error.__cause__))
