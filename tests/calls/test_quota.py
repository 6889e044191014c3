"""Quotas: never over them in any window, calls queued inside their deadline, and then refused with a code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.calls import (
    Call,
    CallPolicy,
    Limits,
    PerHour,
    PerMinute,
    PerSecond,
    Pipeline,
    Quota,
    Reply,
    Resources,
)
from patchbay.calls.quota import Allowance, Window
from patchbay.errors import UpstreamBusy, UpstreamError, UpstreamQuota
from patchbay.scope import Scope, enter_scope
from tests.calls.clock import Clock
from tests.patchbay.calling import GET
from tests.patchbay.wire import Request, Wire, answering, json_reply, reply


@asynccontextmanager
async def limited(
    url: str, quota: Quota | None, *, seconds: float = 3, concurrency: int = 20
) -> AsyncIterator[Pipeline]:
    policy = CallPolicy(limits=Limits(seconds, concurrency), quota=quota, retry=None, breaker=None)
    pipeline = Pipeline("things", url, policy=policy, resources=Resources(single_flight=False))
    try:
        yield pipeline
    finally:
        await pipeline.close()


class Arrivals:
    """When each call reached the upstream, in seconds."""

    def __init__(self, answer: bytes | None = None) -> None:
        self.at: list[float] = []
        self.targets: list[str] = []
        self.answer = answer or json_reply({})

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.at.append(time.monotonic())
        self.targets.append(request.target)
        writer.write(self.answer)

    def most_in(self, seconds: float) -> int:
        return most_in_any_window(self.at, seconds)


def most_in_any_window(at: Sequence[float], seconds: float) -> int:
    return max((sum(start <= each < start + seconds for each in at) for start in at), default=0)


async def outcome(pipe: Pipeline, target: str = "/things", *, background: bool = False) -> str:
    enter_scope(Scope(background=background))
    try:
        return str((await pipe.send(Call("GET /things", "GET", target))).status)
    except UpstreamError as error:
        return error.code


async def test_a_burst_is_spread_over_the_windows() -> None:
    arrivals = Arrivals()
    async with Wire(arrivals) as wire, limited(wire.url, Quota(10, 0.3)) as pipe:
        outcomes = await asyncio.gather(*(outcome(pipe) for _ in range(35)))
    assert outcomes == ["200"] * 35
    assert arrivals.most_in(0.3) <= 10


async def test_who_cannot_be_served_in_time_is_refused_at_once() -> None:
    arrivals = Arrivals()
    async with Wire(arrivals) as wire, limited(wire.url, Quota(5, 1), seconds=1.5) as pipe:
        started = time.monotonic()
        calls = [asyncio.create_task(outcome(pipe)) for _ in range(30)]
        done, _ = await asyncio.wait(calls, timeout=0.4)
        refused_at_once = [task.result() for task in done if task.result() != "200"]
        outcomes = await asyncio.gather(*calls)
        took = time.monotonic() - started
    assert refused_at_once == ["UPSTREAM_QUOTA"] * 20
    assert sorted(outcomes) == ["200"] * 10 + ["UPSTREAM_QUOTA"] * 20
    assert took < 2
    assert arrivals.most_in(1) <= 5


async def test_interactive_calls_come_before_background_ones() -> None:
    arrivals = Arrivals()
    async with Wire(arrivals) as wire, limited(wire.url, Quota(1, 0.1), seconds=10) as pipe:
        await outcome(pipe, "/first")
        refreshes = [
            asyncio.create_task(outcome(pipe, f"/background/{number}", background=True))
            for number in range(4)
        ]
        await asyncio.sleep(0.01)
        asks = [asyncio.create_task(outcome(pipe, f"/interactive/{number}")) for number in range(4)]
        await asyncio.gather(*refreshes, *asks)
    assert arrivals.targets == [
        "/first",
        *(f"/interactive/{number}" for number in range(4)),
        *(f"/background/{number}" for number in range(4)),
    ]


async def test_after_a_429_nothing_is_sent_before_its_time() -> None:
    arrivals = Arrivals(reply(b"", "429 Too Many Requests", retry_after="1"))
    async with Wire(arrivals) as wire, limited(wire.url, None) as pipe:
        assert await outcome(pipe) == "429"
        told_at = time.monotonic()
        arrivals.answer = json_reply({})
        assert await asyncio.gather(*(outcome(pipe) for _ in range(5))) == ["200"] * 5
    assert min(arrivals.at[1:]) - told_at >= 0.99


async def test_a_retry_after_beyond_the_deadline_is_an_error_with_the_time() -> None:
    async with Wire(reply(b"", "429 No", retry_after="60")) as wire, limited(wire.url, None) as pipe:
        await outcome(pipe)
        started = time.monotonic()
        with pytest.raises(UpstreamQuota) as caught:
            await pipe.send(GET)
        assert time.monotonic() - started < 0.1
        assert len(wire.requests) == 1
    assert caught.value.retry_after_seconds == pytest.approx(60, abs=1)


async def test_what_the_upstream_says_is_left_counts() -> None:
    """It says after each call that none is left for a second, though more are declared."""
    arrivals = Arrivals(reply(b"{}", x_ratelimit_remaining="0", x_ratelimit_reset="1"))
    async with Wire(arrivals) as wire, limited(wire.url, PerSecond(100), seconds=5) as pipe:
        assert await outcome(pipe) == "200"
        assert await outcome(pipe) == "200"
    assert arrivals.at[1] - arrivals.at[0] >= 0.99


async def test_a_cancelled_waiter_takes_nobodys_turn() -> None:
    arrivals = Arrivals()
    async with Wire(arrivals) as wire, limited(wire.url, Quota(1, 0.2), seconds=5) as pipe:
        await outcome(pipe)
        waiting = [asyncio.create_task(outcome(pipe)) for _ in range(3)]
        await asyncio.sleep(0.01)
        for task in waiting[:2]:
            task.cancel()
        assert await asyncio.wait_for(waiting[2], 1) == "200"
        assert await asyncio.wait_for(outcome(pipe), 1) == "200"
    assert len(arrivals.at) == 3


async def test_a_full_upstream_refuses_at_once_whom_it_cannot_serve() -> None:
    """Two at a time take 0.2 s each: within a second it can serve ten."""
    slow = answering(lambda _: json_reply({}), after_seconds=0.2)
    async with Wire(slow) as wire, limited(wire.url, None, seconds=1, concurrency=2) as pipe:
        for _ in range(15):
            # So that it knows how long a call takes.
            await outcome(pipe)
        started = time.monotonic()
        calls = [asyncio.create_task(outcome(pipe)) for _ in range(40)]
        done, _ = await asyncio.wait(calls, timeout=0.15)
        at_once = [task.result() for task in done]
        outcomes = await asyncio.gather(*calls)
        assert time.monotonic() - started < 1.5
    assert set(at_once) == {UpstreamBusy.code}
    assert len(at_once) >= 20
    assert outcomes.count("200") >= 6


@given(
    calls=st.integers(1, 6),
    steps=st.lists(st.floats(0, 1.5), max_size=60),
)
def test_no_window_ever_holds_more(calls: int, steps: list[float]) -> None:
    clock = Clock()
    window = Window(Quota(calls, 1), clock)
    taken: list[float] = []
    for step in steps:
        clock.pass_seconds(step)
        wait_seconds = window.take()
        if wait_seconds == 0:
            taken.append(clock.now)
        else:
            assert 0 < wait_seconds < 1.1 + 1e-6
            clock.pass_seconds(wait_seconds + 1e-9)
            assert window.take() == 0
            taken.append(clock.now)
    assert most_in_any_window(taken, 1) <= calls


@given(calls=st.integers(1, 5), number=st.integers(1, 40))
def test_the_wait_that_is_told_is_the_wait_that_comes(calls: int, number: int) -> None:
    clock = Clock()
    window = Window(Quota(calls, 1), clock)
    for _ in range(3):
        window.take()
    told = window.seconds_for(number)
    started = clock.now
    for _ in range(number):
        while (wait_seconds := window.take()) > 0:
            clock.pass_seconds(wait_seconds + 1e-9)
    assert clock.now - started == pytest.approx(told, abs=1e-6)


def test_the_units_are_what_they_say() -> None:
    assert (PerSecond(5), PerMinute(5), PerHour(5)) == (Quota(5, 1), Quota(5, 60), Quota(5, 3600))


@pytest.mark.parametrize("quota", [PerSecond(0), PerMinute(-1), Quota(5, 0)])
def test_a_quota_that_allows_nothing_is_a_problem(quota: Quota) -> None:
    assert quota.problems()


async def test_a_pause_is_over_in_its_time() -> None:
    clock = Clock()
    allowance = Allowance(None, clock=clock)
    assert allowance.is_open
    await allowance.observe(Reply(200, {"ratelimit": '"a";r=2;t=10'}, b""), under_way=0)
    assert [allowance.take() for _ in range(3)] == [0, 0, 10]
    clock.pass_seconds(10)
    assert allowance.take() == 0
    assert allowance.is_open


async def test_calls_under_way_are_taken_off_what_is_left() -> None:
    allowance = Allowance(None, clock=Clock())
    await allowance.observe(Reply(200, {"ratelimit": '"a";r=3;t=10'}, b""), under_way=2)
    assert [allowance.take() for _ in range(2)] == [0, 10]
