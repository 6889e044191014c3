"""One read's, or one upstream's, place in a store: what can be forgotten together.

Nobody knows under which identities and arguments a key was kept, so that it cannot be removed. Instead each
tag (a key of a read) has a generation, which changes when the tag is forgotten. An entry tells the generation
that was there when its upstream was asked, and holds as long as that is still the one. So what was asked for
before a change and comes after it holds nowhere, and no clock is asked.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from patchbay.calls.cache.store import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patchbay.calls.cache.store import Codec, Store

T = TypeVar("T")

_MARGIN_SECONDS = 3600.0
"""How much longer a generation is known than the entries of the one before it: their calls take time."""

CLOCKS_APART_SECONDS = 5.0
"""How far the clocks of replicas may be apart. What is from further in the future is not believed."""

MAX_SECONDS = 7 * 86400.0
"""How long anything is kept at most."""


def digest_of(*parts: str) -> str:
    """32 characters of 0-9 and a-f; different ones for different parts."""
    digest = blake2b(digest_size=16)
    for part in parts:
        body = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(body))
        digest.update(body)
    return digest.hexdigest()


class Shelf(Generic[T]):
    """Entries of one kind.

    Args:
        store: where they are.
        name: a digest that no other shelf has.
        codec: of their values.
        lifetime_seconds: how long an entry is kept at most.
        now: seconds of the wall clock.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        codec: Codec[T],
        *,
        lifetime_seconds: float,
        now: Callable[[], float],
    ) -> None:
        self.now = now
        self._store = store
        self._name = name
        self._marks = f"{name}*"
        self._whole = f"{name}!"
        self._codec = codec
        self._generation_seconds = lifetime_seconds + _MARGIN_SECONDS

    async def look(self, variant: str, tags: Sequence[str]) -> tuple[list[Kept[T] | None], list[str]]:
        """For each tag, its entry if there is one, and its generation: it holds where the two are the same.

        Args:
            variant: a digest of what tells the entries of one tag apart.
            tags: what they can be forgotten by.
        """
        prefix, marks = self._name + variant, self._marks
        keys = [prefix + tag for tag in tags]
        keys += [marks + tag for tag in tags]
        keys.append(self._whole)
        found = await self._store.get_many(keys, self._codec)
        number = len(tags)
        *marked, whole = found[number:]
        if whole is None and not any(marked):
            # Nothing was forgotten, as mostly.
            return found[:number], [""] * number
        generation = "" if whole is None else whole.generation
        return found[:number], [generation + ("" if mark is None else mark.generation) for mark in marked]

    async def keep(self, variant: str, entries: Mapping[str, Kept[T]]) -> None:
        """Keep these, by tag."""
        prefix = self._name + variant
        await self._store.put_many({prefix + tag: kept for tag, kept in entries.items()}, self._codec)

    async def forget(self, tags: Sequence[str] | None) -> None:
        """From now on, no entry of these tags holds that was asked for before; None for all tags."""
        now = self.now()
        mark: Kept[Any] = Kept(None, now, now + self._generation_seconds, os.urandom(8).hex())
        keys = [self._whole] if tags is None else [self._marks + tag for tag in tags]
        await self._store.put_many(dict.fromkeys(keys, mark), self._codec, lasting=True)
