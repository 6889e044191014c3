"""What every kind of credentials offers to the pipeline.

A kind is declared in an adapter by the names of environment variables, and opened when the upstream opens.
What does not change between calls (headers, query parameters, a client certificate) is handed over once, so
that it costs a call nothing; what does is asked of a signer for each call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from patchbay.calls.call import Call, Reply
    from patchbay.environment import Environment, Secret, Variable
    from patchbay.scope import Scope


class Outgoing:
    """A request that is about to be sent, for those who sign it. It does not print.

    Args:
        method: HTTP's.
        origin: scheme, host and port, as "https://crm.example:8443".
        target: path and query as they stand in the request line.
        headers: those that the call brings.
        body: empty where there is none.
    """

    __slots__ = ("body", "headers", "method", "origin", "target")

    def __init__(
        self, method: str, origin: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        self.method = method
        self.origin = origin
        self.target = target
        self.headers = headers
        self.body = body


class Signer(Protocol):
    """Credentials that differ from call to call."""

    def identity(self, scope: Scope) -> str:
        """Whom the upstream takes a call of this scope to be from: part of every key of shared answers.

        A digest, never a credential. The same text for all where all calls are made in one name.
        """

    async def sign(self, request: Outgoing, scope: Scope) -> Mapping[str, str]:
        """Headers to add to this request.

        Raises:
            UpstreamUnauthenticated: there are none to be had.
            UpstreamError: whoever gives them out cannot be reached.
        """

    def refused(self, scope: Scope, signed: Mapping[str, str]) -> bool:
        """Told that the upstream answered 401; whether signing anew may help.

        Args:
            scope: of the call.
            signed: what `sign` gave for it. Of many calls that are refused at once, some learn of it only
                when others have brought new credentials already: for these a replay helps, and for a call
                that was made with the new ones it does not.
        """

    async def close(self) -> None:
        """Give back connections."""


@dataclass(frozen=True)
class Opened:
    """Credentials, ready to be used.

    Args:
        headers: name -> whole value; the same for each call.
        query: name -> value of query parameters; the same for each call.
        tls: with a client certificate; None for the common one.
        signer: for what differs from call to call.
        needs_caller: whether nothing can be called but in the name of a client, so that health checks cannot.
    """

    headers: Mapping[str, Secret] = field(default_factory=dict)
    query: Mapping[str, Secret] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    signer: Signer | None = None
    needs_caller: bool = False


@dataclass(frozen=True)
class Opening:
    """What credentials are opened with.

    Args:
        source: the upstream's name, for errors.
        environment: where variables are read from.
        connect: a URL from the environment -> a function that makes one call of that server, under the same
            limits and guard as the upstream's own calls but without its credentials; for token endpoints. The
            call's target is relative to the URL's origin.
    """

    source: str
    environment: Environment
    connect: Callable[[str], Callable[[Call], Awaitable[Reply]]]


class Credentials(Protocol):
    """Credentials as an adapter declares them."""

    def variables(self) -> Sequence[Variable]:
        """What `open` reads."""

    def open(self, opening: Opening) -> Opened:
        """Read the variables. Raises ConfigurationError for one of them."""
