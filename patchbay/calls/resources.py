"""What the pipelines of one server share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patchbay.calls.redis import RedisLink


@dataclass(frozen=True)
class Resources:
    """Shared by all pipelines and kept reads.

    Args:
        redis: where replicas share quotas and kept answers; None keeps them in this process.
        single_flight: whether identical safe calls that are under way are made once.
        replicas: how many processes serve the graph, which divide each quota while Redis is away.
    """

    redis: RedisLink | None = None
    single_flight: bool = True
    replicas: int = 1
