"""The database that the environment names, for one command."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from patchbay.errors import ConfigurationError
from patchbay.inbox.database import database_at
from patchbay.inbox.location import FILE_SETTING, read_location

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from patchbay.inbox.database import Database

MAX_WAITING = 16


@asynccontextmanager
async def opened(environment: Mapping[str, str]) -> AsyncIterator[Database]:
    """The database, open. It never leads, and so applies nothing.

    Raises:
        ConfigurationError: there is none, or it cannot be used; names the setting.
    """
    location = read_location(environment)
    if isinstance(location, Path) and not location.is_file():
        # The server makes a new one; a command that does is run in the wrong folder.
        raise ConfigurationError(f"there is no inbox at {location} (setting {FILE_SETTING})")
    database = database_at(location, max_waiting=MAX_WAITING)
    await database.open(lambda: None)
    try:
        yield database
    finally:
        await database.close()
