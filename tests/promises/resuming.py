"""Row 28: subscriptions of two replicas on one PostgreSQL, of which one is killed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx2
import psycopg
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from demo.signing import standard_headers
from patchbay.inbox.updates import encode_change_cursor
from tests.postgres_server import PostgresServer
from tests.promises.row import Conditions, Row, Seen
from tests.promises.server import DATABASE_URL

if TYPE_CHECKING:
    from tests.promises.server import Server
    from tests.promises.world import World

FIRST = encode_change_cursor(0)
SENDERS = 8
AWAY_SECONDS = 0.5
"""Between the kill and the client's return: events come all the while."""

IDLE_SECONDS = 4.0
"""After which a client that is told nothing gives up."""

QUERY = "subscription($after: String) { parcelUpdated(after: $after) { cursor node { id } } }"


@dataclass
class Told:
    """What a client was told: parcels, and the cursor of the last."""

    parcels: list[str] = field(default_factory=list)
    cursor: str = FIRST

    def note(self, result: dict[str, object]) -> None:
        """One more result of the subscription. Raises KeyError and TypeError where it is an error."""
        update = result["data"]["parcelUpdated"]  # type: ignore[index] # see above
        self.parcels.append(update["node"]["id"])
        self.cursor = update["cursor"]


async def by_websocket(server: Server, told: Told) -> None:
    """Note what is told, behind what was told before, until the server is gone."""
    with suppress(WebSocketException, OSError):
        url = f"{server.url.replace('http', 'ws')}/graphql"
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            await socket.send('{"type":"connection_init"}')
            payload = {"query": QUERY, "variables": {"after": told.cursor}}
            await socket.recv()
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            async for text in socket:
                told.note(json.loads(text)["payload"])


async def by_sse(server: Server, told: Told) -> None:
    """The same."""
    body = {"query": QUERY, "variables": {"after": told.cursor}}
    headers = {"Accept": "text/event-stream"}
    with suppress(httpx2.TransportError):
        async with (
            httpx2.AsyncClient(trust_env=False, timeout=None) as client,
            client.stream("POST", f"{server.url}/graphql", json=body, headers=headers) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    told.note(json.loads(line.removeprefix("data: ")))


class Vendor:
    """Posts signed events to both servers in turn, each until one has acknowledged it."""

    def __init__(self, servers: list[Server], secret: str, number: int) -> None:
        self._servers = servers
        self._secret = secret
        self._numbers = iter(range(number))
        self.acknowledged: list[str] = []

    async def send(self) -> None:
        """All of them, a few at a time."""
        async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
            await asyncio.gather(*(self._send(client) for _ in range(SENDERS)))

    async def _send(self, client: httpx2.AsyncClient) -> None:
        for number in self._numbers:
            parcel = f"P{number}"
            body = json.dumps({"id": parcel, "version": 1}).encode()
            attempt = number
            while not await self._post(client, self._servers[attempt % 2], parcel, body):
                attempt += 1
            self.acknowledged.append(parcel)

    async def _post(self, client: httpx2.AsyncClient, server: Server, parcel: str, body: bytes) -> bool:
        headers = standard_headers(self._secret, f"msg_{parcel}", body, int(time.time()))
        try:
            response = await client.post(f"{server.url}/webhooks/parcels", content=body, headers=headers)
        except httpx2.TransportError:
            await asyncio.sleep(0.01)
            return False
        # The second delivery of an event whose acknowledgement was lost is a replay.
        return response.status_code in {200, 409}


@asynccontextmanager
async def postgres_server() -> AsyncIterator[str]:
    """The address of an empty database."""
    postgres = await asyncio.to_thread(PostgresServer)
    try:
        await asyncio.to_thread(postgres.start)
        yield postgres.new_url()
    finally:
        await asyncio.to_thread(postgres.__exit__, None, None, None)


async def until_told(told: list[Told], number: int) -> None:
    """Returns when each was told so many, or no more."""
    last, changed_at = -1, time.monotonic()
    while min(len(each.parcels) for each in told) < number:
        so_far = sum(len(each.parcels) for each in told)
        if so_far != last:
            last, changed_at = so_far, time.monotonic()
        if time.monotonic() - changed_at > IDLE_SECONDS:
            return
        await asyncio.sleep(0.02)


async def resumed(world: World, conditions: Conditions) -> Seen:
    """Row 28."""
    number = conditions.count(6000, 1500)
    async with postgres_server() as url:
        settings = {DATABASE_URL: url}
        async with (
            world.server(mutant=conditions.mutant, settings=settings) as dying,
            world.server(mutant=conditions.mutant, settings=settings) as staying,
        ):
            vendor = Vendor([dying, staying], world.environment["SHIPMENTS_WEBHOOK_SECRET"], number)
            moving, steady = Told(), Told()
            watching = asyncio.create_task(by_sse(staying, steady))
            on_dying = asyncio.create_task(by_websocket(dying, moving))
            sending = asyncio.create_task(vendor.send())
            await until_told([moving], number // 3)
            await dying.kill()
            killed_at = time.monotonic()
            await on_dying
            seen_before = len(moving.parcels)
            await asyncio.sleep(AWAY_SECONDS)
            returning = asyncio.create_task(by_websocket(staying, moving))
            await until_told([moving], seen_before + 1)
            took = time.monotonic() - killed_at - AWAY_SECONDS
            await sending
            await until_told([moving, steady], number)
            for each in (watching, returning):
                each.cancel()
            await asyncio.gather(watching, returning, return_exceptions=True)
        log = await _logged(url)
    seen = Seen()
    kept = len(set(log) & set(vendor.acknowledged))
    seen.note(
        f"{kept} of {number} acknowledged events in the log, once each", holds=kept == len(log) == number
    )
    for who, told in (("who came back", moving), ("who stayed", steady)):
        _compare(seen, who, told.parcels, log)
    seen.note(f"goes on {took * 1000:.0f} ms after it is back", holds=bool(moving.parcels[seen_before:]))
    return seen


def _compare(seen: Seen, who: str, told: list[str], log: list[str]) -> None:
    gaps, repeats = len(set(log) - set(told)), len(told) - len(set(told))
    seen.note(f"{who}: {gaps} gaps, {repeats} repeats", holds=gaps == repeats == 0)
    places = {parcel: place for place, parcel in enumerate(log)}
    order = [places[each] for each in told]
    seen.note("in order" if order == sorted(order) else "out of order", holds=order == sorted(order))


async def _logged(url: str) -> list[str]:
    """All changes in their order, as the database has them."""
    async with await psycopg.AsyncConnection.connect(url) as session:
        rows = await (await session.execute("SELECT key FROM patchbay.changes ORDER BY position")).fetchall()
    return [key for (key,) in rows]


ROWS = (
    Row(
        28,
        "subscriptions",
        "resumes from its cursor, 0 gaps",
        f"Two servers on one PostgreSQL; {SENDERS} senders post signed events to both in turn, as fast as "
        "they are acknowledged. A client is told by the first over a WebSocket; that server is killed with "
        f"SIGKILL, and {AWAY_SECONDS:g} s later the client comes to the other with the cursor of its last "
        "update. Another one listens to the second server all the while, over SSE. What they were told is "
        "compared with the database's own log.",
        resumed,
        {
            "cursor-ignored": "a subscription begins with what changes from now on, whatever its cursor",
            "own-changes-only": "a server tells only of what it has applied itself",
        },
    ),
)
