"""graphql-ws, which the npm client subscriptions-transport-ws speaks: the protocol of before 2021.

Read as its PROTOCOL.md and its own server have it, but for one thing: that server also runs operations of
clients that never say `connection_init`. Here they are the end of the connection, as is what is no message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from patchbay.server.transports.socket_dialect import Dialect
from patchbay.server.transports.socket_messages import Kind, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.server.transports.socket_dialect import Errors


def _first(errors: Errors) -> Mapping[str, Any]:
    """Its `error` has room for one."""
    return errors[0]


LEGACY: Final = Dialect(
    subprotocol="graphql-ws",
    kinds={
        "connection_init": Kind.INIT,
        "start": Kind.START,
        "stop": Kind.STOP,
        "connection_terminate": Kind.TERMINATE,
    },
    result_type="data",
    error_payload=_first,
    refusal_type="connection_error",
    heartbeat=written("ka"),
    replaces=True,
    answers_stop=True,
)
