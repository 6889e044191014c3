"""Credentials as patchbay.toml says them, by the names of environment variables.

credentials = { bearer = "SHOP_TOKEN" }
credentials = { api_key = "SHOP_KEY", header = "X-Api-Key" }     or query = "key"
credentials = { basic = ["SHOP_USER", "SHOP_PASSWORD"] }
credentials = { client_credentials = ["SHOP_TOKEN_URL", "SHOP_ID", "SHOP_SECRET"], scope = "read" }
credentials = { username_token = ["ERP_USER", "ERP_PASSWORD"] }
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from patchbay.calls import ApiKey, Basic, Bearer, ClientCredentials
from patchbay.errors import ConfigurationError
from patchbay.upstreams import UsernameToken

if TYPE_CHECKING:
    from collections.abc import Callable

_FORMS: Final[dict[str, tuple[int, tuple[str, ...], Callable[..., Any]]]] = {
    "bearer": (1, (), Bearer),
    "api_key": (1, ("header", "query"), ApiKey),
    "basic": (2, (), Basic),
    "client_credentials": (3, ("scope",), ClientCredentials),
    "username_token": (2, (), UsernameToken),
}
"""Kind -> how many variables it takes, what else can be said of it, and what makes it."""

_ALLOWED: Final = (
    '{ bearer = "VARIABLE" }, { api_key = "VARIABLE", header = "X-Api-Key" }, '
    '{ basic = ["USER", "PASSWORD"] }, { client_credentials = ["TOKEN_URL", "ID", "SECRET"] } '
    'or { username_token = ["USER", "PASSWORD"] }'
)


def credentials_of(where: str, said: Any) -> Any:
    """The credentials; None where nothing is said, and what is no table as it is.

    Args:
        where: for the error, as "patchbay.toml: [upstreams.shop]".
        said: a table as above, or one of patchbay.calls.

    Raises:
        ConfigurationError: it cannot be meant; says what is allowed.
    """
    if said is None or not isinstance(said, Mapping):
        return said
    kinds = [name for name in _FORMS if name in said]
    if len(kinds) != 1:
        raise ConfigurationError(f"{where}: credentials: there are {_ALLOWED}")
    (kind,) = kinds
    number, more, make = _FORMS[kind]
    variables = [said[kind]] if number == 1 else said[kind]
    is_well = isinstance(variables, list) and len(variables) == number
    if not is_well or not all(
        isinstance(each, str) for each in (*variables, *said.values()) if each is not variables
    ):
        raise ConfigurationError(f"{where}: credentials: {kind} cannot be meant; there are {_ALLOWED}")
    unknown = [name for name in said if name not in (kind, *more)]
    if unknown:
        told = f"{', '.join(more)} beside it" if more else "nothing beside it"
        raise ConfigurationError(f"{where}: credentials: {unknown[0]} is no key of {kind}, which has {told}")
    return make(*variables, **{name: said[name] for name in more if name in said})
