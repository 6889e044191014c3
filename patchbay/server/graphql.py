"""GraphQL over HTTP, WebSocket (graphql-transport-ws) and SSE.

Strawberry's router does the work; what is changed here is what it answers to malformed requests (a 4xx with
one JSON message, never a 500) and when it streams.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from cross_web import HTTPException
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from strawberry.fastapi import GraphQLRouter
from strawberry.http.streaming import SSETransport
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET

from patchbay.scope import current_scope
from patchbay.server.cache_policy import NO_STORE, cache_headers
from patchbay.server.graphiql import PAGE_HEADERS
from patchbay.server.messages import checked_envelope, checked_message
from patchbay.server.presence import CLOSED_REQUEST, ClientGone, Presence
from patchbay.server.schema import caller_of
from patchbay.server.sockets import SocketHandler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
    from strawberry.http.streaming import JSONEncoder

    from patchbay.server.door import Door
    from patchbay.server.schema import GraphSchema
    from patchbay.server.settings import Settings

SUBSCRIBE_ADVICE = "subscriptions need a WebSocket (graphql-transport-ws) or 'Accept: text/event-stream'"

CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "PAYLOAD_TOO_LARGE"}
"""HTTP status of a refusal -> its code; BAD_REQUEST for any other."""

_log = structlog.get_logger("patchbay.server")


class _Sse(SSETransport):
    """SSE for clients that ask for nothing else; others merely mention it among what they could read."""

    def accepts(self, accept: str) -> bool:
        """Whether text/event-stream is accepted and no JSON is."""
        return super().accepts(accept) and "json" not in accept.lower()

    def encode_next(self, response: GraphQLHTTPResponse, encode_json: JSONEncoder) -> str:
        """One result. Where it is an update, its cursor is the event's id."""
        # Called by the task that runs the operation, while it hands out the result.
        cursor = current_scope().cursor
        event = super().encode_next(response, encode_json)
        return event if cursor is None else f"id: {cursor}\r\n{event}"


class GraphQLEndpoint(GraphQLRouter[dict[str, Any], None]):
    """The routes at one path.

    Args:
        schema: the graph.
        settings: the server's.
        door: counts operations.
        path: where it is served.
        page: GraphiQL's HTML for browsers; None serves none.
    """

    graphql_transport_ws_handler_class = SocketHandler

    def __init__(
        self, schema: GraphSchema, settings: Settings, door: Door, *, path: str, page: str | None
    ) -> None:
        context = {"operation_deadline_seconds": settings.operation_deadline_seconds}
        super().__init__(
            schema,
            path=path,
            graphql_ide="graphiql" if page is not None else None,
            context_getter=lambda: context,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
        )
        self.stream_transport_classes_by_protocol = {GRAPHQL_SSE_PROTOCOL: _Sse}
        self._page = page or ""
        self._schema = schema
        self.door = door
        self._kept: set[asyncio.Task[Any]] = set()

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold a task to its end that nobody waits for; the event loop itself does not."""
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    async def run(self, request: Any, context: Any = UNSET, root_value: Any = UNSET) -> Any:
        """Answer one request; what is wrong with it is told as JSON."""
        try:
            return await super().run(request, context=context, root_value=root_value)
        except HTTPException as error:
            return _told(error)
        except ClientGone:
            # Nobody receives it.
            return Response(status_code=CLOSED_REQUEST)
        except (StarletteHTTPException, ClientDisconnect):
            raise
        except Exception as error:
            # The last net: even a request that breaks the server gets an answer, and the log gets the cause.
            if self.is_websocket_request(request):
                raise
            _log.error("unexpected_error", exc_info=error)
            return refusal(503, "the server could not answer this request", code="INTERNAL_SERVER_ERROR")

    async def execute_operation(self, request: Request, **named: Any) -> Any:  # type: ignore[override] # Strawberry passes the rest by name
        """Run what was asked: until the client goes away, if it is no mutation."""
        asked: GraphQLRequestData = named["request_data"]
        if asked.protocol != "http":
            named["context"]["last_event_id"] = request.headers.get("last-event-id") or None
            return self._streamed(asked, await super().execute_operation(request, **named))
        presence = Presence(request.receive, is_kept=lambda: self._type_of(asked) is OperationType.MUTATION)
        self.door.enter()
        try:
            with presence:
                result: Any = await super().execute_operation(request, **named)
        finally:
            self.door.leave()
        headers = named["sub_response"].headers
        if "cache-control" not in headers:
            # What went wrong is not prepared, and would only be parsed once more.
            went_well = not getattr(result, "errors", None)
            operation = self._schema.prepared(asked.query, asked.operation_name) if went_well else None
            policy = operation.policy if operation is not None else None
            for name, value in cache_headers(policy, result, caller_of(named["context"])):
                headers.append(name.decode(), value.decode())
        return result

    def _streamed(self, asked: GraphQLRequestData, results: Any) -> Any:
        """The results of a stream. A mutation runs to its end even if nobody listens any more."""
        type_ = self._type_of(asked)
        if type_ is OperationType.MUTATION:
            return self._counted(self._to_its_end(results))
        return self._counted(results) if type_ is OperationType.QUERY else results

    async def _counted(self, results: AsyncIterator[Any]) -> AsyncIterator[Any]:
        self.door.enter()
        try:
            async for result in results:
                yield result
        finally:
            self.door.leave()

    async def _to_its_end(self, results: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """The results of a task of their own, which goes on where this is cancelled."""

        async def gathered() -> list[Any]:
            return [result async for result in results]

        task = asyncio.create_task(gathered())
        self.keep(task)
        for result in await asyncio.shield(task):
            yield result

    def _type_of(self, asked: GraphQLRequestData) -> OperationType | None:
        return self._schema.operation_type(asked.query, asked.operation_name)

    async def render_graphql_ide(self, request: Request) -> HTMLResponse:
        """The page for browsers."""
        del request
        return HTMLResponse(self._page, headers=PAGE_HEADERS)

    def parse_json(self, data: str | bytes) -> Any:
        """A request's body: one operation. Raises HTTPException 400."""
        try:
            return checked_envelope(orjson.loads(data))
        except orjson.JSONDecodeError as error:
            raise HTTPException(400, "the body is not valid JSON in UTF-8") from error
        except ValueError as error:
            raise HTTPException(400, str(error)) from error

    def parse_query_params(self, params: Mapping[str, str | list[str] | None]) -> dict[str, Any]:
        """A request's query string. Raises HTTPException 400."""
        values: dict[str, Any] = dict(params)
        for name in ("variables", "extensions"):
            if values.get(name):
                try:
                    values[name] = orjson.loads(values[name])
                except orjson.JSONDecodeError as error:
                    raise HTTPException(400, f"'{name}' is not valid JSON") from error
            else:
                values.pop(name, None)
        return values

    def decode_json(self, data: str | bytes) -> object:
        """A message of the WebSocket. Raises orjson.JSONDecodeError, which closes the socket with 4400."""
        return checked_message(data)

    def encode_json(self, data: object) -> str:
        """Compact JSON. Text, because bytes would go out in binary frames, which clients refuse."""
        return orjson.dumps(data).decode()


def refusal(
    status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer to a request that is no GraphQL request: one error in GraphQL's shape."""
    body = {
        "errors": [{"message": message, "extensions": {"code": code or CODES.get(status, "BAD_REQUEST")}}]
    }
    told = Response(orjson.dumps(body), status, headers, media_type="application/json")
    told.raw_headers += NO_STORE
    return told


def _told(error: HTTPException) -> Response:
    """Strawberry's refusal, with advice where a client can do better."""
    cause = error.__cause__
    if not isinstance(cause, InvalidOperationTypeError):
        if error.reason == "Unsupported content type":
            return refusal(error.status_code, "send the operation as application/json")
        return refusal(error.status_code, error.reason)
    if cause.operation_type is OperationType.SUBSCRIPTION:
        return refusal(400, SUBSCRIBE_ADVICE)
    return refusal(405, "mutations are sent by POST", headers={"Allow": "POST"})
