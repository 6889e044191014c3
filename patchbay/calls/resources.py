"""What the pipelines of one server share."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from patchbay.calls.cache.memory import MAX_BYTES, MemoryStore
from patchbay.calls.cache.redis_store import RedisStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.calls.cache.store import Store
    from patchbay.calls.redis import RedisLink


@dataclass(frozen=True)
class Resources:
    """Shared by all pipelines and kept reads.

    Args:
        redis: where replicas share quotas and kept answers; None keeps them in this process.
        single_flight: whether identical safe calls that are under way are made once.
        replicas: how many processes serve the graph, which divide each quota while Redis is away.
        max_kept_bytes: what kept answers may take in this process, all together.
        now: seconds of the wall clock.
    """

    redis: RedisLink | None = None
    single_flight: bool = True
    replicas: int = 1
    max_kept_bytes: int = MAX_BYTES
    now: Callable[[], float] = time.time

    @cached_property
    def store(self) -> Store:
        """Where answers are kept: one for all upstreams of the server."""
        if self.redis is None:
            return MemoryStore(self.max_kept_bytes)
        return RedisStore(self.redis, self.now, self.max_kept_bytes)
