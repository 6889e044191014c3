"""One connection over a WebSocket, from its first message to its end, whichever protocol it speaks.

The connection's own task reads messages; each operation has a task, which sends its results. A client that
reads slowly stops those that send to it, the reading of its next messages among them, so that nothing piles
up. Whatever ends the connection ends its operations.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import structlog
from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected, WebSocketState

from patchbay.server.answer import BUSY_CODE, BUSY_MESSAGE
from patchbay.server.refusals import Refusal
from patchbay.server.transports import socket_messages as messages
from patchbay.server.transports.expiry import Expiry
from patchbay.server.transports.live import cancelled
from patchbay.server.transports.socket_messages import Kind
from patchbay.server.transports.socket_operations import SocketOperations
from patchbay.server.transports.sse import HEARTBEAT_SECONDS
from patchbay.server.transports.too_many import TooManySubscriptions

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from patchbay.caller import Caller
    from patchbay.server.service import Service
    from patchbay.server.transports.socket_dialect import Dialect
    from patchbay.server.transports.socket_messages import Message

INIT_SECONDS: Final = 10.0
"""Within which a client has to say `connection_init`."""

CLOSE_SECONDS: Final = 5.0
"""How long a client may take to read what was sent before the socket is closed."""

MAX_REASON_BYTES: Final = 123
"""Of a close frame, by RFC 6455."""

STOPPING: Final = "the server stops"

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
INTERNAL_ERROR: Final = 1011
TRY_AGAIN_LATER: Final = 1013
INVALID: Final = 4400
UNAUTHORIZED: Final = 4401
FORBIDDEN: Final = 4403
INIT_TIMEOUT: Final = 4408
ID_TAKEN: Final = 4409
TOO_MANY_INITS: Final = 4429

_CODES: Final = {401: UNAUTHORIZED, 403: FORBIDDEN, 429: TRY_AGAIN_LATER, 503: TRY_AGAIN_LATER}
"""Status of a refusal of the client itself -> what closes its socket."""

_ORDERLY: Final = (NORMAL, GOING_AWAY)
"""They need no words."""

_log = structlog.get_logger("patchbay.server")


class Connection:
    """One connection.

    Args:
        service: admits and runs operations.
        websocket: accepted.
        address: the client's.
        dialect: of the protocol that was agreed on.
    """

    def __init__(self, service: Service, websocket: WebSocket, address: str, dialect: Dialect) -> None:
        self._service = service
        self._websocket = websocket
        self._address = address
        self._dialect = dialect
        self._caller: Caller | None = None
        self._was_initialised = False
        self._is_leaving = False
        self._operations = SocketOperations(service, websocket, address, dialect, self._send)
        self._closed = asyncio.Event()
        self._end: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._expiry: Expiry | None = None
        self._beating: asyncio.Task[None] | None = None

    def end(self, code: int, reason: str) -> None:
        """Close the socket soon, for this reason."""
        if not self._end.done():
            self._end.set_result((code, reason))

    async def leave(self, seconds: float) -> None:
        """Complete the subscriptions, wait for all else at most so long, then close with 1001."""
        self._is_leaving = True
        await self._operations.finish(seconds)
        self.end(GOING_AWAY, STOPPING)
        await self._closed.wait()

    async def serve(self) -> None:
        """Read messages until the connection ends."""
        timer = asyncio.get_running_loop().call_later(INIT_SECONDS, self._check_initialised)
        listening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait((listening, self._end), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            if self._expiry is not None:
                self._expiry.cancel()
            # At once, so that it starts nothing behind the end of all that runs.
            listening.cancel()
            tasks = [listening] if self._beating is None else [listening, self._beating]
            await asyncio.gather(self._operations.end(), *(cancelled(task) for task in tasks))
            if self._end.done():
                await self._close(*self._end.result())
            self._closed.set()

    def _check_initialised(self) -> None:
        if not self._was_initialised:
            self.end(INIT_TIMEOUT, "Connection initialisation timeout")

    async def _listen(self) -> None:
        """Returns when the client has gone, or after something that ends the connection."""
        try:
            while not self._end.done():
                event = await self._websocket.receive()
                if event["type"] != "websocket.receive":
                    return
                await self._heard(event.get("text"))
        except WebSocketDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the last net; the log gets the cause
            _log.error("unexpected_error", exc_info=error)
            self.end(INTERNAL_ERROR, "internal error")

    async def _heard(self, text: str | None) -> None:
        if text is None:
            self.end(INVALID, "messages are text, not binary")
            return
        try:
            message = self._dialect.read(text)
        except messages.MalformedMessageError as error:
            self.end(INVALID, str(error))
            return
        if message.kind is Kind.INIT:
            await self._initialise(message)
        elif message.kind is Kind.PING:
            await self._send(messages.written("pong", payload=message.payload))
        elif message.kind is Kind.START:
            await self._start(message)
        elif message.kind is Kind.STOP:
            await self._stop(message.id)
        elif message.kind is Kind.TERMINATE:
            self.end(NORMAL, "")

    async def _initialise(self, message: Message) -> None:
        if self._was_initialised:
            self.end(TOO_MANY_INITS, "Too many initialisation requests")
            return
        self._was_initialised = True
        try:
            headers = self._websocket.scope["headers"]
            self._caller = await self._service.identify(headers, message.payload, address=self._address)
        except Refusal as told:
            self.end(_CODES.get(told.status, FORBIDDEN), str(told))
            return
        self._expiry = Expiry(self._caller.identity, lambda: self.end(UNAUTHORIZED, "token expired"))
        self._expiry.start()
        await self._send(messages.ACK_TEXT)
        if self._dialect.heartbeat is not None:
            await self._send(self._dialect.heartbeat)
            self._beating = asyncio.create_task(self._beat(self._dialect.heartbeat))

    async def _beat(self, text: str) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._send(text)

    async def _start(self, message: Message) -> None:
        caller, id = self._caller_that_may_ask(), message.id
        if caller is None:
            self.end(UNAUTHORIZED, "Unauthorized")
            return
        if id in self._operations and not self._dialect.replaces:
            self.end(ID_TAKEN, f"Subscriber for {id} already exists")
            return
        self._operations.leave_off(id)
        if self._is_leaving:
            await self._refuse(id, {"message": BUSY_MESSAGE, "extensions": {"code": BUSY_CODE}})
        elif self._is_full():
            error = TooManySubscriptions(self._service.settings.max_subscriptions)
            await self._refuse(id, {"message": str(error), "extensions": error.extensions})
        else:
            assert message.asked is not None  # noqa: S101 - each message of this kind has it
            self._operations.start(id, message.asked, caller)

    def _caller_that_may_ask(self) -> Caller | None:
        """None before the connection is acknowledged."""
        return self._caller

    def _is_full(self) -> bool:
        return len(self._operations) >= self._service.settings.max_subscriptions

    async def _stop(self, id: str) -> None:
        if self._operations.leave_off(id) and self._dialect.answers_stop:
            await self._send(messages.complete(id))

    async def _refuse(self, id: str, error: dict[str, Any]) -> None:
        await self._send(self._dialect.error(id, [error]))

    async def _send(self, text: str) -> None:
        # Whoever is gone is noticed by who listens.
        with suppress(WebSocketDisconnect, WebSocketDisconnected):
            await self._websocket.send_text(text)

    async def _close(self, code: int, reason: str) -> None:
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        words = None if code in _ORDERLY else self._dialect.refusal(reason)
        short = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        with suppress(OSError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(CLOSE_SECONDS):
                if words is not None:
                    await self._send(words)
                await self._websocket.close(code, short)
