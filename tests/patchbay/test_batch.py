"""The batch contract, over any fetch: one outcome per key, in order, and one bad key hurts no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.batch import Batch, FanOut, Matched
from patchbay.errors import UpstreamError, UpstreamUnavailable
from patchbay.keys import WireKey, wire_key


class Thing(msgspec.Struct, frozen=True):
    id: str | int
    size: str = ""


class Things:
    """Knows some things; fails a call that asks for a key in `failing`; notes what was asked."""

    def __init__(self, known: Sequence[Thing], failing: Sequence[str] = ()) -> None:
        self.known = known
        self.failing = frozenset(failing)
        self.asked: list[list[WireKey]] = []
        self.arguments: list[dict[str, Any]] = []

    async def many(self, keys: list[WireKey], **arguments: Any) -> Matched[Thing]:
        self.asked.append(keys)
        self.arguments.append(arguments)
        await asyncio.sleep(0)
        if self.failing.intersection(map(str, keys)):
            raise UpstreamUnavailable("things", "answered HTTP 503")
        return Matched([thing for thing in self.known if str(thing.id) in keys])

    async def one(self, key: WireKey, **arguments: Any) -> Thing | None:
        matched = await self.many([key], **arguments)
        return matched.records[0] if matched.records else None

    def batch(self, max_size: int = 100) -> Batch[Thing]:
        return Batch(name="GET /things", source="things", fetch=self.many, match="id", max_size=max_size)

    def fan_out(self, concurrency: int = 8) -> FanOut[Thing]:
        return FanOut(name="GET /things", source="things", fetch=self.one, concurrency=concurrency)


A, B, C = Thing("a"), Thing("b"), Thing("c")


@pytest.mark.parametrize("kind", ["batch", "fan_out"])
class TestAnyReadByKey:
    async def test_answers_come_in_the_keys_order(self, kind: str) -> None:
        read = getattr(Things([A, B, C]), kind)()
        assert await read(["c", "a", "b"]) == [C, A, B]

    async def test_a_repeated_key_is_asked_once_and_answered_each_time(self, kind: str) -> None:
        things = Things([A, B])
        assert await getattr(things, kind)()(["a", "b", "a", "a"]) == [A, B, A, A]
        assert sorted(key for keys in things.asked for key in keys) == ["a", "b"]

    async def test_an_unknown_key_is_none(self, kind: str) -> None:
        assert await getattr(Things([A]), kind)()(["x", "a", ""]) == [None, A, None]

    async def test_no_keys_ask_nothing(self, kind: str) -> None:
        things = Things([A])
        assert await getattr(things, kind)()([]) == []
        assert things.asked == []

    async def test_a_number_finds_the_record_whose_key_is_text_and_the_other_way_round(
        self, kind: str
    ) -> None:
        read = getattr(Things([Thing("7"), Thing(8)]), kind)()
        assert await read([7, "8"]) == [Thing("7"), Thing(8)]

    async def test_further_arguments_reach_the_fetch(self, kind: str) -> None:
        things = Things([A])
        await getattr(things, kind)()(["a"], limit=5)
        assert things.arguments == [{"limit": 5}]

    async def test_a_mistake_in_the_code_is_not_an_upstreams_error(self, kind: str) -> None:
        with pytest.raises(TypeError):
            await getattr(Things(None), kind)()(["a"])  # type: ignore[arg-type] # the mistake


class TestBatch:
    async def test_all_chunks_are_under_way_together(self) -> None:
        together = asyncio.Barrier(3)

        async def fetch(keys: list[WireKey]) -> Matched[Thing]:
            await together.wait()
            return Matched([Thing(str(key)) for key in keys])

        read = Batch(name="n", source="s", fetch=fetch, match="id", max_size=2)
        async with asyncio.timeout(2):
            assert await read(list("abcde")) == [Thing(key) for key in "abcde"]

    async def test_a_chunk_that_breaks_unexpectedly_cancels_the_others(self) -> None:
        ended: list[WireKey] = []
        cause = KeyError("cause")

        async def fetch(keys: list[WireKey]) -> Matched[Thing]:
            if keys == ["c"]:
                await asyncio.sleep(0)
                raise TypeError("unexpected") from cause
            try:
                await asyncio.Event().wait()
            finally:
                ended.extend(keys)
            return Matched([])

        read = Batch(name="n", source="s", fetch=fetch, match="id", max_size=1)
        async with asyncio.timeout(2):
            with pytest.raises(TypeError, match="unexpected") as caught:
                await read(list("abcde"))
        assert sorted(map(str, ended)) == list("abde")
        assert caught.value.__cause__ is cause
        assert caught.value.__context__ is None

    async def test_chunks_hold_at_most_the_upstreams_maximum(self) -> None:
        things = Things([])
        await things.batch(max_size=2)(list("abcbade"))
        assert things.asked == [["a", "b"], ["c", "d"], ["e"]]

    async def test_a_failed_chunk_is_the_error_of_its_own_keys_only(self) -> None:
        things = Things([A, B, C], failing=["b"])
        a, b, c = await things.batch(max_size=1)(["a", "b", "c"])
        assert (a, c) == (A, C)
        assert isinstance(b, UpstreamUnavailable)

    async def test_records_that_nobody_asked_for_are_left_out(self) -> None:
        async def fetch(keys: list[WireKey]) -> Matched[Thing]:
            return Matched([Thing("x"), A, Thing("y")])

        read = Batch(name="n", source="s", fetch=fetch, match="id", max_size=9)
        assert await read(["a", "b"]) == [A, None]

    async def test_the_first_of_two_records_with_one_key_counts(self) -> None:
        async def fetch(keys: list[WireKey]) -> Matched[Thing]:
            return Matched([Thing("a", "first"), Thing("a", "second")])

        read = Batch(name="n", source="s", fetch=fetch, match="id", max_size=9)
        assert await read(["a"]) == [Thing("a", "first")]

    async def test_a_wrong_row_is_the_error_of_its_key(self) -> None:
        wrong = UpstreamError("things", "wrong")

        async def fetch(keys: list[WireKey]) -> Matched[Thing]:
            return Matched([A], {"b": wrong})

        read = Batch(name="n", source="s", fetch=fetch, match="id", max_size=9)
        assert await read(["a", "b", "c"]) == [A, wrong, None]

    async def test_a_composite_key_matches_on_all_its_parts(self) -> None:
        async def fetch(keys: list[WireKey]) -> Matched[Thing]:
            assert keys == [("1", "l"), ("1", "s")]
            return Matched([Thing(1, "s"), Thing(1, "l")])

        read = Batch(name="n", source="s", fetch=fetch, match=("id", "size"), max_size=9)
        assert await read([(1, "l"), ("1", "s"), (1, "s")]) == [Thing(1, "l"), Thing(1, "s"), Thing(1, "s")]

    def test_a_maximum_below_one_is_refused_at_declaration(self) -> None:
        with pytest.raises(ValueError, match="things: GET /things: max_size must be at least 1"):
            Things([]).batch(max_size=0)


class TestFanOut:
    async def test_each_error_is_that_of_its_key(self) -> None:
        a, b, c = await Things([A, C], failing=["b"]).fan_out()(["a", "b", "c"])
        assert (a, c) == (A, C)
        assert isinstance(b, UpstreamUnavailable)

    async def test_only_so_many_are_under_way_together(self) -> None:
        under_way, most = 0, 0

        async def fetch(key: WireKey) -> Thing:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.001)
            under_way -= 1
            return Thing(str(key))

        read = FanOut(name="n", source="s", fetch=fetch, concurrency=3)
        assert len(await read(range(20))) == 20
        assert most == 3

    async def test_a_call_that_breaks_unexpectedly_cancels_the_others(self) -> None:
        ended: list[WireKey] = []

        async def fetch(key: WireKey) -> Thing:
            if key == "b":
                raise TypeError("unexpected")
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(key)
            return A

        read = FanOut(name="n", source="s", fetch=fetch, concurrency=3)
        async with asyncio.timeout(2):
            with pytest.raises(TypeError, match="unexpected"):
                await read(list("abcde"))
        assert set(ended) <= {"a", "c"}
        assert "a" in ended

    def test_a_concurrency_below_one_is_refused_at_declaration(self) -> None:
        with pytest.raises(ValueError, match="concurrency must be at least 1"):
            Things([]).fan_out(concurrency=0)


KEYS = st.one_of(st.text(st.characters(), max_size=4), st.integers(0, 9), st.sampled_from(list("abc")))


@given(
    keys=st.lists(KEYS, max_size=20),
    known=st.lists(KEYS, max_size=10),
    failing=st.sets(st.sampled_from(list("abc0123"))),
    size=st.integers(1, 7),
    batched=st.booleans(),
)
def test_any_keys_have_one_outcome_each(
    keys: list[str | int], known: list[str | int], failing: set[str], size: int, *, batched: bool
) -> None:
    things = Things([Thing(key) for key in known], failing=sorted(failing))
    read = things.batch(size) if batched else things.fan_out(size)
    outcomes = asyncio.run(read(keys))
    assert len(outcomes) == len(keys)
    failed = {key for asked in things.asked if failing.intersection(map(str, asked)) for key in asked}
    for key, outcome in zip(keys, outcomes, strict=True):
        if wire_key(key) in failed:
            assert isinstance(outcome, UpstreamError)
        elif str(key) in map(str, known):
            assert isinstance(outcome, Thing)
            assert str(outcome.id) == str(key)
        else:
            assert outcome is None
    asked = [key for chunk in things.asked for key in chunk]
    assert len(asked) == len(set(asked)) == len(set(map(str, keys)))
    assert all(len(chunk) <= (size if batched else 1) for chunk in things.asked)
