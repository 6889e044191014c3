"""A document's security schemes as the house's credentials, by environment variables.

SHOP_API_KEY                       an API key; SHOP_<SCHEME> where the document has several different ones
SHOP_TOKEN                         a Bearer token, and whatever can be had as one
SHOP_USER, SHOP_PASSWORD           HTTP Basic
SHOP_CLIENT_ID, SHOP_CLIENT_SECRET OAuth 2.0's client credentials; and
                                   SHOP_SCOPES and SHOP_TOKEN_URL, if need be

Of the alternatives that an operation has, the first one counts whose variables are set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from patchbay.address import parse_address
from patchbay.calls import ApiKey, Basic, Bearer, ClientCredentials
from patchbay.importing.model import SecurityKind
from patchbay.importing.naming import enum_name
from patchbay.importing.rest.credential_kinds import CookieKey, DeclaredClient, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patchbay.calls import Credentials
    from patchbay.environment import Environment
    from patchbay.importing.model import Model, Security

_KEYS: Final = (SecurityKind.API_KEY_HEADER, SecurityKind.API_KEY_QUERY, SecurityKind.API_KEY_COOKIE)


@dataclass(frozen=True)
class Way:
    """One way to satisfy a scheme: variables that must all be set, and what makes credentials of them."""

    variables: tuple[str, ...]
    make: Callable[[], Credentials]


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


def hidden_parameters(security: Mapping[str, Security]) -> frozenset[str]:
    """The query parameters that hold keys."""
    return frozenset(each.parameter for each in security.values() if each.kind is SecurityKind.API_KEY_QUERY)


def _set(ways: Sequence[Way], environment: Environment) -> Way | None:
    """The first way whose variables are all set."""
    return next((way for way in ways if all(map(environment.has, way.variables))), None)
