"""Entries in this process: those that were not used for the longest time go first."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.calls.cache.store import Codec, Kept

T = TypeVar("T")

MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 500_000

_LARGEST_SHARE = 8
"""No entry takes more than this part of the room: one answer shall not push out all others."""


class MemoryStore:
    """A Store. It holds the values themselves, so that a hit decodes nothing.

    Args:
        max_bytes: of all entries, as far as their size can be told.
        max_entries: how many.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, max_entries: int = MAX_ENTRIES) -> None:
        self._max_bytes = max_bytes
        self._max_entries = max_entries
        self._entries: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        """Key -> entry and its size; what was used last stands last."""
        self._bytes = 0

    async def get_many(self, keys: Sequence[str], codec: Codec[T]) -> list[Kept[T] | None]:
        """See Store."""
        del codec
        entries = self._entries
        found: list[Kept[T] | None] = []
        for key in keys:
            entry = entries.get(key)
            if entry is None:
                found.append(None)
            else:
                entries.move_to_end(key)
                found.append(entry[0])
        return found

    async def put_many(
        self, entries: Mapping[str, Kept[T]], codec: Codec[T], *, lasting: bool = False
    ) -> None:
        """See Store."""
        del lasting
        for key, kept in entries.items():
            size = codec.weigh(kept) + len(key)
            self._remove(key)
            if size <= self._max_bytes // _LARGEST_SHARE:
                self._entries[key] = (kept, size)
                self._bytes += size
        while self._bytes > self._max_bytes or len(self._entries) > self._max_entries:
            self._remove(next(iter(self._entries)))

    def clear(self) -> None:
        """Keep nothing."""
        self._entries.clear()
        self._bytes = 0

    def status(self) -> dict[str, int]:
        """See Store."""
        return {"entries": len(self._entries), "bytes": self._bytes}

    def _remove(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry[1]
