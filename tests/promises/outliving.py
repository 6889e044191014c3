"""Row 20: what is acknowledged is stored once and applied once, however often the receiver dies."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patchbay.inbox import Inbox
from tests.inbox.database import Location, eventually, rows, waiting
from tests.promises.delivering import KEYS, database, databases, deliver, event, receiving
from tests.promises.inbox_mutants import on_both
from tests.promises.load import Client
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.inbox.respawning import Respawning
    from tests.promises.world import World

EVENTS = 40_000
SHORT_EVENTS = 1_500
KILLS = 10
SHORT_KILLS = 4
ALIVE_SECONDS = (0.3, 1.5)
SHORT_ALIVE_SECONDS = (0.1, 0.5)
SENDERS = 24
DUPLICATES = 0.2
START_SECONDS = 30.0
APPLIED_SECONDS = 120.0

# Written by the database itself, in the transaction that marks the event: what it says, happened.
_COUNT = {
    "SQLite": """
CREATE TRIGGER count_applied AFTER UPDATE OF state ON events WHEN new.state = 'applied'
BEGIN INSERT INTO applied VALUES (new.seq); END
""",
    "PostgreSQL": """
CREATE FUNCTION count_applied() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO patchbay.applied VALUES (new.seq); RETURN NULL; END $$;
CREATE TRIGGER count_applied AFTER UPDATE OF state ON events
FOR EACH ROW WHEN (new.state = 'applied') EXECUTE FUNCTION count_applied();
""",
}
_NOT_ONCE = """
SELECT count(*) FROM events WHERE state <> 'applied'
OR (SELECT count(*) FROM applied WHERE applied.seq = events.seq) <> 1
"""


@dataclass
class Traffic:
    """What a vendor knows that delivers at full speed, from several connections."""

    client: Client
    sent: int = 0
    ended: bool = False
    acknowledged: list[int] = field(default_factory=list)
    """Each once."""
    stored: Counter[int] = field(default_factory=Counter)
    """How often an event was answered with "stored"."""
    deliveries: int = 0

    async def send(self, chance: random.Random) -> None:
        """One after the other; some that were acknowledged before are sent again."""
        while not self.ended:
            if is_new := not self.acknowledged or chance.random() >= DUPLICATES:
                self.sent += 1
                number = self.sent
            else:
                number = chance.choice(self.acknowledged)
            told = await deliver(self.client, "payments", event(number))
            self.deliveries += 1
            self.stored[number] += told == "stored"
            if is_new:
                self.acknowledged.append(number)


async def exactly_once(world: World, conditions: Conditions) -> Seen:
    """Row 20."""
    seen = Seen()
    for name in databases(conditions):
        with database(name, world) as location:
            await _prepare(name, location)
            with receiving(world, location, conditions.mutant) as receiver:
                await _measure(name, location, receiver, conditions, seen)
    return seen


async def _measure(
    name: str, location: Location, receiver: Respawning, conditions: Conditions, seen: Seen
) -> None:
    events, kills = conditions.count(EVENTS, SHORT_EVENTS), conditions.count(KILLS, SHORT_KILLS)
    started = time.monotonic()
    async with Client(receiver.port) as client:
        traffic = Traffic(client)
        senders = [asyncio.create_task(traffic.send(random.Random(number))) for number in range(SENDERS)]
        killed = 0
        while killed < kills or len(traffic.acknowledged) < events:
            await _alive(traffic, conditions)
            assert not any(sender.done() for sender in senders)
            receiver.kill()
            receiver.start(location, conditions.mutant)
            killed += 1
        traffic.ended = True
        await asyncio.gather(*senders)
    rate = traffic.deliveries / (time.monotonic() - started)
    await eventually(lambda: not waiting(location), seconds=APPLIED_SECONDS, every_seconds=0.2)
    count = len(traffic.acknowledged)
    again = 1 - count / traffic.deliveries
    seen.note(
        f"{name}: {count:,} events, {again:.0%} of the deliveries duplicates, {rate:,.0f}/s, {killed} kills",
        holds=count >= events and killed >= kills and again > DUPLICATES / 2,
    )
    _look(location, traffic, seen)


async def _prepare(name: str, location: Location) -> None:
    inbox = Inbox(location)
    await inbox.open()
    await inbox.close()
    rows(location, "CREATE TABLE applied (seq INTEGER)")
    rows(location, "CREATE INDEX applied_seq ON applied (seq)")
    rows(location, _COUNT[name])


async def _alive(traffic: Traffic, conditions: Conditions) -> None:
    """Leave it alive for a while, from when it answers on: a kill of what does not answer shows nothing."""
    enough = len(traffic.acknowledged) + SENDERS
    await eventually(lambda: len(traffic.acknowledged) >= enough, seconds=START_SECONDS)
    shortest, longest = SHORT_ALIVE_SECONDS if conditions.short or conditions.mutant else ALIVE_SECONDS
    await asyncio.sleep(random.uniform(shortest, longest))


def _look(location: Location, traffic: Traffic, seen: Seen) -> None:
    kept = [
        int(event_id.removeprefix("evt_")) for (event_id,) in rows(location, "SELECT event_id FROM events")
    ]
    # Stored anew after it was acknowledged: it was lost, until a duplicate brought it back.
    again = {number for number, times in traffic.stored.items() if times > 1}
    lost = len(set(traffic.acknowledged) - set(kept) | again)
    seen.note(f"acknowledged and lost: {lost}", holds=lost == 0)
    twice = len(kept) - len(set(kept))
    seen.note(f"stored twice: {twice}", holds=twice == 0)
    ((not_once,),) = rows(location, _NOT_ONCE)
    seen.note(f"not applied once: {not_once}", holds=not_once == 0)
    newest: dict[str, int] = {}
    for number in kept:
        key = f"pi_{number % KEYS}"
        newest[key] = max(number, newest.get(key, 0))
    differ = len(newest.items() ^ dict(rows(location, "SELECT key, version FROM records")).items())
    seen.note(f"records that are not the newest: {differ}", holds=differ == 0)


ROWS = (
    Row(
        20,
        "exactly once",
        f"of >= {EVENTS:,} events with 20 % duplicates and >= {KILLS} kills at full speed: acknowledged and "
        "lost 0, stored twice 0, each applied once",
        f"{SENDERS} connections deliver signed events, each until it is acknowledged, one after the other as "
        f"fast as answers come; one in five was acknowledged before. The receiver is killed with SIGKILL "
        f"{ALIVE_SECONDS[0]} to {ALIVE_SECONDS[1]} s after it has answered again, and started anew. Then all "
        "that is stored is applied, and compared with what was acknowledged; a trigger in the "
        "database counts "
        "how often each event was applied. On SQLite and on PostgreSQL.",
        exactly_once,
        on_both(ack_before_commit="an event is acknowledged first and committed a moment later"),
    ),
)
