"""graphql-transport-ws, which the npm client graphql-ws speaks."""

from __future__ import annotations

from typing import Final

from patchbay.server.transports.socket_dialect import Dialect
from patchbay.server.transports.socket_messages import Kind

MODERN: Final = Dialect(
    subprotocol="graphql-transport-ws",
    kinds={
        "connection_init": Kind.INIT,
        "ping": Kind.PING,
        "pong": Kind.PONG,
        "subscribe": Kind.START,
        "complete": Kind.STOP,
    },
    result_type="next",
    error_payload=list,
)
