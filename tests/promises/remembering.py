"""Row 25: an event's id is known for longer than vendors deliver it again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING

from tests.inbox.database import Location, eventually, rows, waiting
from tests.promises.delivering import Delivery, database, databases, deliver_once, event, receiving
from tests.promises.inbox_mutants import on_both
from tests.promises.load import Client
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.world import World

EVENTS = 40
PAYMENTS = 20
"""Whose newest versions are kept for ever, as the records are made of them."""

DAY_SECONDS = 86_400.0
LEAST_DAYS = 7
CLEANED_SECONDS = 0.8
"""After which a receiver that has just started has cleaned a few times."""


async def remembered(world: World, conditions: Conditions) -> Seen:
    """Row 25."""
    seen = Seen()
    for name in databases(conditions):
        with database(name, world) as location:
            await _measure(name, world, location, conditions, seen)
    return seen


async def _measure(name: str, world: World, location: Location, conditions: Conditions, seen: Seen) -> None:
    first = time.time()

    async def told(days: float, *, at: float | None = None) -> Counter[str]:
        """What is said of all of them so many days later, signed then or when it was said."""
        with receiving(
            world, location, conditions.mutant, days=days, options={"keep_days": LEAST_DAYS}
        ) as it:
            async with Client(it.port) as client:
                if days:
                    await asyncio.sleep(CLEANED_SECONDS)
                moment = time.time() + days * DAY_SECONDS if at is None else at
                said = await _deliver_all(client, moment)
                await eventually(lambda: not waiting(location))
        return said

    new = await told(0, at=first)
    seen.note(f"{name}: {new['stored']} stored", holds=new["stored"] == EVENTS)
    replayed = await told(0, at=first)
    seen.note(f"after a restart {replayed['replayed']} replays", holds=replayed["replayed"] == EVENTS)
    for days in (4.0, LEAST_DAYS - 0.1):
        known = (await told(days))["duplicate"]
        seen.note(f"after {days:g} days {known} known", holds=known == EVENTS)
    ((count,),) = rows(location, "SELECT count(*) FROM events")
    seen.note(f"{count} rows", holds=count == EVENTS)
    # Where nothing was ever cleaned away, all of this would show nothing.
    with receiving(
        world, location, conditions.mutant, days=LEAST_DAYS + 1, options={"keep_days": LEAST_DAYS}
    ):
        await asyncio.sleep(CLEANED_SECONDS)
    ((left,),) = rows(location, "SELECT count(*) FROM events")
    seen.note(f"after {LEAST_DAYS + 1} days {left}", holds=left == PAYMENTS)


async def _deliver_all(client: Client, at: float) -> Counter[str]:
    said: Counter[str] = Counter()
    for number in range(EVENTS):
        delivery = Delivery("payments", event(number, keys=PAYMENTS), at)
        status, answer = await deliver_once(client, delivery)
        said["replayed" if status == 409 else answer.get("status", str(status))] += 1
    return said


ROWS = (
    Row(
        25,
        "dedupe outlives retries",
        f"a replay after a restart and four days later: one row; ids kept >= {LEAST_DAYS} days",
        f"{EVENTS} events are delivered; again, as they were signed, after a SIGKILL and a restart; "
        "and again, "
        f"signed anew, to receivers whose clocks are 4 and {LEAST_DAYS - 0.1} days ahead, which keep "
        "events for "
        f"the least time that can be set, {LEAST_DAYS} days, and clean all the time. A day later than that, "
        "those that no record is made of must be gone.",
        remembered,
        on_both(
            ids_kept_for_hours="a day of what is kept has an hour",
            ids_not_looked_at="a delivery is a new event, whatever its id",
        ),
    ),
)
