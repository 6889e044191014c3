"""Subscriptions that go on where others have ended: nothing is missed, nothing comes twice."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator

import pytest

from patchbay.environment import Secret
from patchbay.errors import CursorExpired, InputError
from patchbay.inbox import Inbox, InboxUnavailable, Subscription
from patchbay.inbox.changes import PAGE_BYTES, PAGE_CHANGES, ChangeLog
from patchbay.inbox.database import Database, database_at
from patchbay.inbox.updates import encode_change_cursor
from patchbay.upstreams.webhook_records import WebhookRecords
from tests.inbox.database import Location, all_applied, eventually, rows
from tests.inbox.following import following, replica, store, store_many
from tests.inbox.vendor import Payment
from tests.postgres_server import PostgresServer

KIND = "payments.Payment"
LOG = """
INSERT INTO changes (position, kind, key, version, body, as_of, logged_at) VALUES (?, ?, ?, 1, ?, 0, 4e9)
"""
BODY = b'{"id":"p%d","order_id":"O1","version":1,"status":"processing"}'
LONGEST_STALL_SECONDS = 0.25


@pytest.fixture
async def opened(location: Location) -> AsyncIterator[Database]:
    """The database itself."""
    database = database_at(location, max_waiting=10)
    await database.open(lambda: None)
    yield database
    await database.close()


async def test_what_was_missed_comes_first_and_then_what_is_new(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    first = payments.updates()
    await store(inbox, "seen")
    seen = await following(first)
    await first.aclose()
    await store_many(inbox, [f"missed{n}" for n in range(PAGE_CHANGES + 50)])
    await all_applied(location)
    resumed = payments.updates(after=seen.cursor)
    assert [(await following(resumed)).node.id for _ in range(PAGE_CHANGES + 50)] == [
        f"missed{n}" for n in range(PAGE_CHANGES + 50)
    ]
    await store(inbox, "new")
    assert (await following(resumed)).node.id == "new"


async def test_nothing_is_missed_or_repeated_while_events_come(
    inbox: Inbox, payments: WebhookRecords[Payment]
) -> None:
    """Subscribers that leave again and again, at every stage of catching up and of being live."""
    ids = [f"p{n}" for n in range(1500)]

    async def coming_and_going(leaves_after: int) -> list[str]:
        seen: list[str] = []
        after = encode_change_cursor(0)
        while len(seen) < len(ids):
            updates = payments.updates(after=after)
            for _ in range(min(leaves_after, len(ids) - len(seen))):
                update = await following(updates)
                seen.append(update.node.id)
                after = update.cursor
            await updates.aclose()
            leaves_after = leaves_after * 2 % 509 + 1
        return seen

    async def storing() -> None:
        for start in range(0, len(ids), 5):
            await store_many(inbox, ids[start : start + 5])

    told = await asyncio.gather(*(coming_and_going(number) for number in range(1, 9)), storing())
    assert all(seen == ids for seen in told[:-1])


async def test_a_filter_keeps_its_place_over_what_it_leaves_out(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await store(inbox, "mine1", order_id="O7")
    await store_many(inbox, [f"p{n}" for n in range(PAGE_CHANGES * 2)])
    await store(inbox, "mine2", order_id="O7")
    await all_applied(location)
    mine = payments.updates(lambda payment: payment.order_id == "O7", after=encode_change_cursor(0))
    first = await following(mine)
    assert (first.node.id, (await following(mine)).node.id) == ("mine1", "mine2")
    again = payments.updates(lambda payment: payment.order_id == "O7", after=first.cursor)
    assert (await following(again)).node.id == "mine2"


async def test_a_cursor_of_a_replica_that_is_ahead(location: Location) -> None:
    async with replica(location) as (one, payments_of_one), replica(location) as (_, payments_of_other):
        live = payments_of_one.updates()
        # The other one looks only now and then, as nobody is there; without being woken, a second behind.
        await store(one, "a")
        update = await following(live)
        resumed = payments_of_other.updates(after=update.cursor)
        waiting = asyncio.create_task(following(resumed))
        await store(one, "b")
        assert (await waiting).node.id == "b"


@pytest.mark.parametrize(
    "cursor",
    ["", "nonsense", "b2Zmc2V0OjE=", base64.b64encode(b"change:-1").decode(), "\ud800",
     encode_change_cursor(2**63), base64.b64encode("change:\u0661".encode()).decode()],
)  # fmt: skip
async def test_what_is_no_cursor_is_refused(payments: WebhookRecords[Payment], cursor: str) -> None:
    with pytest.raises(InputError, match="'after'"):
        payments.updates(after=cursor)


async def test_a_cursor_of_another_inbox_is_refused(inbox: Inbox, payments: WebhookRecords[Payment]) -> None:
    await store(inbox, "a")
    with pytest.raises(InputError, match="another inbox"):
        await following(payments.updates(after=encode_change_cursor(1000)))


async def test_a_cursor_before_what_is_kept_has_expired(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await store_many(inbox, ["a", "b", "c"])
    await all_applied(location)
    rows(location, "DELETE FROM changes WHERE position <= ?", 2)
    with pytest.raises(CursorExpired):
        await following(payments.updates(after=encode_change_cursor(1)))
    assert (await following(payments.updates(after=encode_change_cursor(2)))).node.id == "c"


async def test_what_is_purged_while_it_is_read_is_told(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    await store_many(inbox, [f"p{n}" for n in range(PAGE_CHANGES * 3)])
    await all_applied(location)
    slow = payments.updates(after=encode_change_cursor(0))
    seen = [(await following(slow)).node.id for _ in range(PAGE_CHANGES // 2)]
    rows(location, "DELETE FROM changes WHERE position <= ?", PAGE_CHANGES * 2)
    seen += [(await following(slow)).node.id for _ in range(PAGE_CHANGES // 2)]
    with pytest.raises(CursorExpired):
        await following(slow)
    assert seen == [f"p{n}" for n in range(PAGE_CHANGES)]


async def test_a_filter_that_drops_a_long_history_blocks_nobody_and_can_be_left(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    number = 30_000
    rows(
        location,
        "INSERT INTO changes (position, kind, key, version, body, as_of, logged_at) "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "SELECT i, ?, 'p' || i, 1, ?, 0, 4e9 FROM n",
        number, KIND, BODY % 1,
    )  # fmt: skip
    looked = 0

    def wanted(payment: Payment) -> bool:
        nonlocal looked
        looked += 1
        return payment.order_id == "O7"

    # The feed skips what came before anybody listened.
    await asyncio.sleep(1.2)
    updates = payments.updates(wanted, after=encode_change_cursor(0))
    task = asyncio.create_task(following(updates, seconds=50))
    stalls = []
    await eventually(lambda: looked > 0)
    while looked < number / 3:
        before = time.monotonic()
        await asyncio.sleep(0.001)
        stalls.append(time.monotonic() - before)
    assert max(stalls) < LONGEST_STALL_SECONDS
    left_at = time.monotonic()
    task.cancel()
    await asyncio.wait([task])
    assert time.monotonic() - left_at < LONGEST_STALL_SECONDS
    stopped_at = looked
    await asyncio.sleep(0.1)
    assert looked == stopped_at < number


async def test_pages_are_bounded_in_number_and_bytes(opened: Database, location: Location) -> None:
    log = ChangeLog(opened)
    sizes = [10] * (PAGE_CHANGES + 5) + [PAGE_BYTES // 2 - 1] * 5 + [PAGE_BYTES * 2, 10, 10]
    for number, size in enumerate(sizes):
        rows(location, LOG, number + 1, "k" if number % 2 else "other", f"p{number}", b"x" * size)
    rows(location, LOG, len(sizes) + 1, "k", "deleted", None)
    await _check_pages(log, len(sizes) + 1)
    position, read = 0, []
    while position < len(sizes) + 1:
        page = await log.history("k", position, len(sizes) + 1)
        read += [change.position for change in page.changes]
        assert page.until > position
        position = page.until
    assert read == [n + 1 for n in range(len(sizes)) if n % 2] + [len(sizes) + 1]
    assert await log.history("k", position, position) == ([], position)
    assert await log.history("nothing", 3, position) == ([], position)


async def _check_pages(log: ChangeLog, last: int) -> None:
    position, counts = 0, []
    while changes := await log.since(position):
        assert [change.position for change in changes] == list(
            range(position + 1, position + 1 + len(changes))
        )
        size_bytes = sum(len(change.body or b"") for change in changes[:-1])
        assert len(changes) <= PAGE_CHANGES
        assert size_bytes < PAGE_BYTES
        position += len(changes)
        counts.append(len(changes))
    assert position == last
    assert counts[0] == PAGE_CHANGES
    assert len(counts) >= 4


async def test_live_subscriptions_wait_while_the_database_is_away() -> None:
    with PostgresServer() as postgres:
        location = Secret(postgres.new_url(), "PATCHBAY_DATABASE_URL")
        async with replica(location) as (inbox, payments):
            live = payments.updates()
            await store(inbox, "before")
            before = await following(live)
            waiting = asyncio.create_task(following(live, seconds=40))
            postgres.kill()
            with pytest.raises(InboxUnavailable):
                await store(inbox, "lost")
            with pytest.raises(InboxUnavailable):
                await following(payments.updates(after=before.cursor))
            assert not waiting.done()
            postgres.start()
            await store_until_kept(inbox, "after")
            assert (await waiting).node.id == "after"


async def test_those_that_read_the_log_wait_as_well() -> None:
    with PostgresServer() as postgres:
        location = Secret(postgres.new_url(), "PATCHBAY_DATABASE_URL")
        async with replica(location) as (inbox, payments):
            ids = [f"p{n}" for n in range(PAGE_CHANGES * 3)]
            await store_many(inbox, ids)
            await all_applied(location)
            reading = payments.updates(after=encode_change_cursor(0))
            seen = [(await following(reading)).node.id]
            postgres.kill()
            rest = asyncio.create_task(_take(reading, len(ids) - 1))
            await asyncio.sleep(0.5)
            assert not rest.done()
            postgres.start()
            assert seen + await rest == ids


async def _take(reading: Subscription[Payment], number: int) -> list[str]:
    return [(await following(reading, seconds=20)).node.id for _ in range(number)]


async def store_until_kept(inbox: Inbox, payment_id: str) -> None:
    """As a vendor does, which delivers again what was not taken."""
    async with asyncio.timeout(30):
        while True:
            try:
                await store(inbox, payment_id)
            except InboxUnavailable:
                await asyncio.sleep(0.1)
            else:
                return


async def test_what_an_outage_has_kept_from_live_ones_until_it_was_purged_is_told(
    inbox: Inbox, payments: WebhookRecords[Payment], location: Location
) -> None:
    live = payments.updates()
    await store(inbox, "a")
    await following(live)
    # As after an outage that was longer than changes are kept: what came next is gone already.
    rows(location, "DELETE FROM changes")
    rows(location, LOG, 51, KIND, "p51", BODY % 51)
    with pytest.raises(CursorExpired):
        await following(live)
    resumed = payments.updates(after=encode_change_cursor(50))
    assert (await following(resumed)).node.id == "p51"
