"""Row 26: in whatever order versions arrive, a record ends as the newest of them."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from tests.inbox.database import eventually, rows, waiting
from tests.promises.delivering import database, databases, deliver, event, receiving
from tests.promises.inbox_mutants import on_both
from tests.promises.load import Client
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.world import World

PAYMENTS = 40
VERSIONS = 50
SHORT_VERSIONS = 12
SENDERS = 8


async def newest_wins(world: World, conditions: Conditions) -> Seen:
    """Row 26."""
    seen = Seen()
    versions = conditions.count(VERSIONS, SHORT_VERSIONS)
    numbers = list(range(PAYMENTS * versions))
    random.shuffle(numbers)
    for name in databases(conditions):
        with (
            database(name, world) as location,
            receiving(world, location, conditions.mutant) as receiver,
        ):
            async with Client(receiver.port) as client:

                async def send(own: list[int], client: Client = client) -> None:
                    for number in own:
                        await deliver(client, "payments", event(number, keys=PAYMENTS))

                await asyncio.gather(*(send(numbers[sender::SENDERS]) for sender in range(SENDERS)))
            await eventually(lambda: not waiting(location), seconds=60)
            found = dict(rows(location, "SELECT key, version FROM records"))
        newest = {f"pi_{key}": PAYMENTS * (versions - 1) + key for key in range(PAYMENTS)}
        right = len(found.items() & newest.items())
        seen.note(
            f"{name}: {right} of {PAYMENTS} records of {versions} versions are the newest",
            holds=found == newest,
        )
    return seen


ROWS = (
    Row(
        26,
        "order",
        "versions arrive shuffled: final state = newest version",
        f"The versions of {PAYMENTS} payments are shuffled, all together, and delivered over {SENDERS} "
        "connections at once. When all are applied, each record must be of the highest version.",
        newest_wins,
        on_both(last_one_wins="a record is what the last event says, whichever version that is"),
    ),
)
