"""The door: how many operations may be under way, so that those inside are answered in time.

What one process can do is bounded by its event loop, so the loop's delay is what is looked at: how late a
timer fires. A slow upstream delays nobody, and any number of operations may wait for it; where the loop
itself is late, work has come in faster than it can be done. Then:

*At once*, while the loop is busy, hardly more may be under way than before. Work that never waits is not
under way for longer than its own turn of the loop, so the turn's length is bounded as well: what has arrived
for the rest of it is refused.

*From then on*, where the delay stands, the limit is what was under way less what is done in the time by which
the loop was late. It grows again while the delay is small and the process idle at times, faster where it is
hardly late. A change is followed by the next one when all that was inside has left, because only then it has
shown. So what is inside settles at what the process can do, however long upstreams take.

A small delay alone shows no time to spare. Where replies come in batches that take as long as a tick, a loop
that is never idle is never late, and what comes in too fast waits for a place at an upstream instead. There
the limit falls in small steps, until the process is idle at times.

A few operations at once are never refused: a process that got no processor for a moment looks as late as a
busy one. What is refused costs a fraction of an operation, as nothing of a request is read but its head.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog

from patchbay.server.processor import busy_seconds

TICK_SECONDS: Final = 0.025
"""How often the delay is looked at, while something is under way."""

TARGET_SECONDS: Final = 0.01
"""The delay that a working process may have."""

SPARE_SECONDS: Final = 0.003
"""Below this delay the loop is hardly late."""

SPARE_SHARE: Final = 0.9
"""Busy for less of a window, the process has time to spare."""

FULL_SHARE: Final = 0.97
"""Busy for more of it, it is never idle."""

FULL_SECONDS: Final = 0.25
"""Never idle for longer, there is more to do than a burst."""

STANDING_SHARE: Final = 0.8
"""Of the most that were under way in a window, what still is at its end where they are not getting fewer."""

TURN_SECONDS: Final = 0.04
"""How long a turn of a busy loop may last."""

LEAST: Final = 8
"""So many operations at once are never refused."""

SHRINKAGE: Final = 0.9
"""By which factor the limit falls, where the process is never idle and yet not late."""

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
        "_adapts",
        "_arrived",
        "_base",
        "_busy_seconds",
        "_crowd",
        "_done",
        "_due",
        "_idle_at",
        "_inside",
        "_is_busy",
        "_least",
        "_logged_at",
        "_looked_at",
        "_looks",
        "_most",
        "_per_second",
        "_refused",
        "_shows_at",
        "_standing",
        "_timer",
        "_was_late",
        "_window_began_at",
        "_window_ends_at",
        "limit",
        "under_way",
    )  # fmt: skip

    def __init__(self, most: int, *, adapts: bool = True) -> None:
        self.limit = float(most)
        self.under_way = 0
        self._most = most
        self._least = min(LEAST, most)
        self._adapts = adapts
        # Since the last look, and since the last line in the log.
        self._arrived = self._done = self._refused = 0
        self._due = self._looked_at = self._per_second = 0.0
        self._logged_at = float("-inf")
        self._is_busy = self._was_late = False
        self._timer: asyncio.TimerHandle | None = None
        # When the last window ended in which the process was idle at times.
        self._idle_at = 0.0
        # Of this window: the smallest delay, the most that were under way, how many looks there were, and for
        # how long the process had been busy before it.
        self._standing = float("inf")
        self._crowd = self._looks = 0
        self._window_began_at = self._window_ends_at = self._busy_seconds = 0.0
        # Of the last change: what was under way, how many of these are inside, and when that is long ago.
        self._base = self._inside = 0
        self._shows_at = 0.0

    def refuses(self) -> bool:
        """Whether the next operation is refused; each that is has to be answered so."""
        if self.under_way >= self.limit or (self._was_late and self._is_too_much()):
            self._refused += 1
            return True
        return False

    def _is_too_much(self) -> bool:
        """Whether a late loop has had a long turn already, or a busy one has more to do than before."""
        return (self._arrived >= LEAST and time.monotonic() > self._looked_at + TURN_SECONDS) or (
            self._is_busy and self.under_way >= self._crowd + LEAST
        )

    def enter(self) -> None:
        """An operation begins."""
        self.under_way += 1
        self._arrived += 1
        if self._timer is None:
            self._looked_at = self._idle_at = now = time.monotonic()
            self._begin_window(now, busy_seconds())
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
            # One look is not enough: a pause of the process is as long as a window, and a burst may come in.
            is_late = late > (SPARE_SECONDS if self._was_late else TARGET_SECONDS)
            self._is_busy, self._was_late = is_late and self._was_late, is_late
            self._looks += 1
            if now > self._window_ends_at and self._looks > 1:
                busy = busy_seconds()
                share = (busy - self._busy_seconds) / (now - self._window_began_at)
                self._adapt(self._standing, share, now)
                self._begin_window(now, busy)
        is_idle = not self.under_way and not self._arrived
        self._looked_at = now
        self._arrived = self._done = 0
        if self._refused and now > self._logged_at + LOG_SECONDS:
            self._logged_at = now
            _log.warning("operations_refused", refused=self._refused, limit=int(self.limit))
            self._refused = 0
        if is_idle:
            self._timer = None
            self._is_busy = self._was_late = False
        else:
            self._set_timer(now)

    def _adapt(self, delay: float, busy: float, now: float) -> None:
        """Change the limit, counted from what was inside at the last change until all of that has left."""
        shows = self._inside <= 0 or now > self._shows_at
        if busy <= FULL_SHARE:
            self._idle_at = now
        if delay > TARGET_SECONDS and self._crowd > self._least:
            if shows:
                self._begin(now)
            surplus = (delay - TARGET_SECONDS) * self._per_second
            self.limit = max(float(self._least), min(self.limit, self._base - surplus))
        elif busy > FULL_SHARE and self._crowd > self._least:
            # A burst gets smaller by itself.
            stands = self.under_way > STANDING_SHARE * self._crowd
            if shows and stands and now > self._idle_at + FULL_SECONDS:
                self._begin(now)
                self.limit = max(float(self._least), min(self.limit, self._base * SHRINKAGE))
        elif shows and busy < SPARE_SHARE:
            self._begin(now)
            factor = SPARE_GROWTH if delay < SPARE_SECONDS else GROWTH
            self.limit = min(float(self._most), self.limit * factor)

    def _begin(self, now: float) -> None:
        self._base, self._inside = self._crowd, self.under_way
        self._shows_at = now + MEMORY_SECONDS

    def _begin_window(self, now: float, busy: float) -> None:
        self._standing, self._crowd, self._looks = float("inf"), self.under_way, 0
        self._window_began_at, self._window_ends_at = now, now + WINDOW_SECONDS
        self._busy_seconds = busy
