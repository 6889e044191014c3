"""What operators see of reactions, and what they may do."""

from __future__ import annotations

import json

import pytest

from patchbay.errors import InputError
from tests.inbox.database import Location, eventually
from tests.inbox.ledger import Ledger, reserve_and_ship, running


async def test_operators_cannot_change_what_is_under_way_or_done(location: Location) -> None:
    async with Ledger() as ledger, running(location, ledger, [reserve_and_ship(idempotent=True)]) as world:
        desk = world.inbox.reactions
        ledger.fail("held")
        await world.tell()
        await eventually(lambda: len(ledger.calls) == 1)
        with pytest.raises(InputError, match="is running"):
            await desk.again(1)
        ledger.release.set()
        await world.until("done")
        with pytest.raises(InputError, match="is done"):
            await desk.resolve(1)
        with pytest.raises(InputError, match="of no reaction"):
            await desk.again(99)
        assert await desk.show(99) is None


async def test_operators_can_only_say_what_fits(location: Location) -> None:
    async with Ledger() as ledger, running(location, ledger, [reserve_and_ship(idempotent=False)]) as world:
        desk = world.inbox.reactions
        ledger.fail(400)
        await world.tell()
        await world.until("failed")
        with pytest.raises(InputError, match="no JSON"):
            await desk.resolve(1, b"{")
        with pytest.raises(InputError, match="'step'"):
            await desk.resolve(1, step="ship")
        with pytest.raises(InputError, match="'step'"):
            await desk.resolve(1, step="other")
        await desk.resolve(1, b'"text"')
        await world.until("held")
        report = await desk.show(1)
        assert report is not None
        assert report.error == "the result of reserve is of another shape than this release's"
        await desk.resolve(1, json.dumps({"number": 1}).encode(), step="reserve")
        await world.until("done")
    assert ledger.counts() == {"/ship": 1}


async def test_the_list_is_in_pages_newest_first(location: Location) -> None:
    async with Ledger() as ledger, running(location, ledger, [reserve_and_ship(idempotent=True)]) as world:
        for number in range(5):
            await world.tell(f"pi_{number}", f"evt_{number}")
        await world.until(*["done"] * 5)
        desk = world.inbox.reactions
        first = await desk.list(most=2)
        second = await desk.list("done", before=first[-1].id, most=2)
        assert [each.event_id for each in (*first, *second)] == ["evt_4", "evt_3", "evt_2", "evt_1"]
        assert [step.state for step in first[0].steps] == ["done", "done"]
        assert await desk.list("failed") == []
