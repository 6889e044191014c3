"""Which foreign pages may ask for operations from browsers (CORS): those of the origins that are named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.middleware.cors import CORSMiddleware

from patchbay.errors import ConfigurationError
from patchbay.server.csrf import ANY_ORIGIN, PREFLIGHT_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

SETTING: Final = "PATCHBAY_CORS_ORIGINS"

METHODS: Final = ("GET", "POST", "PUT", "DELETE")
"""PUT and DELETE are of GraphQL over SSE in its single connection mode."""

REQUEST_HEADERS: Final = (
    "authorization",
    "content-type",
    *PREFLIGHT_HEADERS,
    "apollographql-client-name",
    "apollographql-client-version",
    "last-event-id",
    "traceparent",
    "tracestate",
    "x-request-id",
)
RESPONSE_HEADERS: Final = ("retry-after", "www-authenticate", "x-request-id")
"""What pages may read beside the few headers that they always may."""

MAX_AGE_SECONDS: Final = 7200
"""For how long browsers remember a preflight; Chromium does not for longer."""

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
MAX_PORT: Final = 65_535

_parse = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)"
    r"(:(?P<port>[0-9]{1,5}))?",
    re.ASCII,
).fullmatch


def checked_origins(names: Sequence[str]) -> tuple[str, ...]:
    """Origins as browsers write them: in lower case, without a default port, each once.

    Args:
        names: scheme://host or scheme://host:port; or ANY_ORIGIN, alone.

    Raises:
        ConfigurationError: naming each that is none.
    """
    problems = [problem for name in names if (problem := _problem(name)) is not None]
    if ANY_ORIGIN in names and len(set(names)) > 1:
        problems.append("* is every origin: no other can be named beside it")
    if problems:
        raise ConfigurationError("\n".join(f"{SETTING}: {problem}" for problem in problems))
    return tuple(dict.fromkeys(map(_as_sent, names)))


def with_cors(
    app: ASGIApp, origins: Sequence[str], *, path: str, more_headers: Iterable[str] = ()
) -> ASGIApp:
    """The application, which pages of these origins may ask at one path; itself where none is named.

    This goes around everything, so that pages can read refusals as well. Credentials that browsers add by
    themselves, as cookies, are never allowed: nothing here looks at them.

    Args:
        app: what answers.
        origins: see checked_origins.
        path: of the graph; all other paths are for no foreign page.
        more_headers: that pages may send beside REQUEST_HEADERS, such as those that upstreams are given.
    """
    if not origins:
        return app
    guarded = CORSMiddleware(
        app,
        allow_origins=tuple(origins),
        allow_methods=METHODS,
        allow_headers=(*REQUEST_HEADERS, *(name.lower() for name in more_headers)),
        expose_headers=RESPONSE_HEADERS,
        # Of an origin that is named, wherever its pages come from; not of everybody.
        allow_private_network=ANY_ORIGIN not in origins,
        max_age=MAX_AGE_SECONDS,
    )

    async def shared(scope: Scope, receive: Receive, send: Send) -> None:
        is_asked = scope["type"] == "http" and scope["path"] == path
        await (guarded if is_asked else app)(scope, receive, send)

    return shared


def _problem(name: str) -> str | None:
    """Why this is no origin, None where it is one."""
    text = name.lower()
    found = _parse(text)
    # Before an @ there can be a password.
    name = name.rpartition("@")[2]
    if name == ANY_ORIGIN:
        return None
    if text == "null":
        return "null is what any page can be the origin of"
    if "*" in name:
        return f"{name}: origins are named one by one, or all by *"
    if found is None:
        is_near = _parse(text.rstrip("/")) is not None
        advice = "without a slash at its end" if is_near else "such as https://app.example.com"
        return f"{name}: an origin is scheme://host or scheme://host:port, {advice}"
    return _odd_part(name, found["scheme"], found["port"])


def _odd_part(name: str, scheme: str, port: str | None) -> str | None:
    if scheme == "file":
        return f"{name}: browsers name no origin of files"
    if port is not None and not 0 < int(port) <= MAX_PORT:
        return f"{name}: there is no such port"
    return None


def _as_sent(name: str) -> str:
    found = _parse(name.lower())
    if found is None:
        return name
    port = found["port"]
    is_default = port is None or DEFAULT_PORTS.get(found["scheme"]) == int(port)
    return f"{found['scheme']}://{found['host']}{'' if is_default else f':{int(port)}'}"
