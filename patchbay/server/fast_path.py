"""From socket to socket: operations that come as plain JSON by POST, and nothing else.

This stands in front of the routes. What it does not take (another method, type or path, a body that is no
operation, an operation that is not simply run) goes on to them unchanged, and they say what there is to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from strawberry.types.graphql import OperationType

from patchbay.caller import Caller
from patchbay.scope import Scope as OperationScope
from patchbay.server.answer import BUSY, Answer, RequestContext, answer_of
from patchbay.server.cache_policy import cache_headers
from patchbay.server.flights import Flights
from patchbay.server.graphql import refusal
from patchbay.server.operation_log import OperationLog, is_logged
from patchbay.server.operations import Request
from patchbay.server.presence import ClientGone, Presence

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from patchbay.server.door import Door
    from patchbay.server.operations import Operation, Operations
    from patchbay.server.settings import Settings

ANONYMOUS = frozenset(
    (b"accept", b"accept-encoding", b"connection", b"content-length", b"content-type", b"user-agent")
)
"""Request headers that say nothing of who asks. Every other is part of the identity."""

_log = structlog.get_logger("patchbay.server")


class _Body(msgspec.Struct):
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = msgspec.field(default=None, name="operationName")
    extensions: dict[str, Any] | None = None


_decode = msgspec.json.Decoder(_Body).decode


class FastPath:
    """ASGI middleware, and the door of all operations over HTTP.

    Args:
        app: what takes everything else.
        operations: of the schema; None where each has to take Strawberry's way.
        settings: the server's.
        door: counts operations.
        path: where the graph is served.
    """

    def __init__(
        self, app: ASGIApp, operations: Operations | None, settings: Settings, door: Door, *, path: str
    ) -> None:
        self._app = app
        self._operations = operations
        self._door = door
        self._path = path
        self._max_bytes = settings.max_request_bytes
        self._context = {"operation_deadline_seconds": settings.operation_deadline_seconds}
        self._flights = Flights() if settings.single_flight else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._app(scope, receive, send)
        elif scope["method"] != "POST":
            # Without parameters it is GraphiQL's page, or nothing that could be run.
            if scope["query_string"] and self._door.refuses():
                await BUSY.send(send)
            else:
                await self._app(scope, receive, send)
        elif self._door.refuses():
            await BUSY.send(send)
        else:
            await self._take(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        identity = _identity(scope["headers"])
        if identity is None or self._operations is None:
            await self._app(scope, receive, send)
            return
        message = await receive()
        messages = [message]
        body: bytes | None = None
        if message["type"] == "http.request":
            body = message.get("body", b"")
            if message.get("more_body", False):
                body = await self._read(receive, messages)
        answer = None
        if body is not None and len(body) <= self._max_bytes:
            try:
                answer = await self._answer(self._operations, scope, receive, body, identity)
            except ClientGone:
                return
        if answer is None:
            await self._app(scope, _again(messages, receive), send)
        else:
            await answer.send(send)
            if answer.after is not None:
                await answer.after()

    async def _read(self, receive: Receive, messages: list[Message]) -> bytes | None:
        """A body in parts; None where it ends early or passes the cap. What comes is added to `messages`."""
        size = len(messages[0].get("body", b""))
        while size <= self._max_bytes:
            message = await receive()
            messages.append(message)
            if message["type"] != "http.request":
                return None
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(each.get("body", b"") for each in messages)
        return None

    async def _answer(
        self,
        operations: Operations,
        scope: Scope,
        receive: Receive,
        body: bytes,
        identity: tuple[Any, ...],
    ) -> Answer | None:
        """The answer to an operation; None if it is none that can simply be run. Raises ClientGone."""
        flights = self._flights
        key = (body, identity)
        while flights is not None and (under_way := flights.get(key)) is not None:
            with Presence(receive):
                answer = await under_way.join()
            if answer is not None:
                _log_shared()
                # What is to be done afterwards is for who ran it.
                return answer if answer.after is None else msgspec.structs.replace(answer, after=None)
        try:
            asked = _decode(body)
        except (ValueError, RecursionError):
            return None
        operation = operations.prepare(asked.query, asked.operation_name)
        if operation is None:
            return None
        context = RequestContext(self._context, scope, receive)
        request = Request(
            asked.variables, context, extensions=asked.extensions, caller=Caller(scope["headers"])
        )
        if operation.type is not OperationType.QUERY:
            # Each mutation is run, and to its end: what was sent cannot be unsent. What was asked before it
            # ended may not answer what is asked after it.
            try:
                return await self._run(operations, operation, request)
            finally:
                if flights is not None:
                    flights.close_all()
        if flights is None:
            request.while_waiting = Presence(receive)
            return await self._run(operations, operation, request)
        flight = flights.start(key)
        request.while_waiting = Presence(receive, flight)
        answer = None
        try:
            answer = await self._run(operations, operation, request)
        finally:
            flights.end(key, flight, answer)
        return answer

    async def _run(self, operations: Operations, operation: Operation, request: Request) -> Answer:
        door = self._door
        door.enter()
        try:
            result = await operations.run(operation, request)
            return answer_of(result, request.context, cache_headers(operation.policy, result, request.caller))
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - logged, and told as 503
            # The last net: even a request that breaks the server gets an answer, and the log gets the cause.
            _log.error("unexpected_error", exc_info=error)
            told = refusal(503, "the server could not answer this request", code="INTERNAL_SERVER_ERROR")
            return Answer(told.status_code, told.raw_headers, bytes(told.body))
        finally:
            door.leave()


def _identity(headers: list[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...] | None:
    """Who asks, as far as headers can say; None where the body is no plain JSON, or the answer may not be."""
    identity = []
    is_json = False
    for header in headers:
        name, value = header
        if name not in ANONYMOUS:
            identity.append(header)
            if name == b"content-encoding":
                return None
        elif name == b"content-type":
            is_json = value.startswith(b"application/json")
        elif name == b"accept" and b"json" not in value and b"*" not in value:
            return None
    return tuple(identity) if is_json else None


def _again(messages: list[Message], receive: Receive) -> Receive:
    """A `receive` that begins with what has been received."""
    pending = iter(messages)

    async def again() -> Message:
        for message in pending:
            return message
        return await receive()

    return again


def _log_shared() -> None:
    if is_logged():
        OperationLog().write(OperationScope(), name=None, type_="query", outcome="shared")
