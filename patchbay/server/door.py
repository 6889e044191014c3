"""The door: how many operations may be under way, so that those inside are answered in time.

What one process can do is bounded by its event loop, so the loop's delay is what is looked at: how late a
timer fires. A slow upstream delays nobody, and any number of operations may wait for it; where the loop
itself is late, work has come in faster than it can be done. Two limits follow from that.

*Operations under way.* While the delay stands above its target, their limit is what is under way less what
is done in the time by which the loop is late. It grows again while the delay is below: slowly where the limit
is felt, fast where the loop has time to spare. So what is inside settles at what the process can do, however
long upstreams take.

*One turn of the loop.* Work that never waits is not under way for longer than its own turn. So where the loop
was late already, and this turn lasts too long as well, the rest of what has arrived for it is refused.

Neither limit is felt by a few operations at once: a process that got no processor for a moment looks as late
as a busy one. Who is refused costs a fraction of an operation, as nothing of a request is read but its head.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog

TICK_SECONDS: Final = 0.025
"""How often the delay is looked at, while something is under way."""

TARGET_SECONDS: Final = 0.02
"""The delay that a working process may have."""

SPARE_SECONDS: Final = 0.005
"""Below this delay the loop has time to spare."""

TURN_SECONDS: Final = 0.03
"""How long a turn may last, behind one that was late."""

LEAST: Final = 8
"""So many operations at once are never refused."""

GROWTH: Final = 1.05
"""By which factor the limit grows, where the delay is as it may be."""

SPARE_GROWTH: Final = 1.5
"""By which factor it grows where there is time to spare."""

WINDOW_SECONDS: Final = 0.1
"""The smallest delay of so long is one that stands; a larger one was a burst."""

MEMORY_SECONDS: Final = 0.5
"""Over which time the rate of operations is averaged, and after which a change of the limit shows at last."""

LOG_SECONDS: Final = 1.0
"""How often a line tells of refused operations at most."""

_log = structlog.get_logger("patchbay.server")


class Door:
    """Counts operations in and out. Use it in one event loop.

    Args:
        most: so many operations may be under way at once, whatever the delay.
        adapts: whether the delay is looked at.
    """

    __slots__ = (
        "_adapts", "_arrived", "_base", "_crowd", "_done", "_due", "_inside", "_is_busy", "_least", "_looks",
        "_logged_at", "_looked_at", "_most", "_per_second", "_refused", "_shows_at", "_standing", "_timer",
        "_window_ends_at", "limit", "under_way",
    )  # fmt: skip

    def __init__(self, most: int, *, adapts: bool = True) -> None:
        self.limit = float(most)
        self.under_way = 0
        self._most = most
        self._least = min(LEAST, most)
        self._adapts = adapts
        self._arrived = self._done = self._refused = self._base = self._crowd = self._inside = 0
        self._per_second = self._due = self._looked_at = self._shows_at = self._window_ends_at = 0.0
        self._standing = float("inf")
        self._logged_at = float("-inf")
        self._is_busy = False
        self._timer: asyncio.TimerHandle | None = None

    def refuses(self) -> bool:
        """Whether the next operation is refused; each that is has to be answered so."""
        if self.under_way >= self.limit or (
            self._is_busy and self._arrived >= LEAST and time.monotonic() > self._looked_at + TURN_SECONDS
        ):
            self._refused += 1
            return True
        return False

    def enter(self) -> None:
        """An operation begins."""
        self.under_way += 1
        self._arrived += 1
        if self._timer is None:
            self._looked_at = now = time.monotonic()
            self._begin_window(now)
            self._set_timer(now)

    def leave(self) -> None:
        """An operation has ended."""
        self.under_way -= 1
        self._done += 1

    def _set_timer(self, now: float) -> None:
        self._due = now + TICK_SECONDS
        self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        late = max(0.0, now - self._due)
        seconds = max(now - self._looked_at, TICK_SECONDS)
        self._per_second += (self._done / seconds - self._per_second) * min(1.0, seconds / MEMORY_SECONDS)
        self._inside -= self._done
        self._standing, self._crowd = min(self._standing, late), max(self._crowd, self.under_way)
        if self._adapts:
            self._is_busy = late > (SPARE_SECONDS if self._is_busy else TARGET_SECONDS)
            # One look is not enough: a pause of the process is as long as a window.
            self._looks += 1
            if now > self._window_ends_at and self._looks > 1:
                self._adapt(self._standing, now)
                self._begin_window(now)
        is_idle = not self.under_way and not self._arrived
        self._looked_at = now
        self._arrived = self._done = 0
        if self._refused and now > self._logged_at + LOG_SECONDS:
            self._logged_at = now
            _log.warning("operations_refused", refused=self._refused, limit=int(self.limit))
            self._refused = 0
        if is_idle:
            self._timer = None
            self._is_busy = False
        else:
            self._set_timer(now)

    def _adapt(self, delay: float, now: float) -> None:
        """Change the limit, counted from what was inside at the last change until all of that has left."""
        shows = self._inside <= 0 or now > self._shows_at
        if delay > TARGET_SECONDS:
            if shows:
                self._begin(now)
            surplus = (delay - TARGET_SECONDS) * self._per_second
            self.limit = max(float(self._least), min(self.limit, self._base - surplus))
        elif shows:
            self._begin(now)
            factor = SPARE_GROWTH if delay < SPARE_SECONDS else GROWTH
            self.limit = min(float(self._most), self.limit * factor)

    def _begin(self, now: float) -> None:
        self._base, self._inside = self._crowd, self.under_way
        self._shows_at = now + MEMORY_SECONDS

    def _begin_window(self, now: float) -> None:
        self._standing, self._crowd, self._looks = float("inf"), self.under_way, 0
        self._window_ends_at = now + WINDOW_SECONDS
