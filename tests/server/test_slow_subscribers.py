"""Subscribers that read too slowly, and cursors that are too old, over WebSocket and SSE."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from demo.launch import Demo
from patchbay.inbox.updates import encode_change_cursor
from tests.serving import GraphServer

QUERY = "subscription($after: String) { shipmentUpdated(after: $after) { cursor node { number carrier } } }"
CHANGES = 4000
CHANGE_BYTES = 10_000
"""So large that what the sockets hold is little beside what is told."""

Stream: TypeAlias = AsyncIterator[dict[str, Any]]
Transport: TypeAlias = Callable[..., AbstractAsyncContextManager[Stream]]


@asynccontextmanager
async def sse(graph: GraphServer, **variables: Any) -> AsyncIterator[Stream]:
    """The results, not read before they are asked for."""
    body = {"query": QUERY, "variables": variables}
    headers = {"Accept": "text/event-stream"}
    async with (
        httpx2.AsyncClient(timeout=30, trust_env=False) as client,
        client.stream("POST", f"{graph.url}/graphql", json=body, headers=headers) as response,
    ):

        async def results() -> Stream:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    yield json.loads(line.removeprefix("data: "))

        yield results()


@asynccontextmanager
async def websocket(graph: GraphServer, **variables: Any) -> AsyncIterator[Stream]:
    """The same."""
    url = f"{graph.url.replace('http', 'ws')}/graphql"
    # Compressed, all of it would go into what the sockets hold.
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(url, subprotocols=protocols, compression=None) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        payload = {"query": QUERY, "variables": variables}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))

        async def results() -> Stream:
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "complete":
                    return
                yield message["payload"]

        yield results()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "inbox.sqlite3"


@pytest.fixture
def server(demo: Demo, database: Path) -> Iterator[GraphServer]:
    with GraphServer(demo.environment, database) as server:
        yield server


def log(database: Path, first: int, number: int) -> None:
    """Changes as another process on this database would commit them, all at once."""
    carrier = "x" * CHANGE_BYTES
    shipments = (
        {"id": f"S{n}", "order_id": "O1", "carrier": carrier, "status": "new", "version": 1, "events": []}
        for n in range(first, first + number)
    )
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(
            "INSERT INTO changes (position, kind, key, version, body, as_of, logged_at) "
            "VALUES (?, 'shipments.Shipment', ?, 1, ?, 0, unixepoch())",
            [(n, each["id"], json.dumps(each)) for n, each in enumerate(shipments, first + 1)],
        )


@pytest.mark.parametrize("transport", [sse, websocket])
async def test_a_subscriber_that_falls_far_behind_is_told_and_misses_nothing_by_going_on(
    server: GraphServer, database: Path, transport: Transport
) -> None:
    log(database, 0, 1)
    numbers: list[str] = []
    async with transport(server, after=encode_change_cursor(0)) as results:
        result = await anext(results)
        # From here on it is live; then it does not read for a while.
        numbers.append(result["data"]["shipmentUpdated"]["node"]["number"])
        log(database, 1, CHANGES)
        await asyncio.sleep(3)
        async for result in results:
            if "errors" in result:
                break
            numbers.append(result["data"]["shipmentUpdated"]["node"]["number"])
    (error,) = result["errors"]
    assert error["extensions"]["code"] == "SUBSCRIPTION_OVERFLOW"
    assert 1 < len(numbers) < CHANGES
    async with transport(server, after=error["extensions"]["cursor"]) as results:
        while len(numbers) <= CHANGES:
            result = await anext(results)
            numbers.append(result["data"]["shipmentUpdated"]["node"]["number"])
    assert numbers == [f"S{n}" for n in range(CHANGES + 1)]


@pytest.mark.parametrize("transport", [sse, websocket])
async def test_a_cursor_that_is_too_old_is_told(
    server: GraphServer, database: Path, transport: Transport
) -> None:
    log(database, 0, 3)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM changes WHERE position < 3")
    async with transport(server, after=encode_change_cursor(1)) as results:
        result = await anext(results)
    assert [error["extensions"] for error in result["errors"]] == [{"code": "CURSOR_EXPIRED"}]
    async with transport(server, after=encode_change_cursor(2)) as results:
        result = await anext(results)
    assert result["data"]["shipmentUpdated"]["node"]["number"] == "S2"
