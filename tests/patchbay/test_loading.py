"""Loading by key: asks of one level become one call, and each key is read once in an operation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from patchbay.batch import Batch, Matched
from patchbay.errors import UpstreamError
from patchbay.keys import WireKey
from patchbay.loading import load
from patchbay.scope import Scope, enter_scope
from tests.patchbay.reads import Read
from tests.patchbay.test_batch import Thing


@pytest.fixture
def read() -> Read:
    return Read()


async def load_all(read: Read, *keys: str) -> list[Any]:
    return list(await asyncio.gather(*(load(read, key) for key in keys)))


async def test_asks_of_one_level_are_gathered_in_one_call(read: Read) -> None:
    enter_scope(Scope())
    assert await load_all(read, *"cab") == ["<c>", "<a>", "<b>"]
    assert read.calls == [(["c", "a", "b"], {})]


async def test_asks_from_different_tasks_are_gathered(read: Read) -> None:
    async def edge(key: str) -> Any:
        return await load(read, key)

    enter_scope(Scope())
    await asyncio.gather(*(edge(key) for key in "abc"))
    assert read.calls == [(["a", "b", "c"], {})]


async def test_each_key_is_read_once_in_an_operation(read: Read) -> None:
    enter_scope(Scope())
    await load_all(read, "a", "a", "b")
    assert await load_all(read, "a", "c") == ["<a>", "<c>"]
    assert [keys for keys, _ in read.calls] == [["a", "b"], ["c"]]


async def test_different_arguments_are_kept_apart(read: Read) -> None:
    read.answer = lambda key, **arguments: (key, arguments)
    enter_scope(Scope())
    outcomes = await asyncio.gather(
        load(read, "a", offset=0, limit=5),
        load(read, "a", limit=9, offset=0),
        load(read, "b", limit=5, offset=0),
    )
    five, nine = {"offset": 0, "limit": 5}, {"offset": 0, "limit": 9}
    assert list(outcomes) == [("a", five), ("a", nine), ("b", five)]
    assert read.calls == [(["a", "b"], five), (["a"], nine)]


async def test_different_reads_are_kept_apart(read: Read) -> None:
    other = Read(lambda key: f"({key})")
    enter_scope(Scope())
    assert list(await asyncio.gather(load(read, "a"), load(other, "a"))) == ["<a>", "(a)"]


async def test_operations_share_nothing(read: Read) -> None:
    async def operation() -> Any:
        enter_scope(Scope())
        return await load(read, "a")

    assert list(await asyncio.gather(operation(), operation())) == ["<a>", "<a>"]
    assert [keys for keys, _ in read.calls] == [["a"], ["a"]]


async def test_an_error_is_that_of_its_key_only(read: Read) -> None:
    read.answer = lambda key: UpstreamError("things", "wrong") if key == "b" else key
    enter_scope(Scope())
    a, b, c = await asyncio.gather(*(load(read, key) for key in "abc"), return_exceptions=True)
    assert (a, c) == ("a", "c")
    assert isinstance(b, UpstreamError)


async def test_forgetting_reads_anew(read: Read) -> None:
    scope = Scope()
    enter_scope(scope)
    versions = iter("12")
    read.answer = lambda _: next(versions)
    assert [await load(read, "a"), await load(read, "a")] == ["1", "1"]
    scope.forget()
    assert await load(read, "a") == "2"


async def test_forgetting_does_not_disturb_what_is_under_way(read: Read) -> None:
    scope = Scope()
    enter_scope(scope)
    read.turns = 5
    under_way = asyncio.ensure_future(load(read, "a"))
    await asyncio.sleep(0)
    scope.forget()
    assert await asyncio.gather(under_way, load(read, "a")) == ["<a>", "<a>"]
    assert len(read.calls) == 2


async def test_a_subscription_that_forgets_before_each_event_sees_each_change(read: Read) -> None:
    scope = Scope()
    enter_scope(scope)
    state = {"a": 0}
    read.answer = lambda key: state[key]
    seen = []
    for number in (1, 2, 3):
        scope.forget()
        state["a"] = number
        seen.append(await load_all(read, "a", "a"))
    assert seen == [[1, 1], [2, 2], [3, 3]]
    assert len(read.calls) == 3


async def test_keys_of_two_chunks_come_back_together_so_that_the_next_level_is_one_call() -> None:
    async def fetch(keys: list[WireKey]) -> Matched[Thing]:
        # The chunks take different times, as they do on a network.
        await asyncio.sleep(0.01 * int(str(keys[0])))
        return Matched([Thing(str(key), size=f"s{key}") for key in keys])

    sizes = Read()

    async def two_levels(key: str) -> Any:
        thing = await load(in_twos, key)
        assert thing is not None
        return await load(sizes, thing.size)

    in_twos = Batch(name="n", source="s", fetch=fetch, match="id", max_size=2)
    enter_scope(Scope())
    assert await asyncio.gather(*(two_levels(str(key)) for key in range(5))) == [
        f"<s{key}>" for key in range(5)
    ]
    assert [len(keys) for keys, _ in sizes.calls] == [5]


async def test_a_read_that_nobody_waits_for_any_more_is_cancelled() -> None:
    ended: list[str] = []

    class Held(Read):
        async def __call__(self, ids: Any, **arguments: Any) -> list[Any]:
            self.calls.append((list(ids), arguments))
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise
            return []

    held = Held()
    enter_scope(Scope())
    asking = [asyncio.create_task(load_all(held, key)) for key in "ab"]
    while not held.calls:  # noqa: ASYNC110 - a read has no event for that
        await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0.01)
    # The other's key came in the same call.
    assert ended == []
    asking[1].cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    await asyncio.sleep(0.01)
    assert ended == ["cancelled"]
    assert held.calls == [(["a", "b"], {})]


async def test_what_nobody_waits_for_is_not_asked(read: Read) -> None:
    enter_scope(Scope())
    load(read, "a").cancel()
    await asyncio.sleep(0.01)
    assert read.calls == []
