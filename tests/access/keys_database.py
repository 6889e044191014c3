"""A database for API keys, in tests on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from patchbay.environment import Secret
from patchbay.inbox.database import Database, database_at
from patchbay.inbox.database.base import Work
from patchbay.inbox.model import InboxUnavailable
from tests.inbox.database import Location
from tests.postgres_server import PostgresServer


def location_of(kind: str, folder: Path, postgres: Callable[[], PostgresServer]) -> Location:
    """A new one of this kind."""
    if kind == "sqlite":
        return folder / "inbox.sqlite3"
    return Secret(postgres().new_url(), "PATCHBAY_DATABASE_URL")


@asynccontextmanager
async def opened(location: Location) -> AsyncIterator[Database]:
    database = database_at(location, max_waiting=64)
    await database.open(lambda: None)
    try:
        yield database
    finally:
        await database.close()


class Watched:
    """A database that counts reads, and can be away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reads = 0
        self.is_away = False

    async def read(self, work: Work[Any]) -> Any:
        self.reads += 1
        if self.is_away:
            raise InboxUnavailable("the inbox's database cannot be read")
        return await self._database.read(work)

    async def write_apart(self, work: Work[Any]) -> Any:
        if self.is_away:
            raise InboxUnavailable("the inbox's database cannot be written")
        return await self._database.write_apart(work)
