"""Two processes on one database: one leads and runs steps, and the other goes on where it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from patchbay.environment import Environment, Secret
from patchbay.inbox import Inbox
from patchbay.reactions import Reaction, Step
from patchbay.upstreams.base import Runtime
from tests.inbox.database import Location, eventually, rows
from tests.inbox.ledger import Entry, Ledger, payments_reaction, running, write
from tests.inbox.vendor import PAYMENTS_SECRET, Payment, payments_webhook

LEADER_LOCK = 0x5042_0003


def reserve_and_ship() -> Reaction[Payment]:
    reaction = payments_reaction()

    @reaction.step()
    async def reserve(payment: Payment, step: Step) -> Entry | None:
        return await write("reserve", step)

    @reaction.step()
    async def ship(payment: Payment, step: Step) -> Entry | None:
        return await write("ship", step)

    return reaction


def names_itself(name: str, began: list[str], go_on: asyncio.Event) -> Reaction[Payment]:
    reaction = payments_reaction()

    @reaction.step(idempotent=True)
    async def reserve(payment: Payment, step: Step) -> str:
        began.append(name)
        await go_on.wait()
        return name

    return reaction


@asynccontextmanager
async def replica(location: Location, reactions: Sequence[Reaction[Payment]]) -> AsyncIterator[Inbox]:
    """Another process; its steps write to the same ledger."""
    inbox = Inbox(location)
    inbox.react(reactions, {"payments": True})
    await inbox.open()
    webhook, _ = payments_webhook()
    await webhook.open(Runtime(Environment({"PAYMENTS_WEBHOOK_SECRET": PAYMENTS_SECRET}), inbox))
    inbox.start_reacting()
    try:
        yield inbox
    finally:
        await inbox.stop_reacting()
        await webhook.close()
        await inbox.close()


async def test_two_processes_run_each_step_once(location: Location) -> None:
    async with (
        Ledger(honours_keys=False) as ledger,
        running(location, ledger, [reserve_and_ship()]) as world,
        replica(location, [reserve_and_ship()]),
    ):
        for number in range(20):
            await world.tell(f"pi_{number}", f"evt_{number}")
        await world.until(*["done"] * 20)
    assert ledger.counts() == {"/reserve": 20, "/ship": 20}


async def test_a_leader_that_lost_its_session_writes_nothing_once_another_leads(
    postgres_location: Secret,
) -> None:
    location = postgres_location
    began: list[str] = []
    first_goes_on, second_goes_on = asyncio.Event(), asyncio.Event()
    second_goes_on.set()
    first, second = names_itself("first", began, first_goes_on), names_itself("second", began, second_goes_on)
    async with running(location, None, [first]) as world:
        await world.tell()
        await eventually(lambda: began == ["first"])
        async with replica(location, [second]):
            end = time.monotonic() + 30
            # Who takes over is a matter of luck: until it is the other one.
            while "second" not in began:
                assert time.monotonic() < end
                _end_leading_session(location)
                await asyncio.sleep(0.3)
            await world.until("done")
            first_goes_on.set()
            await asyncio.sleep(0.3)
    assert began == ["first", "second"]
    assert rows(location, "SELECT state, attempts, result FROM steps") == [("done", 2, b'"second"')]


def _end_leading_session(location: Location) -> None:
    rows(
        location,
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = ?",
        LEADER_LOCK,
    )
