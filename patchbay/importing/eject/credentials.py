"""What a model says of credentials, as the declaration of an upstream."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patchbay.importing.eject.python import Expression, Text, call, flat
from patchbay.importing.model import SecurityKind
from patchbay.importing.naming import enum_name
from patchbay.upstreams import UsernameToken

if TYPE_CHECKING:
    from patchbay.importing.model import Model, Security

_KEYS = (SecurityKind.API_KEY_HEADER, SecurityKind.API_KEY_QUERY, SecurityKind.API_KEY_COOKIE)


@dataclass(frozen=True)
class Said:
    """The declaration, and a sentence's part about it.

    Args:
        value: None where there is none.
        what: for the docstring.
        imports: (module, name).
    """

    value: Expression | None
    what: str
    imports: tuple[tuple[str, str], ...] = ()


NONE = Said(None, "none")


def said_credentials(model: Model) -> Said:
    """Those of the first alternative that the model's operations need, by the variables of the import."""
    alternatives = [*model.requires, *(way for each in model.operations for way in each.security or ())]
    names = next(filter(None, alternatives), ())
    parts = [_one(model, model.security[name]) for name in names if name in model.security]
    if len(parts) <= 1:
        return parts[0] if parts else NONE
    together = call("Together", "(" + ", ".join(_flat(each) for each in parts) + ")")
    imports = tuple(pair for each in parts for pair in each.imports)
    what = " and ".join(each.what for each in parts)
    return Said(together, what, (*imports, ("patchbay.importing.rest.credentials", "Together")))


def as_declared(credentials: object) -> Said:
    """Credentials of patchbay.toml: what they print is what declares them."""
    name = type(credentials).__name__
    module = "patchbay.upstreams" if isinstance(credentials, UsernameToken) else "patchbay.calls"
    declared: Any = credentials
    fields = [
        (each.name, getattr(declared, each.name), each.default) for each in dataclasses.fields(declared)
    ]
    needed = [_said(value) for _, value, default in fields if default is dataclasses.MISSING]
    named = {
        key: _said(value)
        for key, value, default in fields
        if default is not dataclasses.MISSING and value != default
    }
    return Said(call(name, *needed, **named), name, ((module, name),))


def _said(value: object) -> Expression:
    return Text(value) if isinstance(value, str) else repr(value)


def _one(model: Model, scheme: Security) -> Said:
    prefix = enum_name(model.name) or "UPSTREAM"
    kind = scheme.kind
    if kind in _KEYS:
        return _key(model, scheme, prefix)
    if kind is SecurityKind.BASIC:
        value = call("Basic", Text(f"{prefix}_USER"), Text(f"{prefix}_PASSWORD"))
        return Said(value, "HTTP Basic", (("patchbay.calls", "Basic"),))
    if kind is SecurityKind.CLIENT_CREDENTIALS:
        scope = Text(" ".join(scheme.scopes)) if scheme.scopes else None
        names = [Text(f"{prefix}_{each}") for each in ("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")]
        value = call("ClientCredentials", *names, scope=scope)
        at = f", tokens from {scheme.token_url}" if scheme.token_url else ""
        return Said(value, f"OAuth 2.0 client credentials{at}", (("patchbay.calls", "ClientCredentials"),))
    return Said(call("Bearer", Text(f"{prefix}_TOKEN")), "Bearer token", (("patchbay.calls", "Bearer"),))


def _key(model: Model, scheme: Security, prefix: str) -> Said:
    several = len({(each.kind, each.parameter) for each in model.security.values() if each.kind in _KEYS}) > 1
    variable = Text(f"{prefix}_{enum_name(scheme.name) if several else 'API_KEY'}")
    name = scheme.parameter or scheme.name
    if scheme.kind is SecurityKind.API_KEY_QUERY:
        value = call("ApiKey", variable, query=Text(name))
        return Said(value, f"API key in the query parameter {name}", (("patchbay.calls", "ApiKey"),))
    if scheme.kind is SecurityKind.API_KEY_COOKIE:
        value = call("CookieKey", variable, Text(name))
        imports = (("patchbay.importing.rest.credentials", "CookieKey"),)
        return Said(value, f"API key in the cookie {name}", imports)
    value = call("ApiKey", variable, header=Text(name))
    return Said(value, f"API key in {name}", (("patchbay.calls", "ApiKey"),))


def _flat(said: Said) -> str:
    return flat(said.value or "None")
