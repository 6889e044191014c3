"""Several processes on one database: what one commits, subscribers of the others are told, woken or not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from statistics import median

import psycopg

from patchbay.environment import Secret
from patchbay.inbox import Inbox, Subscription
from tests.inbox.database import Location, eventually, session
from tests.inbox.following import following, replica, store
from tests.inbox.vendor import Payment

SAMPLES = 9
WOKEN_SECONDS = 0.1
LOOKED_SECONDS = 1.5
"""The poll's second, and a margin for a busy machine."""

LISTENERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
)
END_LISTENERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
)


async def delays(one: Inbox, updates: Subscription[Payment], name: str) -> list[float]:
    """Seconds from the commit of an event by one process until another one's subscriber is told."""
    seen: list[float] = []
    for number in range(SAMPLES):
        await store(one, f"{name}{number}")
        stored_at = time.monotonic()
        assert (await following(updates)).node.id == f"{name}{number}"
        seen.append(time.monotonic() - stored_at)
        # So that a poll's phase is another one each time.
        await asyncio.sleep(0.07)
    return seen


@asynccontextmanager
async def without_listeners(location: Secret) -> AsyncIterator[None]:
    """Sessions that listen are ended all the time, as soon as there is one."""

    async def end_them() -> None:
        async with await psycopg.AsyncConnection.connect(location.reveal(), autocommit=True) as ending:
            while True:
                await ending.execute(END_LISTENERS)
                await asyncio.sleep(0.01)

    task = asyncio.create_task(end_them())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_notifications_make_it_sooner_and_nothing_depends_on_them(postgres_location: Secret) -> None:
    async with replica(postgres_location) as (one, _), replica(postgres_location) as (_, payments):
        updates = payments.updates()
        await listening(postgres_location, 2)
        woken = await delays(one, updates, "woken")
        async with without_listeners(postgres_location):
            looked = await delays(one, updates, "looked")
        await listening(postgres_location, 2)
        again = await delays(one, updates, "again")
    assert median(woken) < WOKEN_SECONDS
    assert median(again) < WOKEN_SECONDS
    assert max(looked) < LOOKED_SECONDS
    assert median(looked) > 3 * median(woken)


async def test_processes_on_one_file_look_for_themselves(database: Path) -> None:
    async with replica(database) as (one, _), replica(database) as (_, payments):
        assert max(await delays(one, payments.updates(), "looked")) < LOOKED_SECONDS


async def test_subscribers_of_all_processes_are_told_the_same(location: Location) -> None:
    """Events come to both, as from a load balancer; whoever leads applies them."""
    async with replica(location) as (one, of_one), replica(location) as (other, of_other):
        subscriptions = (of_one.updates(), of_other.updates())
        ids = [f"p{n}" for n in range(200)]
        for start in range(0, len(ids), 20):
            await asyncio.gather(
                *(
                    store((one, other)[number % 2], each)
                    for number, each in enumerate(ids[start : start + 20])
                )
            )
        told = [[await following(each) for _ in ids] for each in subscriptions]
        assert told[0] == told[1]
        assert sorted(update.node.id for update in told[0]) == sorted(ids)


async def test_a_subscriber_goes_on_at_another_process(location: Location) -> None:
    ids = [f"p{n}" for n in range(60)]
    async with replica(location) as (other, of_other):
        async with replica(location) as (one, of_one):
            updates = of_one.updates()
            for each in ids[:20]:
                await store(one, each)
            seen = [await following(updates) for _ in range(10)]
        # The one is gone with ten updates that nobody was given; the next ones come to the other.
        for each in ids[20:]:
            await store(other, each)
        resumed = of_other.updates(after=seen[-1].cursor)
        seen += [await following(resumed) for _ in range(50)]
    assert [update.node.id for update in seen] == ids


async def listening(location: Secret, number: int) -> None:
    """Returns when so many sessions listen."""
    with session(location) as looking:
        await eventually(lambda: looking.execute(LISTENERS).fetchone() == (number,))
