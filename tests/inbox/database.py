"""Looking into the database beside the inbox, on a connection of the test's own."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 10.0


def rows(database: Path, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(statement, values).fetchall()


def states(database: Path) -> list[tuple[str, str]]:
    return rows(database, "SELECT event_id, state FROM events ORDER BY seq")


def waiting(database: Path) -> int:
    (count,) = rows(database, "SELECT count(*) FROM events WHERE state = 'new'")[0]
    return int(count)


async def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it does not come true"
        await asyncio.sleep(0.01)


async def all_applied(database: Path) -> None:
    await eventually(lambda: not waiting(database))
