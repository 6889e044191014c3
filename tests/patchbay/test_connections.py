"""Connections are kept and used again, and a call is repeated only where nothing can have come of it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvloop

from patchbay.calls import Call, Limits, Pipeline, pool
from patchbay.calls.tls import tls_context
from patchbay.errors import UpstreamError, UpstreamUnavailable
from tests.patchbay.calling import GET, assert_safe, pipeline_to
from tests.patchbay.wire import Answer, Request, Wire, reply

WRITES = [Call(f"{method} /things", method, "/things") for method in ("POST", "PUT", "PATCH", "DELETE")]
LIMITS = Limits(deadline_seconds=3)


def once(then: Callable[[asyncio.StreamWriter], None]) -> Answer:
    """Answers the first request of each connection, and at its second one does that instead."""
    seen: Counter[int] = Counter()
    writers: list[asyncio.StreamWriter] = []

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        seen[id(writer)] += 1
        if seen[id(writer)] == 1:
            writer.write(reply(b"well"))
        else:
            then(writer)

    return answer


def close(writer: asyncio.StreamWriter) -> None:
    writer.close()


def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def half_a_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Half: ")
    writer.close()


async def failure(pipe: Pipeline, call: Call = GET) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await pipe.send(call)
    assert_safe(caught.value)
    return caught.value


class TestAConnectionThatTheServerCloses:
    @pytest.mark.parametrize("ending", [close, reset])
    async def test_a_read_is_made_again_on_a_new_one(self, ending: Callable[[Any], None]) -> None:
        async with Wire(once(ending)) as wire, pipeline_to(wire.url, LIMITS) as pipe:
            assert [(await pipe.send(GET)).body for _ in range(2)] == [b"well"] * 2
            assert (len(wire.requests), wire.connections) == (3, 2)

    @pytest.mark.parametrize("write", WRITES, ids=lambda call: call.method)
    @pytest.mark.parametrize("ending", [close, reset])
    async def test_a_write_is_never_made_again(self, ending: Callable[[Any], None], write: Call) -> None:
        async with Wire(once(ending)) as wire, pipeline_to(wire.url, LIMITS) as pipe:
            await pipe.send(GET)
            assert isinstance(await failure(pipe, write), UpstreamUnavailable)
            await asyncio.sleep(0.05)
            assert [request.method for request in wire.requests] == ["GET", write.method]

    async def test_a_read_whose_answer_has_begun_is_not_made_again(self) -> None:
        async with Wire(once(half_a_head)) as wire, pipeline_to(wire.url, LIMITS) as pipe:
            await pipe.send(GET)
            await failure(pipe)
            assert len(wire.requests) == 2

    async def test_a_read_is_made_again_once_and_only_on_a_connection_that_has_served_before(self) -> None:
        async with Wire(reply(b"well")) as wire, pipeline_to(wire.url, LIMITS) as pipe:
            await pipe.send(GET)

            async def closing(request: Request, writer: asyncio.StreamWriter) -> None:
                writer.close()

            wire.answer = closing
            await failure(pipe)
            assert len(wire.requests) == 3
            await failure(pipe)
            assert len(wire.requests) == 4

    async def test_one_that_was_closed_while_idle_carries_no_call(self) -> None:
        async def answer_and_close(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(reply(b"well"))
            await writer.drain()
            writer.close()

        async with Wire(answer_and_close) as wire, pipeline_to(wire.url, LIMITS) as pipe:
            for write in WRITES:
                assert (await pipe.send(write)).status == 200
                await asyncio.wait_for(wire.all_closed.wait(), 2)
                await asyncio.sleep(0.01)
            assert len(wire.requests) == len(WRITES)


class TestKeeping:
    async def test_an_idle_connection_is_not_kept_for_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with Wire(reply(b"well")) as wire, pipeline_to(wire.url) as pipe:
            await asyncio.gather(*(pipe.send(GET) for _ in range(3)))
            assert wire.connections == 3
            monkeypatch.setattr(pool, "KEEP_SECONDS", 0.05)
            await asyncio.sleep(0.1)
            await pipe.send(GET)
            assert wire.connections == 4
            await asyncio.sleep(0.05)
            assert wire.open_connections == 1

    @pytest.mark.parametrize("late_seconds", [0, 0.02])
    async def test_one_on_which_more_than_the_answer_came_is_not_used_again(
        self, late_seconds: float
    ) -> None:
        async def twice(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(reply(b"well"))
            if late_seconds:
                await writer.drain()
                await asyncio.sleep(late_seconds)
            writer.write(reply(b"not asked for"))

        async with Wire(twice) as wire, pipeline_to(wire.url, LIMITS) as pipe:
            for _ in range(3):
                assert (await pipe.send(GET)).body == b"well"
                await asyncio.sleep(3 * late_seconds)
            assert wire.connections == 3

    async def test_an_answer_before_the_end_of_the_request_does_not_spoil_the_next_call(self) -> None:
        connections = 0

        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            with contextlib.closing(writer):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(reply(b"", "413 Content Too Large"))
                await asyncio.sleep(0.2)

        big = Call("POST /things", "POST", "/things", body=bytes(20_000_000))
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with contextlib.AsyncExitStack() as stack:
                pipe = await stack.enter_async_context(pipeline_to(url, LIMITS))
                assert (await pipe.send(big)).status == 413
                assert (await pipe.send(WRITES[0])).status == 413
        assert connections == 2

    async def test_closing_breaks_off_the_calls_under_way(self) -> None:
        async def never(request: Request, writer: asyncio.StreamWriter) -> None:
            await asyncio.Event().wait()

        async with Wire(never) as wire:
            async with pipeline_to(wire.url) as pipe:
                call = asyncio.create_task(failure(pipe))
                await asyncio.wait_for(wire.arrived.wait(), 2)
            async with asyncio.timeout(1):
                assert (await call).code == "UPSTREAM_UNAVAILABLE"


class TestFindingTheHost:
    async def test_the_next_address_is_tried_and_names_are_looked_up_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loop = asyncio.get_running_loop()
        lookups = 0
        async with Wire(reply(b"well")) as wire:
            port = int(wire.url.rpartition(":")[2])
            own = await loop.getaddrinfo("127.0.0.1", port, type=1)

            async def look_up(*_: object, **__: object) -> Any:
                nonlocal lookups
                lookups += 1
                await asyncio.sleep(0.01)
                return [(*own[0][:4], ("127.0.0.2", port)), *own]

            monkeypatch.setattr(loop, "getaddrinfo", look_up)
            async with pipeline_to(f"http://localhost:{port}", LIMITS) as pipe:
                replies = await asyncio.gather(*(pipe.send(GET) for _ in range(5)))
        assert [answer.body for answer in replies] == [b"well"] * 5
        assert wire.requests[0].headers["host"] == f"localhost:{port}"
        assert lookups == 1


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[trustme.CA]:
    """A certificate authority that the system trusts."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls_context.cache_clear()
    yield ca
    tls_context.cache_clear()


def certified(ca: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    return context


LOOPS = pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)


@LOOPS
def test_tls_proves_the_host_and_the_connection_is_kept(
    authority: trustme.CA, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def calls() -> None:
        async with Wire(reply(b"well"), tls=certified(authority, "127.0.0.1")) as wire:
            async with pipeline_to(wire.url, LIMITS) as pipe:
                assert [(await pipe.send(GET)).body for _ in range(3)] == [b"well"] * 3
                assert wire.connections == 1
            await asyncio.wait_for(wire.all_closed.wait(), 2)
        async with Wire(reply(b"well"), tls=certified(authority, "things.example")) as wire:
            async with pipeline_to(wire.url, LIMITS) as pipe:
                assert str(await failure(pipe)) == "things: TLS failed"
            assert wire.requests == []

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(calls())


@LOOPS
def test_a_server_that_leaves_tls_unanswered_is_given_up_at_the_deadline(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def calls() -> None:
        gone = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()
            gone.set()

        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with pipeline_to(url, Limits(deadline_seconds=0.2)) as pipe:
                assert str(await failure(pipe)) == "things: no answer within 0.2 s"
                await asyncio.wait_for(gone.wait(), 2)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(calls())


@LOOPS
def test_any_event_loop_will_do(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def calls() -> None:
        async with Wire(once(close)) as wire, pipeline_to(wire.url, LIMITS) as pipe:
            assert [(await pipe.send(GET)).body for _ in range(2)] == [b"well"] * 2
            await failure(pipe, WRITES[0])
            wire.answer = reply(b"x" * 3_000_000)
            assert len((await pipe.send(GET)).body) == 3_000_000
        async with pipeline_to(wire.url, LIMITS) as pipe:
            assert str(await failure(pipe)) == "things: connection refused or host not found"

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(calls())
