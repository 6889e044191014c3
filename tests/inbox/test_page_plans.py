"""Promise: what a page costs depends on what it asks for, and not on how much is stored."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from patchbay.environment import Secret
from patchbay.inbox import Inbox
from patchbay.inbox.database.sql import json_list
from patchbay.inbox.pages import Condition, Criterion, PageQuery, asked
from tests.inbox.database import rows
from tests.inbox.sales import Money, Sale, fill, opened

STORED = 12_000
"""With less, PostgreSQL rightly looks at all of an index."""

EQUAL = Condition("note", "eq", ("n7",))
ONE_OF = Condition("note", "in", ("n7", "n8"))
PAID = Condition("status", "eq", ("paid",))
FROM, UNTIL = Condition("paid_at", "gte", ("2026-01-02",)), Condition("paid_at", "lt", ("2026-01-02T01",))
NEWEST, CHEAPEST, LAST = (
    Criterion("paid_at", descending=True),
    Criterion("amount.cents"),
    Criterion("version", descending=True, always=True),
)

NARROW = {
    "equal": PageQuery("sales.Sale", 0, 20, (EQUAL,)),
    "equal, ordered": PageQuery("sales.Sale", 0, 20, (EQUAL,), (CHEAPEST, LAST)),
    "equal behind another": PageQuery("sales.Sale", 0, 20, (FROM, EQUAL)),
    "one of": PageQuery("sales.Sale", 0, 20, (ONE_OF, FROM)),
    "between": PageQuery("sales.Sale", 0, 20, (FROM, UNTIL)),
    "between, ordered": PageQuery("sales.Sale", 0, 20, (FROM, UNTIL), (NEWEST, CHEAPEST)),
    "of parents": PageQuery("sales.Sale", 0, 20, by="order_id"),
    "of parents, filtered and ordered": PageQuery(
        "sales.Sale", 0, 20, (PAID, FROM), (NEWEST, LAST), "order_id"
    ),
}
"""Queries that few records answer."""

WIDE = {
    "all": PageQuery("sales.Sale", 0, 20),
    "all by what each has": PageQuery("sales.Sale", 0, 20, (), (LAST,)),
    "all by what some have": PageQuery("sales.Sale", 0, 20, (), (NEWEST,)),
}
"""Queries of which all records are counted, and only those of the page sorted and read."""


BROAD = PageQuery("sales.Sale", 0, 20, (Condition("note", "gte", ("",)),), (CHEAPEST,))
"""All records are looked at, counted and sorted."""


def sale(n: int) -> Sale:
    day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
    status: Any = ("open", "paid", "void")[n % 3]
    return Sale(
        f"s{n}",
        n,
        f"O{n // 2}",
        status,
        Money(n * 7919 % 100_000),
        day if n % 2 else None,
        note=f"n{n % 1000}",
    )


@pytest.fixture
async def stored(location: Path | Secret) -> Path | Secret:
    inbox = Inbox(location)
    await inbox.open()
    declared: dict[str, Any] = {
        "filters": ("note", "status", "paid_at"),
        "orders": ("paid_at", "amount.cents", "version"),
    }
    await fill(inbox, await opened(inbox, **declared), map(sale, range(STORED)))
    await inbox.close()
    if isinstance(location, Secret):
        rows(location, "ANALYZE")
    return location


def work(location: Path | Secret, query: PageQuery) -> float:
    """How much is done for it: SQLite's instructions, or the rows of tables that PostgreSQL looks at."""
    statement, values = asked(query)
    values["parents"] = json_list(f"O{n}" for n in range(0, 200, 10))
    if isinstance(location, Secret):
        return postgres_rows(location, statement.postgres, values)
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    with closing(sqlite3.connect(location)) as connection:
        connection.set_progress_handler(step, 1)
        connection.execute(statement.sqlite, values).fetchall()
    return steps


def postgres_rows(url: Secret, statement: str, values: dict[str, Any]) -> float:
    def looked_at(node: dict[str, Any]) -> float:
        below = sum(map(looked_at, node.get("Plans", ())))
        found: float = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        return below + (found if "Relation Name" in node else 0)

    with psycopg.connect(url.reveal(), autocommit=True) as connection:
        connection.execute("SET search_path = patchbay")
        explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode()
        row = connection.execute(explained, values).fetchone()
        assert row is not None
        return looked_at(row[0][0]["Plan"])


async def test_what_a_page_costs(stored: Path | Secret) -> None:
    once_all = work(stored, WIDE["all"])
    assert once_all >= STORED
    narrow = {name: work(stored, query) / once_all for name, query in NARROW.items()}
    assert max(narrow.values()) < 0.4, narrow
    wide = {name: work(stored, query) / once_all for name, query in WIDE.items()}
    assert max(wide.values()) < 2.5, wide
    # What no index answers is noticed by these figures.
    assert work(stored, BROAD) / once_all > 2.5
