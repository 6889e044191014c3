"""OAuth 2.0 in the server's own name: the same access token for all calls (RFC 6749)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patchbay.calls.credentials.base import Opened
from patchbay.calls.credentials.token_endpoint import (
    Authentication,
    TokenEndpoint,
    client_variables,
    require_authentication,
)
from patchbay.calls.credentials.tokens import KeptToken
from patchbay.environment import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.calls.credentials.base import Opening, Outgoing
    from patchbay.calls.credentials.token_endpoint import TokenReply
    from patchbay.scope import Scope


@dataclass(frozen=True)
class ClientCredentials:
    """An access token by the client's id and secret, renewed before it ends.

    Args:
        token_url: the environment variable that holds the token endpoint's URL.
        client_id: the environment variable that holds the client's id.
        client_secret: the environment variable that holds its secret.
        scope: scopes with spaces between, as the server names them; None asks for its default.
        audience: whom the token is for, where the server wants to know.
        resource: the same as a URI (RFC 8707).
        authentication: "basic" sends id and secret by HTTP Basic, "post" in the form.

    Raises:
        ConfigurationError: another authentication.
    """

    token_url: str
    client_id: str
    client_secret: str
    scope: str | None = None
    audience: str | None = None
    resource: str | None = None
    authentication: Authentication = "basic"

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
        form = {"scope": self.scope, "audience": self.audience, "resource": self.resource}

        async def ask() -> TokenReply:
            return await endpoint.ask("client_credentials", form)

        label = opening.environment.secret(self.client_secret)
        return Opened(signer=OneToken(KeptToken(opening.source, label, ask)))


@dataclass(frozen=True)
class RefreshToken:
    """An access token by a refresh token that was obtained elsewhere, renewed before it ends.

    A server may replace the refresh token with each answer. The newest one is kept in memory only, so such a
    server wants a new one in the environment after a restart.

    Args:
        token_url: the environment variable that holds the token endpoint's URL.
        client_id: the environment variable that holds the client's id.
        refresh_token: the environment variable that holds the refresh token.
        client_secret: the environment variable that holds the client's secret; None where it has none.
        scope: scopes with spaces between, to ask for fewer than were granted.
        authentication: "basic" sends id and secret by HTTP Basic, "post" in the form.

    Raises:
        ConfigurationError: another authentication.
    """

    token_url: str
    client_id: str
    refresh_token: str
    client_secret: str | None = None
    scope: str | None = None
    authentication: Authentication = "basic"

    def __post_init__(self) -> None:
        require_authentication(self.authentication)

    def variables(self) -> Sequence[Variable]:
        """The token endpoint, the client, and the refresh token."""
        client = client_variables(self.token_url, self.client_id, self.client_secret)
        return (*client, Variable(self.refresh_token, "OAuth refresh token"))

    def open(self, opening: Opening) -> Opened:
        """Nothing is fetched yet."""
        endpoint = TokenEndpoint(
            opening, self.token_url, self.client_id, self.client_secret, self.authentication
        )
        newest = label = opening.environment.secret(self.refresh_token)

        async def ask() -> TokenReply:
            nonlocal newest
            reply = await endpoint.ask("refresh_token", {"refresh_token": newest, "scope": self.scope})
            if reply.refresh_token is not None:
                newest = label.derive(reply.refresh_token)
            return reply

        return Opened(signer=OneToken(KeptToken(opening.source, label, ask)))


class OneToken:
    """Signs all calls with one token.

    Args:
        kept: the token.
    """

    def __init__(self, kept: KeptToken) -> None:
        self._kept = kept

    def identity(self, scope: Scope) -> str:  # noqa: ARG002 - the same for all
        """See Signer."""
        return ""

    async def sign(self, request: Outgoing, scope: Scope) -> Mapping[str, str]:  # noqa: ARG002 - as above
        """See Signer."""
        return {"Authorization": await self._kept.header()}

    def refused(self, scope: Scope, signed: Mapping[str, str]) -> bool:  # noqa: ARG002 - as above
        """See Signer."""
        return self._kept.refused(signed.get("Authorization"))

    async def close(self) -> None:
        """See Signer."""
        await self._kept.close()
