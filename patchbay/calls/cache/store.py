"""What a store of kept answers holds, and what every store offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

_ENTRY_BYTES = 400
"""What an entry takes beside its value: its key, its place in the store, itself."""

_GROWTH = 4
"""How much larger a record is in memory than in msgpack; records of short texts grow most."""

_UNKNOWN_BYTES = 4096
"""For what cannot be encoded."""

_ENCODE_ERRORS = (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError)


class Kept(msgspec.Struct, Generic[T], frozen=True):
    """One entry of a store. Times are seconds of the wall clock, which replicas share more or less.

    Args:
        value: what is kept; None where the upstream does not know the key.
        at: when it was true: when the upstream was asked for it, or earlier.
        until: when it is of no use any more.
        generation: of the shelf that it was asked for; see Shelf.
    """

    value: T | None
    at: float
    until: float
    generation: str


class Codec(Generic[T]):
    """How values of one type are kept.

    Args:
        type_: of the values.
        weigh: their size in memory, in bytes; None guesses it from what they take in msgpack.
    """

    def __init__(self, type_: Any, weigh: Callable[[T], int] | None = None) -> None:
        entry: Any = Kept[type_]
        self._decoder = msgspec.msgpack.Decoder(entry)
        self._encoder = msgspec.msgpack.Encoder()
        self._weigh = weigh

    def encode(self, kept: Kept[T]) -> bytes | None:
        """As bytes; None for a value that has no such form, and is not kept outside of this process."""
        try:
            return self._encoder.encode(kept)
        except _ENCODE_ERRORS:
            return None

    def decode(self, body: bytes) -> Kept[T] | None:
        """From bytes; None where they are none of these, as after a release that changed the type."""
        try:
            entry: Kept[T] = self._decoder.decode(body)
        except _ENCODE_ERRORS:
            return None
        return entry

    def weigh(self, kept: Kept[T]) -> int:
        """About how many bytes it takes in memory."""
        if kept.value is None:
            return _ENTRY_BYTES
        if self._weigh is not None:
            return _ENTRY_BYTES + self._weigh(kept.value)
        body = self.encode(kept)
        return _ENTRY_BYTES + (_UNKNOWN_BYTES if body is None else _GROWTH * len(body))


class Store(Protocol):
    """Where entries are. It may lose any of them at any time, and never raises."""

    async def get_many(self, keys: Sequence[str], codec: Codec[T]) -> list[Kept[T] | None]:
        """One entry per key, in the keys' order; None where there is none. They may be past their time."""

    async def put_many(
        self, entries: Mapping[str, Kept[T]], codec: Codec[T], *, lasting: bool = False
    ) -> None:
        """Keep each until its time.

        Args:
            entries: by key.
            codec: of their values.
            lasting: others rely on them: where they cannot be kept for all replicas now, that is made up for.
        """

    def status(self) -> dict[str, int]:
        """How much it holds in this process."""
