"""Promise: what a read costs depends on its keys, and not on how much is stored."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from patchbay.inbox import Inbox, sqlite, sqlite_lookups

# Each statement that reads, with values in the number that it wants.
STATEMENTS: dict[str, tuple[str, tuple[object, ...]]] = {
    "first delivery": (sqlite.FIRST_DELIVERY, ("u", "e")),
    "pending": (sqlite.PENDING, ("[]", 10)),
    "by keys": (sqlite.BY_KEYS, ("[]", "k")),
    "newest by lookup": (sqlite.NEWEST_BY_LOOKUP, ("[]", "k", "k", "a")),
    "all by lookup": (sqlite.ALL_BY_LOOKUP, ("[]", "k", "a")),
    "rebuild": (sqlite_lookups.STORED, ("k", "", 10)),
}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "inbox.sqlite3"
    inbox = Inbox(path)
    await inbox.open()
    yield path
    await inbox.close()


def steps(path: Path, statement: str, values: tuple[object, ...]) -> list[str]:
    """How SQLite goes about it, one line per loop."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


@pytest.mark.parametrize("name", STATEMENTS)
async def test_no_statement_looks_at_every_row(database: Path, name: str) -> None:
    plan = steps(database, *STATEMENTS[name])
    scanned = [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
    # The index of new events holds nothing but what is asked for.
    assert scanned in ([], ["SCAN events USING INDEX events_new"])
    for step in plan:
        if step.startswith("SEARCH records"):
            assert "(kind=? AND key" in step
        if step.startswith("SEARCH lookups"):
            assert "value=?" in step


async def test_the_test_above_notices_loops_that_are_turned_around(database: Path) -> None:
    statement, values = STATEMENTS["by keys"]
    plan = steps(database, statement.replace("CROSS JOIN", "JOIN"), values)
    assert any(step.startswith("SEARCH records") and "(kind=?)" in step for step in plan)
