"""Which foreign pages may ask for operations from browsers (CORS): those of the origins that are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.middleware.cors import CORSMiddleware

from patchbay.server.csrf import PREFLIGHT_HEADERS
from patchbay.server.origins import ANY_ORIGIN, checked_origins

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["METHODS", "REQUEST_HEADERS", "RESPONSE_HEADERS", "checked_origins", "with_cors"]

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
