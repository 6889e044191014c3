"""A quota's window in Redis, for all replicas; each goes on by its own share while Redis is away."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

from patchbay.calls.quota import ARRIVAL_SECONDS, Quota, Window
from patchbay.calls.redis import RedisAway

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from patchbay.calls.resources import Resources

_TAKE = """
local pause = redis.call('PTTL', KEYS[2])
if pause > 0 then return pause * 1000 end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  return redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] - now
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[2] / 1000))
return 0
"""
"""By Redis's own clock, in microseconds: replicas' clocks differ. A score tells when a slot is free again."""

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
        self._own_share = Window(Quota(max(1, quota.calls // resources.replicas), quota.seconds))
        self._member = f"{os.urandom(8).hex()}:"
        self._numbers = itertools.count()

    async def take(self) -> float:
        """See Ledger."""
        member = f"{self._member}{next(self._numbers)}"

        async def command(client: Redis) -> float:
            keys_and_arguments = [*self._keys, self._calls, self._micros, member]
            return float(await client.eval(_TAKE, len(self._keys), *keys_and_arguments)) / _MICRO

        try:
            wait_seconds = await self._redis.ask(command)
        except RedisAway:
            return self._own_share.take()
        if wait_seconds == 0.0:
            # Counted here as well, so that nothing is given twice when Redis goes away.
            self._own_share.take()
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
