"""Identical safe calls that are under way are made once, for each who asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from patchbay.caller import Caller
from patchbay.calls import Call, CallPolicy, Limits, Pipeline
from patchbay.errors import UpstreamError, UpstreamTimeout
from patchbay.scope import Scope, enter_scope
from tests.patchbay.calling import GET
from tests.patchbay.wire import Wire, answering, json_reply, reply, silence

SLOW = answering(lambda _: json_reply({}), after_seconds=0.1)


@asynccontextmanager
async def shared(url: str, seconds: float = 3) -> AsyncIterator[Pipeline]:
    policy = CallPolicy(limits=Limits(seconds, concurrency=200), retry=None, breaker=None)
    pipeline = Pipeline("things", url, policy=policy)
    try:
        yield pipeline
    finally:
        await pipeline.close()


async def ask(pipe: Pipeline, call: Call = GET, token: bytes = b"", seconds: float | None = None) -> object:
    scope = Scope(Caller([(b"authorization", token)] if token else []))
    if seconds is not None:
        scope.start_clock(seconds)
    enter_scope(scope)
    try:
        return (await pipe.send(call)).status, sum(scope.calls.values())
    except UpstreamError as error:
        return error


async def test_a_hundred_at_once_make_one_call_for_each_identity() -> None:
    async with Wire(SLOW) as wire, shared(wire.url) as pipe:
        asks = [ask(pipe, token=token) for _ in range(100) for token in (b"", b"Bearer a", b"Bearer b")]
        answers = await asyncio.gather(*asks)
        assert len(wire.requests) == 3
    assert all(isinstance(each, tuple) and each[0] == 200 for each in answers)
    assert sum(each[1] for each in answers if isinstance(each, tuple)) == 3


async def test_nothing_is_kept_after_the_answer() -> None:
    async with Wire(json_reply({})) as wire, shared(wire.url) as pipe:
        for _ in range(3):
            await ask(pipe)
        assert len(wire.requests) == 3


@pytest.mark.parametrize(
    "other",
    [
        Call("GET /things", "GET", "/things?x"),
        Call("GET /things", "GET", "/things", headers={"X": "y"}),
        Call("read", "POST", "/things", safe=True),
        Call("read", "GET", "/things", body=b"x"),
    ],
)
async def test_whatever_differs_is_asked_by_itself(other: Call) -> None:
    async with Wire(SLOW) as wire, shared(wire.url) as pipe:
        await asyncio.gather(ask(pipe), ask(pipe, other))
        assert len(wire.requests) == 2


async def test_writes_are_never_shared() -> None:
    write = Call("POST /things", "POST", "/things", body=b"{}")
    async with Wire(SLOW) as wire, shared(wire.url) as pipe:
        await asyncio.gather(*(ask(pipe, write) for _ in range(5)))
        assert len(wire.requests) == 5


async def test_what_was_asked_before_a_write_does_not_answer_what_is_asked_after_it() -> None:
    async with Wire(silence) as wire, shared(wire.url) as pipe:
        before = asyncio.create_task(ask(pipe))
        await wire.arrived.wait()
        wire.answer = json_reply({})
        await ask(pipe, Call("POST /things", "POST", "/things", body=b"{}"))
        assert await asyncio.wait_for(ask(pipe), 1) == (200, 1)
        before.cancel()


async def test_who_goes_away_takes_nobody_along() -> None:
    async with Wire(silence) as wire, shared(wire.url) as pipe:
        first = asyncio.create_task(ask(pipe))
        await wire.arrived.wait()
        others = [asyncio.create_task(ask(pipe)) for _ in range(10)]
        await asyncio.sleep(0.02)
        wire.answer = SLOW
        first.cancel()
        answers = await asyncio.wait_for(asyncio.gather(*others), 2)
        assert len(wire.requests) == 2
    assert [each[0] for each in answers if isinstance(each, tuple)] == [200] * 10


async def test_who_waits_can_go_away_alone() -> None:
    async with Wire(SLOW) as wire, shared(wire.url) as pipe:
        first = asyncio.create_task(ask(pipe))
        await wire.arrived.wait()
        other = asyncio.create_task(ask(pipe))
        await asyncio.sleep(0.02)
        other.cancel()
        assert await first == (200, 1)


async def test_who_has_little_time_fails_alone() -> None:
    async with Wire(answering(lambda _: json_reply({}), after_seconds=0.3)) as wire, shared(wire.url) as pipe:
        hurried = asyncio.create_task(ask(pipe, seconds=0.1))
        await wire.arrived.wait()
        patient = asyncio.create_task(ask(pipe))
        assert isinstance(await hurried, UpstreamTimeout)
        assert await patient == (200, 1)


async def test_who_joins_waits_inside_their_own_deadline() -> None:
    async with Wire(silence) as wire, shared(wire.url) as pipe:
        first = asyncio.create_task(ask(pipe))
        await wire.arrived.wait()
        error = await asyncio.wait_for(ask(pipe, seconds=0.1), 1)
        assert isinstance(error, UpstreamTimeout)
        first.cancel()


async def test_a_failure_is_everybodys() -> None:
    async def broken(*_: object) -> None:
        await asyncio.sleep(0.05)
        raise ConnectionResetError

    async with Wire(broken) as wire, shared(wire.url, seconds=0.5) as pipe:
        errors = await asyncio.gather(*(ask(pipe) for _ in range(20)))
        assert len(wire.requests) == 1
    assert all(isinstance(error, UpstreamError) for error in errors)


async def test_an_answer_that_is_an_error_is_shared_as_well() -> None:
    slow_503 = answering(lambda _: reply(b"", "503 Down"), after_seconds=0.05)
    async with Wire(slow_503) as wire, shared(wire.url) as pipe:
        answers = await asyncio.gather(*(ask(pipe) for _ in range(20)))
        assert len(wire.requests) == 1
    assert {each[0] for each in answers if isinstance(each, tuple)} == {503}
