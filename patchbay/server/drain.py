"""The end of the server after a signal: nothing new is taken, and what is under way is brought to its end.

at once       health/ready answers 503, no connection is accepted, idle ones are closed
subscriptions end, each with its `complete`; sockets are closed behind what runs on them
requests      are answered whole, and their connections closed
what is left  when the time is over is cut
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import structlog
import uvicorn

from patchbay.server.protocol import DoorProtocol

if TYPE_CHECKING:
    import socket
    from types import FrameType

LOOK_SECONDS: Final = 0.02
"""How often it is looked whether all has ended."""

COMPLETE_SECONDS: Final = 0.1
"""How long a socket gets to tell its client of the end of its subscriptions, where nobody closes it."""

FAREWELL_SECONDS: Final = 1.0
"""How long a WebSocket's client may take to answer its closing, and what is cut to notice."""

_log = structlog.get_logger("patchbay.server")


class DrainingServer(uvicorn.Server):
    """uvicorn's, which would wait for streams until its patience ends, and cut sockets at once.

    The application's `state` is told by `is_draining`, and asked for:

    - `end_subscriptions()`, which lets every subscription end;
    - `close_sockets(seconds)`, a coroutine that closes every WebSocket when all that runs on it has ended, or
      the time is over; without it they are closed at once;
    - `is_busy()`, whether something runs that no connection waits for.

    The last two may be missing.

    Args:
        config: uvicorn's.
        seconds: how long it may take.
    """

    def __init__(self, config: uvicorn.Config, *, seconds: float) -> None:
        super().__init__(config)
        self._seconds = seconds
        self._state: Any = config.app.state  # type: ignore[union-attr] # it is a FastAPI

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal to stop. As with uvicorn, a second SIGINT cuts what is under way; no SIGTERM does."""
        self._state.is_draining = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain."""
        self._state.is_draining = True
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        self._state.end_subscriptions()
        ends_at = time.monotonic() + self._seconds
        for connection in list(self.server_state.connections):
            if isinstance(connection, DoorProtocol):
                connection.shutdown()
        closing = asyncio.create_task(self._close_sockets())
        # uvicorn's sets tell nobody when they become empty.
        while self._is_busy(closing) and time.monotonic() < ends_at and not self.force_exit:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
        closing.cancel()
        if self._is_busy(None):
            await self._cut()

    def _is_busy(self, closing: asyncio.Task[None] | None) -> bool:
        is_busy = getattr(self._state, "is_busy", None)
        return bool(
            self.server_state.connections
            or self.server_state.tasks
            or (closing is not None and not closing.done())
            or (is_busy is not None and is_busy())
        )

    async def _close_sockets(self) -> None:
        close_sockets = getattr(self._state, "close_sockets", None)
        if close_sockets is None:
            await asyncio.sleep(COMPLETE_SECONDS)
        else:
            await close_sockets(self._seconds)
            await asyncio.sleep(FAREWELL_SECONDS if self._sockets() else 0)
        for each in self._sockets():
            each.shutdown()

    def _sockets(self) -> list[Any]:
        """The WebSockets."""
        return [each for each in self.server_state.connections if not isinstance(each, DoorProtocol)]

    async def _cut(self) -> None:
        state = self.server_state
        _log.warning("cut", connections=len(state.connections), operations=len(state.tasks))
        for connection in list(state.connections):
            connection.transport.abort()
        tasks = list(state.tasks)
        # What notices that its client has gone ends by itself.
        if tasks:
            await asyncio.wait(tasks, timeout=FAREWELL_SECONDS)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=FAREWELL_SECONDS)
