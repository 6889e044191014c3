"""Row 27: an event whose handler always raises hurts no other, is given up, and can be replayed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from patchbay.inbox.administration import Administration
from patchbay.inbox.database import database_at
from patchbay.inbox.listing import EventFilter
from tests.inbox.database import Location, eventually, rows, states, waiting
from tests.promises.delivering import database, databases, deliver, event, receiving
from tests.promises.inbox_mutants import on_both
from tests.promises.load import Client
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.world import World

EVENTS = 300
POISON_EVERY = 10
ATTEMPTS = 4
FIRST_BACKOFF_SECONDS = 0.2
BACKOFF_SECONDS = FIRST_BACKOFF_SECONDS * (2 ** (ATTEMPTS - 1) - 1)
PATIENCE_SECONDS = 3.0
OTHERS_SECONDS = 3.0
OPTIONS = {"attempts": ATTEMPTS, "first_backoff_seconds": FIRST_BACKOFF_SECONDS}


def _is_poison(number: int) -> bool:
    return number % POISON_EVERY == 0


async def given_up(world: World, conditions: Conditions) -> Seen:
    """Row 27."""
    seen = Seen()
    for name in databases(conditions):
        with database(name, world) as location:
            with receiving(world, location, conditions.mutant, options=OPTIONS) as receiver:
                await _poisoned(name, location, receiver.port, seen)
            if not seen.holds:
                continue
            with receiving(world, location, conditions.mutant, options=OPTIONS, mended=True):
                await _replayed(location, seen)
    return seen


async def _poisoned(name: str, location: Location, port: int, seen: Seen) -> None:
    async with Client(port) as client:
        for number in range(EVENTS):
            type_ = "boom" if _is_poison(number) else "payment"
            await deliver(client, "payments", event(number, keys=EVENTS, type_=type_))
        sent = time.monotonic()
    sound = sum(not _is_poison(number) for number in range(EVENTS))
    applied = await _count("applied", sound, location, OTHERS_SECONDS)
    seconds = time.monotonic() - sent
    seen.note(f"{name}: {applied} of {sound} others applied after {seconds:.1f} s", holds=applied == sound)
    if not seen.holds:
        return
    dead = await _count("dead", EVENTS - sound, location, PATIENCE_SECONDS)
    seen.note(f"{dead} of {EVENTS - sound} dead letters", holds=dead == EVENTS - sound)
    letters = """
    SELECT dead_letters.attempts, failed_at - received_at FROM dead_letters CROSS JOIN events
    WHERE events.seq = dead_letters.seq
    """
    found = rows(location, letters)
    tries = {attempts for attempts, _ in found}
    soonest = min((seconds for _, seconds in found), default=0.0)
    seen.note(
        f"after {sorted(tries)} tries in >= {soonest:.1f} s",
        holds=tries == {ATTEMPTS} and soonest >= BACKOFF_SECONDS,
    )


async def _count(state: str, wanted: int, location: Location, seconds: float) -> int:
    """How many are in a state, when they are as many as wanted or the time is over."""
    end = time.monotonic() + seconds
    while True:
        found = sum(each == state for _, each in states(location))
        if found == wanted or time.monotonic() > end:
            return found
        await asyncio.sleep(0.05)


async def _replayed(location: Location, seen: Seen) -> None:
    opened = database_at(location, max_waiting=8)
    await opened.open(lambda: None)
    try:
        replayed = await Administration(opened).replay_all(EventFilter(state="dead"))
    finally:
        await opened.close()
    await eventually(lambda: not waiting(location), seconds=PATIENCE_SECONDS)
    ((count,),) = rows(location, "SELECT count(*) FROM records")
    ((letters,),) = rows(location, "SELECT count(*) FROM dead_letters")
    seen.note(f"{replayed} replayed, {count} records", holds=count == EVENTS and not letters)


ROWS = (
    Row(
        27,
        "poison event",
        f"its handler always raises: dead-lettered after {ATTEMPTS} tries, others unaffected, replay works",
        f"One in {POISON_EVERY} of {EVENTS} events makes its handler raise. The others must be "
        "applied within "
        f"{OTHERS_SECONDS:g} s, and those must be given up after {ATTEMPTS} tries with growing "
        "pauses. Then the "
        "receiver is started with a handler that can read them, and they are replayed.",
        given_up,
        on_both(
            poison_stops_all="an event that cannot be read stops the batch that it stands in",
            poison_for_ever="an event that cannot be applied is tried again without an end",
        ),
    ),
)
