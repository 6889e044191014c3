"""A signal to stop: what is under way is brought to its end, and nothing new is taken."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from demo.launch import Demo
from tests.graph.test_subscriptions import SHIPMENTS
from tests.server.things import post, read_answer
from tests.serving import GraphServer

QUERY = '{ customer(id: "C1007") { name } }'
LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
READY = LIVE.replace(b"live", b"ready")

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def served(demo: Demo, folder: Path, **variables: str) -> AsyncIterator[GraphServer]:
    """The server's process, which the test ends."""
    server = GraphServer({**demo.environment, **variables}, folder / "inbox.sqlite3")
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.__exit__)


async def sending(server: GraphServer, request: bytes) -> Pair:
    """A connection on which this was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    await writer.drain()
    return reader, writer


@asynccontextmanager
async def socket_of(server: GraphServer) -> AsyncIterator[ClientConnection]:
    url = f"{server.url.replace('http', 'ws')}/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send('{"type":"connection_init"}')
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        yield socket


async def ask(socket: ClientConnection, id: str, query: str) -> None:
    await socket.send(json.dumps({"id": id, "type": "subscribe", "payload": {"query": query}}))


async def told_until_closed(socket: ClientConnection) -> tuple[list[tuple[str, str]], int | None]:
    """(type, id) of each message, and the code of the closing."""
    seen = []
    try:
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), 10))
            seen.append((message["type"], message["id"]))
    except ConnectionClosed as closed:
        return seen, closed.rcvd.code if closed.rcvd else None


async def ended(server: GraphServer, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
    """Exit code, and after how many seconds."""
    started = time.monotonic()
    return await asyncio.to_thread(server.end, number), time.monotonic() - started


async def rest_of(pair: Pair) -> bytes:
    return await asyncio.wait_for(pair[0].read(), 10)


async def test_what_is_under_way_ends_whole_and_nothing_new_is_taken(demo: Demo, tmp_path: Path) -> None:
    async with served(demo, tmp_path) as server, socket_of(server) as socket:
        demo["crm"].fault(mode="slow", seconds=2)
        slow, half, sse, idle = await asyncio.gather(
            sending(server, post(QUERY)),
            # The next one's answer would be lost if its connection were taken for an idle one.
            sending(server, post("{ __typename }")[:30]),
            sending(server, post(SHIPMENTS, "Accept: text/event-stream")),
            sending(server, LIVE),
        )
        assert (await read_answer(idle[0]))[0] == 200
        await ask(socket, "live", SHIPMENTS)
        await ask(socket, "slow", QUERY.replace("name", "email"))
        await asyncio.sleep(0.4)
        ending = asyncio.create_task(ended(server))
        assert await rest_of(idle) == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", server.port)
        half[1].write(post("{ __typename }")[30:])
        status, headers, body = await asyncio.wait_for(read_answer(half[0]), 10)
        assert (status, headers["connection"], body) == (200, "close", {"data": {"__typename": "Query"}})
        assert (await rest_of(sse)).endswith(b"event: complete\ndata:\n\n\r\n0\r\n\r\n")
        status, headers, body = await asyncio.wait_for(read_answer(slow[0]), 10)
        assert (status, headers["connection"]) == (200, "close")
        assert body["data"]["customer"]["name"]
        assert await rest_of(slow) == b""
        seen, code = await told_until_closed(socket)
        assert seen == [("complete", "live"), ("next", "slow"), ("complete", "slow")]
        assert code == 1001
        exit_code, seconds = await ending
    assert exit_code == 0
    assert seconds < 8
    assert not any(line["event"] == "cut" for line in server.lines)
    await close_all(slow, half, sse, idle)


async def close_all(*pairs: Pair) -> None:
    for _, writer in pairs:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def test_readiness_fails_at_once_and_what_does_not_end_in_time_is_cut(
    demo: Demo, tmp_path: Path
) -> None:
    async with served(demo, tmp_path, PATCHBAY_DRAIN_SECONDS="2") as server:
        demo["crm"].fault(mode="slow", seconds=20)
        # The beginning of a health check, and an operation that does not end.
        late, stuck = await asyncio.gather(sending(server, READY[:-2]), sending(server, post(QUERY)))
        await asyncio.sleep(0.2)
        ending = asyncio.create_task(ended(server))
        await asyncio.sleep(0.3)
        late[1].write(READY[-2:])
        status, _, body = await asyncio.wait_for(read_answer(late[0]), 5)
        assert (status, body) == (503, {"status": "draining"})
        # What does not end in time is cut, and the process ends well.
        exit_code, seconds = await ending
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await read_answer(stuck[0])
    assert exit_code == 0
    assert 1.9 < seconds < 8
    assert [_facts(line) for line in server.lines if line["event"] == "cut"] == [(1, 1)]
    assert server.lines[-1]["event"] == "stopped"
    await close_all(late, stuck)


def _facts(line: dict[str, Any]) -> tuple[int, int]:
    return line["connections"], line["operations"]


async def test_a_second_sigint_cuts_at_once(demo: Demo, tmp_path: Path) -> None:
    async with served(demo, tmp_path) as server:
        demo["crm"].fault(mode="slow", seconds=20)
        stuck = await sending(server, post(QUERY))
        await asyncio.sleep(0.2)
        ending = asyncio.create_task(ended(server, signal.SIGINT))
        await asyncio.sleep(0.5)
        assert not ending.done()
        os.kill(server.pid, signal.SIGINT)
        exit_code, seconds = await ending
    assert exit_code == 0
    assert seconds < 8
    await close_all(stuck)
