"""The gate in front of an upstream: who may start a call now, and who waits.

A call starts when one of the upstream's places is free (bulkhead) and its quota has a slot. All others wait
in one queue: calls that somebody waits for come before background refreshes, and among equals the first comes
first. Who cannot be served before its deadline, as far as that can be told, is refused at once.
"""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING

from patchbay.errors import UpstreamBusy, UpstreamQuota

if TYPE_CHECKING:
    from patchbay.calls.quota import Allowance

_SMOOTHING = 0.1
"""Of the mean duration of a call: how much the newest one counts."""


class Gate:
    """Places and slots of one upstream. Use it in one event loop.

    Args:
        source: the upstream's name.
        concurrency: calls under way at once.
        allowance: its quota.
    """

    def __init__(self, source: str, concurrency: int, allowance: Allowance) -> None:
        self._source = source
        self._concurrency = concurrency
        self._allowance = allowance
        self._queue: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._number = 0
        self._under_way = 0
        self._waiting = 0
        self._background = 0
        """Of those who wait."""
        self._mean_seconds = 0.0
        self._retry_at: asyncio.TimerHandle | None = None
        self._asking: asyncio.Task[None] | None = None

    @property
    def under_way(self) -> int:
        """Calls that have a place."""
        return self._under_way

    @property
    def waiting(self) -> int:
        """Calls that have none yet."""
        return self._waiting

    @property
    def is_full(self) -> bool:
        """Whether all places are taken; where they are not, it is the quota that the queue waits for."""
        return self._under_way >= self._concurrency

    def try_enter(self) -> bool:
        """Start a call now, if nothing stands against it. Whoever enters leaves."""
        if self._waiting or self._under_way >= self._concurrency:
            return False
        allowance = self._allowance
        if not allowance.is_open and (allowance.is_shared or allowance.take() > 0):
            return False
        self._under_way += 1
        return True

    async def enter(self, *, background: bool, seconds: float) -> None:
        """Wait for a place and a slot. Whoever enters leaves.

        Args:
            background: nobody waits for this call.
            seconds: how long it could wait; the deadline itself is the caller's.

        Raises:
            UpstreamQuota, UpstreamBusy: its turn cannot come in time.
        """
        self._refuse_if_hopeless(seconds, background=background)
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._number += 1
        heapq.heappush(self._queue, (background, self._number, waiter))
        self._waiting += 1
        self._background += background
        self._serve()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                # Its turn came in the same moment.
                self.leave()
            raise
        finally:
            self._waiting -= 1
            self._background -= background

    def leave(self, took_seconds: float = 0.0) -> None:
        """A call has ended; its place is the next one's.

        Args:
            took_seconds: how long it had the place; 0 where that says nothing.
        """
        self._under_way -= 1
        if took_seconds:
            self._mean_seconds += _SMOOTHING * (took_seconds - self._mean_seconds)
        if self._waiting:
            self._serve()

    def close(self) -> None:
        """Serve nobody any more."""
        if self._retry_at is not None:
            self._retry_at.cancel()
        if self._asking is not None:
            self._asking.cancel()

    def serve_again(self) -> None:
        """What the quota allows may have changed."""
        if self._waiting:
            self._serve()

    def _refuse_if_hopeless(self, seconds: float, *, background: bool) -> None:
        # Background calls ahead are overtaken.
        ahead = self._waiting if background else self._waiting - self._background
        quota_seconds = self._allowance.seconds_for(ahead + 1)
        if quota_seconds > seconds:
            raise UpstreamQuota(self._source, quota_seconds)
        places_seconds = (ahead + 1) * self._mean_seconds / self._concurrency
        if self._under_way >= self._concurrency and places_seconds > seconds:
            raise UpstreamBusy(self._source, self._concurrency)

    def _serve(self) -> None:
        """Let start whoever can."""
        if self._asking is not None or self._retry_at is not None:
            return
        allowance = self._allowance
        while self._next() is not None and self._under_way < self._concurrency:
            if allowance.is_shared:
                self._asking = asyncio.get_running_loop().create_task(self._ask())
                return
            wait_seconds = allowance.take()
            if wait_seconds > 0:
                self._come_back(wait_seconds)
                return
            self._admit()

    async def _ask(self) -> None:
        """As `_serve`, one slot after the other from where replicas share them."""
        wait_seconds = 0.0
        try:
            while self._next() is not None and self._under_way < self._concurrency:
                wait_seconds = await self._allowance.take_shared()
                if wait_seconds > 0:
                    break
                # Whoever the slot was for may be gone; it is lost then, which errs on the safe side.
                self._admit()
        finally:
            self._asking = None
        if wait_seconds > 0:
            self._come_back(wait_seconds)
        elif self._next() is not None and self._under_way < self._concurrency:
            self._serve()

    def _next(self) -> asyncio.Future[None] | None:
        """Who is first and still there."""
        queue = self._queue
        while queue and queue[0][2].done():
            heapq.heappop(queue)
        return queue[0][2] if queue else None

    def _admit(self) -> None:
        waiter = self._next()
        if waiter is not None:
            heapq.heappop(self._queue)
            self._under_way += 1
            waiter.set_result(None)

    def _come_back(self, wait_seconds: float) -> None:
        self._retry_at = asyncio.get_running_loop().call_later(wait_seconds, self._came_back)

    def _came_back(self) -> None:
        self._retry_at = None
        self._serve()
