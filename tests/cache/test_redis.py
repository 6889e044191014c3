"""Kept records in Redis: shared by replicas, and done without while it is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from patchbay.batch import Batch
from patchbay.cached import Ttl
from patchbay.calls import Resources
from patchbay.calls.cache.store import Codec, Kept
from patchbay.upstreams import Rest
from tests.cache.things import ANN, BEN, Thing, Things, operation, rest, runtime, shown, until
from tests.calls.clock import Clock
from tests.patchbay.wire import Wire
from tests.redis_server import RedisServer

TTL = Ttl(60, missing_seconds=30, stale_if_error_seconds=600)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
async def redis(server: RedisServer) -> RedisServer:
    """A running and empty one."""
    server.kill()
    server.start()
    return server


class Replica:
    """A server's part: an upstream and a read, with a link of its own to Redis."""

    def __init__(self, redis: RedisServer, clock: Clock, ttl: Ttl = TTL, record: type[Any] = Thing) -> None:
        self.link = redis.link()
        self.upstream: Rest = rest()
        self.read: Batch[Any] = self.upstream.batch(
            "GET /things?ids={ids}", record, match="id", max_size=100, cache=ttl
        )
        self.resources = Resources(self.link, single_flight=False, now=clock)

    def is_linked(self) -> bool:
        return not self.link.is_away

    async def sizes(self, *ids: str, caller: Any = ANN) -> list[Any]:
        outcomes, _ = await operation(lambda: self.read(ids), caller)
        return [None if outcome is None else shown(outcome) for outcome in outcomes]


@asynccontextmanager
async def replicas(
    redis: RedisServer, ttl: Ttl = TTL, number: int = 2
) -> AsyncIterator[tuple[Wire, Things, Clock, list[Replica]]]:
    clock, things = Clock(time.time()), Things()
    every = [Replica(redis, clock, ttl) for _ in range(number)]
    async with Wire(things) as wire:
        for each in every:
            await each.upstream.open(runtime(wire.url, each.resources))
        try:
            yield wire, things, clock, every
        finally:
            for each in every:
                await each.upstream.close()
                await each.link.close()


def asked(wire: Wire) -> list[list[str]]:
    return [request.ids() for request in wire.requests]


async def test_what_one_replica_has_read_serves_the_other(redis: RedisServer) -> None:
    async with replicas(redis) as (wire, things, clock, (one, two)):
        things.unknown.add("x")
        assert await one.sizes("a", "b", "x") == [1, 1, None]
        assert await two.sizes("a", "x", "b", "c") == [1, None, 1, 1]
        assert asked(wire) == [["a", "b", "x"], ["c"]]
        assert await two.sizes("a", caller=BEN) == [1]
        assert len(wire.requests) == 3
        clock.pass_seconds(60)
        things.size = 2
        assert await one.sizes("a") == await two.sizes("a") == [2]
        assert len(wire.requests) == 4


async def test_what_one_replica_forgets_the_other_has_forgotten(redis: RedisServer) -> None:
    async with replicas(redis) as (wire, things, _, (one, two)):
        await one.sizes("a", "b")
        await one.sizes("a", caller=BEN)
        things.size = 2
        await two.read.forget(["a"])
        assert await one.sizes("a", "b") == [2, 1]
        assert await one.sizes("a", caller=BEN) == [2]
        things.size = 3
        await one.read.forget()
        assert await two.sizes("a", "b") == [3, 3]
        assert len(wire.requests) == 5


async def test_an_answer_from_before_another_replicas_change_is_not_kept(redis: RedisServer) -> None:
    async with replicas(redis) as (wire, things, _, (one, two)):
        things.may_answer.clear()
        before = asyncio.create_task(one.sizes("a"))
        await asyncio.wait_for(wire.arrived.wait(), 5)
        things.size = 2
        await two.read.forget(["a"])
        things.may_answer.set()
        assert await before == [1]
        assert await one.sizes("a") == await two.sizes("a") == [2]


async def test_both_go_on_by_themselves_when_redis_is_killed_and_share_again_when_it_is_back(
    redis: RedisServer,
) -> None:
    async with replicas(redis) as (wire, things, _, (one, two)):
        await one.sizes("a")
        redis.kill()
        # Each asks once for itself, and keeps that.
        for replica in (one, two):
            assert await replica.sizes("a") == [1]
            assert await replica.sizes("a") == [1]
        assert len(wire.requests) == 3
        things.size = 2
        await one.read.forget(["a"])
        assert await one.sizes("a") == [2]
        assert await two.sizes("a") == [1]
        redis.start()
        await until_back(one, two)
        # It is empty, and knows that the key was forgotten.
        assert await two.sizes("a") == [2]
        things.size = 3
        assert await one.sizes("a") == [2]
        assert asked(wire).count(["a"]) == 5


async def until_back(*some: Replica) -> None:
    """Until each of them asks Redis again; the key is asked for nowhere else."""
    for replica in some:
        await until(replica.is_linked)
        await replica.sizes("other")


async def test_what_is_forgotten_while_redis_is_away_is_forgotten_when_it_is_back(redis: RedisServer) -> None:
    async with replicas(redis) as (_, things, _, (one, two)):
        await one.sizes("a", "b")
        assert await two.sizes("a", "b") == [1, 1]
        redis.pause()
        # What is sent to one that hangs, it does when it goes on. From now on nothing is sent.
        await one.sizes("z")
        things.size = 2
        await one.read.forget(["a"])
        assert await one.sizes("a") == [2]
        redis.resume()
        await until_back(one, two)
        # Redis has kept the old entry all the while.
        assert await two.sizes("a", "b") == [2, 1]


async def test_what_was_kept_in_one_outage_does_not_serve_in_the_next(redis: RedisServer) -> None:
    async with replicas(redis) as (_, things, _, (one, two)):
        redis.kill()
        assert await one.sizes("a") == [1]
        redis.start()
        await until_back(one, two)
        things.size = 2
        await two.read.forget(["a"])
        redis.kill()
        assert await one.sizes("a") == [2]


async def test_a_redis_that_hangs_costs_half_a_second_once(redis: RedisServer) -> None:
    async with replicas(redis, number=1) as (_, _, _, (one,)):
        await one.sizes("a")
        redis.pause()
        try:
            started = time.monotonic()
            assert await one.sizes("a") == [1]
            assert time.monotonic() - started < 1.5
            started = time.monotonic()
            for _ in range(20):
                assert await one.sizes("a") == [1]
            assert time.monotonic() - started < 0.5
        finally:
            redis.resume()


async def test_entries_end_in_redis_by_themselves(redis: RedisServer) -> None:
    async with replicas(redis, Ttl(0.2, missing_seconds=0.1)) as (_, things, _, (one, _)):
        things.unknown.add("x")
        await one.sizes("a", "x")
        client = Redis.from_url(redis.url)
        async with client:
            assert len(await client.keys("patchbay:kept:*")) == 2
            await asyncio.sleep(0.25)
            assert await client.keys("*") == []


async def test_what_cannot_be_read_is_asked_for_anew(redis: RedisServer) -> None:
    async with replicas(redis) as (wire, things, _, (one, two)):
        await one.sizes("a", "b")
        async with Redis.from_url(redis.url) as client:
            for number, name in enumerate(await client.keys("*")):
                await client.set(name, [b"\xc1 junk", msgspec.msgpack.encode(["list"])][number])
        things.size = 2
        assert await two.sizes("a", "b") == [2, 2]
        assert len(wire.requests) == 2


class Grown(msgspec.Struct, frozen=True):
    id: str
    size: int = 0
    colour: str = "unknown"


async def test_a_release_that_changes_the_record_finds_nothing_of_the_old_one(redis: RedisServer) -> None:
    async with replicas(redis) as (wire, _, clock, (one, _)):
        await one.sizes("a")
        newer = Replica(redis, clock, record=Grown)
        await newer.upstream.open(runtime(wire.url, newer.resources))
        outcomes, _ = await operation(lambda: newer.read(["a"]), ANN)
        assert outcomes == [Grown("a", 1)]
        assert len(wire.requests) == 2
        await newer.upstream.close()
        await newer.link.close()


async def test_any_key_can_be_kept(redis: RedisServer) -> None:
    keys = ["", " ", "\0", "ü", "\ud800", "x" * 5000, "*a", "!"]
    async with replicas(redis) as (_, things, _, (one, two)):
        things.unknown.update(keys)
        assert await one.sizes(*keys) == await two.sizes(*keys) == [None] * len(keys)
        await one.read.forget(keys)
        assert await two.sizes(*keys) == [None] * len(keys)


async def test_a_value_without_a_form_in_bytes_is_not_kept_in_redis_and_hurts_nobody(
    redis: RedisServer,
) -> None:
    link = redis.link()
    store = Resources(link).store
    codec: Codec[Any] = Codec(Any)
    now = time.time()
    await store.put_many(
        {"odd": Kept(object(), now, now + 9, ""), "good": Kept("value", now, now + 9, "")}, codec
    )
    odd, good = await store.get_many(["odd", "good"], codec)
    assert odd is None
    assert good is not None
    assert good.value == "value"
    await link.close()
