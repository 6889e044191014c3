"""Whether the client of a request is still there. Where it is not, what runs for it is cancelled.

Cancelled, an operation cancels all that is under it, so that its upstreams' connections are closed at once.
Most operations have ended before anybody looks: only one that lasts gets a task that listens for the end of
the connection.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from starlette.types import Receive

    from patchbay.server.flights import Flight

NOTICE_SECONDS = 0.05
"""How long something lasts before its client is looked after."""

CLOSED_REQUEST = 499
"""The status, in logs of proxies, of a request whose client went away; nobody receives it."""


class ClientGone(Exception):
    """The client closed its connection before it had its answer."""


class Presence:
    """A block that is cancelled when the client goes away. Raises ClientGone at its end then.

        with Presence(receive):
            ...

    Args:
        receive: ASGI's; the request's body has been read, or nobody is going to.
        flight: what runs in the block; as long as others wait for it, it goes on.
        is_kept: asked when the client has gone: whether the block goes on all the same.
    """

    __slots__ = ("_cancelling", "_flight", "_is_gone", "_is_kept", "_listener", "_receive", "_task", "_timer")

    def __init__(
        self, receive: Receive, flight: Flight | None = None, is_kept: Callable[[], bool] | None = None
    ) -> None:
        self._receive = receive
        self._flight = flight
        self._is_kept = is_kept

    def __enter__(self) -> Self:
        self._is_gone = False
        self._listener: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        task: asyncio.Task[Any] | None = asyncio.current_task(loop)
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = loop.call_later(NOTICE_SECONDS, self._begin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._listener is not None:
            self._listener.cancel()
        if not self._is_gone:
            return
        # Somebody else may have cancelled the task in the same moment, which then stays cancelled.
        only_ours = self._task.uncancel() <= self._cancelling
        if only_ours and kind is asyncio.CancelledError:
            raise ClientGone from error

    def _begin(self) -> None:
        self._listener = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._is_kept is not None and self._is_kept():
            return
        if self._flight is None:
            self._leave()
        else:
            self._flight.when_nobody_waits(self._leave)

    def _leave(self) -> None:
        if not self._is_gone:
            self._is_gone = True
            self._task.cancel()
