"""`python -m patchbay reactions`: what is printed, and what is done, beside the process that reacts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys

import pytest

from patchbay.reactions import Reaction, Step, StepRetry
from tests.inbox.database import Location
from tests.inbox.ledger import Entry, Ledger, World, payments_reaction, running, write
from tests.inbox.vendor import Payment
from tests.serving import ROOT, database_variables

NO_REACTION = "patchbay: argument 'id' is that of no reaction\n"


def reserve_and_ship() -> Reaction[Payment]:
    reaction = payments_reaction()

    @reaction.step(retry=StepRetry(1))
    async def reserve(payment: Payment, step: Step) -> Entry | None:
        return await write("reserve", step)

    @reaction.step()
    async def ship(payment: Payment, step: Step) -> Entry | None:
        return await write("ship", step)

    return reaction


async def run(world: World, *arguments: str | bytes) -> tuple[int, str, str]:
    """The exit code, what was printed, and what was complained of; every time as TIME."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "patchbay", "reactions", *arguments),
        cwd=ROOT,
        env={**os.environ, **database_variables(world.location)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, re.sub(r"\d{4}-\S+Z", "TIME", out.decode()), errors.decode()


async def test_operators_see_what_became_of_each_step_and_mend_it(location: Location) -> None:
    async with Ledger() as ledger, running(location, ledger, [reserve_and_ship()]) as world:
        ledger.fail(500, "fine", 422)
        await world.tell("pi_canary", "evt_\x1b[2J")
        await world.until("in_doubt")
        head, row = (await run(world, "list"))[1].splitlines()
        assert re.split(" {2,}", head) == [
            "ID", "SET OFF", "REACTION", "STATE", "STEP", "TRIES", "EVENT", "ERROR",
        ]  # fmt: skip
        assert re.split(" {2,}", row.strip()) == [
            "1", "TIME", "paid", "in_doubt", "reserve", "1", "evt_\\x1b[2J", "ledger: answered HTTP 500",
        ]  # fmt: skip
        code, shown, _ = await run(world, "show", "1")
        assert code == 0
        assert "canary" not in shown
        assert [line.split()[:3] for line in shown.splitlines()[-3:]] == [
            ["STEP", "STATE", "TRIES"], ["reserve", "in_doubt", "1"], ["ship", "waiting", "0"],
        ]  # fmt: skip
        assert (await run(world, "resolve", "1", "--again"))[0] == 0
        await world.until("failed")
        assert (await run(world, "resolve", "1", "--done", '{"number": 7}'))[0] == 0
        await world.until("done")
        assert json.loads((await run(world, "list", "--state", "done", "--json"))[1])[0]["id"] == 1
    assert ledger.counts() == {"/reserve": 1}


async def test_what_cannot_be_done_is_told(location: Location) -> None:
    async with Ledger() as ledger, running(location, ledger, [reserve_and_ship()]) as world:
        assert await run(world, "show", "1") == (1, "", NO_REACTION)
        assert await run(world, "retry", "1") == (1, "", NO_REACTION)
        ledger.fail(422)
        await world.tell()
        await world.until("failed")
        assert (await run(world, "resolve", "1", "--done", b"\xff"))[::2] == (
            1,
            "patchbay: argument 'result' is no JSON\n",
        )
        await run(world, "retry", "1", "--json")
        await world.until("done")
        assert (await run(world, "retry", "1"))[::2] == (
            1,
            "patchbay: argument 'id' is that of a reaction that is done\n",
        )
    assert ledger.counts() == {"/reserve": 1, "/ship": 1}


@pytest.mark.parametrize("arguments", [("resolve", "1"), ("show",), ("show", "x"), ("list", "--state", "x")])
async def test_a_wrong_command_is_refused(location: Location, arguments: tuple[str, ...]) -> None:
    async with running(location, None, []) as world:
        code, _, error = await run(world, *arguments)
        assert code == 2
        assert "usage: " in error
