"""What is broken in a server's WebSockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from patchbay.caller import ANONYMOUS
from patchbay.server.transports.expiry import Expiry
from patchbay.server.transports.socket_connection import Connection
from tests.promises.patching import patch


def no_init_check() -> None:
    """Operations are run before the client has said who it is."""

    def anybody(self: Any) -> Any:
        return self._caller or ANONYMOUS

    patch(Connection, "_caller_that_may_ask", anybody)


def no_subscription_limit() -> None:
    """A socket carries any number of operations."""
    patch(Connection, "_is_full", lambda _: False)


def no_expiry_timer() -> None:
    """A proof is looked at once, when the connection begins."""
    patch(Expiry, "start", lambda _: None)


SOCKETING_MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (no_init_check, no_subscription_limit, no_expiry_timer)
}
