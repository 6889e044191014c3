"""GraphQL over HTTP, WebSocket (graphql-transport-ws) and SSE.

Strawberry's router does the work; what is changed here is what it answers to malformed requests (a 4xx with
one JSON message, never a 500) and when it streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import structlog
from cross_web import HTTPException
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from strawberry.fastapi import GraphQLRouter
from strawberry.http.streaming import SSETransport
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET

from patchbay.server.graphiql import PAGE_HEADERS

if TYPE_CHECKING:
    from patchbay.server.schema import GraphSchema
    from patchbay.server.settings import Settings


_log = structlog.get_logger("patchbay.server")


class _Sse(SSETransport):
    """SSE for clients that ask for nothing else; others merely mention it among what they could read."""

    def accepts(self, accept: str) -> bool:
        """Whether text/event-stream is accepted and no JSON is."""
        return super().accepts(accept) and "json" not in accept.lower()


class GraphQLEndpoint(GraphQLRouter[dict[str, Any], None]):
    """The routes at one path.

    Args:
        schema: the graph.
        settings: the server's.
        path: where it is served.
        page: GraphiQL's HTML for browsers; None serves none.
    """

    def __init__(self, schema: GraphSchema, settings: Settings, *, path: str, page: str | None) -> None:
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

    async def run(self, request: Any, context: Any = UNSET, root_value: Any = UNSET) -> Any:
        """Answer one request; what is wrong with it is told as JSON."""
        try:
            return await super().run(request, context=context, root_value=root_value)
        except HTTPException as error:
            return refusal(error.status_code, error.reason)
        except (StarletteHTTPException, ClientDisconnect):
            raise
        except Exception as error:
            if self.is_websocket_request(request):
                raise
            _log.error("unexpected_error", exc_info=error)
            return refusal(503, "the server could not answer this request", "INTERNAL_SERVER_ERROR")

    async def render_graphql_ide(self, request: Request) -> HTMLResponse:
        """The page for browsers."""
        del request
        return HTMLResponse(self._page, headers=PAGE_HEADERS)

    def parse_json(self, data: str | bytes) -> Any:
        """A JSON object, or the array of a batch. Raises HTTPException 400."""
        try:
            value = orjson.loads(data)
        except ValueError as error:
            raise HTTPException(400, "the body is not valid JSON in UTF-8") from error
        if isinstance(value, list):
            raise HTTPException(400, "batches of operations are not enabled")
        if not isinstance(value, dict):
            raise HTTPException(400, "the body must be a JSON object with a member 'query'")
        if not isinstance(value.get("operationName"), str | None):
            raise HTTPException(400, "'operationName' must be a string or null")
        return value

    def decode_json(self, data: str | bytes) -> object:
        """For messages of the WebSocket."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """Compact JSON. Text, because bytes would go out in binary frames, which clients refuse."""
        return orjson.dumps(data).decode()


def refusal(status: int, message: str, code: str = "BAD_REQUEST") -> Response:
    """An answer to a request that is no GraphQL request: one error in GraphQL's shape."""
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return Response(orjson.dumps(body), status_code=status, media_type="application/json")
