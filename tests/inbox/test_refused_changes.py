"""Changes that the database refuses: the culprit fails, and nothing else waits for it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from structlog.testing import capture_logs

from patchbay.errors import ConfigurationError
from patchbay.inbox import Arrival, Inbox, InboxUnavailable
from patchbay.inbox.database import RefusedError, postgres, sqlite
from patchbay.upstreams.base import Runtime
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.conftest import SOON
from tests.inbox.database import Location, all_applied, rows, states
from tests.inbox.vendor import (
    Payment,
    environment,
    payment_event,
    payments_webhook,
    shipment_event,
    shipments_webhook,
)

ON_SQLITE = """
CREATE TRIGGER refuse BEFORE INSERT ON records WHEN NEW.key = 'bad'
BEGIN SELECT RAISE(ABORT, 'refused: secret'); END
"""
ON_POSTGRESQL = "ALTER TABLE records ADD CONSTRAINT secret CHECK (key <> 'bad')"


def refuse(location: Location) -> str:
    """From now on the record `bad` is refused; the name of the driver's error."""
    if isinstance(location, Path):
        rows(location, ON_SQLITE)
        return "IntegrityError"
    rows(location, ON_POSTGRESQL)
    return "CheckViolation"


async def test_a_change_that_the_database_refuses_stops_no_other_event(location: Location) -> None:
    inbox = Inbox(location, options=SOON)
    await inbox.open()
    error = refuse(location)
    for n in range(5):
        await inbox.store("payments", Arrival(f"e{n}", payment_event("bad" if n == 2 else f"pi_{n}")))
    await inbox.store("shipments", Arrival("s1", shipment_event()))
    payments, records = payments_webhook()
    shipments, parcels = shipments_webhook()
    with capture_logs() as logs:
        await payments.open(Runtime(environment(), inbox))
        updates = records.updates()
        await shipments.open(Runtime(environment(), inbox))
        await all_applied(location)
        told = [(await asyncio.wait_for(anext(updates), 5)).node.id for _ in range(4)]
    assert dict(states(location)) == {
        "e0": "applied", "e1": "applied", "e2": "dead", "e3": "applied", "e4": "applied", "s1": "applied",
    }  # fmt: skip
    assert rows(location, "SELECT error FROM events WHERE state = 'dead'") == [
        (f"the database refuses it: {error}",)
    ]
    assert [entry["seq"] for entry in logs if entry["event"] == "event given up"] == [3]
    assert "secret" not in repr(logs)
    assert None not in await parcels.by("id")(["S1"])
    assert told == ["pi_0", "pi_1", "pi_3", "pi_4"]
    await inbox.close()


@pytest.mark.parametrize(
    "cause",
    [sqlite3.OperationalError(), sqlite3.DatabaseError(), MemoryError(), ConfigurationError("gone")],
)
def test_a_sqlite_that_is_busy_full_or_damaged_makes_no_event_fail(cause: Exception) -> None:
    told, is_broken = sqlite.translated_write(cause)
    assert type(told) is InboxUnavailable
    assert told.__cause__ is cause
    assert not is_broken


@pytest.mark.parametrize(
    "cause",
    [
        psycopg.OperationalError(), psycopg.InterfaceError(), psycopg.InternalError(), errors.DiskFull(),
        errors.QueryCanceled(), errors.LockNotAvailable(), errors.DeadlockDetected(), errors.UndefinedTable(),
        errors.InsufficientPrivilege(), errors.ReadOnlySqlTransaction(), MemoryError(),
    ],
)  # fmt: skip
def test_a_postgresql_that_is_away_full_or_locked_makes_no_event_fail(cause: Exception) -> None:
    told, is_broken = postgres.translated_write(cause)
    assert type(told) is InboxUnavailable
    assert told.__cause__ is cause
    assert is_broken


@pytest.mark.parametrize(
    ("translated", "cause"),
    [
        (sqlite.translated_write, sqlite3.IntegrityError()),
        (sqlite.translated_write, sqlite3.DataError()),
        (sqlite.translated_write, OverflowError()),
        (sqlite.translated_write, UnicodeError()),
        (postgres.translated_write, errors.CheckViolation()),
        (postgres.translated_write, errors.NumericValueOutOfRange()),
        (postgres.translated_write, UnicodeError()),
    ],
)
def test_what_is_the_values_fault_makes_their_event_fail(
    translated: Callable[[Exception], tuple[InboxUnavailable, bool]], cause: Exception
) -> None:
    told, is_broken = translated(cause)
    assert isinstance(told, RefusedError)
    assert not is_broken


async def test_an_event_after_the_refused_one_is_applied_as_usual(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    refuse(location)
    await inbox.store("payments", Arrival("e1", payment_event("bad")))
    await all_applied(location)
    await inbox.store("payments", Arrival("e2", payment_event("good")))
    await all_applied(location)
    assert states(location) == [("e1", "dead"), ("e2", "applied")]
