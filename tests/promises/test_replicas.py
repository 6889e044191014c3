"""Two server processes over one Redis share a quota and what they keep; with Redis killed, both go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.promises import operations
from tests.promises.graph.options import DEADLINE_SECONDS, KEPT, QUOTA, QUOTA_PER_SECOND
from tests.promises.load import FINE, Answer, open_loop, outcomes
from tests.promises.server import Server
from tests.promises.world import World
from tests.redis_server import RedisServer

PER_SECOND = 80
"""Of each server's clients: together far above the quota."""

SECONDS = 4.0
MOST = int(QUOTA_PER_SECOND * 1.05)
LEAST_SHARE = 0.8
CUSTOMERS = 20
QUOTA_CODE = "UPSTREAM_QUOTA"


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as redis:
        yield redis


@asynccontextmanager
async def two_servers(world: World, case: str, redis: RedisServer | None) -> AsyncIterator[list[Server]]:
    settings = {"PATCHBAY_REPLICAS": "2"} | ({"PATCHBAY_REDIS_URL": redis.url} if redis else {})
    async with world.server(case, settings=settings) as one, world.server(case, settings=settings) as other:
        yield [one, other]


async def crowds(servers: list[Server], seconds: float) -> list[list[Answer]]:
    """The answers of each server, whose clients ask different things."""

    def load(number: int, server: Server) -> asyncio.Future[list[Answer]]:
        return asyncio.ensure_future(
            open_loop(
                server.client,
                lambda each: operations.customer(2 * each + number),
                per_second=PER_SECOND,
                seconds=seconds,
            )
        )

    return await asyncio.gather(*(load(number, server) for number, server in enumerate(servers)))


async def test_they_share_one_quota(world: World, redis: RedisServer) -> None:
    async with two_servers(world, QUOTA, redis) as servers:
        answers = await crowds(servers, SECONDS)
        seen = world["crm"].seen()
    assert seen.most_within(1.0) <= MOST
    told = outcomes(answers[0] + answers[1])
    assert told[FINE] >= LEAST_SHARE * QUOTA_PER_SECOND * (SECONDS + DEADLINE_SECONDS)
    assert set(told) <= {FINE, QUOTA_CODE, "UPSTREAM_TIMEOUT"}
    assert all(outcomes(each)[FINE] for each in answers)


async def test_without_redis_and_without_a_word_of_the_other_each_takes_all_of_it(world: World) -> None:
    """The mutant: what the test above sees where nothing is shared."""
    async with world.server(QUOTA) as one, world.server(QUOTA) as other:
        await crowds([one, other], SECONDS)
        assert world["crm"].seen().most_within(1.0) > MOST


async def test_they_share_what_they_keep(world: World, redis: RedisServer) -> None:
    async with two_servers(world, KEPT, redis) as (one, other):
        for server in (one, other):
            answers = await asyncio.gather(
                *(server.client.ask(operations.kept(each)) for each in range(CUSTOMERS))
            )
            assert outcomes(answers) == {FINE: CUSTOMERS}
            # All of them were asked for by the first.
            assert world["crm"].counts().requests == CUSTOMERS


async def test_without_redis_each_asks_for_itself(world: World) -> None:
    async with two_servers(world, KEPT, None) as (one, other):
        for server in (one, other):
            await asyncio.gather(*(server.client.ask(operations.kept(each)) for each in range(CUSTOMERS)))
        assert world["crm"].counts().requests == 2 * CUSTOMERS


async def test_with_redis_killed_both_go_on_within_the_quota(world: World, redis: RedisServer) -> None:
    async with two_servers(world, QUOTA, redis) as servers:
        load = asyncio.ensure_future(crowds(servers, 2 * SECONDS))
        await asyncio.sleep(SECONDS)
        redis.kill()
        killed_at = time.monotonic()
        answers = await load
        seen = world["crm"].seen()
    assert seen.most_within(1.0) <= MOST
    for each in answers:
        after = outcomes(answer for answer in each if answer.at > killed_at)
        assert set(after) <= {FINE, QUOTA_CODE, "UPSTREAM_TIMEOUT"}
        # Its half of the quota.
        assert after[FINE] >= LEAST_SHARE * QUOTA_PER_SECOND / 2 * (SECONDS - 1)


async def test_with_redis_killed_both_go_on_keeping(world: World, redis: RedisServer) -> None:
    async with two_servers(world, KEPT, redis) as servers:
        for killed in (False, True):
            if killed:
                redis.kill()
            for server in servers:
                answers = await asyncio.gather(
                    *(server.client.ask(operations.kept(each)) for each in range(CUSTOMERS))
                )
                assert outcomes(answers) == {FINE: CUSTOMERS}
