"""A quota's window in Redis, for all replicas; each goes on by its own share while Redis is away."""

from __future__ import annotations

import itertools
import os
import time
from typing import TYPE_CHECKING

from patchbay.calls.quota import ARRIVAL_SECONDS, Quota, Window
from patchbay.calls.redis import RedisAway

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from patchbay.calls.resources import Resources

_TAKE = """
local pause = redis.call('PTTL', KEYS[2])
if pause > 0 then return {pause * 1000, redis.call('ZCARD', KEYS[1])} end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  return {redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] - now, redis.call('ZCARD', KEYS[1])}
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[2] / 1000))
return {0, redis.call('ZCARD', KEYS[1])}
"""
"""How long to wait, and how many slots are taken by all.

By Redis's own clock, in microseconds: replicas' clocks differ. A score tells when a slot is free again.
"""

_MICRO = 1_000_000


class SharedWindow:
    """A Ledger of all replicas. The keys' names are the upstream's.

    Args:
        source: the upstream's name.
        quota: see Quota.
        resources: with `redis`.
    """

    def __init__(self, source: str, quota: Quota, resources: Resources) -> None:
        assert resources.redis is not None  # noqa: S101 - who has no Redis has no shared window
        self._redis = resources.redis
        # Braces keep both keys on one node of a cluster.
        self._keys = [f"{self._redis.prefix}quota:{{{source}}}", f"{self._redis.prefix}pause:{{{source}}}"]
        self._calls = str(quota.calls)
        self._micros = str(int((quota.seconds + ARRIVAL_SECONDS) * _MICRO))
        self._own = Window(quota)
        self._apart = _Apart(self._own, quota, resources.replicas)
        self._member = f"{os.urandom(8).hex()}:"
        self._numbers = itertools.count()

    async def take(self) -> float:
        """See Ledger."""
        is_counted = self._apart.is_careful()
        if is_counted and (own_seconds := self._own.take(self._apart.share)):
            return own_seconds
        member = f"{self._member}{next(self._numbers)}"

        async def command(client: Redis) -> tuple[float, int]:
            keys_and_arguments = [*self._keys, self._calls, self._micros, member]
            wait, taken = await client.eval(_TAKE, len(self._keys), *keys_and_arguments)
            return float(wait) / _MICRO, int(taken)

        try:
            wait_seconds, taken = await self._redis.ask(command)
        except RedisAway:
            return self._apart.take()
        if wait_seconds == 0.0 and not is_counted:
            # Counted here as well, so that nothing is given twice when Redis goes away.
            self._own.note()
        self._apart.told(taken)
        return wait_seconds

    async def pause(self, seconds: float) -> None:
        """See Ledger."""
        milliseconds = int(seconds * 1000)
        if milliseconds < 1:
            return
        try:
            await self._redis.ask(lambda client: client.set(self._keys[1], 1, px=milliseconds))
        except RedisAway:
            return


class _Apart:
    """What this process takes while Redis is away: its share, and no more than was left for it before.

    When Redis goes away, others may have more than their share of the running window. Who went up to its own
    at once would pass the quota with them; so until that window is over a process adds, to what it had, its
    part of what nobody had.

    Args:
        own: this process's slots, all of them.
        quota: of all.
        replicas: how many processes share it.
    """

    def __init__(self, own: Window, quota: Quota, replicas: int) -> None:
        self._own = own
        self._quota = quota
        self._replicas = replicas
        self.share = max(1, quota.calls // replicas)
        self._window_seconds = quota.seconds + ARRIVAL_SECONDS
        self._taken: int | None = None
        """By all, as Redis said last; None while it is away."""
        self._is_away = False
        self._most = self.share
        self._until = self._careful_until = 0.0

    def told(self, taken: int) -> None:
        """Redis is there: so many slots are taken by all."""
        if self._is_away:
            self._is_away = False
            self._careful_until = time.monotonic() + self._window_seconds
        self._taken = taken

    def is_careful(self) -> bool:
        """Whether Redis is back, and may not know of what was taken: it may have come back empty."""
        return not self._is_away and time.monotonic() < self._careful_until

    def take(self) -> float:
        """See Ledger."""
        now = time.monotonic()
        self._is_away = True
        if self._taken is not None:
            own = self._quota.calls - self._own.left()
            left = max(0, self._quota.calls - self._taken) // self._replicas
            self._most = min(self.share, own + left)
            self._until = now + self._window_seconds
            self._taken = None
        if now >= self._until:
            return self._own.take(self.share)
        return self._own.take(self._most) if self._most else self._until - now
