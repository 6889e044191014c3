"""Entries in Redis, for all replicas; each goes on by itself while Redis is away."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar

from patchbay.calls.cache.memory import MAX_BYTES, MemoryStore
from patchbay.calls.redis import RedisAway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from redis.asyncio import Redis

    from patchbay.calls.cache.store import Codec, Kept
    from patchbay.calls.redis import RedisLink

T = TypeVar("T")

MAX_OWED = 10_000
"""Lasting entries that are remembered for Redis's return."""


class RedisStore:
    """A Store.

    Args:
        link: to Redis.
        now: seconds of the wall clock.
        max_bytes: what it holds in this process while Redis is away.
    """

    def __init__(self, link: RedisLink, now: Callable[[], float], max_bytes: int = MAX_BYTES) -> None:
        self._link = link
        self._now = now
        self._own = MemoryStore(max_bytes)
        self._was_away = False
        self._owed: dict[str, tuple[bytes, float]] = {}
        """Name -> body and its time, which Redis has not been given."""

    async def get_many(self, keys: Sequence[str], codec: Codec[T]) -> list[Kept[T] | None]:
        """See Store. One command."""
        names = list(map(self._name, keys))
        try:
            bodies: Sequence[Any] = await self._ask(lambda client: client.mget(names))
        except RedisAway:
            return await self._own.get_many(keys, codec)
        return [None if body is None else codec.decode(body) for body in bodies]

    async def put_many(
        self, entries: Mapping[str, Kept[T]], codec: Codec[T], *, lasting: bool = False
    ) -> None:
        """See Store. One round trip."""
        named = {
            self._name(key): (body, kept.until)
            for key, kept in entries.items()
            if (body := codec.encode(kept)) is not None
        }
        try:
            await self._ask(lambda client: self._set(client, named))
        except RedisAway:
            if lasting:
                self._owe(named)
            await self._own.put_many(entries, codec)

    def status(self) -> dict[str, int]:
        """See Store."""
        return self._own.status()

    async def _ask(self, command: Callable[[Redis], Awaitable[T]]) -> T:
        """As RedisLink.ask. After it was away, what it missed comes first."""
        try:
            if self._was_away:
                await self._come_back()
            return await self._link.ask(command)
        except RedisAway:
            self._was_away = True
            raise

    async def _come_back(self) -> None:
        owed = dict(self._owed)
        await self._link.ask(lambda client: client.ping())
        await self._link.ask(lambda client: self._set(client, owed))
        for name, entry in owed.items():
            if self._owed.get(name) is entry:
                del self._owed[name]
        # What others forget from now on, they forget in Redis.
        self._own.clear()
        self._was_away = bool(self._owed)

    async def _set(self, client: Redis, entries: Mapping[str, tuple[bytes, float]]) -> None:
        now = self._now()
        pipeline: Any = client.pipeline(transaction=False)
        for name, (body, until) in entries.items():
            milliseconds = int((until - now) * 1000)
            if milliseconds > 0:
                pipeline.set(name, body, px=milliseconds)
        await pipeline.execute()

    def _owe(self, entries: Mapping[str, tuple[bytes, float]]) -> None:
        self._owed.update(entries)
        while len(self._owed) > MAX_OWED:
            del self._owed[next(iter(self._owed))]

    def _name(self, key: str) -> str:
        # Keys hold what clients send: of any length, and with surrogates, which are no UTF-8.
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
        return f"{self._link.prefix}kept:{digest}"
