"""What is refused before it is an operation at all, and what the connection is good for afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import uvloop

from patchbay.server import Settings
from patchbay.server.listening import DOORMEN, listen
from tests.server.things import asking, get, named, post, read_answer, running
from tests.serving import free_port

QUERY = "{ kept }"
FINE = {"data": {"kept": 1}}


async def opened(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def test_a_refusal_says_when_to_come_again_and_keeps_the_connection(tmp_path: Path) -> None:
    async with running(named, tmp_path, PATCHBAY_MAX_OPERATIONS="1") as server:
        reader, writer = await opened(server.port)
        for _ in range(3):
            server.door.enter()
            writer.write(post(QUERY))
            status, headers, body = await read_answer(reader)
            assert status == 503
            assert body["errors"][0]["extensions"] == {"code": "SERVER_BUSY"}
            assert (headers["retry-after"], headers["cache-control"]) == ("1", "no-store")
            assert headers["content-type"] == "application/json; charset=utf-8"
            server.door.leave()
            writer.write(post(QUERY))
            status, _, body = await read_answer(reader)
            assert (status, body) == (200, FINE)
        writer.close()


async def test_it_is_refused_before_its_body_has_come(tmp_path: Path) -> None:
    request = post(QUERY)
    async with running(named, tmp_path, PATCHBAY_MAX_OPERATIONS="1") as server:
        server.door.enter()
        reader, writer = await opened(server.port)
        writer.write(request[:-5])
        assert (await asyncio.wait_for(read_answer(reader), 3))[0] == 503
        # The rest of the body belongs to what was refused, and is no request of its own.
        server.door.leave()
        writer.write(request[-5:] + request)
        assert (await asyncio.wait_for(read_answer(reader), 3))[0] == 200
        writer.close()


async def test_a_chunked_body_is_skipped_as_well(tmp_path: Path) -> None:
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    chunked = head + b'Transfer-Encoding: chunked\r\n\r\n3\r\n{"q\r\n'
    async with running(named, tmp_path, PATCHBAY_MAX_OPERATIONS="1") as server:
        server.door.enter()
        reader, writer = await opened(server.port)
        writer.write(chunked)
        assert (await asyncio.wait_for(read_answer(reader), 3))[0] == 503
        server.door.leave()
        writer.write(b"1\r\n}\r\n0\r\n\r\n" + post(QUERY))
        assert (await asyncio.wait_for(read_answer(reader), 3))[0] == 200
        writer.close()


@pytest.mark.parametrize(
    "request_", [post(QUERY, "Connection: close"), post(QUERY).replace(b"HTTP/1.1", b"HTTP/1.0", 1)]
)
async def test_who_wants_the_connection_closed_has_it_closed(tmp_path: Path, request_: bytes) -> None:
    async with running(named, tmp_path, PATCHBAY_MAX_OPERATIONS="1") as server:
        server.door.enter()
        async with asking(server.port, request_) as reader:
            status, headers, _ = await asyncio.wait_for(read_answer(reader), 3)
            assert (status, headers["connection"]) == (503, "close")
            assert await asyncio.wait_for(reader.read(), 3) == b""


async def test_pipelined_operations_are_taken_or_refused_in_order(tmp_path: Path) -> None:
    async with running(named, tmp_path, PATCHBAY_MAX_OPERATIONS="1") as server:
        server.door.enter()
        async with asking(server.port, post(QUERY) * 3) as reader:
            for _ in range(3):
                assert (await asyncio.wait_for(read_answer(reader), 3))[0] == 503
        server.door.leave()
        async with asking(server.port, post('{ thing(id: "1") { id } }') + post(QUERY) * 2) as reader:
            answers = [await asyncio.wait_for(read_answer(reader), 3) for _ in range(3)]
        assert [status for status, _, _ in answers] == [200, 200, 200]


@pytest.mark.parametrize(
    "request_",
    [
        get(QUERY),
        post(QUERY, "Accept: text/html"),
        post(QUERY, "Accept: text/event-stream"),
        post(QUERY, "Expect: 100-continue"),
        post(QUERY, path="/graphql?x=1"),
        post("mutation { stale(age: 1.5) }"),
        post("{"),
    ],
)
async def test_every_way_of_asking_is_refused(tmp_path: Path, request_: bytes) -> None:
    async with running(named, tmp_path, PATCHBAY_MAX_OPERATIONS="1") as server:
        server.door.enter()
        async with asking(server.port, request_) as reader:
            status, headers, body = await asyncio.wait_for(read_answer(reader), 3)
    assert (status, headers["retry-after"]) == (503, "1")
    assert body["errors"][0]["extensions"]["code"] == "SERVER_BUSY"


async def test_a_refused_client_may_go_away(tmp_path: Path) -> None:
    async with running(named, tmp_path, PATCHBAY_MAX_OPERATIONS="1") as server:
        server.door.enter()
        for _ in range(3):
            async with asking(server.port, post(QUERY)[:-5]) as reader:
                await asyncio.wait_for(read_answer(reader), 3)
        server.door.leave()
        async with asking(server.port, post(QUERY)) as reader:
            assert (await asyncio.wait_for(read_answer(reader), 3))[0] == 200


@pytest.mark.parametrize(("doormen", "turns"), [(DOORMEN, 6), (1, 64)])
def test_many_connections_are_accepted_in_few_turns_of_the_loop(doormen: int, turns: int) -> None:
    """With one descriptor it is one in a turn: in a busy loop, clients would wait for seconds."""
    seen: list[int] = []

    async def accept() -> None:
        loop = asyncio.get_running_loop()
        turn = 0

        class Counting(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                seen.append(turn)
                transport.close()

        listeners = listen(Settings.read({"PORT": str(free_port())}), doormen)
        servers = [await loop.create_server(Counting, sock=listener) for listener in listeners]
        address = listeners[0].getsockname()
        clients = [asyncio.create_task(asyncio.open_connection(*address)) for _ in range(64)]
        while len(seen) < 64:
            turn += 1
            await asyncio.sleep(0)
        for _, writer in await asyncio.gather(*clients):
            writer.close()
            await writer.wait_closed()
        for server in servers:
            server.close()
            await server.wait_closed()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(accept())
    different = len(set(seen))
    assert different <= turns if doormen > 1 else different >= turns
