"""GraphQL over WebSocket: the subprotocol graphql-transport-ws.

Who may connect is decided at the handshake, as far as the page goes that asks; who asks, by the first
message. The server answers pings, and uvicorn's own pings find peers that are dead.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from patchbay.server.csrf import CsrfGuard, ForgeableRequest
from patchbay.server.refusals import refusal_response, refused_for
from patchbay.server.transports.socket_connection import GOING_AWAY, STOPPING, Connection

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from patchbay.server.service import Service

SUBPROTOCOL: Final = "graphql-transport-ws"
NOT_ACCEPTABLE: Final = 4406


class WebSocketEndpoint:
    """The ASGI application of a WebSocketRoute.

    Args:
        service: identifies clients, admits and runs operations.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._guard = CsrfGuard(service.settings.cors_origins)
        self._connections: set[Connection] = set()
        self._is_closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket to its end."""
        websocket = WebSocket(scope, receive, send)
        problem = self._guard.refuses_socket(scope["headers"])
        if problem is not None:
            await websocket.send_denial_response(refusal_response(refused_for(ForgeableRequest(problem))))
            return
        if SUBPROTOCOL not in scope.get("subprotocols", ()):
            # A handshake that is refused would tell a browser's page nothing.
            await websocket.accept()
            await websocket.close(NOT_ACCEPTABLE, f"Subprotocol not acceptable: speak {SUBPROTOCOL}")
            return
        try:
            await websocket.accept(SUBPROTOCOL)
        except WebSocketDisconnect:
            return
        connection = Connection(self._service, websocket, self._service.address(scope))
        self._connections.add(connection)
        try:
            if self._is_closing:
                connection.end(GOING_AWAY, STOPPING)
            await connection.serve()
        finally:
            self._connections.discard(connection)

    async def close_all(self, seconds: float) -> None:
        """End all connections: subscriptions at once, each with its `complete`; all else within `seconds`.

        New ones are closed as soon as they are there. Returns when all are closed.
        """
        self._is_closing = True
        await asyncio.gather(*(connection.leave(seconds) for connection in list(self._connections)))
