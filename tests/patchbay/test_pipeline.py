"""What surrounds a call: deadline, concurrency, isolation, cancellation."""

from __future__ import annotations

import asyncio
import time

import pytest

from patchbay.calls import Limits, Pipeline
from patchbay.errors import UpstreamBusy, UpstreamError, UpstreamTimeout
from patchbay.scope import Scope, enter_scope
from tests.patchbay.calling import GET, assert_safe, pipeline_to
from tests.patchbay.wire import Request, Wire, answering, json_reply, reply, silence


async def outcome(pipeline: Pipeline) -> UpstreamError | int:
    try:
        return (await pipeline.send(GET)).status
    except UpstreamError as error:
        return error


async def one_byte_at_a_time(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def test_the_deadline_is_for_the_whole_body() -> None:
    async with Wire(one_byte_at_a_time) as wire, pipeline_to(wire.url, Limits(deadline_seconds=0.5)) as pipe:
        started = time.monotonic()
        error = await outcome(pipe)
        took = time.monotonic() - started
    assert isinstance(error, UpstreamTimeout)
    assert error.code == "UPSTREAM_TIMEOUT"
    assert_safe(error)
    assert 0.45 <= took <= 0.8


async def test_a_silent_upstream_ends_at_the_deadline() -> None:
    async with Wire(silence) as wire, pipeline_to(wire.url, Limits(deadline_seconds=0.2)) as pipe:
        error = await outcome(pipe)
        await asyncio.wait_for(wire.abandoned.wait(), 2)
    assert isinstance(error, UpstreamTimeout)
    assert str(error) == "things: no answer within 0.2 s"


async def test_the_operations_deadline_shortens_that_of_the_call() -> None:
    scope = Scope()
    scope.start_clock(0.2)
    enter_scope(scope)
    async with Wire(silence) as wire, pipeline_to(wire.url, Limits(deadline_seconds=30)) as pipe:
        started = time.monotonic()
        error = await outcome(pipe)
        took = time.monotonic() - started
    assert isinstance(error, UpstreamTimeout)
    assert took < 1


async def test_the_calls_deadline_stands_when_the_operation_has_more_time() -> None:
    scope = Scope()
    scope.start_clock(30)
    enter_scope(scope)
    async with Wire(silence) as wire, pipeline_to(wire.url, Limits(deadline_seconds=0.2)) as pipe:
        assert str(await outcome(pipe)) == "things: no answer within 0.2 s"


async def test_nothing_is_sent_when_the_operations_deadline_has_passed() -> None:
    scope = Scope()
    scope.start_clock(0)
    enter_scope(scope)
    async with Wire(reply(b"{}")) as wire, pipeline_to(wire.url) as pipe:
        error = await outcome(pipe)
        await asyncio.sleep(0.05)
    assert isinstance(error, UpstreamTimeout)
    assert wire.requests == []


async def test_not_even_an_open_connection_carries_a_call_when_no_time_is_left() -> None:
    scope = Scope()
    enter_scope(scope)
    async with Wire(reply(b"{}")) as wire, pipeline_to(wire.url) as pipe:
        assert await outcome(pipe) == 200
        scope.start_clock(0)
        errors = [await outcome(pipe) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert (len(wire.requests), wire.connections) == (1, 1)
    assert [str(error) for error in errors] == ["things: no answer within 0 s"] * 3
    assert scope.calls == {("things", "GET /things"): 1}


async def test_no_more_calls_are_under_way_than_the_limit() -> None:
    slow = answering(lambda _: json_reply({}), after_seconds=0.05)
    async with Wire(slow) as wire, pipeline_to(wire.url, Limits(concurrency=3)) as pipe:
        outcomes = await asyncio.gather(*(outcome(pipe) for _ in range(12)))
    assert outcomes == [200] * 12
    assert wire.most_under_way == 3
    assert wire.connections <= 3


async def test_waiting_for_a_free_place_ends_as_busy_and_waiting_for_an_answer_as_timeout() -> None:
    async def in_a_hurry(pipe: Pipeline) -> UpstreamError | int:
        scope = Scope()
        scope.start_clock(0.1)
        enter_scope(scope)
        return await outcome(pipe)

    limits = Limits(deadline_seconds=0.5, concurrency=2)
    async with Wire(silence) as wire, pipeline_to(wire.url, limits) as pipe:
        calls = [outcome(pipe), outcome(pipe), *(in_a_hurry(pipe) for _ in range(3))]
        errors = await asyncio.gather(*calls)
    codes = [error.code for error in errors if isinstance(error, UpstreamError)]
    assert codes == ["UPSTREAM_TIMEOUT"] * 2 + ["UPSTREAM_BUSY"] * 3
    assert isinstance(errors[4], UpstreamBusy)
    assert "all 2 concurrent calls" in str(errors[4])
    assert_safe(errors[4])
    assert len(wire.requests) == 2


async def test_places_are_free_again_after_failures_and_cancellations() -> None:
    limits = Limits(deadline_seconds=0.2, concurrency=1)
    async with Wire(silence) as wire, pipeline_to(wire.url, limits) as pipe:
        await outcome(pipe)
        wire.arrived.clear()
        call = asyncio.create_task(outcome(pipe))
        await asyncio.wait_for(wire.arrived.wait(), 2)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        wire.answer = reply(b"{}")
        assert await outcome(pipe) == 200


async def test_cancelling_a_call_closes_its_connection_at_the_upstream() -> None:
    async with Wire(silence) as wire, pipeline_to(wire.url) as pipe:
        call = asyncio.create_task(outcome(pipe))
        await asyncio.wait_for(wire.arrived.wait(), 2)
        started = time.monotonic()
        call.cancel()
        await asyncio.wait_for(wire.abandoned.wait(), 2)
        assert time.monotonic() - started < 0.25
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_hanging_upstream_does_not_slow_another_one() -> None:
    async def time_twenty(pipe: Pipeline) -> float:
        started = time.monotonic()
        assert [await outcome(pipe) for _ in range(20)] == [200] * 20
        return time.monotonic() - started

    quick = answering(lambda _: json_reply({}), after_seconds=0.01)
    async with (
        Wire(silence) as hanging,
        Wire(quick) as well,
        pipeline_to(hanging.url, Limits(deadline_seconds=30, concurrency=5)) as stuck,
        pipeline_to(well.url) as running,
    ):
        alone = await time_twenty(running)
        waiting = [asyncio.create_task(outcome(stuck)) for _ in range(50)]
        await asyncio.wait_for(hanging.arrived.wait(), 2)
        beside = await time_twenty(running)
        for call in waiting:
            call.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert beside < 3 * alone


async def test_calls_are_counted_by_upstream_and_operation() -> None:
    scope = Scope()
    enter_scope(scope)
    async with Wire(reply(b"{}")) as wire, pipeline_to(wire.url) as pipe:
        await asyncio.gather(*(outcome(pipe) for _ in range(3)))
    assert scope.calls == {("things", "GET /things"): 3}
    assert scope.calls_by_source() == {"things": 3}
