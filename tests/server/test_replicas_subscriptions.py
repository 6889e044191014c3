"""Two servers on one PostgreSQL, one of them killed: its clients go on at the other, and miss nothing."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from websockets.exceptions import WebSocketException

from demo.launch import Demo
from demo.signing import standard_headers
from patchbay.environment import Secret
from patchbay.inbox.updates import decode_change_cursor, encode_change_cursor
from tests.postgres_server import PostgresServer
from tests.server.test_slow_subscribers import Transport, sse, websocket
from tests.serving import GraphServer

EVENTS = 300
AT_ONCE = 4


@asynccontextmanager
async def replicas(demo: Demo, postgres: PostgresServer) -> AsyncIterator[list[GraphServer]]:
    """Two servers, started one after the other: the first one leads."""
    location = Secret(postgres.new_url(), "PATCHBAY_DATABASE_URL")
    servers = [GraphServer(demo.environment, location) for _ in range(2)]
    try:
        for each in servers:
            await asyncio.to_thread(each.start)
        yield servers
    finally:
        for each in servers:
            await asyncio.to_thread(each.__exit__)


async def post(servers: list[GraphServer], secret: str, number: int) -> None:
    """Events of this many shipments to both in turn, each until one has taken it."""
    numbers = iter(range(number))

    async def some(client: httpx2.AsyncClient) -> None:
        for each in numbers:
            shipment = {"id": f"S{each}", "order_id": "O1", "carrier": "DHL", "status": "new", "version": 1}
            event = {"type": "shipment.updated", "data": {**shipment, "events": []}}
            body = json.dumps(event).encode()
            attempt, taken = each, False
            while not taken:
                taken = await _is_taken(client, servers[attempt % 2], secret, body, f"msg_{each}")
                attempt += 1
            await asyncio.sleep(0.005)

    async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
        await asyncio.gather(*(some(client) for _ in range(AT_ONCE)))


async def _is_taken(
    client: httpx2.AsyncClient, server: GraphServer, secret: str, body: bytes, event_id: str
) -> bool:
    headers = standard_headers(secret, event_id, body, int(time.time()))
    try:
        response = await client.post(f"{server.url}/webhooks/shipments", content=body, headers=headers)
    except httpx2.TransportError:
        return False
    # 409 where it was stored, and the first answer lost.
    return response.status_code in {200, 409}


@pytest.mark.parametrize("transport", [sse, websocket])
async def test_a_client_of_a_killed_replica_goes_on_at_the_other(
    demo: Demo, postgres: PostgresServer, transport: Transport
) -> None:
    seen: list[dict[str, Any]] = []

    def cursor() -> str:
        return seen[-1]["cursor"] if seen else encode_change_cursor(0)

    async def follow(server: GraphServer, number: int) -> None:
        async with transport(server, after=cursor()) as results:
            while len(seen) < number:
                seen.append((await anext(results))["data"]["shipmentUpdated"])

    async with replicas(demo, postgres) as (dying, staying), asyncio.timeout(50):
        secret = demo.environment["SHIPMENTS_WEBHOOK_SECRET"]
        posting = asyncio.create_task(post([dying, staying], secret, EVENTS))
        following = asyncio.create_task(follow(dying, EVENTS))
        while len(seen) < EVENTS / 3:  # noqa: ASYNC110 - the list is filled by another task
            await asyncio.sleep(0.01)
        await asyncio.to_thread(dying.kill)
        with pytest.raises((WebSocketException, httpx2.TransportError, StopAsyncIteration, RuntimeError)):
            await following
        assert len(seen) < EVENTS
        await follow(staying, EVENTS)
        await posting
    places = [decode_change_cursor(update["cursor"]) for update in seen]
    assert places == list(range(1, EVENTS + 1))
    assert {update["node"]["number"] for update in seen} == {f"S{n}" for n in range(EVENTS)}
