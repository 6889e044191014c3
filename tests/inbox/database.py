"""Looking into the database beside the inbox, on a connection of the test's own: SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import psycopg

from patchbay.environment import Secret

PATIENCE_SECONDS = 10.0

Location: TypeAlias = Path | Secret
"""As the inbox takes it: a SQLite file, or a PostgreSQL's secret URL."""


@contextmanager
def session(location: Secret) -> Iterator[psycopg.Connection[Any]]:
    """A session on PostgreSQL that commits each statement and sees the inbox's tables."""
    with psycopg.connect(location.reveal(), autocommit=True) as connection:
        connection.execute("SET search_path = patchbay")
        yield connection


def rows(location: Location, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a statement brings; none where it brings nothing. Its parameters are `?`."""
    if isinstance(location, Path):
        with closing(sqlite3.connect(location)) as connection, connection:
            return connection.execute(statement, values).fetchall()
    with session(location) as other:
        cursor = other.execute(statement.replace("?", "%s").encode(), values or None)
        return [] if cursor.description is None else cursor.fetchall()


def states(location: Location) -> list[tuple[str, str]]:
    """(event id, state) in the order of storing."""
    return rows(location, "SELECT event_id, state FROM events ORDER BY seq")


def waiting(location: Location) -> int:
    """How many events are neither applied, ignored nor dead."""
    ((count,),) = rows(location, "SELECT count(*) FROM events WHERE state = 'new'")
    return int(count)


async def eventually(
    condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS, every_seconds: float = 0.01
) -> None:
    """Returns when it is so. The event loop runs between two looks."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come true"
        await asyncio.sleep(every_seconds)


async def all_applied(location: Location, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Returns when no event waits."""
    await eventually(lambda: not waiting(location), seconds=seconds)
