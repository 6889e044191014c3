"""The one deadline of a call, around everything that it waits for.

asyncio.timeout sets a timer for each block and takes it back, which costs as much as all else around a call.
Most calls end in time: here they share one timer, which is set for the earliest deadline and looks then whose
time really is over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

_NOTHING: Mapping[str, str] = {}


_NOTHING_SIGNED: Mapping[str, str] = {}


class Deadlines:
    """The deadlines of one pipeline's calls. Use it in one event loop."""

    __slots__ = ("_at", "_loop", "_timer", "_under_way")

    def __init__(self) -> None:
        self._under_way: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    def within(self, seconds: float) -> Deadline:
        """A block that ends in so many seconds, counted from now on."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        return Deadline(self, loop, seconds)

    def close(self) -> None:
        """Set no timer any more."""
        if self._timer is not None:
            self._timer.cancel()

    def add(self, deadline: Deadline) -> None:
        """Watch it."""
        self._under_way.add(deadline)
        if self._timer is None or deadline.ends_at < self._at:
            self._set(deadline.ends_at)

    def remove(self, deadline: Deadline) -> None:
        """Watch it no more."""
        self._under_way.discard(deadline)

    def _set(self, at: float) -> None:
        assert self._loop is not None  # noqa: S101 - who adds a deadline has made it
        if self._timer is not None:
            self._timer.cancel()
        self._at = at
        self._timer = self._loop.call_at(at, self._look)

    def _look(self) -> None:
        """End those whose time is over, and come back for the next."""
        assert self._loop is not None  # noqa: S101 - as above
        self._timer = None
        # Timers of an event loop may fire a little early.
        now = self._loop.time() + 0.001
        for deadline in [each for each in self._under_way if each.ends_at <= now]:
            self._under_way.discard(deadline)
            deadline.pass_()
        if self._under_way:
            self._set(min(each.ends_at for each in self._under_way))


class Deadline:
    """Ends what stands in its block when the time is over, and raises TimeoutError at the block's end.

        with deadlines.within(5.0) as deadline:
            ...

    It knows how far the call has come, which tells what it was that took too long.

    Attributes:
        seconds: how long it is.
        waits: the call waits for its turn.
        is_sent: the call is on its way.
        signed: what its credentials added to it.
    """

    __slots__ = (
        "_all", "_cancelling", "_loop", "_passed", "_task",
        "ends_at", "is_sent", "seconds", "signed", "waits",
    )  # fmt: skip

    def __init__(self, all_: Deadlines, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._all = all_
        self._loop = loop
        self.seconds = seconds
        self.ends_at = loop.time() + seconds
        self.waits = self.is_sent = self._passed = False
        self.signed: Mapping[str, str] = _NOTHING_SIGNED
        self.signed = _NOTHING

    def left_seconds(self) -> float:
        """What is left of it; negative where it has passed."""
        return self.ends_at - self._loop.time()

    def __enter__(self) -> Self:
        task: asyncio.Task[Any] | None = asyncio.current_task(self._loop)
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._task = task
        self._cancelling = task.cancelling()
        self._all.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._all.remove(self)
        if not self._passed:
            return
        # Somebody else may have cancelled the task in the same moment, which then stays cancelled.
        only_ours = self._task.uncancel() <= self._cancelling
        if only_ours and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def pass_(self) -> None:
        """Its time is over."""
        self._passed = True
        self._task.cancel()
