"""A lookup that a later release declares answers for the records that are stored already."""

from __future__ import annotations

import pytest

from patchbay.errors import UpstreamUnavailable
from patchbay.inbox import Arrival, Inbox, lookup_rebuilds, lookup_rows
from patchbay.upstreams.base import Runtime
from patchbay.upstreams.webhook import Webhook
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.database import Location, all_applied, rows
from tests.inbox.vendor import (
    Payment,
    PaymentEvent,
    environment,
    payment_event,
    payment_from_event,
    payments_webhook,
)

EVENTS = 25


def later_webhook(*declared: str) -> tuple[Webhook, WebhookRecords[Payment]]:
    webhook = Webhook("payments", signature=payments_webhook()[0]._signature)  # noqa: SLF001 - the usual one
    records = webhook.records(
        Payment,
        event=PaymentEvent,
        build=payment_from_event,
        key="id",
        version="version",
        lookups=declared,
    )
    return webhook, records


@pytest.fixture
async def filled(location: Location, monkeypatch: pytest.MonkeyPatch) -> Location:
    """A database with records of the first release; a rebuild takes several batches."""
    monkeypatch.setattr(lookup_rebuilds, "BATCH_RECORDS", 10)
    inbox = Inbox(location)
    await inbox.open()
    webhook, _ = payments_webhook()
    await webhook.open(Runtime(environment(), inbox))
    for n in range(EVENTS):
        body = payment_event(f"pi_{n:02}", order_id=f"O{n}", status="even" if n % 2 == 0 else "odd")
        await inbox.store("payments", Arrival(f"e{n}", body))
    await all_applied(location)
    await inbox.close()
    return location


async def test_a_new_lookup_answers_for_records_that_are_stored(filled: Location) -> None:
    inbox = Inbox(filled)
    await inbox.open()
    webhook, records = later_webhook("order_id", "status")
    await webhook.open(Runtime(environment(), inbox))
    even, none = await records.by("status", many=True)(["even", "none"])
    assert isinstance(even, list)
    assert [record.id for record in even] == [f"pi_{n:02}" for n in range(0, EVENTS, 2)]
    assert none == []
    assert [getattr(each, "id", None) for each in await records.by("order_id")(["O7", "O99"])] == [
        "pi_07",
        None,
    ]
    await inbox.close()


async def test_a_lookup_that_is_declared_before_the_inbox_opens(filled: Location) -> None:
    inbox = Inbox(filled)
    webhook, records = later_webhook("status")
    await webhook.open(Runtime(environment(), inbox))
    await inbox.open()
    assert None not in await records.by("status")(["even", "odd"])
    assert rows(filled, "SELECT DISTINCT attribute FROM lookups") == [("status",)]
    await inbox.close()


async def test_the_same_declaration_rebuilds_nothing(
    filled: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> tuple[int, str | None]:
        raise AssertionError("rebuilt")

    monkeypatch.setattr(lookup_rows, "rebuild", refuse)
    inbox = Inbox(filled)
    await inbox.open()
    webhook, records = payments_webhook()
    await webhook.open(Runtime(environment(), inbox))
    assert None not in await records.by("order_id")(["O7"])
    await inbox.close()


async def test_lookups_of_which_nobody_knows_the_declaration_are_rebuilt(filled: Location) -> None:
    rows(filled, "DELETE FROM kinds")
    rows(filled, "DELETE FROM lookups")
    inbox = Inbox(filled)
    await inbox.open()
    webhook, records = payments_webhook()
    await webhook.open(Runtime(environment(), inbox))
    assert None not in await records.by("order_id")(["O7"])
    await inbox.close()


async def test_a_record_that_cannot_be_read_hinders_no_rebuild(filled: Location) -> None:
    rows(filled, "UPDATE records SET body = ? WHERE key = 'pi_00'", b"{}")
    inbox = Inbox(filled)
    await inbox.open()
    webhook, records = later_webhook("status")
    await webhook.open(Runtime(environment(), inbox))
    (even,) = await records.by("status", many=True)(["even"])
    assert isinstance(even, list)
    assert [record.id for record in even] == [f"pi_{n:02}" for n in range(2, EVENTS, 2)]
    await inbox.close()


async def test_a_rebuild_that_fails_is_told_and_tried_again(filled: Location) -> None:
    inbox = Inbox(filled)
    await inbox.open()
    rows(filled, "ALTER TABLE lookups RENAME TO away")
    webhook, records = later_webhook("status")
    await webhook.open(Runtime(environment(), inbox))
    (error,) = await records.by("status")(["even"])
    assert isinstance(error, UpstreamUnavailable)
    rows(filled, "ALTER TABLE away RENAME TO lookups")
    assert None not in await records.by("status")(["even"])
    await inbox.close()
