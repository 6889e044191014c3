"""Reads that keep their records for some time: what is asked for, and what is served without."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import Any

import pytest

from patchbay.batch import Batch
from patchbay.cached import Ttl
from patchbay.calls import HttpCache, Limits, Resources
from patchbay.errors import ConfigurationError
from tests.cache.things import ANN, BEN, Thing, operation, rest, runtime, serving, until
from tests.calls.clock import Clock
from tests.patchbay.wire import Wire, json_reply, silence


class TestFresh:
    async def test_a_record_is_asked_for_once_in_its_time(self) -> None:
        async with serving(Ttl(60)) as served:
            assert await served.sizes(["a"]) == [1]
            served.things.size = 2
            served.clock.pass_seconds(59.9)
            assert await served.sizes(["a"]) == [1]
            served.clock.pass_seconds(0.1)
            assert await served.sizes(["a"]) == [2]
            assert served.asked == [["a"], ["a"]]

    async def test_without_a_cache_it_is_asked_for_each_time(self) -> None:
        async with serving(None) as served:
            assert await served.sizes(["a"]) == await served.sizes(["a"]) == [1]
            assert len(served.asked) == 2

    async def test_of_a_hundred_keys_only_those_that_are_not_fresh_are_asked_for(self) -> None:
        keys = [f"k{number}" for number in range(100)]
        async with serving(Ttl(60)) as served:
            await served.sizes(keys[:90])
            outcomes, scope = await served.outcomes(keys)
            assert outcomes == [1] * 100
            assert served.asked == [keys[:90], keys[90:]]
            assert scope.calls == {("things", "GET /things"): 1}

    async def test_order_repetitions_and_kinds_of_keys_do_not_matter(self) -> None:
        async with serving(Ttl(60)) as served:
            await served.sizes(["7", "a"])
            served.things.size = 2
            read: Any = served.read
            (outcomes, _) = await operation(lambda: read(["b", 7, "a", "7", "b"]))
            assert outcomes == [Thing("b", 2), Thing("7", 1), Thing("a", 1), Thing("7", 1), Thing("b", 2)]
            assert served.asked[1:] == [["b"]]

    async def test_no_keys_ask_nothing(self) -> None:
        async with serving(Ttl(60)) as served:
            assert await served.sizes([]) == []
            assert served.asked == []

    async def test_an_entry_of_a_clock_far_ahead_is_not_believed_and_of_one_a_little_ahead_is(self) -> None:
        async with serving(Ttl(60)) as served:
            await served.sizes(["a"])
            served.clock.pass_seconds(-4)
            assert await served.sizes(["a"]) == [1]
            assert len(served.asked) == 1
            served.clock.pass_seconds(-2)
            await served.sizes(["a"])
            assert len(served.asked) == 2


class TestMissing:
    async def test_a_key_that_the_upstream_does_not_know_is_kept_as_such_for_a_while(self) -> None:
        async with serving(Ttl(60, missing_seconds=10)) as served:
            served.things.unknown.add("x")
            assert await served.sizes(["x", "a"]) == [None, 1]
            served.things.unknown.clear()
            served.clock.pass_seconds(9)
            assert await served.sizes(["x", "a"]) == [None, 1]
            served.clock.pass_seconds(1)
            assert await served.sizes(["x", "a"]) == [1, 1]
            assert served.asked == [["x", "a"], ["x"]]

    async def test_it_is_asked_for_each_time_where_nothing_is_said(self) -> None:
        async with serving(Ttl(60)) as served:
            served.things.unknown.add("x")
            assert await served.sizes(["x"]) == await served.sizes(["x"]) == [None]
            assert served.asked == [["x"], ["x"]]


class TestErrors:
    async def test_an_error_is_not_kept(self) -> None:
        async with serving(Ttl(60, missing_seconds=60, stale_if_error_seconds=60)) as served:
            served.things.status = "503 Busy"
            assert await served.sizes(["a"]) == ["UPSTREAM_UNAVAILABLE"]
            served.things.status = None
            assert await served.sizes(["a"]) == [1]

    @pytest.mark.parametrize("status", ["503 Busy", "500 Oops", "429 Slowly"])
    async def test_an_older_record_is_served_with_a_warning_until_it_is_too_old(self, status: str) -> None:
        async with serving(Ttl(60, stale_if_error_seconds=100)) as served:
            await served.sizes(["a"])
            served.things.status = status
            served.clock.pass_seconds(159)
            outcomes, scope = await served.outcomes(["a", "b"])
            assert outcomes[0] == 1
            assert outcomes[1] in ("UPSTREAM_UNAVAILABLE", "UPSTREAM_QUOTA")
            assert scope.warnings() == [{"code": "STALE", "source": "things", "age_seconds": 159.0}]
            served.clock.pass_seconds(1)
            outcomes, scope = await served.outcomes(["a"])
            assert outcomes[0] in ("UPSTREAM_UNAVAILABLE", "UPSTREAM_QUOTA")
            assert scope.warnings() == []

    async def test_who_is_denied_access_is_not_served_what_was_seen_before(self) -> None:
        async with serving(Ttl(60, stale_if_error_seconds=100)) as served:
            await served.sizes(["a"], ANN)
            served.clock.pass_seconds(60)
            served.things.status = "403 No"
            outcomes, scope = await served.outcomes(["a"], ANN)
            assert outcomes == ["UPSTREAM_REFUSED"]
            assert scope.warnings() == []

    async def test_when_the_upstream_is_known_to_be_away_nobody_waits_for_it(self) -> None:
        limits = Limits(deadline_seconds=0.3)
        async with serving(Ttl(60, stale_if_error_seconds=1000), limits=limits) as served:
            await served.sizes(["a", "b"])
            served.clock.pass_seconds(60)
            served.things.size = 2
            served.things.may_answer.clear()
            assert await served.sizes(["a"]) == [1]
            started = time.monotonic()
            for _ in range(20):
                outcomes, scope = await served.outcomes(["a", "b"])
                assert outcomes == [1, 1]
                assert scope.warnings() == [{"code": "STALE", "source": "things", "age_seconds": 60.0}]
            assert time.monotonic() - started < 0.25
            served.things.may_answer.set()
            # One that runs in the background finds out.
            await until(lambda: served.has_sizes(["a", "b"], [2, 2]))
            _, scope = await served.outcomes(["a", "b"])
            assert scope.warnings() == []


class TestWhileRevalidate:
    async def test_it_is_served_at_once_and_asked_for_once_in_the_background(self) -> None:
        async with serving(Ttl(60, stale_while_revalidate_seconds=30)) as served:
            await served.sizes(["a", "b"])
            served.clock.pass_seconds(89)
            served.things.size = 2
            served.things.may_answer.clear()
            for _ in range(5):
                outcomes, scope = await served.outcomes(["a"])
                assert outcomes == [1]
                assert (scope.warnings(), scope.calls) == ([], {})
            await until(lambda: len(served.asked) > 1)
            served.things.may_answer.set()
            await until(lambda: served.has_sizes(["a"], [2]))
            assert served.asked == [["a", "b"], ["a"]]

    async def test_past_that_time_it_is_asked_for(self) -> None:
        async with serving(Ttl(60, stale_while_revalidate_seconds=30)) as served:
            await served.sizes(["a"])
            served.things.size = 2
            served.clock.pass_seconds(90)
            assert await served.sizes(["a"]) == [2]

    async def test_a_refresh_is_made_in_the_name_of_who_asked_behind_what_is_waited_for(self) -> None:
        async with serving(Ttl(1, stale_while_revalidate_seconds=30), limits=Limits(concurrency=1)) as served:
            await served.sizes(["a"], ANN)
            served.clock.pass_seconds(2)
            served.things.may_answer.clear()
            held = asyncio.create_task(served.sizes(["held"]))
            await until(lambda: len(served.asked) == 2)
            assert await served.sizes(["a"], ANN) == [1]
            await asyncio.sleep(0.01)
            waiting = asyncio.create_task(served.sizes(["waited-for"]))
            await asyncio.sleep(0.01)
            served.things.may_answer.set()
            await asyncio.gather(held, waiting)
            await until(lambda: len(served.asked) == 4)
            assert served.asked[2:] == [["waited-for"], ["a"]]
            served.things.size = 2
            assert await served.sizes(["a"], ANN) == [1]
            assert await served.sizes(["a"], BEN) == [2]

    async def test_closing_gives_up_a_refresh(self) -> None:
        clock = Clock(1000.0)
        upstream = rest()
        read = upstream.batch(
            "GET /things?ids={ids}",
            Thing,
            match="id",
            max_size=9,
            cache=Ttl(1, stale_while_revalidate_seconds=9),
        )
        async with Wire(json_reply([{"id": "a"}])) as wire:
            await upstream.open(runtime(wire.url, Resources(now=clock)))
            await operation(lambda: read(["a"]))
            clock.pass_seconds(2)
            wire.answer = silence
            await operation(lambda: read(["a"]))
            await until(lambda: len(wire.requests) == 2)
            async with asyncio.timeout(1):
                await upstream.close()


class TestDeclarations:
    @pytest.mark.parametrize(
        ("ttl", "problem"),
        [
            (Ttl(0), "cache.seconds must be more than 0"),
            (Ttl(1, stale_if_error_seconds=-1), "cache.stale_if_error_seconds must be at least 0"),
            (Ttl(1, missing_seconds=-1), "cache.missing_seconds must be at least 0"),
            (Ttl(1, stale_while_revalidate_seconds=-1), "cache.stale_while_revalidate_seconds must be"),
            (HttpCache(), "cache is of the kind HttpCache, and not Ttl"),
            (60, "cache is of the kind int, and not Ttl"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, ttl: Any, problem: str) -> None:
        with pytest.raises(ConfigurationError, match=f"things: GET /things: {problem}"):
            rest().batch("GET /things?ids={ids}", Thing, match="id", max_size=1, cache=ttl)

    async def test_a_read_that_is_not_open_keeps_nothing_and_says_so(self) -> None:
        read: Batch[Thing] = rest().batch(
            "GET /things?ids={ids}", Thing, match="id", max_size=1, cache=Ttl(60)
        )
        (outcome,) = await read(["a"])
        assert "is not open" in str(outcome)
        await read.forget(["a"])
        await read.refresh(["a"])


async def test_the_status_tells_what_was_kept() -> None:
    clock = Clock(1000.0)
    upstream = rest()
    read = upstream.batch(
        "GET /things?ids={ids}", Thing, match="id", max_size=9, cache=Ttl(60, stale_if_error_seconds=60)
    )
    async with Wire(json_reply([{"id": "a"}, {"id": "b"}])) as wire:
        await upstream.open(runtime(wire.url, Resources(now=clock)))
        await operation(lambda: read(["a", "b"]))
        await operation(lambda: read(["a"]))
        clock.pass_seconds(60)
        wire.answer = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
        await operation(lambda: read(["a"]))
        reads = upstream.status()["reads"]
        assert reads == {"GET /things": {"hits": 1, "misses": 3, "stale": 1, "stored": 2}}
        await upstream.close()


async def test_a_hundred_keys_from_memory_take_well_under_a_millisecond() -> None:
    keys = [f"key-{number}" for number in range(100)]
    async with serving(Ttl(60)) as served:
        await served.sizes(keys)
        times = []
        for _ in range(200):
            started = time.perf_counter()
            await served.read(keys)
            times.append(time.perf_counter() - started)
        assert len(served.asked) == 1
    assert median(times) < 0.001
