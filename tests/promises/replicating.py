"""Row 39: two servers over one PostgreSQL and one Redis are as one, also when Redis dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

from patchbay.environment import Secret
from tests.inbox.database import Location, eventually, rows, waiting
from tests.inbox.vendor import sign_standard
from tests.promises import operations
from tests.promises.delivering import posted
from tests.promises.graph.options import QUOTA, QUOTA_PER_SECOND
from tests.promises.load import Client, open_loop
from tests.promises.row import Conditions, Row, Seen
from tests.promises.server import DATABASE_URL, Server
from tests.redis_server import RedisServer

if TYPE_CHECKING:
    from tests.promises.world import World

EVENTS = 10_000
SHORT_EVENTS = 1_500
SENDERS = 8
SECONDS = 8.0
SHORT_SECONDS = 5.0
PER_SECOND = 60
"""Of each server's clients: together far above the quota."""

MOST = int(QUOTA_PER_SECOND * 1.05)
APPLIED_SECONDS = 120.0
ACKNOWLEDGED = (200, 409)


async def as_one(world: World, conditions: Conditions) -> Seen:
    """Row 39."""
    seen = Seen()
    location = Secret(world.postgres.new_url(), DATABASE_URL)
    events = conditions.count(EVENTS, SHORT_EVENTS)
    with RedisServer() as redis:
        settings = {
            DATABASE_URL: location.reveal(),
            "PATCHBAY_REDIS_URL": redis.url,
            "PATCHBAY_REPLICAS": "2",
        }
        options: dict[str, Any] = {"mutant": conditions.mutant, "settings": settings}
        async with world.server(QUOTA, **options) as one, world.server(QUOTA, **options) as other:
            await _ask_both([one, other], conditions.seconds(SECONDS, SHORT_SECONDS), redis)
            most = world["crm"].seen().most_within(1.0)
            redis.start()
            secret = world.environment["SHIPMENTS_WEBHOOK_SECRET"]
            told = await _deliver_to_both([one, other], events, secret, redis)
            await eventually(lambda: not waiting(location), seconds=APPLIED_SECONDS, every_seconds=0.2)
    _note(location, events, told, seen)
    seen.note(f"at most {most} calls/s of {QUOTA_PER_SECOND}", holds=0 < most <= MOST)
    return seen


async def _ask_both(servers: list[Server], seconds: float, redis: RedisServer) -> None:
    """Ask each for other customers, together for more than the quota; Redis is killed in the middle."""

    async def ask(number: int, server: Server) -> None:
        await open_loop(
            server.client,
            lambda each: operations.customer(2 * each + number),
            per_second=PER_SECOND,
            seconds=seconds,
        )

    async def kill() -> None:
        await asyncio.sleep(seconds / 2)
        redis.kill()

    await asyncio.gather(kill(), *(ask(number, server) for number, server in enumerate(servers)))


async def _deliver_to_both(
    servers: list[Server], events: int, secret: str, redis: RedisServer
) -> Counter[str]:
    """Each event to each server; Redis is killed when half of them are there. What was said of them."""
    told: Counter[str] = Counter()

    async def send(client: Client, own: range) -> None:
        for number in own:
            told[await _deliver(client, number, secret)] += 1

    async def half(numbers: range) -> None:
        await asyncio.gather(
            *(
                send(server.client, numbers[sender::SENDERS])
                for server in servers
                for sender in range(SENDERS)
            )
        )

    await half(range(events // 2))
    redis.kill()
    await half(range(events // 2, events))
    return told


async def _deliver(client: Client, number: int, secret: str) -> str:
    body = b'{"id": "P%d", "version": 1}' % number
    while True:
        headers = sign_standard(body, f"msg_{number}", secret=secret)
        try:
            status, _ = await client.exchange(posted("parcels", body, headers))
        except (OSError, EOFError):
            continue
        if status in ACKNOWLEDGED:
            return "acknowledged"
        assert status == 503, status
        await asyncio.sleep(0.01)


def _note(location: Location, events: int, told: Counter[str], seen: Seen) -> None:
    acknowledged = told["acknowledged"]
    seen.note(f"{acknowledged:,} deliveries acknowledged", holds=acknowledged == 2 * events)
    kept = [event_id for (event_id,) in rows(location, "SELECT event_id FROM events")]
    seen.note(
        f"{len(kept):,} rows of {events:,} ids",
        holds=sorted(kept) == sorted(map("msg_{}".format, range(events))),
    )
    logged = [key for (key,) in rows(location, "SELECT key FROM changes")]
    once = len(logged) == len(set(logged)) == events
    seen.note(f"{len(logged):,} changes of {len(set(logged)):,} records", holds=once)
    ((undone,),) = rows(location, "SELECT count(*) FROM events WHERE state <> 'applied'")
    seen.note(f"{undone} not applied", holds=undone == 0)


ROWS = (
    Row(
        39,
        "two replicas",
        f"the same {EVENTS:,} event ids to both: one row each; one shared limit, <= 1.05x; Redis killed: "
        "nothing lost",
        "Clients of two whole servers over one PostgreSQL and one Redis ask for more than the CRM's quota; "
        "Redis is killed in the middle, and the CRM counts the calls of any second. With a new Redis both "
        "servers are sent the same signed events at the same time, each from several connections, and Redis "
        "is killed when half of them are there. In the end each id has one row, and each record has changed "
        "once.",
        as_one,
        {
            "ids-not-looked-at-postgresql": "a delivery is a new event, whatever its id",
            "no-shared-quota": "what replicas share is not counted",
        },
    ),
)
