from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing
from pathlib import Path

import pytest

from patchbay.errors import SubscriptionOverflow
from patchbay.inbox import Inbox, InboxUnavailable, Subscription
from patchbay.inbox.publishing import MAX_QUEUED_RECORDS
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.database import all_applied, eventually, rows
from tests.inbox.vendor import Payment, payment_event, payments_webhook


async def store(inbox: Inbox, payment_id: str, version: int = 1, order_id: str = "O1") -> None:
    body = payment_event(payment_id, version, order_id=order_id)
    await inbox.store("payments", f"{payment_id}_{version}", "d", body)


async def following(subscription: Subscription[Payment]) -> Payment:
    return await asyncio.wait_for(anext(subscription), 10)


async def test_nothing_is_missed_between_subscribing_and_iterating(
    inbox: Inbox, payments: WebhookRecords[Payment], database: Path
) -> None:
    updates = payments.updates()
    await store(inbox, "a")
    await store(inbox, "b")
    await all_applied(database)
    assert [(await following(updates)).id for _ in range(2)] == ["a", "b"]


async def test_a_record_can_be_read_when_it_is_published(
    inbox: Inbox, payments: WebhookRecords[Payment]
) -> None:
    updates = payments.updates()
    await store(inbox, "a")
    record = await following(updates)
    assert await payments.by("id")(["a"]) == [record]


async def test_only_versions_that_won_are_published(
    inbox: Inbox, payments: WebhookRecords[Payment], database: Path
) -> None:
    updates = payments.updates()
    for version in (2, 1, 3):
        await store(inbox, "a", version)
    await all_applied(database)
    assert [(await following(updates)).version for _ in range(2)] == [2, 3]
    assert rows(database, "SELECT count(*) FROM events WHERE state = 'applied'") == [(3,)]


async def test_a_filter_keeps_the_others_out_of_the_queue(
    inbox: Inbox, payments: WebhookRecords[Payment], database: Path
) -> None:
    updates = payments.updates(lambda payment: payment.order_id == "O7")
    for n in range(MAX_QUEUED_RECORDS + 10):
        await store(inbox, f"p{n}")
    await store(inbox, "mine", order_id="O7")
    assert (await following(updates)).id == "mine"


async def test_a_slow_subscriber_overflows_alone_after_what_it_has(
    inbox: Inbox, payments: WebhookRecords[Payment], database: Path
) -> None:
    slow, quick = payments.updates(), payments.updates()
    seen: list[str] = []

    async def read() -> None:
        async for payment in quick:
            seen.append(payment.id)  # noqa: PERF401 - cancelled in the middle

    task = asyncio.create_task(read())
    ids = [f"p{n}" for n in range(MAX_QUEUED_RECORDS + 50)]
    await asyncio.gather(*(store(inbox, payment_id) for payment_id in ids))
    await all_applied(database)
    await eventually(lambda: len(seen) >= len(ids))
    assert seen == ids
    assert inbox.listeners(payments.kind) == 1
    assert [(await following(slow)).id for _ in range(MAX_QUEUED_RECORDS)] == ids[:MAX_QUEUED_RECORDS]
    with pytest.raises(SubscriptionOverflow):
        await following(slow)
    with pytest.raises(StopAsyncIteration):
        await following(slow)
    task.cancel()
    await asyncio.wait([task])


async def test_a_filter_that_raises_ends_its_own_subscription(
    inbox: Inbox, payments: WebhookRecords[Payment]
) -> None:
    broken = payments.updates(lambda payment: bool(payment.version / 0))
    sound = payments.updates()
    await store(inbox, "a")
    assert (await following(sound)).id == "a"
    with pytest.raises(ZeroDivisionError):
        await following(broken)


async def test_closing_unregisters(inbox: Inbox, payments: WebhookRecords[Payment]) -> None:
    async with aclosing(payments.updates()) as updates:
        assert inbox.listeners(payments.kind) == 1
    assert inbox.listeners(payments.kind) == 0
    with pytest.raises(StopAsyncIteration):
        await following(updates)


async def test_cancellation_unregisters(inbox: Inbox, payments: WebhookRecords[Payment]) -> None:
    updates = payments.updates()
    task = asyncio.ensure_future(anext(updates))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert inbox.listeners(payments.kind) == 0


async def test_leaving_the_loop_unregisters(inbox: Inbox, payments: WebhookRecords[Payment]) -> None:
    await store(inbox, "before")

    async def first() -> Payment | None:
        async for payment in payments.updates():
            return payment
        return None

    task = asyncio.create_task(first())
    await asyncio.sleep(0)
    await store(inbox, "a")
    assert await task is not None
    gc.collect()
    assert inbox.listeners(payments.kind) == 0


async def test_closing_the_inbox_ends_subscriptions(inbox: Inbox, payments: WebhookRecords[Payment]) -> None:
    updates = payments.updates()
    task = asyncio.ensure_future(anext(updates, None))
    await asyncio.sleep(0)
    await inbox.close()
    assert await asyncio.wait_for(task, 10) is None


async def test_updates_of_an_upstream_that_is_not_open_are_refused() -> None:
    with pytest.raises(InboxUnavailable, match="not open"):
        payments_webhook()[1].updates()
