"""Who shares what is kept and what is being asked for: identities, arguments, reads, operations at once."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from patchbay.cached import Ttl
from patchbay.caller import ANONYMOUS
from patchbay.calls import Resources
from patchbay.errors import UpstreamError
from tests.cache.things import ANN, BEN, Thing, opened, operation, rest, serving, until
from tests.calls.clock import Clock
from tests.patchbay.wire import Request, Wire, answering, json_reply, reply


class TestIdentities:
    async def test_each_caller_has_records_of_its_own(self) -> None:
        async with serving(Ttl(60)) as served:
            for size, caller in enumerate((ANN, BEN, ANONYMOUS), 1):
                served.things.size = size
                assert await served.sizes(["a"], caller) == [size]
            assert [await served.sizes(["a"], caller) for caller in (ANN, BEN, ANONYMOUS)] == [[1], [2], [3]]
            assert len(served.asked) == 3

    async def test_all_callers_share_records_that_do_not_depend_on_them(self) -> None:
        async with serving(Ttl(60, shared=True)) as served:
            assert await served.sizes(["a"], ANN) == await served.sizes(["a"], BEN) == [1]
            assert await served.sizes(["a"]) == [1]
            assert len(served.asked) == 1


class TestSingleFlight:
    async def test_a_hundred_cold_asks_at_once_make_one_call_per_identity(self) -> None:
        async with serving(Ttl(60)) as served:
            served.things.may_answer.clear()
            asks = [
                asyncio.create_task(served.sizes(["a", "b"], caller))
                for _ in range(50)
                for caller in (ANN, BEN)
            ]
            await until(lambda: len(served.asked) >= 2)
            await asyncio.sleep(0.05)
            served.things.may_answer.set()
            assert await asyncio.gather(*asks) == [[1, 1]] * 100
            assert served.asked == [["a", "b"], ["a", "b"]]

    async def test_keys_that_overlap_are_asked_for_once(self) -> None:
        async with serving(Ttl(60)) as served:
            served.things.may_answer.clear()
            first = asyncio.create_task(served.sizes(["a", "b"]))
            await until(lambda: len(served.asked) == 1)
            second = asyncio.create_task(served.sizes(["c", "b", "a"]))
            await until(lambda: len(served.asked) == 2)
            served.things.may_answer.set()
            assert [await first, await second] == [[1, 1], [1, 1, 1]]
            assert served.asked == [["a", "b"], ["c"]]

    async def test_an_asker_that_is_cancelled_takes_nobody_along(self) -> None:
        async with serving(Ttl(60)) as served:
            served.things.may_answer.clear()
            first = asyncio.create_task(served.sizes(["a"]))
            await until(lambda: len(served.asked) == 1)
            others = [asyncio.create_task(served.sizes(["a"])) for _ in range(5)]
            await asyncio.sleep(0.01)
            first.cancel()
            await until(lambda: len(served.asked) == 2)
            served.things.may_answer.set()
            assert await asyncio.gather(*others) == [[1]] * 5
            assert len(served.asked) == 2

    async def test_a_failure_is_told_to_all_who_wait(self) -> None:
        async with serving(Ttl(60)) as served:
            served.things.status = "503 Busy"
            served.things.may_answer.clear()
            asks = [asyncio.create_task(served.sizes(["a"])) for _ in range(10)]
            await until(lambda: len(served.asked) == 1)
            await asyncio.sleep(0.02)
            served.things.may_answer.set()
            assert await asyncio.gather(*asks) == [["UPSTREAM_UNAVAILABLE"]] * 10
            assert len(served.asked) == 1

    async def test_who_has_little_time_gets_an_error_of_its_own(self) -> None:
        async with serving(Ttl(60)) as served:
            served.things.may_answer.clear()
            patient = asyncio.create_task(served.sizes(["a"]))
            await until(lambda: len(served.asked) == 1)
            ((late,), _) = await operation(lambda: served.read(["a"]), deadline_seconds=0.05)
            assert isinstance(late, UpstreamError)
            assert late.code == "UPSTREAM_TIMEOUT"
            served.things.may_answer.set()
            assert await patient == [1]

    async def test_the_little_time_of_who_asks_first_is_no_failure_for_others(self) -> None:
        async with serving(Ttl(60)) as served:
            served.things.may_answer.clear()
            hasty = asyncio.create_task(operation(lambda: served.read(["a"]), deadline_seconds=0.1))
            await until(lambda: len(served.asked) == 1)
            patient = asyncio.create_task(served.sizes(["a"]))
            ((late,), _) = await hasty
            assert isinstance(late, UpstreamError)
            await until(lambda: len(served.asked) == 2)
            served.things.may_answer.set()
            assert await patient == [1]

    async def test_a_mistake_in_the_code_is_everybodys_own(self) -> None:
        upstream = rest()
        read = upstream.batch("GET /{of}?ids={ids}", Thing, match="id", max_size=9, cache=Ttl(60))
        async with opened(upstream, "http://127.0.0.1:9", Resources()):
            asks = [operation(lambda: read(["a"])) for _ in range(3)]
            outcomes = await asyncio.gather(*asks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [KeyError] * 3


class Region(msgspec.Struct, frozen=True):
    name: str
    continent: str
    people: int = 0


def regions(request: Request) -> bytes:
    (continent,) = request.query("continent")
    return json_reply([{"name": name, "continent": continent} for name in request.ids()])


async def test_arguments_tell_records_apart() -> None:
    upstream = rest()
    read = upstream.batch(
        "GET /regions?ids={ids}&continent={continent}", Region, match="name", max_size=9, cache=Ttl(60)
    )
    async with Wire(answering(regions)) as wire, opened(upstream, wire.url, Resources()):
        for _ in range(2):
            for continent in ("eu", "as", None):
                outcomes, _ = await operation(lambda where=continent: read(["n"], continent=where or ""))  # type: ignore[misc]
                assert outcomes == [Region("n", continent or "")]
        assert len(wire.requests) == 3


async def test_two_reads_of_one_operation_keep_apart() -> None:
    upstream = rest()
    named = upstream.batch("GET /x?ids={ids}", Region, match="name", max_size=9, cache=Ttl(60))
    placed = upstream.batch("GET /x?ids={ids}", Region, match="continent", max_size=9, cache=Ttl(60))
    again = upstream.batch("GET /x?ids={ids}", Region, match="continent", max_size=9, cache=Ttl(60))
    body = json_reply([{"name": "a", "continent": "b"}, {"name": "b", "continent": "a"}])
    async with Wire(body) as wire, opened(upstream, wire.url, Resources()):
        for _ in range(2):
            assert await named(["a"]) == [Region("a", "b")]
            assert await placed(["a"]) == [Region("b", "a")]
            assert await again(["a"]) == [Region("b", "a")]
        assert len(wire.requests) == 3


async def test_a_release_that_declares_its_reads_in_another_order_mixes_nothing_up() -> None:
    resources = Resources()

    async def release(*matches: str) -> dict[str, list[Any]]:
        upstream = rest()
        reads = {
            match: upstream.batch("GET /x?ids={ids}", Region, match=match, max_size=9, cache=Ttl(60))
            for match in matches
        }
        body = json_reply([{"name": "a", "continent": "b"}, {"name": "b", "continent": "a"}])
        async with Wire(body) as wire, opened(upstream, wire.url, resources):
            return {match: await read(["a"]) for match, read in reads.items()}

    assert await release("name", "continent") == await release("continent", "name")


async def test_whole_records_are_kept_so_that_every_selection_is_served() -> None:
    upstream = rest()
    read = upstream.batch("GET /x?ids={ids}", Region, match="name", max_size=9, cache=Ttl(60))
    plain = upstream.batch("GET /x?ids={ids}", Region, match="name", max_size=9)
    assert plain.selecting(frozenset(["name"])) is not plain
    body = json_reply([{"name": "a", "continent": "b", "people": 7}])
    async with Wire(body) as wire, opened(upstream, wire.url, Resources()):
        assert await read.selecting(frozenset(["continent"]))(["a"]) == [Region("a", "b", 7)]
        assert await read.selecting(frozenset(["people"]))(["a"]) == [Region("a", "b", 7)]
        assert len(wire.requests) == 1


class TestKindsOfReads:
    async def test_each(self) -> None:
        upstream, clock = rest(), Clock()
        read = upstream.each("GET /things/{id}", Thing, cache=Ttl(60, missing_seconds=10))

        def answer(request: Request) -> bytes:
            key = request.target.rpartition("/")[2]
            return reply(b"", "404 Not Found") if key == "x" else json_reply({"id": key})

        async with (
            Wire(answering(answer)) as wire,
            opened(upstream, wire.url, Resources(now=clock)),
        ):
            for _ in range(2):
                assert await read(["a", "x", "b"]) == [Thing("a"), None, Thing("b")]
            assert len(wire.requests) == 3

    async def test_pages(self) -> None:
        upstream = rest()
        read = upstream.page(
            "GET /things?offset={offset}&limit={limit}", Thing, items="rows", total="total", cache=Ttl(60)
        )

        def answer(request: Request) -> bytes:
            return json_reply({"rows": [{"id": request.query("offset")[0]}], "total": 9})

        async with Wire(answering(answer)) as wire, opened(upstream, wire.url, Resources()):
            for _ in range(2):
                # As text both keys are "111": they must not be taken for one.
                pages: list[Any] = await read([(1, 11), (11, 1)])
                assert [page.items for page in pages] == [[Thing("1")], [Thing("11")]]
            assert len(wire.requests) == 2

    async def test_lists(self) -> None:
        upstream = rest()
        read = upstream.list("GET /things?of={of}", Thing, cache=Ttl(60))

        def answer(request: Request) -> bytes:
            return json_reply([{"id": of} for of in request.query("of") if of])

        async with Wire(answering(answer)) as wire, opened(upstream, wire.url, Resources()):
            for _ in range(2):
                assert await read(of="a") == [Thing("a")]
                assert await read(of="") == []
            assert len(wire.requests) == 2
            await read.forget()
            assert await read(of="a") == [Thing("a")]
            assert len(wire.requests) == 3

    async def test_a_list_that_cannot_be_had_is_an_error(self) -> None:
        upstream = rest()
        read = upstream.list("GET /things", Thing, cache=Ttl(60))
        async with Wire(reply(b"", "503 Busy")) as wire, opened(upstream, wire.url, Resources()):
            with pytest.raises(UpstreamError, match="answered HTTP 503"):
                await read()

    async def test_composite_keys(self) -> None:
        upstream = rest()
        read = upstream.batch(
            "GET /x?name={name}&continent={continent}",
            Region,
            match=("name", "continent"),
            max_size=9,
            cache=Ttl(60),
        )
        rows = [{"name": "a", "continent": "bc"}, {"name": "ab", "continent": "c"}]
        async with Wire(json_reply(rows)) as wire, opened(upstream, wire.url, Resources()):
            for _ in range(2):
                assert await read([("ab", "c"), ("a", "bc")]) == [Region("ab", "c"), Region("a", "bc")]
            assert len(wire.requests) == 1
