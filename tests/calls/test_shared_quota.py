"""A quota in Redis: one window for all replicas, and each goes on by its share without it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from patchbay.calls import CallPolicy, Limits, Pipeline, Quota, Resources
from patchbay.calls.redis import RedisAway, RedisLink
from patchbay.calls.shared_quota import SharedWindow
from patchbay.environment import Secret
from patchbay.errors import UpstreamError
from tests.calls.test_quota import Arrivals, most_in_any_window
from tests.patchbay.calling import GET
from tests.patchbay.wire import Wire, reply
from tests.redis_server import RedisServer


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
async def links(redis: RedisServer) -> AsyncIterator[list[RedisLink]]:
    made = [redis.link() for _ in range(2)]
    yield made
    for link in made:
        await link.close()


def pipeline(url: str, quota: Quota, link: RedisLink | None, seconds: float = 3) -> Pipeline:
    policy = CallPolicy(limits=Limits(seconds), quota=quota, retry=None, breaker=None)
    return Pipeline("things", url, policy=policy, resources=Resources(link, single_flight=False, replicas=2))


async def outcome(pipe: Pipeline) -> str:
    try:
        return str((await pipe.send(GET)).status)
    except UpstreamError as error:
        return error.code


async def test_two_replicas_never_pass_the_quota_together(links: list[RedisLink]) -> None:
    arrivals = Arrivals()
    async with Wire(arrivals) as wire:
        pipes = [pipeline(wire.url, Quota(10, 0.4), link) for link in links]
        outcomes = await asyncio.gather(*(outcome(pipe) for _ in range(20) for pipe in pipes))
        for pipe in pipes:
            await pipe.close()
    assert outcomes == ["200"] * 40
    assert most_in_any_window(arrivals.at, 0.4) <= 10


async def test_without_the_shared_window_they_would() -> None:
    """The same with a window for each: the test above can fail."""
    arrivals = Arrivals()
    async with Wire(arrivals) as wire:
        pipes = [pipeline(wire.url, Quota(10, 0.4), None) for _ in range(2)]
        await asyncio.gather(*(outcome(pipe) for _ in range(20) for pipe in pipes))
        for pipe in pipes:
            await pipe.close()
    assert most_in_any_window(arrivals.at, 0.4) > 10


async def test_a_pause_that_one_is_told_holds_for_all(links: list[RedisLink]) -> None:
    arrivals = Arrivals(reply(b"", "429 Too Many Requests", retry_after="1"))
    async with Wire(arrivals) as wire:
        first, second = (pipeline(wire.url, Quota(100, 1), link) for link in links)
        assert await outcome(first) == "429"
        told_at = time.monotonic()
        arrivals.answer = reply(b"{}")
        assert await outcome(second) == "200"
        await first.close()
        await second.close()
    assert arrivals.at[1] - told_at >= 0.95


async def test_with_redis_gone_each_takes_its_share(redis: RedisServer, links: list[RedisLink]) -> None:
    arrivals = Arrivals()
    async with Wire(arrivals) as wire:
        pipes = [pipeline(wire.url, Quota(10, 0.5), link, seconds=5) for link in links]
        assert [await outcome(pipe) for pipe in pipes] == ["200"] * 2
        redis.kill()
        started = time.monotonic()
        outcomes = await asyncio.gather(*(outcome(pipe) for _ in range(10) for pipe in pipes))
        took = time.monotonic() - started
        for pipe in pipes:
            await pipe.close()
    assert outcomes == ["200"] * 20
    assert most_in_any_window(arrivals.at, 0.5) <= 10
    assert took < 3


async def test_who_had_more_than_its_share_is_no_reason_for_others_to_pass_the_quota(
    redis: RedisServer, links: list[RedisLink]
) -> None:
    one, other = (SharedWindow("things", Quota(10, 1.0), Resources(link, replicas=2)) for link in links)
    assert [await one.take() for _ in range(8)] == [0.0] * 8
    assert [await other.take() for _ in range(2)] == [0.0] * 2
    redis.kill()
    # By its share alone the other one would take three more.
    assert await other.take() > 0
    assert await one.take() > 0
    await asyncio.sleep(1.2)
    taken = [await each.take() for each in (one, other) for _ in range(6)]
    assert [wait == 0.0 for wait in taken] == [*[True] * 5, False] * 2


async def test_what_nobody_had_is_divided(redis: RedisServer, links: list[RedisLink]) -> None:
    one, other = (SharedWindow("things", Quota(10, 60), Resources(link, replicas=2)) for link in links)
    assert [await each.take() for each in (one, other)] == [0.0] * 2
    redis.kill()
    taken = [await each.take() for _ in range(5) for each in (one, other)]
    assert sum(wait == 0.0 for wait in taken) == 8


async def test_a_redis_that_comes_back_empty_gives_nothing_twice(
    redis: RedisServer, links: list[RedisLink]
) -> None:
    one, other = (SharedWindow("things", Quota(10, 60), Resources(link, replicas=2)) for link in links)
    redis.kill()
    taken = [await each.take() for _ in range(5) for each in (one, other)]
    assert taken == [0.0] * 10
    redis.start()
    await asyncio.sleep(1.2)
    again = [await each.take() for _ in range(5) for each in (one, other)]
    # The first one of each finds out that it is there.
    assert sum(wait == 0.0 for wait in again) <= 2


async def test_a_redis_that_hangs_costs_each_call_little(redis: RedisServer, links: list[RedisLink]) -> None:
    async with Wire(Arrivals()) as wire:
        pipe = pipeline(wire.url, Quota(1000, 1), links[0])
        await outcome(pipe)
        redis.pause()
        try:
            started = time.monotonic()
            assert [await outcome(pipe) for _ in range(20)] == ["200"] * 20
            assert time.monotonic() - started < 1
        finally:
            redis.resume()
        await pipe.close()


async def test_after_its_return_it_is_used_again(redis: RedisServer, links: list[RedisLink]) -> None:
    window = SharedWindow("things", Quota(5, 0.5), Resources(links[0], replicas=5))
    redis.kill()
    assert await window.take() == 0
    assert links[0].is_away
    with pytest.raises(RedisAway):
        await links[0].ask(lambda client: client.ping())
    redis.start()
    await asyncio.sleep(1.05)
    assert await window.take() == 0
    # One window later, what was taken without it is over, and all of the quota is there again.
    await asyncio.sleep(0.7)
    assert [await window.take() for _ in range(5)] == [0] * 5
    assert await window.take() > 0.3
    assert not links[0].is_away


async def test_a_cancelled_ask_leaves_no_reply_for_others(redis: RedisServer, links: list[RedisLink]) -> None:
    link = links[0]
    await link.ask(lambda client: client.set("a", "of a"))
    await link.ask(lambda client: client.set("b", "of b"))
    for number in range(200):
        asking = asyncio.create_task(link.ask(lambda client: client.get("a")))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        asking.cancel()
        assert await link.ask(lambda client: client.get("b")) == b"of b"


def test_the_address_is_in_no_repr(redis: RedisServer) -> None:
    link = RedisLink(Secret("redis://:canary-pw@127.0.0.1:1/0", "PATCHBAY_REDIS_URL"))
    assert "canary" not in repr(link)
    assert "canary" not in repr(Resources(link))


async def test_more_asks_at_once_than_connections_are_no_outage(links: list[RedisLink]) -> None:
    link = links[0]
    brought = await asyncio.gather(*(link.ask(lambda client: client.incr("n")) for _ in range(500)))
    assert sorted(brought) == list(range(1, 501))
    assert not link.is_away
