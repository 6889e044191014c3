"""One try of a step: how it is ended, what is told of it, and what it may return."""

from __future__ import annotations

import asyncio

import pytest

from patchbay.inbox import reaction_loop
from patchbay.reactions import Step, StepFailed, StepRetry
from tests.inbox.database import Location, eventually
from tests.inbox.ledger import SOON, Entry, Ledger, payments_reaction, reserve_and_ship, running
from tests.inbox.vendor import Payment


@pytest.fixture
def no_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps under way are ended at once when the server stops."""
    monkeypatch.setattr(reaction_loop, "DRAIN_SECONDS", 0.05)


async def test_a_step_that_hangs_is_ended_at_its_deadline(location: Location) -> None:
    reaction = payments_reaction()
    ended = asyncio.Event()

    @reaction.step(deadline_seconds=0.05, retry=StepRetry(2, 0.01, 0.01))
    async def hang(payment: Payment, step: Step) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with running(location, None, [reaction]) as world:
        await world.tell()
        await world.until("failed")
        assert world.errors() == ["not done within 0.05 s"]
    assert ended.is_set()


async def test_a_step_that_swallows_its_cancellation_holds_up_nobody(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patchbay.inbox.step_runs.GRACE_SECONDS", 0.05)
    reaction = payments_reaction()
    go_on = asyncio.Event()

    @reaction.step(deadline_seconds=0.05, retry=StepRetry(1))
    async def hang(payment: Payment, step: Step) -> None:
        while not go_on.is_set():
            try:
                await go_on.wait()
            except asyncio.CancelledError:
                continue

    async with running(location, None, [reaction]) as world:
        await world.tell()
        await world.until("failed")
        go_on.set()


async def test_the_calls_of_a_step_end_with_it(location: Location) -> None:
    async with Ledger() as ledger:
        ledger.fail("held")
        reaction = reserve_and_ship(idempotent=False, deadline_seconds=0.1)
        async with running(location, ledger, [reaction]) as world:
            await world.tell()
            await world.until("in_doubt")
            await asyncio.wait_for(ledger.abandoned.wait(), 5)


async def test_an_error_of_a_step_tells_where_and_nothing_of_the_payload(location: Location) -> None:
    reaction = payments_reaction()

    @reaction.step(retry=StepRetry(1))
    async def broken(payment: Payment, step: Step) -> None:
        raise ValueError(f"canary {payment.id}")

    async with running(location, None, [reaction]) as world:
        await world.tell("pi_canary")
        await world.until("failed")
        (error,) = world.errors()
        assert error.startswith("ValueError at test_reaction_tries.py:")
        (report,) = await world.inbox.reactions.list()
        assert "canary" not in repr(report)


async def test_a_step_says_itself_that_it_cannot_succeed(location: Location) -> None:
    reaction = payments_reaction()

    @reaction.step(idempotent=True)
    async def refuse(payment: Payment, step: Step) -> None:
        raise StepFailed("sold out\0 \ud800" + "x" * 999)

    async with running(location, None, [reaction]) as world:
        await world.tell()
        await world.until("failed")
        (error,) = world.errors()
    assert error.startswith("sold out ?x")
    assert len(error) == 300


class Unreadable:
    """Nothing that JSON knows."""


@pytest.mark.parametrize("returned", ["other", "unreadable", "long"])
async def test_a_result_that_cannot_be_kept_or_read_back_fails_the_step(
    location: Location, returned: str
) -> None:
    reaction = payments_reaction()
    runs = 0

    @reaction.step(idempotent=True, retry=SOON)
    async def reserve(payment: Payment, step: Step) -> Entry:
        nonlocal runs
        runs += 1
        found: object = {"other": "text", "unreadable": Unreadable(), "long": Entry(1)}[returned]
        if returned == "long":
            found = "x" * 2**20
        return found  # type: ignore[return-value] # that is the point

    async with running(location, None, [reaction]) as world:
        await world.tell()
        await world.until("failed")
        assert world.errors() == ["what it returned is not what it is annotated to return"]
    assert runs == 1


async def test_a_stop_lets_a_step_end_and_begins_no_other(location: Location) -> None:
    reaction = reserve_and_ship(idempotent=False)
    async with Ledger() as ledger:
        async with running(location, ledger, [reaction]) as world:
            ledger.fail("held")
            await world.tell()
            await eventually(lambda: len(ledger.calls) == 1)
            asyncio.get_running_loop().call_later(0.1, ledger.release.set)
        assert world.steps() == [("reserve", "done"), ("ship", "waiting")]
        async with running(location, ledger, [reaction]) as world:
            await world.until("done")
    assert ledger.counts() == {"/reserve": 1, "/ship": 1}


@pytest.mark.usefixtures("no_drain")
async def test_a_step_that_has_sent_nothing_when_the_server_stops_is_run_again(location: Location) -> None:
    reaction = payments_reaction()
    begun = asyncio.Event()
    go_on = False

    @reaction.step()
    async def think(payment: Payment, step: Step) -> None:
        begun.set()
        if not go_on:
            await asyncio.Event().wait()

    async with running(location, None, [reaction]) as world:
        await world.tell()
        await begun.wait()
    assert world.steps() == [("think", "waiting")]
    go_on = True
    async with running(location, None, [reaction]) as world:
        await world.until("done")


@pytest.mark.usefixtures("no_drain")
async def test_a_step_that_may_have_happened_when_the_server_stops_is_in_doubt(location: Location) -> None:
    async with Ledger() as ledger:
        ledger.fail("held")
        async with running(location, ledger, [reserve_and_ship(idempotent=False)]) as world:
            await world.tell()
            await eventually(lambda: len(ledger.calls) == 1)
        assert world.steps()[0] == ("reserve", "in_doubt")
