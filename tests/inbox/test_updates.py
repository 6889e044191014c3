"""Subscriptions of one process, over both databases: what is told, to whom, and how they end."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing

import pytest

from patchbay.errors import SubscriptionOverflow
from patchbay.inbox import Inbox, InboxUnavailable, Update
from patchbay.inbox.subscription import MAX_BEHIND_CHANGES, MAX_QUEUED, MAX_QUEUED_BYTES
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.database import Location, all_applied, eventually, rows
from tests.inbox.following import following, store, store_many
from tests.inbox.vendor import Payment, payments_webhook


async def test_nothing_is_missed_between_subscribing_and_iterating(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    updates = payments.updates()
    await store(inbox, "a")
    await store(inbox, "b")
    await all_applied(location)
    assert [(await following(updates)).node.id for _ in range(2)] == ["a", "b"]


async def test_a_record_can_be_read_when_it_is_told(inbox: Inbox, payments: WebhookRecords[Payment]) -> None:
    updates = payments.updates()
    await store(inbox, "a")
    update = await following(updates)
    assert await payments.by("id")(["a"]) == [update.node]


async def test_only_versions_that_won_are_told(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    updates = payments.updates()
    for version in (2, 1, 3):
        await store(inbox, "a", version)
    await all_applied(location)
    assert [(await following(updates)).node.version for _ in range(2)] == [2, 3]
    assert rows(location, "SELECT count(*) FROM events WHERE state = 'applied'") == [(3,)]


async def test_a_filter_keeps_the_others_out_of_the_queue(
    inbox: Inbox, payments: WebhookRecords[Payment]
) -> None:
    updates = payments.updates(lambda payment: payment.order_id == "O7")
    await store_many(inbox, [f"p{n}" for n in range(MAX_QUEUED + 10)])
    await store(inbox, "mine", order_id="O7")
    await eventually(lambda: bool(updates.queued))
    assert updates.queued == 1
    assert inbox.listeners(payments.kind) == 1
    assert (await following(updates)).node.id == "mine"


async def test_a_full_queue_leaves_the_rest_in_the_log_and_nothing_is_missed(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    slow, quick = payments.updates(), payments.updates()
    seen: list[str] = []

    async def read() -> None:
        async for update in quick:
            seen.append(update.node.id)  # noqa: PERF401 - cancelled in the middle

    task = asyncio.create_task(read())
    ids = [f"p{n}" for n in range(MAX_QUEUED * 3)]
    await store_many(inbox, ids)
    await all_applied(location)
    await eventually(lambda: len(seen) >= len(ids))
    assert seen == ids
    assert slow.queued == MAX_QUEUED
    assert inbox.listeners(payments.kind) == 1
    assert [(await following(slow)).node.id for _ in ids] == ids
    await store(inbox, "live again")
    assert (await following(slow)).node.id == "live again"
    assert inbox.listeners(payments.kind) == 2
    task.cancel()
    await asyncio.wait([task])


async def test_large_records_fill_the_queue_sooner(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    slow = payments.updates()
    ids = [f"p{n}" for n in range(12)]
    await store_many(inbox, ids, status="x" * (MAX_QUEUED_BYTES // 8))
    await all_applied(location)
    await eventually(lambda: inbox.listeners(payments.kind) == 0)
    assert slow.queued == 8
    assert [(await following(slow)).node.id for _ in ids] == ids


async def test_falling_far_behind_is_told_after_what_was_queued_and_goes_on_from_its_cursor(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    slow = payments.updates()
    ids = [f"p{n}" for n in range(MAX_QUEUED + MAX_BEHIND_CHANGES + 1)]
    await store_many(inbox, ids)
    await all_applied(location, seconds=40)
    # Where the feed is now, another one sees the last.
    probe = payments.updates()
    await store(inbox, "last")
    await following(probe)
    seen = [await following(slow) for _ in range(MAX_QUEUED)]
    with pytest.raises(SubscriptionOverflow) as told:
        await following(slow)
    with pytest.raises(StopAsyncIteration):
        await following(slow)
    assert told.value.extensions == {"code": "SUBSCRIPTION_OVERFLOW", "cursor": seen[-1].cursor}
    resumed = payments.updates(after=told.value.cursor)
    seen += [await following(resumed) for _ in range(len(ids) + 1 - len(seen))]
    assert [update.node.id for update in seen] == [*ids, "last"]


async def test_one_change_is_decoded_once_for_all_its_subscribers(
    inbox: Inbox, payments: WebhookRecords[Payment]
) -> None:
    subscribers = [payments.updates() for _ in range(1000)]
    await store(inbox, "a")
    told = [await following(each) for each in subscribers]
    assert {update.node.id for update in told} == {"a"}
    assert len({id(update.node) for update in told}) == 1


async def test_a_filter_that_raises_ends_its_own_subscription(
    inbox: Inbox, payments: WebhookRecords[Payment]
) -> None:
    broken = payments.updates(lambda payment: bool(payment.version / 0))
    sound = payments.updates()
    await store(inbox, "a")
    assert (await following(sound)).node.id == "a"
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
    async def first() -> Update[Payment] | None:
        async for update in payments.updates():
            return update
        return None

    task = asyncio.create_task(first())
    await asyncio.sleep(0)
    await store(inbox, "a")
    assert await task is not None
    del task
    gc.collect()
    assert inbox.listeners(payments.kind) == 0


async def test_closing_the_inbox_ends_subscriptions(inbox: Inbox, payments: WebhookRecords[Payment]) -> None:
    updates = payments.updates()
    task = asyncio.ensure_future(anext(updates, None))
    await asyncio.sleep(0)
    await inbox.close()
    assert await asyncio.wait_for(task, 10) is None


async def test_those_that_come_while_the_server_stops_end_at_once(
    inbox: Inbox, payments: WebhookRecords[Payment]
) -> None:
    await store(inbox, "a")
    inbox.end_subscriptions()
    assert [update async for update in payments.updates()] == []


async def test_updates_of_an_upstream_that_is_not_open_are_refused() -> None:
    with pytest.raises(InboxUnavailable, match="not open"):
        payments_webhook()[1].updates()
