"""The one link to Redis (or Valkey): what replicas share, and how the server goes on without it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from patchbay.environment import Secret

T = TypeVar("T")

TIMEOUT_SECONDS = 0.25
"""For one command. What it brings is worth no more waiting: everything can be had without it."""

MAX_CONNECTIONS = 32

AWAY_SECONDS = 1.0
"""How long it is not asked after it could not be reached."""

_log = structlog.get_logger("patchbay.redis")


class RedisAway(Exception):
    """It cannot be reached now. Never a client's error: whoever asks goes on without it."""


class RedisLink:
    """A Redis server.

    Args:
        url: redis://, rediss:// or unix://, which can hold a password.
        prefix: in front of every key.
    """

    def __init__(self, url: Secret, prefix: str = "patchbay:") -> None:
        self.prefix = prefix
        # Who finds all connections taken waits for one; the plain pool would fail, as if Redis were away.
        pool = BlockingConnectionPool.from_url(
            url.reveal(),
            max_connections=MAX_CONNECTIONS,
            timeout=TIMEOUT_SECONDS,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            # Once more at once: a connection that was kept may have ended with a Redis that is back.
            retry=Retry(NoBackoff(), 1),
        )
        self._client = Redis.from_pool(pool)
        self._away_until = 0.0

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    @property
    def is_away(self) -> bool:
        """Whether it would not even be asked now."""
        return time.monotonic() < self._away_until

    async def ask(self, command: Callable[[Redis], Awaitable[T]]) -> T:
        """What one command brings.

        A cancelled caller does not cancel the command: a connection on which a command was given up could
        hand its reply to somebody else.

        Raises:
            RedisAway: it cannot be reached, or was not a moment ago.
        """
        if self.is_away:
            raise RedisAway
        asking = asyncio.ensure_future(self._run(command))
        # Retrieved also where the caller is gone.
        asking.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(asking)

    async def _run(self, command: Callable[[Redis], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(2 * TIMEOUT_SECONDS):
                result = await command(self._client)
        except (RedisError, OSError, TimeoutError) as error:
            if not self.is_away:
                # Without the error's text, which can hold the address.
                _log.warning("redis_away", error=type(error).__name__)
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise RedisAway from error
        return result
