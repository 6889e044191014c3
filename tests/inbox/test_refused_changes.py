"""Changes that the database refuses: the culprit fails, and nothing else waits for it."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from structlog.testing import capture_logs

from patchbay.inbox import Inbox
from patchbay.inbox.applying import _is_refusal
from patchbay.upstreams.base import Runtime
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.database import all_applied, rows, states
from tests.inbox.vendor import (
    Payment,
    environment,
    payment_event,
    payments_webhook,
    shipment_event,
    shipments_webhook,
)

REFUSE = """
CREATE TRIGGER refuse BEFORE INSERT ON records WHEN NEW.key = 'bad'
BEGIN SELECT RAISE(ABORT, 'refused: secret'); END
"""


async def test_a_change_that_the_database_refuses_stops_no_other_event(database: Path) -> None:
    inbox = Inbox(database)
    await inbox.open()
    rows(database, REFUSE)
    for n in range(5):
        await inbox.store("payments", f"e{n}", "d", payment_event("bad" if n == 2 else f"pi_{n}"))
    await inbox.store("shipments", "s1", "d", shipment_event())
    payments, records = payments_webhook()
    shipments, parcels = shipments_webhook()
    with capture_logs() as logs:
        updates = inbox.subscribe(records.kind)
        await payments.open(Runtime(environment(), inbox))
        await shipments.open(Runtime(environment(), inbox))
        await all_applied(database)
        await asyncio.sleep(0.05)
    assert dict(states(database)) == {
        "e0": "applied", "e1": "applied", "e2": "failed", "e3": "applied", "e4": "applied", "s1": "applied",
    }  # fmt: skip
    assert rows(database, "SELECT error FROM events WHERE state = 'failed'") == [
        ("the database refuses it: IntegrityError",)
    ]
    assert [entry["seq"] for entry in logs if entry["event"] == "event failed"] == [3]
    assert "secret" not in repr(logs)
    assert None not in await parcels.by("id")(["S1"])
    await inbox.close()
    assert [record.id async for record in updates] == ["pi_0", "pi_1", "pi_3", "pi_4"]


def test_a_database_that_is_busy_full_or_damaged_makes_no_event_fail() -> None:
    for cause in (sqlite3.OperationalError(), sqlite3.DatabaseError(), MemoryError(), None):
        assert not _is_refusal(cause)
    for culprit in (sqlite3.IntegrityError(), sqlite3.DataError(), OverflowError(), UnicodeError()):
        assert _is_refusal(culprit)


async def test_an_event_after_the_refused_one_is_applied_as_usual(
    inbox: Inbox, payments: WebhookRecords[Payment], database: Path
) -> None:
    rows(database, REFUSE)
    await inbox.store("payments", "e1", "d", payment_event("bad"))
    await all_applied(database)
    await inbox.store("payments", "e2", "d", payment_event("good"))
    await all_applied(database)
    assert states(database) == [("e1", "failed"), ("e2", "applied")]
