"""Steps that fail or may have happened: what is tried again, and what waits for an operator."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from patchbay.reactions import Step, StepRetry
from tests.inbox.database import Location, eventually, rows
from tests.inbox.ledger import Entry, Ledger, payments_reaction, reserve_and_ship, running, write
from tests.inbox.vendor import Payment


async def test_a_step_is_tried_again_with_its_key(location: Location) -> None:
    async with Ledger() as ledger:
        ledger.fail(503, "lost", 429, 409)
        reaction = payments_reaction()

        @reaction.step(idempotent=True, retry=StepRetry(9, 0.01, 0.02))
        async def reserve(payment: Payment, step: Step) -> Entry | None:
            return await write("reserve", step)

        async with running(location, ledger, [reaction]) as world:
            await world.tell()
            await world.until("done")
    assert len(ledger.calls) == 5
    assert len(set(ledger.calls)) == 1
    assert ledger.counts() == {"/reserve": 1}
    assert rows(location, "SELECT error FROM steps") == [(None,)]


async def test_without_its_key_honoured_the_same_step_would_happen_twice(location: Location) -> None:
    """The mutant of the test above."""
    async with Ledger(honours_keys=False) as ledger:
        ledger.fail("lost")
        async with running(location, ledger, [reserve_and_ship(idempotent=True)]) as world:
            await world.tell()
            await world.until("done")
    assert ledger.counts() == {"/reserve": 2, "/ship": 1}


async def test_a_pause_grows_and_is_kept_over_a_restart(location: Location) -> None:
    reaction = payments_reaction()

    @reaction.step(idempotent=True, retry=StepRetry(3, 60, 600))
    async def reserve(payment: Payment, step: Step) -> Entry | None:
        return await write("reserve", step)

    async with Ledger() as ledger:
        ledger.fail(503)
        async with running(location, ledger, [reaction]) as world:
            await world.tell()
            await eventually(lambda: world.steps() == [("reserve", "waiting")] and bool(world.errors()))
        async with running(location, ledger, [reaction]) as world:
            await asyncio.sleep(0.2)
            ((try_at,),) = rows(location, "SELECT try_at FROM reactions")
            assert 28 < try_at - time.time() < 61
            assert world.errors() == ["ledger: answered HTTP 503"]
    assert len(ledger.calls) == 1


async def test_a_step_that_always_fails_is_given_up_and_goes_on_from_there_when_told(
    location: Location,
) -> None:
    async with Ledger() as ledger, running(location, ledger, [reserve_and_ship(idempotent=True)]) as world:
        ledger.fail("fine", *[503] * 4)
        await world.tell()
        await world.until("failed")
        assert world.steps() == [("reserve", "done"), ("ship", "failed")]
        assert world.errors() == ["ledger: answered HTTP 503"]
        assert [path for path, _ in ledger.calls] == ["/reserve", *["/ship"] * 4]
        assert (await world.inbox.reactions.counts())["failed"] == 1
        ledger.fail(*[503] * 3)
        await world.inbox.reactions.again(1)
        await world.until("done")
    assert ledger.counts() == {"/reserve": 1, "/ship": 1}
    # The tries by hand have the key of those before.
    assert len({key for path, key in ledger.calls if path == "/ship"}) == 1


@pytest.mark.parametrize("status", [400, 422])
async def test_what_will_not_pass_is_not_tried_again(location: Location, status: int) -> None:
    async with Ledger() as ledger, running(location, ledger, [reserve_and_ship(idempotent=False)]) as world:
        ledger.fail(status)
        await world.tell()
        await world.until("failed")
    assert len(ledger.calls) == 1


async def test_an_upstream_that_is_down_is_called_again_also_without_a_key(location: Location) -> None:
    """Nothing was sent, so nothing can have happened."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    reaction = reserve_and_ship(idempotent=False)
    async with running(location, None, [reaction], url=f"http://127.0.0.1:{port}") as world:
        await world.tell()
        await world.until("failed")
    assert rows(location, "SELECT attempts FROM steps WHERE name = 'reserve'") == [(4,)]


@pytest.mark.parametrize("trouble", ["lost", "held", 500])
async def test_a_step_without_a_key_that_may_have_happened_waits_for_an_operator(
    location: Location, trouble: int | str
) -> None:
    async with Ledger() as ledger:
        ledger.fail(trouble)
        async with running(location, ledger, [reserve_and_ship(idempotent=False)]) as world:
            await world.tell()
            await world.until("in_doubt")
            assert world.steps() == [("reserve", "in_doubt"), ("ship", "waiting")]
        async with running(location, ledger, [reserve_and_ship(idempotent=False)]) as world:
            await asyncio.sleep(0.1)
            assert world.reactions() == ["in_doubt"]
            assert len(ledger.calls) == 1
            await world.inbox.reactions.resolve(1, b'{"number": 7}')
            await world.until("done")
    assert [path for path, _ in ledger.calls] == ["/reserve", "/ship"]
    assert rows(location, "SELECT result FROM steps WHERE name = 'reserve'") == [(b'{"number": 7}',)]


async def test_an_operator_can_have_a_step_in_doubt_run_again(location: Location) -> None:
    async with Ledger() as ledger, running(location, ledger, [reserve_and_ship(idempotent=False)]) as world:
        ledger.fail(500)
        await world.tell()
        await world.until("in_doubt")
        await world.inbox.reactions.again(1)
        await world.until("done")
    assert ledger.counts() == {"/reserve": 1, "/ship": 1}


async def test_a_check_finds_out_whether_a_step_has_happened(location: Location) -> None:
    async with Ledger() as ledger, running(
        location, ledger, [reserve_and_ship(idempotent=False, checked=True)]
    ) as world:  # fmt: skip
        ledger.fail("lost")
        await world.tell()
        await world.until("done")
    assert ledger.counts() == {"/reserve": 1, "/find": 1, "/ship": 1}
    assert rows(location, "SELECT result FROM steps WHERE name = 'reserve'") == [(b'{"number":1}',)]


async def test_a_step_that_a_check_does_not_find_is_run_again(location: Location) -> None:
    async with Ledger() as ledger, running(
        location, ledger, [reserve_and_ship(idempotent=False, checked=True)]
    ) as world:  # fmt: skip
        # To the check's call: 404, which a write answers with None.
        ledger.fail(500, 404)
        await world.tell()
        await world.until("done")
    assert [path for path, _ in ledger.calls] == ["/reserve", "/find", "/reserve", "/ship"]


@pytest.mark.parametrize("kind", ["idempotent", "checked", "neither"])
async def test_a_step_that_ran_when_the_process_ended(location: Location, kind: str) -> None:
    reaction = reserve_and_ship(idempotent=kind == "idempotent", checked=kind == "checked")
    async with Ledger() as ledger:
        async with running(location, ledger, [reaction]) as world:
            await world.tell()
            await world.until("done")
        # As a crash leaves it: carried out, and not written.
        rows(location, "UPDATE reactions SET state = 'running', ended_at = NULL")
        rows(location, "UPDATE steps SET state = 'running', result = NULL WHERE name = 'reserve'")
        rows(location, "UPDATE steps SET state = 'waiting', attempts = 0 WHERE name = 'ship'")
        async with running(location, ledger, [reaction]) as world:
            await world.until("in_doubt" if kind == "neither" else "done")
    assert len(set(ledger.calls)) == (3 if kind == "checked" else 2)
    assert ledger.counts()["/reserve"] == 1
    assert ledger.counts()["/ship"] == 1


async def test_a_step_that_ends_its_process_each_time_is_given_up(location: Location) -> None:
    reaction = reserve_and_ship(idempotent=True)
    async with Ledger() as ledger:
        async with running(location, ledger, [reaction]) as world:
            await world.tell()
            await world.until("done")
        ledger.calls.clear()
        rows(location, "UPDATE reactions SET state = 'running'")
        rows(location, "UPDATE steps SET state = 'running', attempts = 4 WHERE name = 'reserve'")
        async with running(location, ledger, [reaction]) as world:
            await world.until("failed")
            assert world.errors() == ["the process ended during each try"]
    assert not ledger.calls


async def test_what_a_former_leader_has_to_say_is_not_written(location: Location) -> None:
    reaction = reserve_and_ship(idempotent=True, deadline_seconds=5)
    async with Ledger() as ledger, running(location, ledger, [reaction]) as world:
        ledger.fail("held")
        await world.tell()
        await eventually(lambda: len(ledger.calls) == 1)
        # Another one leads by now, and has begun the next try.
        rows(location, "UPDATE steps SET attempts = 2 WHERE name = 'reserve'")
        ledger.release.set()
        await world.until("done")
    # It was not taken for done, and run again with its key.
    assert rows(location, "SELECT attempts FROM steps ORDER BY place") == [(3,), (1,)]
    assert ledger.counts() == {"/reserve": 1, "/ship": 1}
