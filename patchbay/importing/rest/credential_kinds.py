"""Kinds of credentials that documents name and adapters seldom need; see patchbay.calls.credentials."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from patchbay.calls import ClientCredentials, Opened
from patchbay.calls.credentials.headers import header_value
from patchbay.environment import Environment, Variable
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.calls import Credentials, Opening
    from patchbay.calls.credentials import Outgoing
    from patchbay.environment import Secret
    from patchbay.scope import Scope


@dataclass(frozen=True)
class CookieKey:
    """An API key in a cookie.

    Args:
        variable: the environment variable that holds the key.
        cookie: the cookie's name.
    """

    variable: str
    cookie: str

    def variables(self) -> Sequence[Variable]:
        """The key."""
        return (Variable(self.variable, f"API key, sent as the cookie {self.cookie}"),)

    def open(self, opening: Opening) -> Opened:
        """The key as it is. Raises ConfigurationError for one that is none or more than one cookie."""
        key = opening.environment.secret(self.variable)
        if ";" in key.reveal():
            raise ConfigurationError(f"environment variable {self.variable} cannot be sent as a cookie")
        return Opened(signer=_Cookie(self.cookie, header_value(key)))


class _Cookie:
    """Puts a key beside the cookies that a call has already, as some servers read one Cookie header only."""

    def __init__(self, name: str, key: Secret) -> None:
        self._cookie = key.derive(f"{name}={key.reveal()}")

    def identity(self, scope: Scope) -> str:
        """See Signer."""
        del scope
        return ""

    async def sign(self, request: Outgoing, scope: Scope) -> Mapping[str, str]:
        """See Signer."""
        del scope
        cookies = filter(None, (request.headers.get("Cookie"), self._cookie.reveal()))
        return {"Cookie": "; ".join(cookies)}

    def refused(self, scope: Scope, signed: Mapping[str, str]) -> bool:
        """See Signer."""
        del scope, signed
        return False

    async def close(self) -> None:
        """See Signer."""


@dataclass(frozen=True)
class Together:
    """Several credentials that each call carries at once."""

    parts: tuple[Credentials, ...]

    def variables(self) -> Sequence[Variable]:
        """Those of all."""
        return [variable for part in self.parts for variable in part.variables()]

    def open(self, opening: Opening) -> Opened:
        """All of them; of several that sign each call, the first one does."""
        opened = [part.open(opening) for part in self.parts]
        signers = [each.signer for each in opened if each.signer is not None]
        return Opened(
            headers={name: value for each in opened for name, value in each.headers.items()},
            query={name: value for each in opened for name, value in each.query.items()},
            signer=signers[0] if signers else None,
        )


@dataclass(frozen=True)
class DeclaredClient:
    """OAuth 2.0's client credentials with a token endpoint that stands in the document.

    Args:
        client: with the name of the variable that may say another endpoint.
        token_url: the document's; "" where none of it may be used.
        scopes: the name of the variable with the scopes to ask for; where it is not set, the server chooses.
    """

    client: ClientCredentials
    token_url: str
    scopes: str

    def variables(self) -> Sequence[Variable]:
        """Those of the client; the endpoint's may be left out."""
        needed = self.client.variables()
        return [each for each in needed if not self.token_url or each.name != self.client.token_url]

    def open(self, opening: Opening) -> Opened:
        """See ClientCredentials."""
        environment = opening.environment
        if self.token_url:
            environment = WithDefault(environment, self.client.token_url, self.token_url)
        # A document lists all scopes that there are; a client may ask for few of them.
        scope = environment.text(self.scopes) if environment.has(self.scopes) else None
        return replace(self.client, scope=scope).open(replace(opening, environment=environment))


class WithDefault(Environment):
    """An environment in which one variable has a value where it is not set."""

    def __init__(self, environment: Environment, name: str, value: str) -> None:
        super().__init__({})
        self._environment = environment
        self._name = name
        self._default = value

    def has(self, name: str) -> bool:
        """See Environment."""
        return self._environment.has(name) or name == self._name

    def text(self, name: str) -> str:
        """See Environment."""
        if name == self._name and not self._environment.has(name):
            return self._default
        return self._environment.text(name)
