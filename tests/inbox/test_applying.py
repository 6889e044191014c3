from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from patchbay.environment import Environment
from patchbay.inbox import Arrival, Inbox, InboxOptions
from patchbay.upstreams.base import Runtime
from patchbay.upstreams.webhook import Webhook
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.database import Location, all_applied, eventually, rows, states
from tests.inbox.vendor import (
    Payment,
    PaymentEvent,
    environment,
    payment_event,
    payments_webhook,
    shipments_webhook,
)


async def store(inbox: Inbox, body: bytes, event_id: str, upstream: str = "payments") -> None:
    receipt = await inbox.store(upstream, Arrival(event_id, body))
    assert receipt.stored == "new"


async def test_an_event_becomes_a_record(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await store(inbox, payment_event("pi_1", 1, status="succeeded"), "e1")
    await all_applied(location)
    assert states(location) == [("e1", "applied")]
    assert await payments.by("id")(["pi_1"]) == [Payment("pi_1", "O1", 1, "succeeded")]


async def test_an_event_that_is_not_of_interest_is_ignored(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await store(inbox, payment_event(type_="refund"), "e1")
    await all_applied(location)
    assert states(location) == [("e1", "ignored")]
    assert rows(location, "SELECT * FROM records") == []


async def test_a_poison_event_is_marked_logged_and_hurts_no_other(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    with capture_logs() as logs:
        await store(inbox, payment_event("secret-pi"), "e1")
        await store(inbox, payment_event("secret-pi", type_="boom"), "e2")
        await store(inbox, payment_event("secret-pi").replace(b'"version": 1', b'"version": "secret"'), "e3")
        await store(inbox, b"not JSON: secret", "e4")
        await store(inbox, b'"\xff"', "e5")
        await store(inbox, payment_event("", 2), "e6")
        await store(inbox, payment_event("pi\0x", 2), "e7")
        await store(inbox, payment_event("pi_2", 2**63), "e8")
        await store(inbox, payment_event("pi_3", order_id="x" * 256), "e9")
        await store(inbox, b"[" * 100_000, "e10")
        await store(inbox, payment_event("pi_4"), "e11")
        await all_applied(location)
    dead = {f"e{n}": "dead" for n in range(2, 11)}
    assert dict(states(location)) == {"e1": "applied", **dead, "e11": "applied"}
    errors = dict(rows(location, "SELECT event_id, error FROM events WHERE state = 'dead'"))
    assert errors["e2"].startswith("KeyError at vendor.py:")
    assert errors["e3"] == "PaymentEvent: Expected `int`, got `str` at $.data.version"
    assert all(0 < len(error) < 120 and "secret" not in error for error in errors.values())
    assert sorted(entry["seq"] for entry in logs if entry["event"] == "event given up") == list(range(2, 11))
    assert "secret" not in repr(logs)


async def test_a_build_that_returns_a_wrong_record_fails_its_event(location: Location, inbox: Inbox) -> None:
    webhook = payments_webhook()[0]
    lax = Webhook("payments", signature=webhook._signature)  # noqa: SLF001 - the scheme is not the point here
    wrong: object = 7
    records = lax.records(
        Payment,
        event=PaymentEvent,
        build=lambda event: Payment(event.data.id, wrong, 1, "x"),  # type: ignore[arg-type]  # the mistake that is tested
        key="id",
        version="version",
    )
    await lax.open(Runtime(environment(), inbox))
    await store(inbox, payment_event(), "e1")
    await all_applied(location)
    ((error,),) = rows(location, "SELECT error FROM events")
    assert error == "built Payment: Expected `str | null`, got `int` at $.order_id"
    assert await records.by("id")(["pi_1"]) == [None]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=st.permutations(range(1, 9)), pace=st.sampled_from(["together", "one by one"]))
async def test_the_newest_version_wins_in_whatever_order_they_come(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location, versions: list[int], pace: str
) -> None:
    key = f"pi_{time.monotonic_ns()}"
    for version in versions:
        order = f"{key}-O{version}"
        body = payment_event(key, version, order_id=order, status=str(version))
        await store(inbox, body, f"{key}_{version}")
        if pace == "one by one":
            await all_applied(location)
    await all_applied(location)
    newest = Payment(key, f"{key}-O8", 8, "8")
    assert await payments.by("id")([key]) == [newest]
    orders = [f"{key}-O{n}" for n in range(1, 9)]
    assert await payments.by("order_id")(orders) == [None] * 7 + [newest]


async def test_the_same_version_again_changes_nothing(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await store(inbox, payment_event(status="first"), "e1")
    await store(inbox, payment_event(status="second"), "e2")
    await all_applied(location)
    assert [record.status for record in await payments.by("id")(["pi_1"]) if isinstance(record, Payment)] == [
        "first"
    ]


async def test_events_of_an_upstream_that_is_not_open_wait_for_it(inbox: Inbox, location: Location) -> None:
    await store(inbox, payment_event(), "e1")
    await store(inbox, b'{"data":{"id":"S1","version":1}}', "e2", "shipments")
    shipments, records = shipments_webhook()
    await shipments.open(Runtime(environment(), inbox))
    await eventually(lambda: states(location) == [("e1", "new"), ("e2", "applied")])
    payments, payment_records = payments_webhook()
    await payments.open(Runtime(environment(), inbox))
    await all_applied(location)
    assert await payment_records.by("id")(["pi_1"]) == [Payment("pi_1", "O1", 1, "processing")]
    assert None not in await records.by("id")(["S1"])
    await payments.close()
    await store(inbox, payment_event(version=2), "e3")
    await asyncio.sleep(0.1)
    assert states(location)[-1] == ("e3", "new")


async def test_a_new_start_goes_on_where_the_last_one_stood(location: Location) -> None:
    first = Inbox(location)
    await first.open()
    for n in range(300):
        await store(first, payment_event(f"pi_{n}"), f"e{n}")
    await first.close()
    webhook, records = payments_webhook()
    second = Inbox(location)
    await webhook.open(Runtime(environment(), second))
    await second.open()
    await all_applied(location)
    assert None not in await records.by("id")([f"pi_{n}" for n in range(300)])
    await second.close()


async def test_of_two_inboxes_on_one_database_one_applies_and_both_tell(location: Location) -> None:
    inboxes = [Inbox(location), Inbox(location)]
    following = []
    for inbox in inboxes:
        await inbox.open()
        webhook, records = payments_webhook()
        await webhook.open(Runtime(environment(), inbox))
        updates = records.updates()
        following.append(asyncio.gather(*(anext(updates) for _ in range(60))))
    await asyncio.gather(*(store(inboxes[n % 2], payment_event(f"pi_{n}"), f"e{n}") for n in range(60)))
    every = sorted(f"pi_{n}" for n in range(60))
    for told in await asyncio.wait_for(asyncio.gather(*following), 10):
        assert sorted(update.node.id for update in told) == every
    for inbox in inboxes:
        await inbox.close()
    assert sorted(key for (key,) in rows(location, "SELECT key FROM changes")) == every


async def test_when_the_one_that_applies_closes_the_other_goes_on(location: Location) -> None:
    leading, waiting = Inbox(location), Inbox(location)
    records = payments_webhook()[1]
    for inbox in (leading, waiting):
        await inbox.open()
        webhook, records = payments_webhook()
        await webhook.open(Runtime(environment(), inbox))
        await store(inbox, payment_event(f"pi_{id(inbox)}"), f"e{id(inbox)}")
        await all_applied(location)
    await leading.close()
    await store(waiting, payment_event("pi_last"), "last")
    await all_applied(location)
    assert None not in await records.by("id")(["pi_last"])
    await waiting.close()


async def test_a_build_that_hangs_delays_no_acknowledgement(location: Location, inbox: Inbox) -> None:
    release = threading.Event()
    webhook = Webhook("payments", signature=payments_webhook()[0]._signature)  # noqa: SLF001 - as above

    def build(event: PaymentEvent) -> Payment:
        release.wait(10)
        data = event.data
        return Payment(data.id, data.order_id, data.version, data.status)

    webhook.records(Payment, event=PaymentEvent, build=build, key="id", version="version")
    await webhook.open(Runtime(environment(), inbox))
    started = time.perf_counter()
    for n in range(20):
        await store(inbox, payment_event(f"pi_{n}"), f"e{n}")
    elapsed_seconds = time.perf_counter() - started
    assert {state for _, state in states(location)} == {"new"}
    release.set()
    await all_applied(location)
    assert elapsed_seconds < 5


async def test_a_build_that_never_ends_fails_its_event_and_holds_up_no_other(location: Location) -> None:
    release = threading.Event()
    webhook = Webhook("payments", signature=payments_webhook()[0]._signature)  # noqa: SLF001 - as above

    def build(event: PaymentEvent) -> Payment:
        if event.data.id == "endless":
            release.wait()
        data = event.data
        return Payment(data.id, data.order_id, data.version, data.status)

    records = webhook.records(Payment, event=PaymentEvent, build=build, key="id", version="version")
    options = InboxOptions(attempts=2, first_backoff_seconds=0.05, handler_seconds=0.3)
    inbox = Inbox(location, options=options)
    await inbox.open()
    for n, key in enumerate(["pi_1", "endless", "pi_2", "pi_3"]):
        await store(inbox, payment_event(key), f"e{n}")
    await webhook.open(Runtime(environment(), inbox))
    await all_applied(location)
    assert dict(states(location)) == {"e0": "applied", "e1": "dead", "e2": "applied", "e3": "applied"}
    assert rows(location, "SELECT error FROM dead_letters") == [("its handlers take longer than 0.3 s",)]
    assert None not in await records.by("id")(["pi_1", "pi_2", "pi_3"])
    await inbox.close()
    release.set()


async def test_a_failing_database_stops_applying_only_for_a_while(
    inbox: Inbox, location: Location, payments: WebhookRecords[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patchbay.inbox.applying.RETRY_SECONDS", 0.05)
    rows(location, "ALTER TABLE records RENAME TO away")
    with capture_logs() as logs:
        await store(inbox, payment_event(), "e1")
        await eventually(lambda: bool(logs))
    assert states(location) == [("e1", "new")]
    rows(location, "ALTER TABLE away RENAME TO records")
    await all_applied(location)
    assert states(location) == [("e1", "applied")]


def test_an_environment_without_the_secret_is_told_by_name() -> None:
    webhook, _ = payments_webhook()
    assert [variable.name for variable in webhook.variables()] == ["PAYMENTS_WEBHOOK_SECRET"]
    with pytest.raises(Exception, match="PAYMENTS_WEBHOOK_SECRET"):
        asyncio.run(webhook.open(Runtime(Environment({}), Inbox(Path("unused.sqlite3")))))
