"""Promise: an acknowledged event is stored exactly once and applied once, however often the receiver dies."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from patchbay.inbox import Inbox
from tests.inbox.database import all_applied, rows
from tests.inbox.respawning import Respawning
from tests.inbox.vendor import payment_event, sign_stripe

KILLS = 6
SENDERS = 8
DUPLICATES = 0.2
ALIVE_SECONDS = (0.1, 0.5)

# Written by the database itself, in the transaction that marks the event: what it says, happened.
COUNT_APPLIED = """
CREATE TABLE applied (seq INTEGER);
CREATE TRIGGER count_applied AFTER UPDATE OF state ON events WHEN new.state = 'applied'
BEGIN INSERT INTO applied VALUES (new.seq); END;
"""


@dataclass
class Traffic:
    """What the senders know: a vendor's view."""

    url: str
    sent: int = 0
    ended: bool = False
    acknowledged: dict[str, bytes] = field(default_factory=dict)
    stored: Counter[str] = field(default_factory=Counter)
    """How often an event id was answered with "stored"."""
    repeated: int = 0
    broken: int = 0

    async def send(self, chance: random.Random) -> None:
        """Deliver events one after the other, each until it is acknowledged."""
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False, timeout=5) as client:
            while not self.ended:
                if self.acknowledged and chance.random() < DUPLICATES:
                    event_id = chance.choice(list(self.acknowledged))
                    body = self.acknowledged[event_id]
                    self.repeated += 1
                else:
                    self.sent += 1
                    event_id = f"evt_{self.sent}"
                    body = payment_event(f"pi_{self.sent % 97}", self.sent, event_id=event_id)
                await self._deliver(client, event_id, body)

    async def _deliver(self, client: httpx2.AsyncClient, event_id: str, body: bytes) -> None:
        while True:
            try:
                response = await client.post("/webhooks/payments", content=body, headers=sign_stripe(body))
            except httpx2.TransportError:
                self.broken += 1
                if self.ended:
                    return
                continue
            # 409: signed in the same second as a delivery that was stored.
            assert response.status_code in (200, 409), response.text
            self.acknowledged[event_id] = body
            self.stored[event_id] += response.json().get("status") == "stored"
            return


@pytest.fixture(scope="module")
def receiver() -> Iterator[Respawning]:
    with Respawning() as receiver:
        yield receiver


async def run(receiver: Respawning, database: Path, variant: str) -> Traffic:
    """Traffic while the receiver is killed and started again. In the end all that is stored is applied."""
    inbox = Inbox(database)
    await inbox.open()
    await inbox.close()
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(COUNT_APPLIED)
    chance = random.Random()
    traffic = Traffic(receiver.url)
    receiver.start(database, variant)
    senders = [asyncio.create_task(traffic.send(random.Random(n))) for n in range(SENDERS)]
    for _ in range(KILLS):
        before = len(traffic.acknowledged)
        while len(traffic.acknowledged) < before + SENDERS:
            assert not any(sender.done() for sender in senders)
            await asyncio.sleep(0.01)
        await asyncio.sleep(chance.uniform(*ALIVE_SECONDS))
        receiver.kill()
        receiver.start(database, variant)
    traffic.ended = True
    await asyncio.gather(*senders)
    await all_applied(database)
    receiver.kill()
    return traffic


def lost(database: Path, traffic: Traffic) -> set[str]:
    kept = {event_id for (event_id,) in rows(database, "SELECT event_id FROM events")}
    # Stored anew after it was acknowledged: it was lost, until a duplicate brought it back.
    again = {event_id for event_id, times in traffic.stored.items() if times > 1}
    return set(traffic.acknowledged) - kept | again


@pytest.mark.parametrize("variant", ["as it is", "slow commit"])
async def test_acknowledged_events_outlive_kills_exactly_once(
    receiver: Respawning, database: Path, variant: str
) -> None:
    traffic = await run(receiver, database, variant)
    assert traffic.broken >= KILLS
    assert traffic.repeated > 0.1 * len(traffic.acknowledged)
    assert not lost(database, traffic)
    twice = "SELECT event_id FROM events GROUP BY upstream, event_id HAVING count(*) > 1"
    assert rows(database, twice) == []
    ((not_once,),) = rows(
        database,
        "SELECT count(*) FROM events WHERE state <> 'applied'"
        " OR (SELECT count(*) FROM applied WHERE applied.seq = events.seq) <> 1",
    )
    assert not_once == 0
    newest: dict[str, int] = {}
    for (event_id,) in rows(database, "SELECT event_id FROM events"):
        number = int(event_id.removeprefix("evt_"))
        newest[f"pi_{number % 97}"] = max(number, newest.get(f"pi_{number % 97}", 0))
    assert dict(rows(database, "SELECT key, version FROM records")) == newest


async def test_the_test_above_notices_an_acknowledgement_before_the_commit(
    receiver: Respawning, database: Path
) -> None:
    assert lost(database, await run(receiver, database, "ack before commit"))
