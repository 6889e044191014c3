"""A document's security schemes as the house's credentials, by environment variables.

SHOP_API_KEY                       an API key; SHOP_<SCHEME> where the document has several different ones
SHOP_TOKEN                         a Bearer token, and whatever can be had as one
SHOP_USER, SHOP_PASSWORD           HTTP Basic
SHOP_CLIENT_ID, SHOP_CLIENT_SECRET OAuth 2.0's client credentials; and
                                   SHOP_SCOPES and SHOP_TOKEN_URL, if need be

Of the alternatives that an operation has, the first one counts whose variables are set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from patchbay.address import parse_address
from patchbay.calls import ApiKey, Basic, Bearer, ClientCredentials, Opened
from patchbay.calls.credentials.headers import header_value
from patchbay.environment import Environment, Variable
from patchbay.errors import ConfigurationError
from patchbay.importing.model import SecurityKind
from patchbay.importing.naming import enum_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patchbay.calls import Credentials, Opening
    from patchbay.calls.credentials import Outgoing
    from patchbay.environment import Secret
    from patchbay.importing.model import Model, Security
    from patchbay.scope import Scope

_KEYS: Final = (SecurityKind.API_KEY_HEADER, SecurityKind.API_KEY_QUERY, SecurityKind.API_KEY_COOKIE)
_MIN_SECRET_LENGTH: Final = 6
"""A shorter one stands in many a text by chance."""


@dataclass(frozen=True)
class Way:
    """One way to satisfy a scheme: variables that must all be set, and what makes credentials of them."""

    variables: tuple[str, ...]
    make: Callable[[], Credentials]


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


class Schemes:
    """The security schemes of a model, and which variables satisfy them.

    Args:
        model: whose they are.
        prefix: of the variables' names, as "SHOP".
        trusted_origin: of the document, where it was fetched by URL: a client's secret goes to a token
            endpoint there, or to one that a variable names.
    """

    def __init__(self, model: Model, prefix: str, trusted_origin: str | None = None) -> None:
        self._prefix = prefix
        self._trusted = trusted_origin
        self._has_several_keys = (
            len({(each.kind, each.parameter) for each in model.security.values() if each.kind in _KEYS}) > 1
        )
        self._ways = {name: tuple(self._ways_of(each)) for name, each in model.security.items()}

    def variables(self, alternatives: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The names of all variables that could be set for these."""
        names = [name for schemes in alternatives for name in schemes]
        found = [way.variables for name in names for way in self._ways.get(name, ())]
        return tuple(dict.fromkeys(variable for variables in found for variable in variables))

    def chosen(
        self, alternatives: Sequence[tuple[str, ...]], environment: Environment
    ) -> tuple[Way, ...] | None:
        """The first alternative whose variables are set, one way for each of its schemes.

        Returns:
            () where the operations do without, None where they need some and none are set.
        """
        for schemes in alternatives:
            ways = [_set(self._ways.get(name, ()), environment) for name in schemes]
            if ways and None not in ways:
                return tuple(way for way in ways if way is not None)
        return () if not alternatives or () in alternatives else None

    def _ways_of(self, scheme: Security) -> list[Way]:
        token, kind = self._named("TOKEN"), scheme.kind
        ways: list[Way] = []
        if kind in _KEYS:
            ways.append(self._key(scheme))
        elif kind is SecurityKind.BASIC:
            user, password = self._named("USER"), self._named("PASSWORD")
            ways.append(Way((user, password), lambda: Basic(user, password)))
        elif kind is SecurityKind.CLIENT_CREDENTIALS:
            ways.append(self._client(scheme))
        if kind not in (*_KEYS, SecurityKind.BASIC):
            ways.append(Way((token,), lambda: Bearer(token)))
        return ways

    def _key(self, scheme: Security) -> Way:
        variable = self._named(enum_name(scheme.name) if self._has_several_keys else "API_KEY")
        name = scheme.parameter or scheme.name
        if scheme.kind is SecurityKind.API_KEY_QUERY:
            return Way((variable,), lambda: ApiKey(variable, query=name))
        if scheme.kind is SecurityKind.API_KEY_COOKIE:
            return Way((variable,), lambda: CookieKey(variable, name))
        return Way((variable,), lambda: ApiKey(variable, header=name))

    def _client(self, scheme: Security) -> Way:
        url, id_, secret = map(self._named, ("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET"))
        endpoint = self._endpoint(scheme.token_url) or ""
        declared = DeclaredClient(ClientCredentials(url, id_, secret), endpoint, self._named("SCOPES"))
        return Way(tuple(variable.name for variable in declared.variables()), lambda: declared)

    def _endpoint(self, token_url: str) -> str | None:
        """The document's token endpoint, where a client's secret may be sent to it."""
        url = urljoin(f"{self._trusted}/", token_url) if self._trusted and token_url else token_url
        try:
            origin = parse_address(url).origin
        except ValueError:
            return None
        return url if self._trusted in (None, origin) else None

    def _named(self, what: str) -> str:
        return f"{self._prefix}_{what}"


def credentials_of(ways: Sequence[Way]) -> Credentials | None:
    """What a line is opened with; None for nothing. Raises ConfigurationError for a header that is none."""
    parts = tuple(way.make() for way in ways)
    if len(parts) > 1:
        return Together(parts)
    return parts[0] if parts else None


def secrets_of(ways: Sequence[Way], environment: Environment) -> tuple[str, ...]:
    """The values of all variables, for what must not show them."""
    values = [environment.text(name) for way in ways for name in way.variables if environment.has(name)]
    return tuple(value for value in values if len(value) >= _MIN_SECRET_LENGTH)


def hidden_parameters(security: Mapping[str, Security]) -> frozenset[str]:
    """The query parameters that hold keys."""
    return frozenset(each.parameter for each in security.values() if each.kind is SecurityKind.API_KEY_QUERY)


def _set(ways: Sequence[Way], environment: Environment) -> Way | None:
    """The first way whose variables are all set."""
    return next((way for way in ways if all(map(environment.has, way.variables))), None)
