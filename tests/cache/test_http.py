"""Answers kept as their headers say: for how long, for whom, and how they are validated."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from patchbay.calls import Call, HttpCache
from patchbay.calls.cache.memory import MemoryStore
from patchbay.scope import Scope
from tests.cache.http_keeping import ANN, BEN, THINGS, Numbered, keeping
from tests.patchbay.wire import Request, answering, reply


class TestFreshness:
    async def test_an_answer_is_fresh_for_as_long_as_it_says(self) -> None:
        async with keeping(Numbered(Cache_Control="max-age=60")) as http:
            assert await http.body() == "1"
            http.clock.pass_seconds(59)
            assert await http.body() == "1"
            assert http.calls == 1
            http.clock.pass_seconds(1)
            assert await http.body() == "2"
            assert http.answers.status() == {
                "hits": 1, "misses": 1, "revalidated": 0, "stale": 0, "stored": 2,
            }  # fmt: skip

    async def test_expires_counts_where_there_is_no_max_age(self) -> None:
        now = time.time()
        numbered = Numbered(Date=formatdate(now, usegmt=True), Expires=formatdate(now + 60, usegmt=True))
        async with keeping(numbered) as http:
            assert [await http.body(), await http.body()] == ["1", "1"]
            http.clock.pass_seconds(61)
            assert await http.body() == "2"

    @pytest.mark.parametrize("age", ["Age", "Date"])
    async def test_what_was_old_when_it_came_is_fresh_for_less(self, age: str) -> None:
        told = {"Age": "50"} if age == "Age" else {"Date": formatdate(time.time() - 50, usegmt=True)}
        async with keeping(Numbered(Cache_Control="max-age=60", **told)) as http:
            await http.body()
            http.clock.pass_seconds(8)
            assert await http.body() == "1"
            http.clock.pass_seconds(4)
            assert await http.body() == "2"

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Cache_Control": "no-store"},
            {"Cache_Control": "no-store, max-age=60"},
            {"Cache_Control": "no-cache, max-age=60"},
            {"Cache_Control": "max-age=0"},
            {"Cache_Control": "max-age=never"},
            {"Expires": "0"},
            {"Cache_Control": "max-age=60", "Vary": "*"},
            {"Cache_Control": "max-age=60", "Vary": "Accept, *"},
            {"Cache_Control": "max-age=60", "Set_Cookie": "session=ann"},
            {"Cache_Control": "public, max-age=60", "Set_Cookie": "a=b, c=d"},
            # No word of how long: hishel's guess would be 10 % of the time since then.
            {"Last_Modified": formatdate(0, usegmt=True)},
        ],
    )
    async def test_what_may_not_be_served_without_asking_is_asked_for(self, headers: dict[str, str]) -> None:
        async with keeping(Numbered(**headers)) as http:
            assert [await http.body(), await http.body()] == ["1", "2"]

    @pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "403 No", "302 Elsewhere", "206 Some"])
    async def test_errors_and_redirects_are_not_kept_whatever_they_say(self, status: str) -> None:
        async with keeping(reply(b"", status, Cache_Control="max-age=60")) as http:
            await http.ask()
            await http.ask()
            assert http.calls == 2

    async def test_the_word_that_there_is_nothing_is_kept(self) -> None:
        async with keeping(reply(b"", "404 Not Found", Cache_Control="max-age=60")) as http:
            assert [(await http.ask())[0].status for _ in range(2)] == [404, 404]
            assert http.calls == 1

    @pytest.mark.parametrize(
        "call",
        [
            Call("x", "POST", "/things", safe=True),
            Call("x", "GET", "/things", headers={"Cache-Control": "no-cache"}),
            Call("x", "GET", "/things", headers={"Range": "bytes=0-1"}),
            Call("x", "GET", "/things", headers={"if-none-match": '"x"'}),
        ],
    )
    async def test_calls_that_want_more_than_a_kept_answer_are_made(self, call: Call) -> None:
        async with keeping(Numbered(Cache_Control="max-age=60")) as http:
            assert [await http.body(call=call), await http.body(call=call)] == ["1", "2"]


class TestKeys:
    async def test_identities_have_answers_of_their_own(self) -> None:
        async with keeping(Numbered(Cache_Control="private, max-age=60")) as http:
            assert [await http.body(identity) for identity in (ANN, BEN, ANN, BEN)] == ["1", "2", "1", "2"]

    async def test_a_private_answer_is_not_kept_for_everybody(self) -> None:
        async with keeping(Numbered(Cache_Control="private, max-age=60")) as http:
            assert [await http.body(""), await http.body("")] == ["1", "2"]

    async def test_what_is_said_to_shared_caches_counts_for_everybody_s_answers_only(self) -> None:
        async with keeping(Numbered(Cache_Control="max-age=0, s-maxage=60")) as http:
            assert [await http.body(""), await http.body("")] == ["1", "1"]
            assert [await http.body(ANN), await http.body(ANN)] == ["2", "3"]

    async def test_calls_whose_headers_differ_have_answers_of_their_own(self) -> None:
        def answer(request: Request) -> bytes:
            body = request.headers["accept-language"].encode()
            return reply(body, Cache_Control="max-age=60", Vary="Accept-Language")

        def call(name: str, value: str) -> Call:
            return Call("x", "GET", "/things", headers={name: value})

        async with keeping(answering(answer)) as http:
            for _ in range(2):
                assert await http.body(call=call("Accept-Language", "de")) == "de"
                assert await http.body(call=call("accept-language", "fr")) == "fr"
                assert await http.body(call=call("ACCEPT-LANGUAGE", "de")) == "de"
            assert http.calls == 2

    async def test_targets_and_upstreams_have_answers_of_their_own(self) -> None:
        store = MemoryStore()
        async with (
            keeping(Numbered(Cache_Control="max-age=60"), store=store) as http,
            keeping(Numbered(Cache_Control="max-age=60"), store=store) as other,
        ):
            assert await http.body() == "1"
            assert await http.body(call=Call("x", "GET", "/things?page=2")) == "2"
            others = HttpCache().open("others", store, other.clock)
            await others.through(THINGS, ANN, other.pipeline.send, Scope())
            assert other.calls == 1


class TestRevalidation:
    async def test_a_304_saves_the_body_and_makes_the_answer_fresh_again(self) -> None:
        numbered = Numbered(Cache_Control="max-age=60", Content_Type="text/plain")
        numbered.tag = '"v1"'
        async with keeping(numbered) as http:
            for _ in range(3):
                reply, _ = await http.ask()
                assert (reply.status, reply.body) == (200, b"1")
                assert reply.headers["content-type"] == "text/plain"
                http.clock.pass_seconds(59)
                assert await http.body() == "1"
                http.clock.pass_seconds(1)
            assert http.calls == 3
            assert numbered.number == 1
            assert http.answers.status()["revalidated"] == 2
            assert [request.headers.get("if-none-match") for request in http.wire.requests] == [
                None, '"v1"', '"v1"',
            ]  # fmt: skip
            numbered.tag = '"v2"'
            assert await http.body() == "2"

    async def test_no_cache_asks_each_time_and_saves_the_body(self) -> None:
        numbered = Numbered(Cache_Control="no-cache")
        numbered.tag = '"v1"'
        async with keeping(numbered) as http:
            assert [await http.body() for _ in range(3)] == ["1", "1", "1"]
            assert http.calls == 3

    async def test_last_modified_is_a_validator_too(self) -> None:
        changed = formatdate(0, usegmt=True)

        def answer(request: Request) -> bytes:
            if request.headers.get("if-modified-since") == changed:
                return reply(b"", "304 Not Modified")
            return reply(b"body", Last_Modified=changed)

        async with keeping(answering(answer)) as http:
            assert [await http.body(), await http.body()] == ["body", "body"]
            assert http.answers.status()["revalidated"] == 1

    async def test_a_304_about_another_version_has_the_whole_asked_for(self) -> None:
        def answer(request: Request) -> bytes:
            if "if-none-match" in request.headers:
                return reply(b"", "304 Not Modified", ETag='"other"')
            return reply(b"body", ETag='"v1"')

        async with keeping(answering(answer)) as http:
            assert [await http.body(), await http.body()] == ["body", "body"]
            assert http.calls == 3

    async def test_a_304_can_say_how_long_from_now_on(self) -> None:
        def answer(request: Request) -> bytes:
            if "if-none-match" in request.headers:
                return reply(b"", "304 Not Modified", ETag='"v1"', Cache_Control="max-age=600")
            return reply(b"body", ETag='"v1"', Cache_Control="max-age=1", Age="0")

        async with keeping(answering(answer)) as http:
            await http.body()
            http.clock.pass_seconds(100)
            await http.body()
            http.clock.pass_seconds(599)
            await http.body()
            assert http.calls == 2
