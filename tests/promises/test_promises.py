"""The promises in their short form: each holds, and is measured well enough to find out its mutants."""

from __future__ import annotations

import shutil

import pytest

from tests.promises.rows import ROWS
from tests.promises.run import run_row
from tests.promises.world import World

TRACED = (13, 14, 21, 22)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", ROWS)
async def test_the_promise_holds_and_its_mutants_are_found_out(world: World, number: int) -> None:
    if number in TRACED and shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    result = await run_row(ROWS[number], world, short=True)
    assert result.is_well, result.line()
