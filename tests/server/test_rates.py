"""How often one identity and one address may ask, whoever else asks."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import httpx2
import pytest

from patchbay.server import Settings
from patchbay.server.rates import BURST_SECONDS, SHARED, Rate, RateLimited, RateLimits
from tests.patchbay.wire import Request
from tests.server.things import named, running

QUERY = "{ kept }"
ALICE, BOB = "a" * 64, "b" * 64


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(limits: RateLimits, identity: str, address: str, times: int) -> int:
    """How many of so many operations at once are taken."""
    return sum(limits.refuses(identity, address) is None for _ in range(times))


def test_without_limits_everything_is_taken(clock: Clock) -> None:
    assert taken(RateLimits(clock=clock), ALICE, "192.0.2.1", 10_000) == 10_000


def test_a_burst_is_taken_and_then_the_rate(clock: Clock) -> None:
    limits = RateLimits(10, clock=clock)
    assert taken(limits, ALICE, "192.0.2.1", 1000) == 10 * BURST_SECONDS
    clock.now += 1
    assert taken(limits, ALICE, "192.0.2.1", 1000) == 10
    clock.now += 3600
    assert taken(limits, ALICE, "192.0.2.1", 1000) == 10 * BURST_SECONDS


@pytest.mark.parametrize("per_second", [0.1, 0.7, 3.0, 50.0])
def test_over_any_time_no_more_is_taken_than_the_rate_and_one_burst(per_second: float, clock: Clock) -> None:
    limits = RateLimits(None, per_second, clock=clock)
    dice = random.Random(1)
    times: list[float] = []
    for _ in range(5000):
        clock.now += dice.expovariate(per_second * 3)
        if limits.refuses("", "192.0.2.1") is None:
            times.append(clock.now)
    burst = max(1.0, per_second * BURST_SECONDS)
    for first, at in enumerate(times):
        for last in (first + 10, first + 100, len(times) - 1):
            if first < last < len(times):
                assert last - first + 1 <= per_second * (times[last] - at) + burst + 1e-4
    # Where one at a time may come, who comes by chance comes late.
    least = 0.99 if burst > 1 else 0.7
    assert len(times) >= least * per_second * (times[-1] - times[0])


def test_who_waits_as_long_as_it_is_told_is_taken(clock: Clock) -> None:
    limits = RateLimits(0.5, 7, clock=clock)
    for _ in range(50):
        seconds = limits.refuses(ALICE, "192.0.2.1")
        if seconds is not None:
            assert seconds > 0
            clock.now += seconds * 0.9
            assert limits.refuses(ALICE, "192.0.2.1") is not None
            clock.now += seconds * 0.1 + 1e-6
            assert limits.refuses(ALICE, "192.0.2.1") is None


def test_identities_do_not_share_and_anonymous_clients_share_an_address(clock: Clock) -> None:
    limits = RateLimits(1, 2, clock=clock)
    assert taken(limits, ALICE, "192.0.2.1", 100) == 3
    assert taken(limits, BOB, "192.0.2.1", 100) == 3
    # The address has had its six.
    assert taken(limits, "", "192.0.2.1", 100) == 0
    assert taken(limits, "", "192.0.2.2", 100) == 6


def test_an_identity_is_limited_from_wherever_it_asks(clock: Clock) -> None:
    limits = RateLimits(1, 100, clock=clock)
    assert sum(taken(limits, ALICE, f"192.0.2.{n}", 1) for n in range(100)) == 3


def test_what_the_one_limit_refuses_does_not_count_for_the_other(clock: Clock) -> None:
    limits = RateLimits(1, 2, clock=clock)
    taken(limits, ALICE, "192.0.2.1", 1000)
    assert taken(limits, BOB, "192.0.2.1", 100) == 3


def test_an_ipv6_customer_does_not_get_a_rate_for_each_of_its_addresses(clock: Clock) -> None:
    limits = RateLimits(None, 1, clock=clock)
    assert sum(taken(limits, "", f"2001:db8::{n:x}", 1) for n in range(1, 100)) == 3
    assert taken(limits, "", "2001:db8:0:1::1", 100) == 3


def test_a_replica_takes_its_share(clock: Clock) -> None:
    replicas = [RateLimits(10, replicas=4, clock=clock) for _ in range(4)]
    for _ in range(60):
        clock.now += 1
        for each in replicas:
            taken(each, ALICE, "192.0.2.1", 1)
    clock.now += 60
    assert sum(taken(each, ALICE, "192.0.2.1", 100) for each in replicas) <= 10 * BURST_SECONDS
    settings = Settings.read({"PATCHBAY_RATE_PER_ADDRESS": "8", "PATCHBAY_REPLICAS": "4"})
    assert taken(RateLimits.of(settings), "", "192.0.2.1", 100) == 8 / 4 * BURST_SECONDS


def test_who_has_not_asked_for_a_while_is_forgotten(clock: Clock) -> None:
    rate = Rate(10, clock=clock)
    for number in range(5000):
        rate.take(f"k{number}")
        clock.now += 0.01
    assert len(rate) < 200


def test_a_flood_of_addresses_neither_grows_nor_gives_a_new_allowance_to_anyone(clock: Clock) -> None:
    rate = Rate(1, most=1000, clock=clock)

    def is_taken(key: str) -> bool:
        if rate.wait_seconds(key):
            return False
        rate.take(key)
        return True

    assert [is_taken("greedy") for _ in range(4)] == [True, True, True, False]
    assert is_taken("modest")
    flood = sum(is_taken(f"flood{number}") for number in range(50_000))
    assert len(rate) <= 1000
    # One each for those that are known, and what the others share.
    assert flood <= 1000 + SHARED * 3
    assert [is_taken("greedy"), is_taken("modest"), is_taken("modest"), is_taken("modest")] == [
        False, True, True, False,
    ]  # fmt: skip
    clock.now += 5
    assert [is_taken("new"), is_taken("greedy")] == [True, True]
    assert len(rate) <= 1000


def test_a_refusal_says_when_to_come_again(clock: Clock) -> None:
    limits = RateLimits(0.4, clock=clock)
    limits.check(ALICE, "192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        limits.check(ALICE, "192.0.2.1")
    assert refused.value.extensions == {"code": "RATE_LIMITED", "retry_after_seconds": 2}
    assert refused.value.status == 429
    assert "192.0.2.1" not in str(refused.value)


async def test_over_http_it_is_a_429_and_over_a_socket_an_error(tmp_path: Path) -> None:
    limits = {"PATCHBAY_RATE_PER_ADDRESS": "1", "PATCHBAY_TRUSTED_PROXIES": "127.0.0.1"}
    async with running(named, tmp_path, **limits) as server, httpx2.AsyncClient(trust_env=False) as client:

        async def asked(address: str, method: str = "POST") -> httpx2.Response:
            headers = {"X-Forwarded-For": address, "Accept": "application/json"}
            given: dict[str, Any] = (
                {"json": {"query": QUERY}} if method == "POST" else {"params": {"query": QUERY}}
            )
            return await client.request(
                method, server.url, headers={**headers, "Apollo-Require-Preflight": "1"}, **given
            )

        assert [(await asked("192.0.2.1")).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = await asked("192.0.2.1", "GET")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert refused.headers["cache-control"] == "no-store"
        (error,) = refused.json()["errors"]
        assert error["extensions"] == {"code": "RATE_LIMITED", "retry_after_seconds": 1}
        assert (await asked("192.0.2.2")).status_code == 200
        async with server.socket({"X-Forwarded-For": "192.0.2.1"}) as socket:
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": QUERY}}))
            message = json.loads(await socket.recv())
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")
        # What is no operation has no rate.
        health = f"http://127.0.0.1:{server.port}/health/live"
        assert [(await client.get(health)).status_code for _ in range(5)] == [200] * 5


async def test_identical_operations_under_way_count_each(tmp_path: Path) -> None:
    async def later(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        await named(request, writer)

    query = '{ thing(id: "1") { id } }'
    async with (
        running(later, tmp_path, PATCHBAY_RATE_PER_ADDRESS="1") as server,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        asking = (client.post(server.url, json={"query": query}) for _ in range(10))
        answers = await asyncio.gather(*asking)
    assert sorted(each.status_code for each in answers) == [200] * 3 + [429] * 7
