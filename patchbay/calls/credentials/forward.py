"""The caller's own credentials, sent on."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from patchbay.caller import CREDENTIAL_HEADERS
from patchbay.calls.credentials.base import Opened
from patchbay.calls.credentials.headers import is_header_value
from patchbay.errors import ConfigurationError, UpstreamUnauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.calls.credentials.base import Opening, Outgoing
    from patchbay.environment import Variable
    from patchbay.scope import Scope


@dataclass(frozen=True)
class ForwardToken:
    """The header by which the caller proves who it is, sent on to this upstream as it came.

    The upstream can do with it whatever the caller can: forward it only where that is meant. What nobody
    asked for has no caller: health checks, refreshes, and the loading of a WSDL.

    Args:
        header: one of those that tell callers apart, as otherwise one would get another's shared answers:
            Authorization, Cookie, Proxy-Authorization or X-Api-Key.
        optional: whether calls of a caller without it are made without.

    Raises:
        ConfigurationError: another header.
    """

    header: str = "Authorization"
    optional: bool = False

    def __post_init__(self) -> None:
        if self.header.lower().encode() not in CREDENTIAL_HEADERS:
            known = ", ".join(name.decode() for name in CREDENTIAL_HEADERS)
            raise ConfigurationError(f"credentials: the headers that can be sent on are {known}")

    def variables(self) -> Sequence[Variable]:
        """None."""
        return ()

    def open(self, opening: Opening) -> Opened:
        """Nothing is read."""
        signer = _Forwarding(opening.source, self.header, optional=self.optional)
        return Opened(signer=signer, needs_caller=not self.optional)


class _Forwarding:
    def __init__(self, source: str, header: str, *, optional: bool) -> None:
        self._source = source
        self._header = header
        self._optional = optional

    def identity(self, scope: Scope) -> str:
        value = scope.caller.header(self._header)
        return sha256(value.encode()).hexdigest() if value else ""

    async def sign(self, request: Outgoing, scope: Scope) -> Mapping[str, str]:  # noqa: ARG002 - it goes with any
        value = scope.caller.header(self._header)
        if not value:
            if self._optional:
                return {}
            raise UpstreamUnauthenticated(self._source, f"the caller brought no {self._header}")
        if not is_header_value(value):
            raise UpstreamUnauthenticated(self._source, f"the caller's {self._header} cannot be sent on")
        return {self._header: value}

    def refused(self, scope: Scope, signed: Mapping[str, str]) -> bool:  # noqa: ARG002 - there is no other
        return False

    async def close(self) -> None:
        pass
