"""The store in this process: what it holds, and what goes first."""

from __future__ import annotations

import tracemalloc
from typing import Any

import msgspec

from patchbay.calls.cache.memory import MemoryStore
from patchbay.calls.cache.store import Codec, Kept


class Wide(msgspec.Struct, frozen=True):
    id: str
    name: str
    email: str
    since: int
    tags: list[str]


class TestMemory:
    CODEC: Codec[bytes] = Codec(bytes, len)

    async def test_what_was_not_used_for_the_longest_time_goes_first(self) -> None:
        store = MemoryStore(max_entries=3)
        for key in "abc":
            await store.put_many({key: Kept(b"x", 0, 1, "")}, self.CODEC)
        await store.get_many(["a"], self.CODEC)
        await store.put_many({"d": Kept(b"x", 0, 1, "")}, self.CODEC)
        found = await store.get_many(["a", "b", "c", "d"], self.CODEC)
        assert [kept is not None for kept in found] == [True, False, True, True]

    async def test_it_never_holds_more_bytes_than_it_may(self) -> None:
        store = MemoryStore(max_bytes=100_000)
        for number in range(100):
            await store.put_many({str(number): Kept(b"x" * 9_000, 0, 1, "")}, self.CODEC)
            assert store.status()["bytes"] <= 100_000
        assert store.status()["entries"] == 10
        # One that is replaced is counted once.
        for _ in range(50):
            await store.put_many({"same": Kept(b"x" * 9_000, 0, 1, "")}, self.CODEC)
        assert store.status()["entries"] == 10

    async def test_an_answer_that_would_push_out_all_others_is_not_kept(self) -> None:
        store = MemoryStore(max_bytes=100_000)
        await store.put_many(
            {"small": Kept(b"x", 0, 1, ""), "large": Kept(b"x" * 50_000, 0, 1, "")}, self.CODEC
        )
        small, large = await store.get_many(["small", "large"], self.CODEC)
        assert small is not None
        assert large is None

    async def test_the_size_of_records_is_guessed_with_room_to_spare(self) -> None:
        store, codec = MemoryStore(max_bytes=1 << 30), Codec[Any](Wide)
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for number in range(2000):
            wide = Wide(f"id-{number}", f"Name {number}", f"{number}@example.org", number, [f"tag-{number}"])
            await store.put_many({"k" * 64 + str(number): Kept(wide, number / 7, number / 3, "")}, codec)
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert after - before < store.status()["bytes"] < 2 * (after - before)
