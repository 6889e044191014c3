"""Mistakes that tell credentials to those who should not know them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

from patchbay.access.proofs.authenticator import Authenticator
from patchbay.access.proofs.unauthenticated import Unauthenticated
from patchbay.calls.connection import Connection
from patchbay.server.service import Service
from tests.promises.patching import patch


def requests_logged() -> None:
    """Each request to an upstream is logged for who looks for mistakes."""
    exchange = Connection.exchange

    async def told(self: Connection, request: bytes) -> Any:
        structlog.get_logger("patchbay.calls").debug("request", text=request.decode())
        return await exchange(self, request)

    patch(Connection, "exchange", told)


def clients_logged() -> None:
    """The headers of who is refused are logged."""
    identify = Service.identify

    async def told(self: Service, headers: Any, *others: Any, **named: Any) -> Any:
        try:
            return await identify(self, headers, *others, **named)
        except Exception:
            structlog.get_logger("patchbay.server").warning("refused", headers=headers)
            raise

    patch(Service, "identify", told)


def credentials_quoted() -> None:
    """A refusal quotes the credential that proves nothing."""
    identify = Authenticator.identify

    async def told(self: Authenticator, headers: Any, *others: Any) -> Any:
        try:
            return await identify(self, headers, *others)
        except Unauthenticated as error:
            offered = dict(headers).get(b"authorization", b"").decode()
            raise Unauthenticated(f"{error}: {offered}") from error

    patch(Authenticator, "identify", told)


LEAKING_MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (requests_logged, clients_logged, credentials_quoted)
}
