"""Answers kept as their headers say: when the upstream fails, when something changes, for several at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from patchbay.cached import Ttl
from patchbay.calls import Call, HttpCache, Limits, Resources
from patchbay.errors import UpstreamError
from tests.cache.http_keeping import ANN, BEN, Numbered, keeping
from tests.cache.things import rest, runtime, until
from tests.calls.clock import Clock
from tests.patchbay.wire import Request, Wire, answering, reply
from tests.redis_server import RedisServer


class TestStale:
    @pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "429 Slowly"])
    async def test_an_older_answer_is_served_with_a_warning_until_it_is_too_old(self, status: str) -> None:
        numbered = Numbered(Cache_Control="max-age=60, stale-if-error=100")
        async with keeping(numbered) as http:
            await http.ask()
            numbered.status = status
            http.clock.pass_seconds(159)
            answer, scope = await http.ask()
            assert (answer.status, answer.body) == (200, b"1")
            assert scope.warnings() == [{"code": "STALE", "source": "things", "age_seconds": 159.0}]
            http.clock.pass_seconds(1)
            answer, scope = await http.ask()
            assert str(answer.status) in status
            assert scope.warnings() == []

    async def test_the_declaration_says_how_long_where_the_answer_does_not(self) -> None:
        numbered = Numbered(Cache_Control="max-age=60")
        async with keeping(numbered, HttpCache(stale_if_error_seconds=100)) as http:
            await http.ask()
            http.clock.pass_seconds(100)
            http.wire.answer = b"no HTTP"
            answer, scope = await http.ask()
            assert answer.body == b"1"
            assert scope.warnings()
            http.clock.pass_seconds(100)
            with pytest.raises(UpstreamError):
                await http.ask()

    @pytest.mark.parametrize("directive", ["must-revalidate", "no-cache", "no-store", "stale-if-error=0"])
    async def test_the_answer_can_forbid_it(self, directive: str) -> None:
        numbered = Numbered(Cache_Control=f"max-age=60, {directive}")
        numbered.tag = '"v1"'
        cache = HttpCache(stale_if_error_seconds=100, stale_while_revalidate_seconds=0)
        async with keeping(numbered, cache) as http:
            await http.ask()
            http.clock.pass_seconds(61)
            numbered.status = "503 Busy"
            answer, scope = await http.ask()
            assert answer.status == 503
            assert scope.warnings() == []

    async def test_who_is_denied_access_is_told_so(self) -> None:
        numbered = Numbered(Cache_Control="max-age=60, stale-if-error=100")
        async with keeping(numbered) as http:
            await http.ask()
            http.clock.pass_seconds(61)
            numbered.status = "403 No"
            assert (await http.ask())[0].status == 403

    async def test_while_revalidating_it_is_served_at_once_and_asked_for_once_in_the_background(self) -> None:
        numbered = Numbered(Cache_Control="max-age=60, stale-while-revalidate=30")
        async with keeping(numbered) as http:
            await http.ask()
            http.clock.pass_seconds(89)
            held = asyncio.Event()

            async def hold(request: Request, writer: asyncio.StreamWriter) -> None:
                await held.wait()
                await numbered(request, writer)

            http.wire.answer = hold
            for _ in range(5):
                answer, scope = await http.ask()
                assert (answer.body, scope.warnings(), scope.calls) == (b"1", [], {})
            await until(lambda: http.calls == 2)
            held.set()
            await until(lambda: http.answers.status()["stored"] == 2)
            assert await http.body() == "2"
            assert http.calls == 2

    async def test_when_the_upstream_is_known_to_be_away_nobody_waits_for_it(self) -> None:
        numbered = Numbered(Cache_Control="max-age=60, stale-if-error=1000")
        async with keeping(numbered, limits=Limits(deadline_seconds=0.2)) as http:
            await http.ask()
            http.clock.pass_seconds(61)

            async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
                await asyncio.Event().wait()

            http.wire.answer = hang
            assert (await http.ask())[0].body == b"1"
            started = time.monotonic()
            for _ in range(20):
                answer, scope = await http.ask()
                assert answer.body == b"1"
                assert scope.warnings()
            assert time.monotonic() - started < 0.18
            http.wire.answer = numbered

            async def is_back() -> bool:
                return await http.body() == "2"

            await until(is_back)


class TestChanges:
    @pytest.mark.parametrize(("status", "asked"), [("200 OK", 2), ("500 Oops", 2), ("409 Conflict", 0)])
    async def test_an_unsafe_call_has_its_target_asked_for_anew(self, status: str, asked: int) -> None:
        numbered = Numbered(Cache_Control="max-age=60, stale-if-error=600")

        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            if request.method == "PUT":
                writer.write(reply(b"", status))
            else:
                await numbered(request, writer)

        async with keeping(answer) as http:
            for identity in (ANN, BEN):
                await http.body(identity)
            await http.body(call=Call("x", "GET", "/others"))
            await http.ask(call=Call("x", "PUT", "/things", body=b"{}"))
            assert await http.body(call=Call("x", "GET", "/others")) == "3"
            before = http.calls
            await http.body(ANN)
            await http.body(BEN)
            assert http.calls - before == asked

    async def test_a_call_that_broke_off_may_have_changed_something(self) -> None:
        numbered = Numbered(Cache_Control="max-age=60, stale-if-error=600")

        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            if request.method == "GET":
                await numbered(request, writer)
            else:
                writer.close()

        async with keeping(answer) as http:
            await http.body()
            with pytest.raises(UpstreamError):
                await http.ask(call=Call("x", "DELETE", "/things"))
            assert await http.body() == "2"

    async def test_all_can_be_forgotten_and_bodies_are_saved_where_they_still_hold(self) -> None:
        numbered = Numbered(Cache_Control="max-age=60")
        numbered.tag = '"v1"'
        async with keeping(numbered) as http:
            await http.body()
            await http.answers.forget()
            assert await http.body() == "1"
            assert (http.calls, numbered.number) == (2, 1)
            assert await http.body() == "1"
            assert http.calls == 2


async def test_a_hundred_cold_asks_at_once_make_one_call_and_are_kept_once() -> None:
    def answer(request: Request) -> bytes:
        return reply(b"1", Cache_Control="max-age=60")

    async with keeping(answering(answer, after_seconds=0.1), single_flight=True) as http:
        asks = await asyncio.gather(*(http.body() for _ in range(100)))
        assert asks == ["1"] * 100
        assert http.calls == 1
        assert http.answers.status()["stored"] == 1


async def test_a_read_that_is_forgotten_is_not_answered_from_the_upstreams_kept_answers() -> None:
    numbered = Numbered(Cache_Control="max-age=600")
    numbered.tag = '"v1"'
    upstream = rest(cache=HttpCache())
    read = upstream.each("GET /things/{id}", int, cache=Ttl(60))
    async with Wire(numbered) as wire:
        clock = Clock(time.time())
        await upstream.open(runtime(wire.url, Resources(now=clock)))
        assert await read(["a"]) == [1]
        clock.pass_seconds(60)
        assert await read(["a"]) == [1]
        assert len(wire.requests) == 1
        numbered.tag = '"v2"'
        await read.forget(["a"])
        assert await read(["a"]) == [2]
        await upstream.close()


async def test_a_health_check_is_not_answered_by_a_kept_answer() -> None:
    upstream = rest(cache=HttpCache(stale_if_error_seconds=600))
    async with Wire(reply(b"", Cache_Control="max-age=600")) as wire:
        await upstream.open(runtime(wire.url, Resources()))
        await upstream.check()
        wire.answer = reply(b"", "503 Busy")
        with pytest.raises(UpstreamError, match="answered HTTP 503"):
            await upstream.check()
        await upstream.close()


async def test_replicas_share_answers_in_redis() -> None:
    with RedisServer() as redis:
        one, two = redis.link(), redis.link()
        numbered = Numbered(Cache_Control="max-age=60")
        numbered.tag = '"v1"'
        async with (
            keeping(numbered, store=Resources(one).store) as http,
            keeping(numbered, store=Resources(two).store) as other,
        ):
            assert await http.body() == await other.body() == "1"
            assert (http.calls, other.calls) == (1, 0)
            await other.answers.forget()
            assert await http.body() == "1"
            assert (http.calls, numbered.number) == (2, 1)
            redis.kill()
            assert await other.body() == "2"
            assert await other.body() == "2"
            redis.start()
        await one.close()
        await two.close()


@pytest.mark.parametrize("name", ["stale_if_error_seconds", "stale_while_revalidate_seconds"])
def test_what_cannot_be_meant_is_a_problem(name: str) -> None:
    make: Callable[..., HttpCache] = HttpCache
    assert make(**{name: -1}).problems() == [f"cache.{name} must be at least 0"]
    assert make(**{name: 1}).problems() == []
