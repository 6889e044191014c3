"""What has changed is forgotten: by hand, after a write, and when an event tells of it."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from patchbay.cached import Ttl
from patchbay.caller import ANONYMOUS
from patchbay.calls import Resources
from tests.cache.things import ANN, BEN, Served, Thing, operation, rest, runtime, serving, until
from tests.patchbay.wire import Request, Wire, json_reply

CALLERS = (ANN, BEN, ANONYMOUS)


async def sizes_of_all(served: Served, key: str) -> list[int]:
    return [(await served.sizes([key], caller))[0] for caller in CALLERS]


class TestForget:
    async def test_a_key_is_forgotten_under_every_identity_and_no_other_is(self) -> None:
        async with serving(Ttl(60)) as served:
            for key in ("a", "b"):
                await sizes_of_all(served, key)
            served.things.size = 2
            await served.read.forget(["a"])
            assert await sizes_of_all(served, "a") == [2, 2, 2]
            assert await sizes_of_all(served, "b") == [1, 1, 1]
            served.things.size = 3
            assert await sizes_of_all(served, "a") == [2, 2, 2]

    async def test_all_of_a_read_is_forgotten(self) -> None:
        async with serving(Ttl(60)) as served:
            await served.sizes(["a", "b"], ANN)
            await served.sizes(["a"], BEN)
            served.things.size = 2
            await served.read.forget()
            assert await served.sizes(["a", "b"], ANN) == [2, 2]
            assert await served.sizes(["a"], BEN) == [2]

    async def test_what_was_forgotten_is_not_served_when_the_upstream_fails(self) -> None:
        async with serving(
            Ttl(60, stale_while_revalidate_seconds=60, stale_if_error_seconds=600, missing_seconds=60)
        ) as served:
            served.things.unknown.add("x")
            await served.sizes(["a", "x"])
            await served.read.forget(["a", "x"])
            served.things.status = "503 Busy"
            assert await served.sizes(["a", "x"]) == ["UPSTREAM_UNAVAILABLE"] * 2

    async def test_what_was_asked_for_before_is_neither_kept_nor_joined(self) -> None:
        async with serving(Ttl(60)) as served:
            served.things.may_answer.clear()
            before = asyncio.create_task(served.sizes(["a"]))
            await until(lambda: len(served.asked) == 1)
            served.things.size = 2
            await served.read.forget(["a"])
            after = asyncio.create_task(served.sizes(["a"]))
            await until(lambda: len(served.asked) == 2)
            served.things.may_answer.set()
            assert [await before, await after] == [[1], [2]]
            assert await served.sizes(["a"]) == [2]
            assert len(served.asked) == 2

    async def test_an_answer_from_before_that_comes_last_is_served_to_who_asked_before_only(self) -> None:
        sizes, gates = iter((1, 2, 2)), [asyncio.Event(), asyncio.Event()]
        upstream = rest()
        read = upstream.batch("GET /things?ids={ids}", Thing, match="id", max_size=9, cache=Ttl(60))

        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            size = next(sizes)
            await gates[size - 1].wait()
            writer.write(json_reply([{"id": "a", "size": size}]))

        async with Wire(answer) as wire:
            # Also where the calls themselves are shared.
            await upstream.open(runtime(wire.url, Resources()))
            before = asyncio.create_task(operation(lambda: read(["a"])))
            await until(lambda: len(wire.requests) == 1)
            await read.forget(["a"])
            after = asyncio.create_task(operation(lambda: read(["a"])))
            await until(lambda: len(wire.requests) == 2)
            gates[1].set()
            assert (await after)[0] == [Thing("a", 2)]
            gates[0].set()
            assert (await before)[0] == [Thing("a", 1)]
            assert await read(["a"]) == [Thing("a", 2)]
            await upstream.close()


class TestRefresh:
    async def test_a_shared_record_is_asked_for_anew_at_once(self) -> None:
        async with serving(Ttl(60, shared=True)) as served:
            await served.sizes(["a"], ANN)
            served.things.size = 2
            await served.read.refresh(["a"])
            await until(lambda: len(served.asked) == 2)
            await asyncio.sleep(0.05)
            assert await served.sizes(["a"], BEN) == [2]
            assert len(served.asked) == 2

    async def test_a_burst_of_changes_of_one_key_is_asked_for_a_few_times_and_ends_with_the_newest(
        self,
    ) -> None:
        async with serving(Ttl(60, shared=True)) as served:
            for size in range(2, 52):
                served.things.size = size
                await served.read.refresh(["a"])
                await asyncio.sleep(0)
            await until(lambda: served.has_sizes(["a"], [51]))
            assert len(served.asked) < 15

    async def test_what_is_being_asked_for_when_it_changes_is_asked_for_once_more(self) -> None:
        async with serving(Ttl(60, shared=True)) as served:
            served.things.may_answer.clear()
            await served.read.refresh(["a", "b"])
            await until(lambda: len(served.asked) == 1)
            served.things.size = 2
            for _ in range(5):
                await served.read.refresh(["a"])
            served.things.may_answer.set()
            await until(lambda: len(served.asked) == 2)
            await asyncio.sleep(0.05)
            assert await served.sizes(["a", "b"]) == [2, 1]
            assert served.asked == [["a", "b"], ["a"]]

    async def test_a_record_of_one_caller_is_only_forgotten(self) -> None:
        async with serving(Ttl(60)) as served:
            await served.sizes(["a"], ANN)
            served.things.size = 2
            await served.read.refresh(["a"])
            await asyncio.sleep(0.05)
            assert len(served.asked) == 1
            assert await served.sizes(["a"], ANN) == [2]

    async def test_one_that_fails_is_logged_and_tried_by_who_asks_next(self) -> None:
        async with serving(Ttl(60, shared=True)) as served:
            served.things.status = "503 Busy"
            with capture_logs() as logs:
                await served.read.refresh(["a", "b"])
                await until(lambda: logs)
            assert logs == [
                {
                    "event": "not_refreshed",
                    "log_level": "warning",
                    "upstream": "things",
                    "operation": "GET /things",
                    "keys": 2,
                    "error": "things: answered HTTP 503",
                }
            ]
            served.things.status = None
            assert await served.sizes(["a"]) == [1]
