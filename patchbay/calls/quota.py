"""Quotas: how many calls an upstream allows in any window of time, as declared and as it says itself."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from patchbay.calls.rate_headers import is_told, told_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.calls.call import Reply

ARRIVAL_SECONDS = 0.1
"""A call may reach the upstream's counter this much later than it was sent, and one behind it at once: a slot
stays taken so much longer than the window lasts."""

MAX_PAUSE_SECONDS = 24 * 3600.0
"""An upstream that asks for more is not believed."""


@dataclass(frozen=True)
class Quota:
    """What an upstream allows.

    Args:
        calls: in any window.
        seconds: the window's length.
    """

    calls: int
    seconds: float

    def problems(self) -> list[str]:
        """What cannot be meant."""
        pairs = {
            f"quota: {self.calls} calls can never be made; it must allow at least 1": self.calls >= 1,
            "quota.seconds must be more than 0": self.seconds > 0,
        }
        return [problem for problem, is_well in pairs.items() if not is_well]


def PerSecond(calls: int) -> Quota:  # noqa: N802 - reads as the declaration that it is
    """So many calls in any second."""
    return Quota(calls, 1)


def PerMinute(calls: int) -> Quota:  # noqa: N802 - as PerSecond
    """So many calls in any minute."""
    return Quota(calls, 60)


def PerHour(calls: int) -> Quota:  # noqa: N802 - as PerSecond
    """So many calls in any hour."""
    return Quota(calls, 3600)


class Ledger(Protocol):
    """Where the calls of a window are counted."""

    async def take(self) -> float:
        """Take a slot: 0 when it is taken, else how many seconds to wait before one may be free."""

    async def pause(self, seconds: float) -> None:
        """Give no slot for so long."""


class Window:
    """A sliding window in this process: never more than `calls` in any `seconds`, wherever they are counted.

    Args:
        quota: see Quota.
        clock: seconds that only grow.
    """

    __slots__ = ("_clock", "_free_at", "_quota", "_seconds")

    def __init__(self, quota: Quota, clock: Callable[[], float] = time.monotonic) -> None:
        self._quota = quota
        self._seconds = quota.seconds + ARRIVAL_SECONDS
        self._clock = clock
        self._free_at: deque[float] = deque()
        """When each slot that is taken is free again, the next first."""

    def take(self, most: int | None = None) -> float:
        """As Ledger.take, at once.

        Args:
            most: slots that may be taken together, from 1 on, where that is less than the quota's.
        """
        now = self._clock()
        free_at = self._free_at
        while free_at and free_at[0] <= now:
            free_at.popleft()
        calls = self._quota.calls if most is None else most
        if len(free_at) >= calls:
            return free_at[len(free_at) - calls] - now
        free_at.append(now + self._seconds)
        return 0.0

    def note(self) -> None:
        """Count a slot that was taken elsewhere, also where there is none left here."""
        self._free_at.append(self._clock() + self._seconds)

    def seconds_for(self, number: int) -> float:
        """How long until so many slots could have been taken, one after the other."""
        behind = number - 1 - self.left()
        if behind < 0:
            return 0.0
        whole, rest = divmod(behind, self._quota.calls)
        taken = [at for at in self._free_at if at > self._clock()]
        return taken[min(rest, len(taken) - 1)] - self._clock() + whole * self._seconds

    def left(self) -> int:
        """Slots that could be taken now."""
        now = self._clock()
        return self._quota.calls - sum(at > now for at in self._free_at)


class Allowance:
    """What one upstream allows now: the declared window, shared or not, and what its answers said of it.

    Args:
        window: of the declared quota; None where none is declared.
        ledger: counts in the window's stead, for all replicas; None where there is none.
        clock: seconds that only grow.
    """

    __slots__ = ("_clock", "_ledger", "_left", "_paused_until", "_window")

    def __init__(
        self,
        window: Window | None,
        ledger: Ledger | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._window = window
        self._ledger = ledger
        self._clock = clock
        self._paused_until = 0.0
        self._left: int | None = None
        """Calls that the upstream said are left until `_paused_until`; None where nothing it said holds."""

    @property
    def is_shared(self) -> bool:
        """Whether others take from it too, so that only `take_shared` can tell."""
        return self._ledger is not None

    @property
    def is_open(self) -> bool:
        """Whether nothing at all limits calls now."""
        return self._window is None and self._paused_until == 0.0

    def pause_seconds(self) -> float:
        """How long the upstream wants to be left alone yet."""
        if self._paused_until == 0.0:
            return 0.0
        left_seconds = self._paused_until - self._clock()
        if left_seconds <= 0:
            self._paused_until = 0.0
            self._left = None
            return 0.0
        return 0.0 if self._left else left_seconds

    def seconds_for(self, number: int) -> float:
        """How long until so many more calls could have begun, as far as that can be told."""
        window_seconds = 0.0
        if self._window is not None and self._ledger is None:
            window_seconds = self._window.seconds_for(number)
        return max(self.pause_seconds(), window_seconds)

    def take(self) -> float:
        """Take a slot: 0 when it is taken, else how many seconds to wait before one may be free."""
        wait_seconds = self.pause_seconds()
        if wait_seconds == 0.0 and self._window is not None:
            wait_seconds = self._window.take()
        if wait_seconds == 0.0 and self._left is not None:
            self._left -= 1
        return wait_seconds

    async def take_shared(self) -> float:
        """As `take`, from what all replicas share."""
        wait_seconds = self.pause_seconds()
        if wait_seconds == 0.0 and self._ledger is not None:
            wait_seconds = await self._ledger.take()
        if wait_seconds == 0.0 and self._left is not None:
            self._left -= 1
        return wait_seconds

    @staticmethod
    def is_told(reply: Reply) -> bool:
        """Whether an answer may say something of the quota; asked first where each microsecond counts."""
        return is_told(reply)

    async def observe(self, reply: Reply, under_way: int) -> None:
        """Read what an answer says of the quota.

        Args:
            reply: of any status.
            under_way: calls that were sent and not counted in the answer yet.
        """
        told = told_by(reply)
        if told is None:
            return
        seconds = min(told.seconds, MAX_PAUSE_SECONDS)
        left = max(0, told.left - under_way)
        until = self._clock() + seconds
        if left == 0 or self._paused_until == 0.0 or until >= self._paused_until:
            self._left = left
            self._paused_until = max(until, self._paused_until) if left == 0 else until
        elif self._left is not None:
            self._left = min(self._left, left)
        if left == 0 and self._ledger is not None:
            await self._ledger.pause(seconds)

    def status(self) -> dict[str, float | int | None]:
        """Slots left in the declared window, and seconds of pause."""
        return {
            "left": None if self._window is None else self._window.left(),
            "pause_seconds": round(self.pause_seconds(), 3),
        }
