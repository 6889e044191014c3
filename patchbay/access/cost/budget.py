"""How much each client may spend: a bucket of points that fills up again within a minute."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BUCKETS: Final = 50_000
"""Clients that are remembered, the ones that asked last. Forgotten, a bucket is full."""

MINUTE_SECONDS: Final = 60.0


class CostBudget:
    """The buckets of one process.

    Args:
        per_minute: points that one client may spend in a minute; a client that was quiet may spend all of
            them at once.
        now: the clock, in seconds.
    """

    def __init__(self, per_minute: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._now = now
        self._per_second = per_minute / MINUTE_SECONDS
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Client -> points that were left, and when that was."""

    def take(self, key: str, points: int) -> float | None:
        """Spend points.

        Args:
            key: the client.
            points: at most `per_minute`, as more are never there.

        Returns:
            None where they are spent; otherwise after how many seconds there may be so many.
        """
        left = self._left(key)
        if points > left:
            return (points - left) / self._per_second
        self._keep(key, left - points)
        return None

    def refund(self, key: str, points: int) -> None:
        """Give back what was taken and not used."""
        if points > 0:
            self._keep(key, self._left(key) + points)

    def remaining(self, key: str) -> int:
        """The whole points that a client has left."""
        return int(self._left(key))

    def __len__(self) -> int:
        return len(self._buckets)

    def _left(self, key: str) -> float:
        found = self._buckets.get(key)
        if found is None:
            return float(self.per_minute)
        left, at = found
        return min(self.per_minute, left + (self._now() - at) * self._per_second)

    def _keep(self, key: str, left: float) -> None:
        if left >= self.per_minute:
            self._buckets.pop(key, None)
            return
        self._buckets[key] = (left, self._now())
        self._buckets.move_to_end(key)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
