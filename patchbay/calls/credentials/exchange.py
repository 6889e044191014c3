"""OAuth 2.0 token exchange (RFC 8693): the caller's own token for one that the upstream takes."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from patchbay.calls.credentials.base import Opened
from patchbay.calls.credentials.token_endpoint import (
    Authentication,
    TokenEndpoint,
    client_variables,
    require_authentication,
)
from patchbay.calls.credentials.tokens import KeptToken
from patchbay.environment import Secret
from patchbay.errors import UpstreamUnauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from typing import Any

    from patchbay.calls.credentials.base import Opening, Outgoing
    from patchbay.calls.credentials.token_endpoint import TokenReply
    from patchbay.environment import Variable
    from patchbay.scope import Scope

MAX_CALLERS = 1000
"""Callers whose tokens are kept, the ones that asked last."""

_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name of the standard's

_BEARER = re.compile(r"bearer +([\x21-\x7e]+) *", re.IGNORECASE)


@dataclass(frozen=True)
class TokenExchange:
    """The caller's Bearer token, exchanged at a token endpoint for one of the upstream's, which is kept.

    Args:
        token_url: the environment variable that holds the token endpoint's URL.
        client_id: the environment variable that holds the client's id.
        client_secret: the environment variable that holds its secret; None for a client without one.
        audience: whom the new token is for.
        scope: scopes with spaces between, as the server names them.
        resource: as `audience`, as a URI.
        subject_token_type: what the caller's token is, as RFC 8693 names it.
        authentication: "basic" sends id and secret by HTTP Basic, "post" in the form.
        optional: whether calls of a caller without a Bearer token are made without; see ForwardToken.

    Raises:
        ConfigurationError: another authentication.
    """

    token_url: str
    client_id: str
    client_secret: str | None
    audience: str | None = None
    scope: str | None = None
    resource: str | None = None
    subject_token_type: str = _ACCESS_TOKEN
    authentication: Authentication = "basic"
    optional: bool = False

    def __post_init__(self) -> None:
        require_authentication(self.authentication)

    def variables(self) -> Sequence[Variable]:
        """The token endpoint, and the client."""
        return client_variables(self.token_url, self.client_id, self.client_secret)

    def open(self, opening: Opening) -> Opened:
        """Nothing is fetched yet."""
        endpoint = TokenEndpoint(
            opening, self.token_url, self.client_id, self.client_secret, self.authentication
        )
        form: dict[str, Secret | str | None] = {
            "subject_token_type": self.subject_token_type,
            "audience": self.audience,
            "scope": self.scope,
            "resource": self.resource,
        }

        async def ask(subject: Secret) -> TokenReply:
            return await endpoint.ask(_GRANT, {"subject_token": subject, **form})

        signer = TokenPerCaller(opening.source, ask, optional=self.optional)
        return Opened(signer=signer, needs_caller=not self.optional)


class TokenPerCaller:
    """Signs each call with a token of its caller's.

    Args:
        source: the upstream's name.
        ask: brings a new token for a caller's; may raise UpstreamError.
        optional: see TokenExchange.
    """

    def __init__(
        self, source: str, ask: Callable[[Secret], Coroutine[Any, Any, TokenReply]], *, optional: bool
    ) -> None:
        self._source = source
        self._ask = ask
        self._optional = optional
        self._kept: OrderedDict[str, KeptToken] = OrderedDict()

    def identity(self, scope: Scope) -> str:
        """See Signer."""
        subject = _subject(scope)
        return "" if subject is None else _digest(subject)

    async def sign(self, request: Outgoing, scope: Scope) -> Mapping[str, str]:  # noqa: ARG002 - a token signs any
        """See Signer."""
        subject = _subject(scope)
        if subject is None:
            if self._optional:
                return {}
            raise UpstreamUnauthenticated(self._source, "the caller brought no Bearer token")
        return {"Authorization": await self._of(subject).header()}

    def refused(self, scope: Scope, signed: Mapping[str, str]) -> bool:
        """See Signer."""
        subject = _subject(scope)
        kept = None if subject is None else self._kept.get(_digest(subject))
        return kept is None or kept.refused(signed.get("Authorization"))

    async def close(self) -> None:
        """See Signer."""
        while self._kept:
            _, kept = self._kept.popitem()
            await kept.close()

    def _of(self, subject: Secret) -> KeptToken:
        key = _digest(subject)
        kept = self._kept.get(key)
        if kept is None:
            self._make_room()
            kept = self._kept[key] = KeptToken(self._source, subject, lambda: self._ask(subject))
        else:
            self._kept.move_to_end(key)
        return kept

    def _make_room(self) -> None:
        """Forget what has ended, and of the rest whoever asked longest ago. Who waits for a token gets it."""
        for key in [key for key, kept in self._kept.items() if kept.has_ended]:
            del self._kept[key]
        if len(self._kept) >= MAX_CALLERS:
            oldest = next((key for key, kept in self._kept.items() if kept.is_idle), None)
            if oldest is not None:
                del self._kept[oldest]


def _subject(scope: Scope) -> Secret | None:
    bearer = _BEARER.fullmatch(scope.caller.header("Authorization") or "")
    return None if bearer is None else Secret(bearer[1], "Authorization")


def _digest(subject: Secret) -> str:
    return sha256(subject.reveal().encode("ascii")).hexdigest()
