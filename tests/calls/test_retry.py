"""Retries: safe calls only, within a budget, after a pause of random length."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from patchbay.calls import Call, CallPolicy, Limits, Pipeline, Resources, Retry
from patchbay.calls.retry import Budget
from patchbay.errors import UpstreamUnavailable
from tests.patchbay.calling import GET
from tests.patchbay.wire import Request, Wire, cut_off, json_reply, reply

DOWN = reply(b"", "503 Service Unavailable")
QUICK = Retry(pause_seconds=0.001, max_pause_seconds=0.002)


@asynccontextmanager
async def retrying(url: str, retry: Retry = QUICK, seconds: float = 3) -> AsyncIterator[Pipeline]:
    policy = CallPolicy(limits=Limits(deadline_seconds=seconds), retry=retry, breaker=None)
    pipeline = Pipeline("things", url, policy=policy, resources=Resources(single_flight=False))
    try:
        yield pipeline
    finally:
        await pipeline.close()


class Answers:
    """One answer after the other; the last one for all that follow."""

    def __init__(self, *answers: bytes) -> None:
        self.left = list(answers)

    async def __call__(self, _: Request, writer: asyncio.StreamWriter) -> None:
        answer = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        writer.write(answer)
        if not answer:
            writer.close()


@pytest.mark.parametrize("failure", [DOWN, reply(b"", "502 Bad Gateway"), reply(b"", "504 Late"), b""])
async def test_a_safe_call_is_made_again(failure: bytes) -> None:
    async with Wire(Answers(failure, failure, json_reply({}))) as wire, retrying(wire.url) as pipe:
        assert (await pipe.send(GET)).status == 200
    assert len(wire.requests) == 3


async def test_three_times_in_all() -> None:
    async with Wire(DOWN) as wire, retrying(wire.url) as pipe:
        assert (await pipe.send(GET)).status == 503
    assert len(wire.requests) == 3


@pytest.mark.parametrize("status", ["500 Broken", "400 Bad", "401 Who", "404 Gone", "302 Moved", "501 Not"])
async def test_an_answer_that_will_not_change_is_taken(status: str) -> None:
    async with Wire(reply(b"", status)) as wire, retrying(wire.url) as pipe:
        await pipe.send(GET)
    assert len(wire.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("answer", [DOWN, cut_off(b""), cut_off(b"HTTP/1.1 200 OK\r\n")])
async def test_a_write_is_made_once(method: str, answer: bytes) -> None:
    async with Wire(answer) as wire, retrying(wire.url) as pipe:
        with suppress(UpstreamUnavailable):
            await pipe.send(Call("write", method, "/things", body=b"{}"))
        assert len(wire.requests) == 1
        # Also on a connection that was kept from a call before.
        wire.answer = json_reply({})
        await pipe.send(GET)
        wire.answer = answer
        with suppress(UpstreamUnavailable):
            await pipe.send(Call("write", method, "/things", body=b"{}"))
        assert len(wire.requests) == 3


async def test_a_read_by_post_that_is_declared_safe_is_made_again() -> None:
    async with Wire(Answers(DOWN, json_reply({}))) as wire, retrying(wire.url) as pipe:
        assert (await pipe.send(Call("search", "POST", "/search", body=b"{}", safe=True))).status == 200
    assert [request.body for request in wire.requests] == [b"{}"] * 2


async def test_the_pauses_end_at_the_deadline() -> None:
    slow = Retry(attempts=100, burst=100, pause_seconds=0.2, max_pause_seconds=0.2)
    async with Wire(DOWN) as wire, retrying(wire.url, slow, seconds=0.5) as pipe:
        started = time.monotonic()
        with pytest.raises(Exception, match="no answer within"):
            await pipe.send(GET)
    assert time.monotonic() - started < 1


async def test_retry_after_is_kept_to() -> None:
    busy = reply(b"", "503 Service Unavailable", retry_after="1")
    async with Wire(Answers(busy, json_reply({}))) as wire, retrying(wire.url) as pipe:
        started = time.monotonic()
        assert (await pipe.send(GET)).status == 200
    assert 1.0 <= time.monotonic() - started < 2
    assert len(wire.requests) == 2


async def test_a_retry_after_beyond_the_deadline_is_not_waited_for() -> None:
    busy = reply(b"", "503 Service Unavailable", retry_after="60")
    async with Wire(busy) as wire, retrying(wire.url) as pipe:
        started = time.monotonic()
        assert (await pipe.send(GET)).status == 503
    assert time.monotonic() - started < 0.5
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("failing", "budget", "least", "load"), [(0.05, 0.2, 0.999, 1.07), (0.3, 0.2, 0.82, 1.22)]
)
def test_the_budget_bounds_the_load(failing: float, budget: float, least: float, load: float) -> None:
    chance = random.Random(7)
    left = Budget(Retry(budget=budget))
    calls, attempts, well = 20_000, 0, 0
    for _ in range(calls):
        left.save()
        number = 1
        while True:
            attempts += 1
            if chance.random() >= failing:
                well += 1
                break
            if left.pause_seconds(number) is None:
                break
            number += 1
    assert well / calls >= least
    assert attempts / calls <= load


def test_pauses_are_of_random_length_up_to_the_longest() -> None:
    budget = Budget(Retry(attempts=10, burst=1000, pause_seconds=0.1, max_pause_seconds=0.3))
    for attempt, longest in ((1, 0.1), (2, 0.2), (3, 0.3), (9, 0.3)):
        pauses = [budget.pause_seconds(attempt) for _ in range(50)]
        assert all(pause is not None and 0 <= pause <= longest for pause in pauses)
        assert len(set(pauses)) > 40
