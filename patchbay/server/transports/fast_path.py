"""From socket to socket: operations that come as plain JSON by POST, and are answered with JSON.

This stands in front of the routes. What it does not take (another method, type or path, a body that is no
operation, an answer in parts) goes on to them unchanged, and they say what there is to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types.graphql import OperationType

from patchbay.scope import Scope as OperationScope
from patchbay.server.answer import BUSY, Answer, RequestContext, answer_of
from patchbay.server.cache_policy import cache_headers
from patchbay.server.operation_log import OperationLog, is_logged
from patchbay.server.presence import ClientGone, Presence
from patchbay.server.refusals import Refusal, broken, refusal_response
from patchbay.server.transports.asked import Asked
from patchbay.server.transports.http import COUNTED, GraphQLHttp, one_result_form, refusal_for
from patchbay.server.transports.sse_single import TOKEN_HEADER

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from patchbay.caller import Caller
    from patchbay.server.admitted import Admitted
    from patchbay.server.flights import Flights
    from patchbay.server.service import Service

ANONYMOUS = frozenset((b"accept-encoding", b"connection", b"content-length", b"content-type", b"user-agent"))
"""Request headers that say nothing of who asks, and nothing of the answer. Every other is part of the key."""

ELSEWHERE = frozenset((b"content-encoding", TOKEN_HEADER.encode()))
"""Headers of requests that this way does not take."""

_decode = msgspec.json.Decoder(Asked).decode

_Pairs = tuple[tuple[bytes, bytes], ...]
_Key = tuple[bytes, _Pairs]


class FastPath:
    """ASGI middleware, and the door of all operations over HTTP.

    Args:
        app: what takes everything else.
        graphql: tells answers in parts.
        service: admits and runs operations.
        path: where the graph is served.
    """

    def __init__(self, app: ASGIApp, graphql: GraphQLHttp, service: Service, *, path: str) -> None:
        self._app = app
        self._graphql = graphql
        self._service = service
        self._door = service.door
        self._path = path
        self._max_bytes = service.settings.max_operation_bytes
        self._flights = service.flights

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._app(scope, receive, send)
        elif scope["method"] == "POST" or scope["query_string"]:
            if self._door.refuses():
                await BUSY.send(send)
            elif scope["query_string"]:
                await self._app(scope, receive, send)
            else:
                await self._take(scope, receive, send)
        else:
            # GraphiQL's page, or nothing that could be run.
            await self._app(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = _seen(scope["headers"])
        caller = None if seen is None else self._service.known(scope["headers"])
        form = None if seen is None else one_result_form(seen.accept)
        if seen is None or form is None or caller is None:
            await self._app(scope, receive, send)
            return
        message = await receive()
        messages = [message]
        body: bytes | None = None
        if message["type"] == "http.request":
            body = message.get("body", b"")
            if message.get("more_body", False):
                body = await self._read(receive, messages)
        answer: Answer | Response | None = None
        if body is not None and len(body) <= self._max_bytes:
            try:
                answer = await self._answer(_Taken(scope, receive, body, seen, caller, form))
            except ClientGone:
                return
        if answer is None:
            await self._app(scope, _again(messages, receive), send)
        elif isinstance(answer, Response):
            await answer(scope, receive, send)
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

    async def _answer(self, taken: _Taken) -> Answer | Response | None:
        """The answer to an operation, or why there is none; None if it is none. Raises ClientGone."""
        try:
            return await self._found(taken)
        except Refusal as told:
            return refusal_for(told, taken.form, taken.seen.accept)

    async def _found(self, taken: _Taken) -> Answer | Response | None:
        """As `_answer`. Raises Refusal."""
        service = self._service
        address = service.address(taken.scope)
        service.count(taken.caller, address)
        taken.scope[COUNTED] = True
        key = (taken.body, taken.seen.identity)
        answer = None if self._flights is None else await self._joined(self._flights, key, taken)
        if answer is not None:
            return answer
        asked = _asked(taken.body)
        if asked is None:
            return None
        admitted = service.admit_inside(asked, taken.caller, address=address)
        if admitted.streams:
            return await self._graphql.tell(Request(taken.scope, taken.receive), admitted)
        context = service.context_of(taken.scope, taken.receive, taken.caller)
        return await self._led(key, taken, admitted, context)

    async def _joined(self, flights: Flights, key: _Key, taken: _Taken) -> Answer | None:
        """The answer that others wait for who asked the same; None where nobody does. Raises ClientGone."""
        while (under_way := flights.get(key)) is not None:
            with Presence(taken.receive):
                answer = await under_way.join()
            if answer is not None:
                _log_shared()
                # What is to be done afterwards is for who ran it.
                return answer if answer.after is None else msgspec.structs.replace(answer, after=None)
        return None

    async def _led(self, key: _Key, taken: _Taken, admitted: Admitted, context: RequestContext) -> Answer:
        """The answer, which others may wait for."""
        flights = self._flights
        if admitted.type is not OperationType.QUERY:
            # Each mutation is run.
            return await self._run(taken, admitted, context, None)
        if flights is None:
            return await self._run(taken, admitted, context, Presence(taken.receive))
        flight = flights.start(key)
        answer = None
        try:
            answer = await self._run(taken, admitted, context, Presence(taken.receive, flight))
        finally:
            flights.end(key, flight, answer)
        return answer

    async def _run(
        self, taken: _Taken, admitted: Admitted, context: RequestContext, presence: Presence | None
    ) -> Answer:
        try:
            result = await self._service.execute(admitted, context, presence)
            cache = cache_headers(admitted.operation.policy, result, taken.caller)
            return answer_of(result, context, cache, taken.form)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - logged, and told as 503
            # The last net: even a request that breaks the server gets an answer, and the log gets the cause.
            told = refusal_response(broken(error))
            return Answer(told.status_code, told.raw_headers, bytes(told.body))


class _Seen(msgspec.Struct, frozen=True):
    """What a request's headers tell: who asks, as far as they can say, and what is accepted."""

    identity: _Pairs
    accept: bytes | None


class _Taken(msgspec.Struct, frozen=True):
    """One request that this way has taken."""

    scope: Scope
    receive: Receive
    body: bytes
    seen: _Seen
    caller: Caller
    form: bytes


def _asked(body: bytes) -> Asked | None:
    """The operation in a body; None where it is none, or its document is named in one of the rarer ways."""
    try:
        asked = _decode(body)
    except (ValueError, RecursionError):
        return None
    is_named = asked.query is not None or asked.document_id is not None or asked.extensions is not None
    return asked if is_named else None


def _seen(headers: list[tuple[bytes, bytes]]) -> _Seen | None:
    """What the headers tell; None where the body is no plain JSON."""
    identity = []
    is_json = False
    accept = None
    for header in headers:
        name, value = header
        if name not in ANONYMOUS:
            identity.append(header)
            if name in ELSEWHERE:
                return None
            if name == b"accept":
                accept = value if accept is None else accept + b"," + value
        elif name == b"content-type":
            if is_json or value not in _JSON_TYPES:
                return None
            is_json = True
    return _Seen(tuple(identity), accept) if is_json else None


_JSON_TYPES = frozenset(
    (b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8")
)
"""As clients write it. In other spellings it takes the other way."""


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
