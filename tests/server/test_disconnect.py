"""A client goes away: what runs for it is cancelled, down to the upstream's connection; writes are not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from patchbay.server import presence
from tests.patchbay.wire import Request, Wire, json_reply, silence
from tests.server.things import Running, asking, get, named, post, read_answer, running

PROMISED_SECONDS = 0.25
"""Within which the upstream's connection is closed."""

QUERY = '{ thing(id: "1") { name } }'
LONG = QUERY + " #" + "x" * 9000
WRITES = 'mutation { a: put(id: "a") { id } b: put(id: "b") { id } }'

HTTP: dict[str, bytes] = {
    "by POST": post(QUERY),
    "by GET": get(QUERY),
    "by POST, asking for HTML": post(QUERY, "Accept: text/html"),
    "by POST, too long to be kept": post(LONG),
    "as a stream": post(QUERY, "Accept: text/event-stream"),
    "a subscription": post('subscription { ticks { thing(id: "1") { name } } }', "Accept: text/event-stream"),
}


async def abandoned(wire: Wire) -> float:
    """Seconds until the upstream sees its caller go away."""
    started = time.monotonic()
    async with asyncio.timeout(3):
        await wire.abandoned.wait()
    return time.monotonic() - started


def outcomes(lines: list[Any]) -> list[str]:
    """Of all operations that were logged."""
    return [line["outcome"] for line in lines if line["event"] == "operation"]


@asynccontextmanager
async def leaving(server: Running, request: bytes, after_seconds: float) -> AsyncIterator[None]:
    """The block begins when the client has gone away, so long after its call has reached the upstream."""
    async with asking(server.port, request):
        async with asyncio.timeout(3):
            await server.wire.arrived.wait()
        await asyncio.sleep(after_seconds)
    yield


@pytest.mark.parametrize("after_seconds", [0.0, 0.3])
@pytest.mark.parametrize("way", HTTP)
async def test_a_query_ends_with_its_client(tmp_path: Path, way: str, after_seconds: float) -> None:
    async with running(silence, tmp_path) as server:
        with capture_logs() as lines:
            async with leaving(server, HTTP[way], after_seconds):
                assert await abandoned(server.wire) < PROMISED_SECONDS
            while not outcomes(lines):  # noqa: ASYNC110 - the line follows in a few turns of the loop
                await asyncio.sleep(0.01)
        assert outcomes(lines) == ["broken off"]
        assert not [line for line in lines if line["log_level"] in ("warning", "error")]
        assert server.door.under_way == 0


async def test_nobody_who_does_not_listen_would_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "NOTICE_SECONDS", 60.0)
    async with running(silence, tmp_path) as server, leaving(server, HTTP["by POST"], 0.1):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(server.wire.abandoned.wait(), 2 * PROMISED_SECONDS)


@pytest.mark.parametrize("how", ["closed", "aborted", "complete"])
@pytest.mark.parametrize("query", [QUERY, 'subscription { ticks { thing(id: "1") { name } } }'])
async def test_a_socket_s_operations_end_with_it(tmp_path: Path, query: str, how: str) -> None:
    async with running(silence, tmp_path) as server:
        with capture_logs() as lines:
            async with server.socket() as socket:
                await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
                await asyncio.wait_for(server.wire.arrived.wait(), 3)
                if how == "complete":
                    await socket.send('{"id":"1","type":"complete"}')
                elif how == "aborted":
                    socket.transport.abort()
                else:
                    await socket.close()
                assert await abandoned(server.wire) < PROMISED_SECONDS
                await asyncio.sleep(0.05)
        assert outcomes(lines) == ["broken off"]
        assert server.door.under_way == 0


# -------------------------------------------------------------------------------------------------- writes


async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
    """Each answer takes 200 ms."""
    await asyncio.sleep(0.2)
    writer.write(json_reply({"id": request.target}))


WRITING: dict[str, bytes] = {
    "by POST": post(WRITES),
    "by POST, asking for HTML": post(WRITES, "Accept: text/html"),
    "by POST, too long to be kept": post(WRITES + " #" + "x" * 9000),
    "as a stream": post(WRITES, "Accept: text/event-stream"),
}


async def both_written(wire: Wire) -> None:
    async with asyncio.timeout(3):
        while len(wire.requests) < 2 or wire.under_way:  # noqa: ASYNC110 - wires have no event for that
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("way", WRITING)
async def test_a_mutation_runs_to_its_end(tmp_path: Path, way: str) -> None:
    async with running(slowly, tmp_path) as server:
        with capture_logs() as lines:
            async with leaving(server, WRITING[way], 0.1):
                await both_written(server.wire)
            await asyncio.sleep(0.1)
        assert [request.target for request in server.wire.requests] == ["/things/a", "/things/b"]
        assert not server.wire.abandoned.is_set()
        assert server.door.under_way == 0
        assert outcomes(lines) == ["completed"]


@pytest.mark.parametrize("how", ["closed", "complete"])
async def test_a_mutation_over_a_socket_runs_to_its_end(tmp_path: Path, how: str) -> None:
    async with running(slowly, tmp_path) as server:
        with capture_logs() as lines:
            async with server.socket() as socket:
                message = {"id": "1", "type": "subscribe", "payload": {"query": WRITES}}
                await socket.send(json.dumps(message))
                await asyncio.wait_for(server.wire.arrived.wait(), 3)
                if how == "closed":
                    await socket.close()
                    await both_written(server.wire)
                else:
                    await socket.send('{"id":"1","type":"complete"}')
                    await both_written(server.wire)
                    await asyncio.sleep(0.1)
                    await socket.send('{"type":"ping"}')
                    # Nothing is told of what the client no longer wants.
                    assert json.loads(await socket.recv()) == {"type": "pong"}
            await asyncio.sleep(0.1)
        assert len(server.wire.requests) == 2
        assert outcomes(lines) == ["completed"]
        assert server.door.under_way == 0


# ------------------------------------------------------------------------------------------ shared answers


async def test_who_asked_first_and_goes_away_leaves_the_others_their_answer(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def held(request: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        await named(request, writer)

    async with running(held, tmp_path) as server:
        async with asking(server.port, post(QUERY)) as first:
            await asyncio.wait_for(server.wire.arrived.wait(), 3)
            async with asking(server.port, post(QUERY)) as second, asking(server.port, post(QUERY)) as third:
                await asyncio.sleep(0.1)
                first.feed_eof()
                # The first of three goes away, and what it asked goes on for the others.
                await _abort(first)
                await asyncio.sleep(0.2)
                assert not server.wire.abandoned.is_set()
                gate.set()
                for reader in (second, third):
                    status, _, body = await asyncio.wait_for(read_answer(reader), 3)
                    assert (status, body) == (200, {"data": {"thing": {"name": "thing 1"}}})
        assert len(server.wire.requests) == 1


async def test_when_all_have_gone_away_it_ends(tmp_path: Path) -> None:
    async with running(silence, tmp_path) as server:
        async with asking(server.port, post(QUERY)) as first:
            await asyncio.wait_for(server.wire.arrived.wait(), 3)
            async with asking(server.port, post(QUERY)), asking(server.port, post(QUERY)):
                await asyncio.sleep(0.1)
                await _abort(first)
                await asyncio.sleep(0.2)
                assert not server.wire.abandoned.is_set()
        assert await abandoned(server.wire) < PROMISED_SECONDS
        await asyncio.sleep(0.05)
        assert server.door.under_way == 0
        assert len(server.wire.requests) == 1


async def test_who_goes_away_later_leaves_who_asked_first_its_answer(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def held(request: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        await named(request, writer)

    async with running(held, tmp_path) as server, asking(server.port, post(QUERY)) as first:
        await asyncio.wait_for(server.wire.arrived.wait(), 3)
        async with asking(server.port, post(QUERY)):
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.2)
        gate.set()
        assert (await asyncio.wait_for(read_answer(first), 3))[0] == 200
        assert not server.wire.abandoned.is_set()


async def _abort(reader: asyncio.StreamReader) -> None:
    transport: Any = reader._transport  # type: ignore[attr-defined] # noqa: SLF001 - a reader tells of no other end
    transport.abort()
    await asyncio.sleep(0)


# ------------------------------------------------------------------------------------------------- no harm


async def test_pipelined_requests_have_their_answers_in_order(tmp_path: Path) -> None:
    async def later(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        await named(request, writer)

    requests = b"".join(post(f'{{ thing(id: "{number}") {{ name }} }}') for number in range(3))
    async with running(later, tmp_path) as server, asking(server.port, requests) as reader:
        for number in range(3):
            status, _, body = await asyncio.wait_for(read_answer(reader), 3)
            assert (status, body) == (200, {"data": {"thing": {"name": f"thing {number}"}}})


async def test_a_kept_connection_outlives_long_operations(tmp_path: Path) -> None:
    async def later(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        await named(request, writer)

    async with running(later, tmp_path) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(4):
            writer.write(post(QUERY))
            assert (await asyncio.wait_for(read_answer(reader), 3))[0] == 200
        writer.close()
