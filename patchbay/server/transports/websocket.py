"""GraphQL over WebSocket: the subprotocol graphql-transport-ws, and graphql-ws where it is asked for.

Who may connect is decided at the handshake, as far as the page goes that asks; who asks, by the first
message. The server answers pings, and uvicorn's own pings find peers that are dead.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from patchbay.server.csrf import CsrfGuard, ForgeableRequest
from patchbay.server.refusals import refusal_response, refused_for
from patchbay.server.transports.legacy_dialect import LEGACY
from patchbay.server.transports.modern_dialect import MODERN
from patchbay.server.transports.socket_connection import GOING_AWAY, STOPPING, Connection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Receive, Scope, Send

    from patchbay.server.service import Service
    from patchbay.server.transports.socket_dialect import Dialect

NOT_ACCEPTABLE: Final = 4406


class WebSocketEndpoint:
    """The ASGI application of a WebSocketRoute.

    Args:
        service: identifies clients, admits and runs operations.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._guard = CsrfGuard(service.settings.cors_origins)
        self._dialects = (MODERN, LEGACY) if service.settings.legacy_websocket else (MODERN,)
        self._connections: set[Connection] = set()
        self._is_closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket to its end."""
        websocket = WebSocket(scope, receive, send)
        problem = self._guard.refuses_socket(scope["headers"])
        if problem is not None:
            await websocket.send_denial_response(refusal_response(refused_for(ForgeableRequest(problem))))
            return
        dialect = self._agreed(scope.get("subprotocols", ()))
        if dialect is None:
            # A handshake that is refused would tell a browser's page nothing.
            await websocket.accept()
            spoken = " or ".join(each.subprotocol for each in self._dialects)
            await websocket.close(NOT_ACCEPTABLE, f"Subprotocol not acceptable: speak {spoken}")
            return
        try:
            await websocket.accept(dialect.subprotocol)
        except WebSocketDisconnect:
            return
        connection = Connection(self._service, websocket, self._service.address(scope), dialect)
        self._connections.add(connection)
        try:
            if self._is_closing:
                connection.end(GOING_AWAY, STOPPING)
            await connection.serve()
        finally:
            self._connections.discard(connection)

    def _agreed(self, offered: Sequence[str]) -> Dialect | None:
        """The newest protocol that the client offers too, whatever it would rather have."""
        return next((each for each in self._dialects if each.subprotocol in offered), None)

    async def close_all(self, seconds: float) -> None:
        """End all connections: subscriptions at once, each with its `complete`; all else within `seconds`.

        New ones are closed as soon as they are there. Returns when all are closed.
        """
        self._is_closing = True
        await asyncio.gather(*(connection.leave(seconds) for connection in list(self._connections)))
