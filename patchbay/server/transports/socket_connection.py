"""One connection of graphql-transport-ws, from its first message to its end.

The connection's own task reads messages; each operation has a task, which sends its results. A client that
reads slowly stops those that send to it, the reading of its next messages among them, so that nothing piles
up. Whatever ends the connection ends its operations; a mutation goes on (see Service.run).
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Final

import structlog
from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected, WebSocketState
from strawberry.types.graphql import OperationType

from patchbay.server.answer import BUSY_CODE, BUSY_MESSAGE
from patchbay.server.correlation import MESSAGE, internal_error
from patchbay.server.refusals import Refusal
from patchbay.server.transports import socket_messages as messages
from patchbay.server.transports.expiry import Expiry
from patchbay.server.transports.live import cancelled, results_of
from patchbay.server.transports.too_many import TooManySubscriptions

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from patchbay.caller import Caller
    from patchbay.server.service import Service
    from patchbay.server.transports.asked import Asked
    from patchbay.server.transports.socket_messages import Message

INIT_SECONDS: Final = 10.0
"""Within which a client has to say `connection_init`."""

CLOSE_SECONDS: Final = 5.0
"""How long a client may take to read what was sent before the socket is closed."""

MAX_REASON_BYTES: Final = 123
"""Of a close frame, by RFC 6455."""

STOPPING: Final = "the server stops"

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

_log = structlog.get_logger("patchbay.server")


class _Operation:
    """One operation under way. It is told of only as long as it is the one of its id."""

    __slots__ = ("task", "type")

    def __init__(self) -> None:
        self.task: asyncio.Task[None]
        self.type: OperationType | None = None


class Connection:
    """One connection.

    Args:
        service: admits and runs operations.
        websocket: accepted.
        address: the client's.
    """

    def __init__(self, service: Service, websocket: WebSocket, address: str) -> None:
        self._service = service
        self._websocket = websocket
        self._address = address
        self._caller: Caller | None = None
        self._was_initialised = False
        self._is_leaving = False
        self._operations: dict[str, _Operation] = {}
        self._left: set[asyncio.Task[None]] = set()
        """What the client has left off, until it has ended."""
        self._closed = asyncio.Event()
        self._end: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._expiry: Expiry | None = None

    def end(self, code: int, reason: str) -> None:
        """Close the socket soon, for this reason."""
        if not self._end.done():
            self._end.set_result((code, reason))

    async def leave(self, seconds: float) -> None:
        """Complete the subscriptions, wait for all else at most so long, then close with 1001."""
        self._is_leaving = True
        for id, operation in list(self._operations.items()):
            if operation.type is OperationType.SUBSCRIPTION and self._operations.pop(id, None) is operation:
                await cancelled(operation.task)
                await self._send(messages.written(messages.COMPLETE, id))
        others = [operation.task for operation in self._operations.values()]
        if others:
            await asyncio.wait(others, timeout=seconds)
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
            # Nothing is told any more of what is not among them.
            tasks = [listening, *self._left, *(each.task for each in self._operations.values())]
            self._operations.clear()
            await asyncio.gather(*(cancelled(task) for task in tasks))
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
            message = messages.read(text)
        except messages.MalformedMessageError as error:
            self.end(INVALID, str(error))
            return
        if message.type == messages.INIT:
            await self._initialise(message)
        elif message.type == messages.PING:
            await self._send(messages.written(messages.PONG, payload=message.payload))
        elif message.type == messages.SUBSCRIBE:
            await self._subscribe(message)
        elif message.type == messages.COMPLETE:
            self._leave_off(message.id)

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

    async def _subscribe(self, message: Message) -> None:
        caller, id = self._caller_that_may_ask(), message.id
        if caller is None:
            self.end(UNAUTHORIZED, "Unauthorized")
        elif id in self._operations:
            self.end(ID_TAKEN, f"Subscriber for {id} already exists")
        elif self._is_leaving:
            await self._refuse(id, [{"message": BUSY_MESSAGE, "extensions": {"code": BUSY_CODE}}])
        elif self._is_full():
            error = TooManySubscriptions(self._service.settings.max_subscriptions)
            await self._refuse(id, [{"message": str(error), "extensions": error.extensions}])
        else:
            assert message.asked is not None  # noqa: S101 - each message of this type has it
            self._operations[id] = operation = _Operation()
            operation.task = asyncio.create_task(self._run(id, operation, message.asked, caller))

    def _caller_that_may_ask(self) -> Caller | None:
        """None before the connection is acknowledged."""
        return self._caller

    def _is_full(self) -> bool:
        return len(self._operations) >= self._service.settings.max_subscriptions

    def _leave_off(self, id: str) -> None:
        """The client wants no more of it. It may have ended already."""
        operation = self._operations.pop(id, None)
        if operation is not None:
            self._left.add(operation.task)
            operation.task.add_done_callback(self._left.discard)
            operation.task.cancel()

    async def _run(self, id: str, operation: _Operation, asked: Asked, caller: Caller) -> None:
        try:
            admitted = await self._service.admit(asked, caller, address=self._address)
            operation.type = admitted.type
            context = self._service.context(self._websocket, caller)
            async with aclosing(results_of(self._service, admitted, context)) as results:
                async for result in results:
                    await self._tell(id, operation, messages.written("next", id, result.payload))
            await self._tell_last(id, operation)
        except Refusal as told:
            await self._tell_last(id, operation, messages.written("error", id, told.errors))
        except Exception as error:  # noqa: BLE001 - told as an error of ours
            problem = {"message": MESSAGE, "extensions": internal_error("unexpected_error", error)}
            await self._tell_last(id, operation, messages.written("error", id, [problem]))
        finally:
            self._forget(id, operation)

    async def _tell(self, id: str, operation: _Operation, text: str) -> None:
        if self._operations.get(id) is operation:
            await self._send(text)

    async def _tell_last(self, id: str, operation: _Operation, text: str | None = None) -> None:
        """Its last message, `complete` unless it is another. The client may use its id again then."""
        await self._tell(id, operation, text or messages.written(messages.COMPLETE, id))
        self._forget(id, operation)

    def _forget(self, id: str, operation: _Operation) -> None:
        if self._operations.get(id) is operation:
            del self._operations[id]

    async def _refuse(self, id: str, errors: list[dict[str, Any]]) -> None:
        await self._send(messages.written("error", id, errors))

    async def _send(self, text: str) -> None:
        # Whoever is gone is noticed by who listens.
        with suppress(WebSocketDisconnect, WebSocketDisconnected):
            await self._websocket.send_text(text)

    async def _close(self, code: int, reason: str) -> None:
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        short = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        with suppress(OSError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._websocket.close(code, short)
