"""Reactions: set off once, run in order, each step once, on both databases."""

from __future__ import annotations

import asyncio
from typing import Literal

import pytest

from patchbay.reactions import Reaction, Step
from tests.inbox.database import Location, all_applied, eventually, rows
from tests.inbox.ledger import SOON, Entry, Ledger, payments_reaction, running, write
from tests.inbox.vendor import Payment


def two_steps(seen: list[tuple[str, Entry | None]] | None = None) -> Reaction[Payment]:
    """Both with keys."""
    reaction = payments_reaction()

    @reaction.step(idempotent=True, retry=SOON)
    async def reserve(payment: Payment, step: Step) -> Entry | None:
        return await write(f"reserve-{payment.id}", step)

    @reaction.step(idempotent=True, retry=SOON)
    async def ship(payment: Payment, step: Step) -> Entry | None:
        if seen is not None:
            seen.append((payment.id, step.result_of(reserve)))
        return await write(f"ship-{payment.id}", step)

    return reaction


async def test_an_event_runs_all_steps_in_order_and_each_gets_the_results_before_it(
    location: Location,
) -> None:
    seen: list[tuple[str, Entry | None]] = []
    async with Ledger() as ledger, running(location, ledger, [two_steps(seen)]) as world:
        await world.tell("pi_1", "evt_1")
        await world.until("done")
        await world.tell("pi_2", "evt_2")
        await world.until("done", "done")
    assert [path for path, _ in ledger.calls] == [
        "/reserve-pi_1", "/ship-pi_1", "/reserve-pi_2", "/ship-pi_2",
    ]  # fmt: skip
    assert seen == [("pi_1", Entry(0)), ("pi_2", Entry(2))]
    assert len({key for _, key in ledger.calls}) == 4


async def test_a_second_delivery_a_replay_and_a_restart_run_nothing_again(location: Location) -> None:
    async with Ledger() as ledger:
        async with running(location, ledger, [two_steps()]) as world:
            await world.tell()
            await world.until("done")
            await world.tell()
        # What a replay and a rebuild do to an event.
        rows(location, "UPDATE events SET state = 'new', attempts = 0, try_at = 0")
        async with running(location, ledger, [two_steps()]) as world:
            await all_applied(location)
            await asyncio.sleep(0.1)
            assert world.reactions() == ["done"]
    assert ledger.counts() == {"/reserve-pi_1": 1, "/ship-pi_1": 1}


async def test_a_replay_sets_off_no_reaction_that_was_declared_later(location: Location) -> None:
    async with Ledger() as ledger:
        async with running(location, ledger, []) as world:
            await world.tell()
            await all_applied(location)
        rows(location, "UPDATE events SET state = 'new', attempts = 0, try_at = 0")
        async with running(location, ledger, [two_steps()]) as world:
            await all_applied(location)
            await world.tell("pi_2", "evt_2")
            await world.until("done")
    assert ledger.counts() == {"/reserve-pi_2": 1, "/ship-pi_2": 1}


async def test_the_same_content_under_another_id_runs_once_where_signatures_leave_out_the_id(
    location: Location,
) -> None:
    async with (
        Ledger() as ledger,
        running(location, ledger, [two_steps()], signs_ids=False) as world,
    ):
        await world.tell("pi_1", "evt_1")
        await world.tell("pi_1", "evt_forged")
        await all_applied(location)
        await world.until("done")
    assert rows(location, "SELECT count(*) FROM events") == [(2,)]
    assert ledger.counts() == {"/reserve-pi_1": 1, "/ship-pi_1": 1}


async def test_the_same_content_under_another_id_runs_again_where_the_id_is_signed(
    location: Location,
) -> None:
    async with Ledger() as ledger, running(location, ledger, [two_steps()]) as world:
        await world.tell("pi_1", "evt_1")
        await world.tell("pi_1", "evt_2")
        await world.until("done", "done")
    assert ledger.counts() == {"/reserve-pi_1": 2, "/ship-pi_1": 2}


async def test_a_record_that_is_reacted_to_once_sets_off_nothing_with_further_events(
    location: Location,
) -> None:
    reaction = payments_reaction(once_per="record")
    reaction.step(idempotent=True)(reserve_it)
    async with Ledger() as ledger, running(location, ledger, [reaction]) as world:
        await world.tell("pi_1", "evt_1", version=1)
        await world.tell("pi_1", "evt_2", version=2)
        await world.tell("pi_2", "evt_3")
        await all_applied(location)
        await world.until("done", "done")
    assert ledger.counts() == {"/reserve": 2}


@pytest.mark.parametrize(("once_per", "left"), [("record", 1), ("event", 0)])
async def test_what_is_reacted_to_once_for_a_record_is_remembered_for_good(
    location: Location, once_per: Literal["event", "record"], left: int
) -> None:
    reaction = payments_reaction(once_per=once_per)
    reaction.step(idempotent=True)(reserve_it)
    async with Ledger() as ledger, running(location, ledger, [reaction]) as world:
        await world.tell("pi_1", "evt_1", version=1)
        await world.until("done")
        rows(location, "UPDATE reactions SET ended_at = ended_at - 4000000")
        rows(location, "UPDATE events SET received_at = received_at - 4000000")
        # The record is made of another event now, so that the first one goes.
        rows(location, "UPDATE records SET seq = NULL")
        retained = await world.inbox.retention.run()
        assert (retained.events, retained.reactions) == (1, 1 - left)
        assert len(world.reactions()) == left
        if once_per == "record":
            await world.tell("pi_1", "evt_2", version=2)
            await all_applied(location)
            assert world.reactions() == ["done"]
    assert ledger.counts() == {"/reserve": 1}


async def test_when_says_which_records_set_it_off(location: Location) -> None:
    reaction = payments_reaction(when=lambda payment: payment.status == "succeeded")

    @reaction.step(idempotent=True)
    async def reserve(payment: Payment, step: Step) -> Entry | None:
        return await write(f"reserve-{payment.id}", step)

    async with Ledger() as ledger, running(location, ledger, [reaction]) as world:
        await world.tell("pi_1", "evt_1")
        await world.tell("pi_2", "evt_2", status="succeeded")
        await world.tell("pi_3", "evt_3", type_="other")
        await all_applied(location)
        await world.until("done")
    assert ledger.counts() == {"/reserve-pi_2": 1}


async def test_an_event_whose_condition_raises_is_tried_again_and_changes_nothing(location: Location) -> None:
    def broken(payment: Payment) -> bool:
        raise LookupError(payment.id)

    reaction = payments_reaction(when=broken)

    @reaction.step(idempotent=True)
    async def reserve(payment: Payment, step: Step) -> Entry | None:
        return await write("reserve", step)

    async with Ledger() as ledger, running(location, ledger, [reaction]) as world:
        await world.tell()
        await all_applied(location)
        assert world.reactions() == []
    assert rows(location, "SELECT state FROM events") == [("dead",)]
    ((error,),) = rows(location, "SELECT error FROM events")
    assert error.startswith("LookupError at test_reactions.py:")


async def test_a_dead_event_that_is_replayed_sets_off_its_reaction(location: Location) -> None:
    async with Ledger() as ledger:
        reaction = payments_reaction(when=lambda payment: 1 // len(payment.id[:0]) > 0)
        reaction.step(idempotent=True)(reserve_it)
        async with running(location, ledger, [reaction]) as world:
            await world.tell()
            await all_applied(location)
        rows(location, "UPDATE events SET state = 'new', attempts = 0, try_at = 0")
        mended = payments_reaction()
        mended.step(idempotent=True)(reserve_it)
        async with running(location, ledger, [mended]) as world:
            await world.until("done")
    assert ledger.counts() == {"/reserve": 1}


async def reserve_it(payment: Payment, step: Step) -> Entry | None:
    return await write("reserve", step)


async def test_two_reactions_to_one_event_run_side_by_side(location: Location) -> None:
    reactions = [payments_reaction("one"), payments_reaction("two")]
    for reaction in reactions:
        reaction.step(idempotent=True)(reserve_it)
    async with Ledger() as ledger, running(location, ledger, reactions) as world:
        await world.tell()
        await world.until("done", "done")
    # Their keys differ, or the ledger would have carried out one of them alone.
    assert ledger.counts() == {"/reserve": 2}


async def test_many_run_at_once_within_bounds_and_hold_up_no_event(location: Location) -> None:
    reaction = payments_reaction()
    under_way: set[str] = set()
    most = 0
    go_on = asyncio.Event()

    @reaction.step()
    async def wait(payment: Payment, step: Step) -> None:
        nonlocal most
        under_way.add(payment.id)
        most = max(most, len(under_way))
        await go_on.wait()
        under_way.discard(payment.id)

    async with running(location, None, [reaction]) as world:
        for number in range(40):
            await world.tell(f"pi_{number}", f"evt_{number}")
        await all_applied(location)
        await eventually(lambda: len(under_way) == 16)
        assert world.reactions() == ["running"] * 40
        go_on.set()
        await world.until(*["done"] * 40)
    assert most == 16


async def test_a_reaction_that_waits_for_its_next_try_holds_up_no_other(location: Location) -> None:
    async with Ledger() as ledger, running(location, ledger, [two_steps()]) as world:
        ledger.fail(503)
        await world.tell("pi_1", "evt_1")
        await eventually(lambda: len(ledger.calls) > 0)
        await world.tell("pi_2", "evt_2")
        await world.until("done", "done")
    assert set(ledger.counts().values()) == {1}
