"""What every service lets a test do to it: count its calls and make it fail. One ASGI middleware around it.

``GET /__calls``     counts by operation, e.g. ``{"GET /customers": 3}``
``DELETE /__calls``  starts the counts anew (204)
``PUT /__fault``     one of the records in demo/faults.py as JSON, e.g. ``{"mode": "hang"}``, for one
                     ``"operation"`` or all (204; 422 for another body)
``DELETE /__fault``  ends it (204)
``GET /__happened``  what the service has really done, oldest first, of one that can say so (405 otherwise)

These paths need no credentials and are not counted. A call counts when it arrives, whatever becomes of it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo import answers, spoil
from demo.faults import AnyFault, Big, Fail, Garbage, Hang, Html, Lose, Reset, Slow, Wrong

REQUEST_MAX_BYTES: Final = 1_048_576
TRICKLE_SECONDS: Final = 0.5
BIG_CHUNK_BYTES: Final = 65_536

Operation = Callable[[Scope, bytes], str]


def by_route(routes: list[BaseRoute]) -> Operation:
    """Names a call after its route: ``PATCH /customers/{id}``; ``unknown`` where no route matches."""

    def operation(scope: Scope, _: bytes) -> str:
        for route in routes:
            if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL:
                return f"{scope['method']} {route.path}"
        return "unknown"

    return operation


class Control:
    """The middleware.

    `media_type` is the content type of the service's good answers; `happened` tells what it has done.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        operation: Operation,
        media_type: str = "application/json",
        happened: Callable[[], Sequence[Any]] | None = None,
    ) -> None:
        self._app = app
        self._operation = operation
        self._media_type = media_type
        self._happened = happened
        self._calls: Counter[str] = Counter()
        self._fault: AnyFault | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a control path, or counts the call and passes it on, well or badly."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            await Response("Request too large.", 413)(scope, receive, send)
        elif scope["path"] in {"/__calls", "/__fault", "/__happened"}:
            await self._control(Request(scope), body)(scope, receive, send)
        else:
            operation = self._operation(scope, body)
            self._calls[operation] += 1
            await self._answer(operation, scope, _replay(body, receive), send)

    def _control(self, request: Request, body: bytes) -> Response:
        match request.method, request.url.path:
            case "GET", "/__calls":
                return answers.json(dict(self._calls))
            case "GET", "/__happened" if self._happened is not None:
                return answers.json(self._happened())
            case "DELETE", "/__calls":
                self._calls.clear()
            case "DELETE", "/__fault":
                self._fault = None
            case "PUT", "/__fault":
                try:
                    self._fault = msgspec.json.decode(body, type=AnyFault)
                except msgspec.MsgspecError as error:
                    return answers.json({"error": str(error)}, 422)
            case _:
                return Response(status_code=405)
        return Response(status_code=204)

    async def _answer(self, operation: str, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._fault
        if fault is not None and fault.operation not in {None, operation}:
            fault = None
        match fault:
            case None:
                await self._app(scope, receive, send)
            case Slow():
                await asyncio.sleep(fault.seconds)
                await self._app(scope, receive, send)
            case Fail() | Garbage() | Html():
                await self._instead(fault)(scope, receive, send)
            case Wrong():
                await self._wrong(scope, receive, send)
            case Hang():
                await self._hang(receive, send)
            case Big():
                await self._big(fault.bytes, send)
            case Lose():
                await self._app(scope, receive, _nowhere)
                await _cut(scope, receive)
            case Reset():
                await _cut(scope, receive)

    def _instead(self, fault: Fail | Garbage | Html) -> Response:
        match fault:
            case Fail():
                return Response("Out of order.", fault.status, media_type="text/plain")
            case Garbage():
                return Response(spoil.broken(self._media_type), media_type=self._media_type)
            case Html():
                return Response(spoil.page_of_html(), media_type="text/html")

    async def _wrong(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        parts: list[bytes] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, keep)
        body = spoil.wrong(b"".join(parts), self._media_type)
        headers = [each for each in start["headers"] if each[0] != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    async def _start(self, send: Send) -> None:
        headers = [(b"content-type", self._media_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _hang(self, receive: Receive, send: Send) -> None:
        await self._start(send)
        gone = asyncio.ensure_future(_gone(receive))
        try:
            while not gone.done():
                await send({"type": "http.response.body", "body": b" ", "more_body": True})
                await asyncio.wait([gone], timeout=TRICKLE_SECONDS)
        finally:
            gone.cancel()

    async def _big(self, size_bytes: int, send: Send) -> None:
        head, tail = (b"<a>", b"</a>") if "xml" in self._media_type else (b'"', b'"')
        await self._start(send)
        await send({"type": "http.response.body", "body": head, "more_body": True})
        left = max(0, size_bytes - len(head) - len(tail))
        while left:
            chunk = b"a" * min(left, BIG_CHUNK_BYTES)
            left -= len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": tail})


async def _read(receive: Receive) -> bytes | None:
    """The request's body; None when it is larger than REQUEST_MAX_BYTES."""
    parts: list[bytes] = []
    while True:
        message: dict[str, Any] = dict(await receive())
        parts.append(message.get("body", b""))
        if sum(map(len, parts)) > REQUEST_MAX_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once more, and what follows it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


async def _nowhere(_: Message) -> None:
    """A `send` whose messages nobody gets."""


async def _cut(scope: Scope, receive: Receive) -> None:
    """Closes the connection as it is."""
    scope["demo.transport"].abort()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    """Returns when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
