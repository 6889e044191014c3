"""Promise: what a read costs depends on its keys, and not on how much is stored."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.client_cursor import ClientCursor

from patchbay.environment import Secret
from patchbay.inbox import Inbox, events, lookup_rows, records, status
from patchbay.inbox.database import Sql
from patchbay.inbox.database.postgres import prepare
from tests.inbox.database import session
from tests.postgres_server import PostgresServer

STORED = 30_000
"""So many that PostgreSQL would rather use an index: of a small table it reads all."""

FEW = 12
"""Rows that a statement may touch for two keys, at each of its steps."""

# Each statement that reads, with the values that it wants: two keys, or a page of two.
STATEMENTS: dict[str, tuple[Sql, dict[str, Any]]] = {
    "known": (events.KNOWN, {"event_ids": '["e7", "e8"]', "upstream": "u"}),
    "repeated": (events.REPEATED, {"seqs": '["7", "8"]'}),
    "pending": (events.PENDING, {"upstream": "u", "now": 1.0, "most": 2}),
    "next try": (events.NEXT_TRY, {"now": 1.0}),
    "oldest": (status.OLDEST, {}),
    "by keys": (records.BY_KEYS, {"values": '["k7", "k8"]', "kind": "k"}),
    "newest by lookup": (
        records.NEWEST_BY_LOOKUP,
        {"values": '["v7", "v8"]', "kind": "k", "attribute": "a"},
    ),
    "all by lookup": (records.ALL_BY_LOOKUP, {"values": '["v7", "v8"]', "kind": "k", "attribute": "a"}),
    "rebuild": (lookup_rows.STORED, {"kind": "k", "after": "k7", "most": 2}),
}

NUMBERS = (
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 30000) "
    "SELECT n INTO TEMPORARY numbers FROM numbers"
)
FILL = (
    NUMBERS,
    """INSERT INTO events (upstream, event_id, received_at, body_hash, state)
    SELECT 'u', 'e' || n, n, 'h' || n, CASE n WHEN 1 THEN 'new' ELSE 'applied' END FROM numbers""",
    """INSERT INTO records (kind, key, version, body, as_of, checked_at)
    SELECT 'k', 'k' || n, 1, CAST(repeat('x', 200) AS bytea), 1, 1 FROM numbers""",
    """INSERT INTO lookups (kind, attribute, value, rank, key, version)
    SELECT 'k', 'a', 'v' || n, 'v' || n, 'k' || n, 1 FROM numbers""",
    "ANALYZE",
)


@pytest.fixture
async def filled(database: Path) -> AsyncIterator[Path]:
    inbox = Inbox(database)
    await inbox.open()
    yield database
    await inbox.close()


@pytest.fixture(scope="module")
def filled_postgres(postgres: PostgresServer) -> Secret:
    location = Secret(postgres.new_url(), "PATCHBAY_DATABASE_URL")
    prepare(location)
    with session(location) as connection:
        for statement in FILL:
            connection.execute(statement)
    return location


def steps(path: Path, statement: str, values: dict[str, Any]) -> list[str]:
    """How SQLite goes about it, one line per loop."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


def touched(connection: psycopg.Connection[Any], statement: str, values: dict[str, Any]) -> dict[str, int]:
    """How many rows PostgreSQL looks at in each step, also those that it leaves out then."""
    cursor = ClientCursor(connection)
    cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode(), values)
    ((plans,),) = cursor.fetchall()
    return {
        f"{number} {node['Node Type']} {node.get('Relation Name', '')}": _rows_of(node)
        for number, node in enumerate(_nodes(plans[0]["Plan"]))
    }


def _rows_of(node: dict[str, Any]) -> int:
    left_out: int = sum(
        node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck", "Join Filter")
    )
    looked_at: float = (node["Actual Rows"] + left_out) * node["Actual Loops"]
    return round(looked_at)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from _nodes(each)


@pytest.mark.parametrize("name", STATEMENTS)
async def test_sqlite_looks_at_no_row_that_is_not_asked_for(filled: Path, name: str) -> None:
    statement, values = STATEMENTS[name]
    plan = steps(filled, statement.sqlite, values)
    scanned = [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
    # The names of the upstreams whose events wait are a handful, found one after the other.
    assert scanned in ([], ["SCAN names"])
    for step in plan:
        if step.startswith("SEARCH records"):
            assert "(kind=? AND key" in step
        if step.startswith("SEARCH lookups"):
            assert "value=?" in step


async def test_the_test_above_notices_loops_that_are_turned_around(filled: Path) -> None:
    statement, values = STATEMENTS["by keys"]
    plan = steps(filled, statement.sqlite.replace("CROSS JOIN", "JOIN"), values)
    assert any(step.startswith("SEARCH records") and "(kind=?)" in step for step in plan)


@pytest.mark.parametrize("name", STATEMENTS)
async def test_postgresql_looks_at_no_row_that_is_not_asked_for(filled_postgres: Secret, name: str) -> None:
    statement, values = STATEMENTS[name]
    with session(filled_postgres) as connection:
        looked_at = touched(connection, statement.postgres, values)
    assert max(looked_at.values()) <= FEW, looked_at


async def test_the_test_above_notices_a_missing_index(filled_postgres: Secret) -> None:
    statement, values = STATEMENTS["all by lookup"]
    with session(filled_postgres) as connection, connection.transaction(force_rollback=True):
        connection.execute("DROP INDEX lookups_value")
        assert max(touched(connection, statement.postgres, values).values()) >= STORED
