"""WebSocket and SSE: bad documents are told, bad messages close the socket, and a stop ends streams."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from demo.launch import Demo
from tests.graph.test_subscriptions import SHIPMENTS
from tests.serving import GraphServer

DOCUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "a syntax error": ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    "an unknown field": ({"query": "subscription { nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
    "two operations and no name": (
        {"query": "query A { __typename } query B { __typename }"},
        "BAD_REQUEST",
    ),
    "an operation that is not there": (
        {"query": "query A { __typename }", "operationName": "B"},
        "BAD_REQUEST",
    ),
    "a number of 5,000 digits": (
        {"query": "{ orders(first: " + "9" * 5000 + ") { totalCount } }"},
        "OPERATION_LIMIT_EXCEEDED",
    ),
    "a depth of 5,000": ({"query": "{a" * 5000 + "}" * 5000}, "OPERATION_LIMIT_EXCEEDED"),
}


def opened(graph: GraphServer) -> Any:
    """A connection that is not initialised yet."""
    url = f"{graph.url.replace('http', 'ws')}/graphql"
    return connect(url, subprotocols=[Subprotocol("graphql-transport-ws")])


async def initialised(socket: ClientConnection) -> None:
    await socket.send('{"type":"connection_init"}')
    assert json.loads(await socket.recv())["type"] == "connection_ack"


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_that_cannot_run_is_told_over_sse(graph: GraphServer, name: str) -> None:
    body, code = DOCUMENTS[name]
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
        response = await client.post(
            f"{graph.url}/graphql", json=body, headers={"Accept": "text/event-stream"}
        )
    (data,) = [line for line in response.text.splitlines() if line.startswith("data: {")]
    assert {error["extensions"]["code"] for error in json.loads(data[6:])["errors"]} == {code}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_that_cannot_run_is_told_over_the_socket(graph: GraphServer, name: str) -> None:
    body, code = DOCUMENTS[name]
    async with opened(graph) as socket:
        await initialised(socket)
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": body}))
        message = json.loads(await socket.recv())
    assert message["type"] == "error"
    assert {error["extensions"]["code"] for error in message["payload"]} == {code}


@pytest.mark.parametrize(
    "message",
    [
        "[1]",
        '"x"',
        "5",
        "null",
        "{",
        "{}",
        '{"type":5}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","id":1,"payload":{"query":"{ __typename }"}}',
        '{"type":"subscribe","id":"1","payload":5}',
        '{"type":"subscribe","id":"1","payload":{"query":5}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{ __typename }","variables":[]}}',
        '{"type":"complete"}',
        '{"type":"nothing"}',
    ],
)
async def test_a_malformed_message_closes_the_socket_with_4400(graph: GraphServer, message: str) -> None:
    async with opened(graph) as socket:
        await initialised(socket)
        await socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400
    assert not any(line["event"] == "Exception in ASGI application\n" for line in graph.lines)


async def test_a_message_over_the_size_cap_closes_the_socket(graph: GraphServer) -> None:
    async with opened(graph) as socket:
        await initialised(socket)
        payload = {"query": "{ __typename }" + " " * 2_000_000}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_a_null_payload_of_connection_init_is_none(graph: GraphServer) -> None:
    async with opened(graph) as socket:
        await socket.send('{"type":"connection_init","payload":null}')
        assert json.loads(await socket.recv())["type"] == "connection_ack"


async def test_a_subscription_that_the_client_leaves_is_logged(graph: GraphServer) -> None:
    seen = len(graph.lines)
    headers = {"Accept": "text/event-stream"}
    async with (
        httpx2.AsyncClient(trust_env=False) as client,
        client.stream("POST", f"{graph.url}/graphql", json={"query": SHIPMENTS}, headers=headers) as response,
    ):
        assert response.status_code == 200

    def logged() -> list[dict[str, Any]]:
        return [line for line in graph.lines[seen:] if line.get("type") == "subscription"]

    end = time.monotonic() + 5
    # The log is written by another process: there is nothing to wait for but time.
    while not logged() and time.monotonic() < end:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    assert [line["outcome"] for line in logged()] == ["broken off"]


async def test_a_stop_ends_streams_at_once_and_completes_them(demo: Demo, tmp_path: Path) -> None:
    server = GraphServer(demo.environment, tmp_path / "inbox.sqlite3")
    await asyncio.to_thread(server.start)
    headers = {"Accept": "text/event-stream"}
    async with (
        httpx2.AsyncClient(trust_env=False, timeout=20) as client,
        client.stream(
            "POST", f"{server.url}/graphql", json={"query": SHIPMENTS}, headers=headers
        ) as response,
    ):
        await asyncio.sleep(0.3)
        started = time.monotonic()
        ending = asyncio.create_task(asyncio.to_thread(server.end, signal.SIGTERM))
        text = "".join([part async for part in response.aiter_text()])
        assert await ending == 0
    assert time.monotonic() - started < 3
    assert text.endswith("event: complete\ndata:\n\n")
