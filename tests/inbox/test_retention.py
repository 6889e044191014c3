"""What is no longer needed goes, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import count

import pytest

from patchbay.errors import ConfigurationError
from patchbay.inbox import Arrival, Inbox, InboxOptions
from patchbay.inbox import retention_batches as batches
from patchbay.inbox.database import NotLeadingError
from patchbay.inbox.retention import PAUSE_SECONDS, Retained
from patchbay.inbox.runs import last_run
from patchbay.upstreams.base import Runtime
from tests.inbox.database import Location, all_applied, eventually, rows, waiting
from tests.inbox.vendor import environment, payment_event, payments_webhook

DAY_SECONDS = 86_400.0


class Clocked:
    """An inbox whose clock is moved by the test."""

    def __init__(self, location: Location, options: InboxOptions) -> None:
        self.now = time.time()
        self.location = location
        self.inbox = Inbox(location, options=options, clock=lambda: self.now)
        self._numbers = count(1)

    async def store(self, *bodies: bytes) -> None:
        await asyncio.gather(
            *(self.inbox.store("payments", Arrival(f"e{next(self._numbers)}", body)) for body in bodies)
        )

    def days_pass(self, days: float) -> None:
        self.now += days * DAY_SECONDS

    def ids(self) -> list[str]:
        return [event_id for (event_id,) in rows(self.location, "SELECT event_id FROM events ORDER BY seq")]


async def opened(clocked: Clocked) -> AsyncIterator[Clocked]:
    await clocked.inbox.open()
    webhook, _ = payments_webhook()
    await webhook.open(Runtime(environment(), clocked.inbox))
    yield clocked
    await webhook.close()
    await clocked.inbox.close()


@pytest.fixture
async def clocked(location: Location) -> AsyncIterator[Clocked]:
    options = InboxOptions(attempts=1, keep_days=30)
    async for each in opened(Clocked(location, options)):
        yield each


@pytest.fixture
async def capped(location: Location) -> AsyncIterator[Clocked]:
    async for each in opened(Clocked(location, InboxOptions(attempts=1, max_body_bytes=10_000))):
        yield each


async def test_old_events_go_but_for_those_that_something_needs(clocked: Clocked) -> None:
    await clocked.store(payment_event("pi_1", 1), payment_event("pi_1", 2), payment_event(type_="refund"))
    await clocked.store(payment_event(type_="boom"))
    await all_applied(clocked.location)
    await clocked.inbox.store("nobody", Arrival("waits", b"{}"))
    clocked.days_pass(29)
    assert await clocked.inbox.retention.run() == Retained()
    clocked.days_pass(2)
    await clocked.store(payment_event("pi_2", 1), payment_event(type_="refund"))
    await eventually(lambda: waiting(clocked.location) == 1)
    assert (await clocked.inbox.retention.run()).events == 2
    # The source of a record, a dead letter, one that waits, and those that are young.
    assert clocked.ids() == ["e2", "e4", "waits", "e5", "e6"]
    before = rows(clocked.location, "SELECT * FROM records ORDER BY key")
    assert (await clocked.inbox.rebuild().run()).changed == 0
    assert rows(clocked.location, "SELECT * FROM records ORDER BY key") == before


async def test_an_event_goes_when_a_newer_one_makes_its_record(clocked: Clocked) -> None:
    await clocked.store(payment_event("pi_1", 1))
    await all_applied(clocked.location)
    clocked.days_pass(31)
    await clocked.inbox.retention.run()
    assert clocked.ids() == ["e1"]
    await clocked.store(payment_event("pi_1", 2))
    await all_applied(clocked.location)
    await clocked.inbox.retention.run()
    assert clocked.ids() == ["e2"]


@pytest.mark.parametrize("days", [4, 6.9])
async def test_an_id_is_known_for_seven_days_at_least(location: Location, days: float) -> None:
    async for clocked in opened(Clocked(location, InboxOptions(keep_days=7, max_body_bytes=1))):
        await clocked.store(payment_event("pi_1", 1, type_="refund"))
        await all_applied(location)
        clocked.days_pass(days)
        await clocked.inbox.retention.run()
        again = await clocked.inbox.store("payments", Arrival("e1", payment_event("pi_1", 1, type_="refund")))
        assert (again.stored, again.differs) == ("duplicate", False)
        assert rows(location, "SELECT body FROM events") == [(None,)]
        clocked.days_pass(7.1 - days)
        await clocked.inbox.retention.run()
        assert clocked.ids() == []


def test_fewer_days_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 7 days"):
        InboxOptions(keep_days=6)


async def test_bodies_that_nothing_needs_are_dropped_until_all_are_under_the_cap(capped: Clocked) -> None:
    long = "x" * 1000
    await capped.store(*(payment_event("pi_1", n, status=long) for n in range(1, 9)))
    await capped.store(*(payment_event("pi_1", type_="refund", status=long) for _ in range(4)))
    await capped.store(payment_event("pi_1", type_="boom", status=long))
    await all_applied(capped.location)
    retained = await capped.inbox.retention.run()
    ((kept_bytes,),) = rows(capped.location, "SELECT sum(length(body)) FROM events")
    assert 9_000 < kept_bytes <= 10_000
    assert retained.body_bytes == kept_bytes
    dropped = [
        event_id for (event_id,) in rows(capped.location, "SELECT event_id FROM events WHERE body IS NULL")
    ]
    assert len(dropped) == retained.bodies
    # The oldest ones, and not the source of the record.
    assert sorted(dropped, key=lambda each: int(each[1:])) == [f"e{n}" for n in range(1, len(dropped) + 1)]
    assert len(capped.ids()) == 13
    before = rows(capped.location, "SELECT * FROM records")
    assert (await capped.inbox.rebuild().run()).changed == 0
    assert rows(capped.location, "SELECT * FROM records") == before
    # Further events are counted on, and not everything again.
    await capped.store(*(payment_event("pi_1", n, status=long) for n in range(9, 12)))
    await all_applied(capped.location)
    retained = await capped.inbox.retention.run()
    ((kept_bytes,),) = rows(capped.location, "SELECT sum(length(body)) FROM events")
    assert retained.body_bytes == kept_bytes <= 10_000


async def test_a_cap_that_is_too_small_for_what_is_needed_drops_nothing_of_it(location: Location) -> None:
    async for clocked in opened(Clocked(location, InboxOptions(attempts=1, max_body_bytes=1))):
        await clocked.store(payment_event("pi_1", 1), payment_event(type_="boom"))
        await all_applied(location)
        await clocked.inbox.store("nobody", Arrival("waits", b"{}"))
        assert (await clocked.inbox.retention.run()).bodies == 0
        assert rows(location, "SELECT count(*) FROM events WHERE body IS NULL") == [(0,)]


async def test_the_log_is_cut_at_its_beginning_but_for_its_last_line(clocked: Clocked) -> None:
    await clocked.store(*(payment_event(f"pi_{n}", 1) for n in range(5)))
    await all_applied(clocked.location)
    rows(clocked.location, "UPDATE changes SET logged_at = logged_at - 86400 WHERE position <= 3")
    clocked.days_pass(29.5)
    assert (await clocked.inbox.retention.run()).changes == 3
    assert rows(clocked.location, "SELECT position FROM changes ORDER BY position") == [(4,), (5,)]
    clocked.days_pass(100)
    assert (await clocked.inbox.retention.run()).changes == 1
    assert rows(clocked.location, "SELECT position FROM changes") == [(5,)]
    await clocked.store(payment_event("pi_9", 1))
    await all_applied(clocked.location)
    assert rows(clocked.location, "SELECT max(position) FROM changes") == [(6,)]


async def test_a_late_line_in_the_log_is_young_however_old_its_event_is(clocked: Clocked) -> None:
    await clocked.store(payment_event("pi_1", 1))
    await all_applied(clocked.location)
    rows(clocked.location, "UPDATE changes SET as_of = 0")
    await clocked.store(payment_event("pi_2", 1))
    await all_applied(clocked.location)
    assert (await clocked.inbox.retention.run()).changes == 0


async def test_acknowledgements_are_not_held_up(clocked: Clocked) -> None:
    for start in range(0, 6000, 500):
        bodies = [payment_event(f"pi_{start + n}", 1, type_="refund") for n in range(500)]
        await clocked.store(*bodies)
    await all_applied(clocked.location, seconds=40)
    clocked.days_pass(31)

    async def slowest_seconds(until: asyncio.Task[Retained] | None) -> float:
        slowest, number = 0.0, 0
        while (until is not None and not until.done()) or (until is None and number < 100):
            number += 1
            started = time.perf_counter()
            await clocked.inbox.store("nobody", Arrival(f"{until is None}{number}", b"{}"))
            slowest = max(slowest, time.perf_counter() - started)
            await asyncio.sleep(0.002)
        return slowest

    base_seconds = await slowest_seconds(None)
    started = time.perf_counter()
    deleting: asyncio.Task[Retained] = asyncio.create_task(clocked.inbox.retention.run())
    during_seconds = await slowest_seconds(deleting)
    total_seconds = time.perf_counter() - started
    assert (await deleting).events == 6000
    # At most 500 in a transaction, with a pause after each, and nobody waits for more than one of them.
    assert total_seconds > 6000 / 500 * PAUSE_SECONDS
    assert during_seconds < base_seconds + total_seconds / 3, (base_seconds, during_seconds, total_seconds)


async def test_only_the_process_that_leads_cleans(clocked: Clocked) -> None:
    await eventually(lambda: clocked.inbox._applying.leads)  # noqa: SLF001 - it must lead first
    other = Inbox(clocked.location)
    await other.open()
    with pytest.raises(NotLeadingError):
        await other.retention.run()
    await other.close()


async def test_it_runs_by_itself_and_says_when(location: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patchbay.inbox.retention.EVERY_SECONDS", 0.05)
    async for clocked in opened(Clocked(location, InboxOptions())):
        await clocked.store(payment_event("pi_1", 1, type_="refund"))
        await all_applied(location)
        clocked.days_pass(31)
        await eventually(lambda: rows(location, "SELECT 1 FROM events") == [])
        await asyncio.sleep(0.1)
        run = await last_run(clocked.inbox._database, "retention")  # noqa: SLF001 - as others see it
        assert run is not None
        assert (run.state, run.report["events"] in (0, 1)) == ("done", True)


async def test_more_than_a_batch_goes(clocked: Clocked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 3)
    await clocked.store(*(payment_event("pi_1", n) for n in range(1, 12)))
    await all_applied(clocked.location)
    clocked.days_pass(31)
    retained = await clocked.inbox.retention.run()
    logged = rows(clocked.location, "SELECT count(*) FROM changes")
    assert (retained.events, clocked.ids(), logged) == (10, ["e11"], [(1,)])
