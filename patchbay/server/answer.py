"""Answers as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import orjson
from starlette.background import BackgroundTasks
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from patchbay.caller import ANONYMOUS
from patchbay.server.cache_policy import NO_STORE
from patchbay.server.security_headers import ANSWER_HEADERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import ExecutionResult
    from starlette.types import Receive, Scope, Send

    from patchbay.server.cache_policy import Headers
    from patchbay.server.documents import Document

UTF_8 = b"; charset=utf-8"
"""Of every JSON answer. JSON has no other encoding; GraphQL over HTTP says so all the same."""

MADE = ("request", "response", "background_tasks")
"""What a context holds when somebody asks for it."""


class Answer(msgspec.Struct, frozen=True):
    """One whole response.

    Args:
        status: HTTP status.
        headers: all of them, `content-length` too.
        body: JSON.
        after: what is to be done when it has been sent, if resolvers have left anything.
    """

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    after: BackgroundTasks | None = None

    async def send(self, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


class RequestContext(dict[str, Any]):
    """The context of one request, as Strawberry's; what MADE names is made when it is asked for.

    Args:
        settings: what each request's context holds.
        scope: ASGI's.
        receive: ASGI's, for `request`.
    """

    def __init__(self, settings: dict[str, Any], scope: Scope, receive: Receive) -> None:
        super().__init__(settings)
        self._scope = scope
        self._receive = receive
        self.caller = ANONYMOUS
        self.document: Document | None = None
        """What is asked is an operation of it."""
        self.last_event_id: str | None = None
        """The cursor that a client over SSE comes back with."""

    def __missing__(self, key: str) -> Any:
        """Make it. Raises KeyError for what no context has."""
        if key == "request":
            is_http = self._scope["type"] == "http"
            connection = Request(self._scope, self._receive) if is_http else HTTPConnection(self._scope)
            self[key] = connection
            return connection
        if key == "background_tasks":
            self[key] = tasks = BackgroundTasks()
            return tasks
        if key == "response":
            # Resolvers set its headers and its status, which become the answer's.
            self[key] = response = Response()
            del response.headers["content-length"]
            return response
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The value, made if need be."""
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        return key in MADE or super().__contains__(key)

    def made(self, key: str) -> Any:
        """What resolvers have asked for, None if none has."""
        return super().get(key)


BUSY_MESSAGE = "the server has more to do than it can; try again in a moment"
BUSY_CODE = "SERVER_BUSY"


def _busy() -> Answer:
    error = {"message": BUSY_MESSAGE, "extensions": {"code": BUSY_CODE}}
    body = orjson.dumps({"errors": [error]})
    headers = (
        (b"content-type", b"application/json" + UTF_8),
        (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"1"),
        *ANSWER_HEADERS,
        *NO_STORE,
    )
    return Answer(503, headers, body)


BUSY = _busy()
"""To an operation that is refused at the door. Made once, as it must cost next to nothing."""


def answer_of(
    result: ExecutionResult,
    context: RequestContext,
    cache: Headers = NO_STORE,
    media_type: bytes = b"application/json",
) -> Answer:
    """The response to an operation.

    Args:
        result: what it came to.
        context: what resolvers were given.
        cache: what is said of caching, unless a resolver has said something.
        media_type: of the answer.

    Raises:
        TypeError: the data holds a value that is no JSON, as a custom scalar can make one.
    """
    content: dict[str, Any] = {"data": result.data}
    if result.errors:
        content["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        content["extensions"] = result.extensions
    body = orjson.dumps(content)
    headers = [(b"content-type", media_type + UTF_8), (b"content-length", b"%d" % len(body)), *ANSWER_HEADERS]
    after = context.made("background_tasks")
    response = context.made("response")
    if response is None:
        headers += cache
        return Answer(200, headers, body, after)
    if "cache-control" not in response.headers:
        headers += cache
    return Answer(response.status_code or 200, [*headers, *response.raw_headers], body, after)
