"""Headers that tell browsers how careful to be with an answer.

There is no Strict-Transport-Security among them: TLS ends before this server, at a proxy that knows which
hosts have it. Browsers heed the header only where it comes by TLS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
"""What is called JSON is JSON, whatever it looks like."""

SAME_ORIGIN: Final = (b"cross-origin-resource-policy", b"same-origin")
"""Foreign pages cannot load it as an image or a script. What CORS lets them read, they still can."""

ANSWER_HEADERS: Final = (NOSNIFF, SAME_ORIGIN)
"""Of every answer."""

PAGE_HEADERS: Final = {
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
} | {name.decode(): value.decode() for name, value in ANSWER_HEADERS}
"""Of every page, beside its own Content-Security-Policy."""


def with_security_headers(app: ASGIApp) -> ASGIApp:
    """The application, each answer of which has ANSWER_HEADERS, unless it says something else there."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                names = {name.lower() for name, _ in headers}
                headers += [header for header in ANSWER_HEADERS if header[0] not in names]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, told if scope["type"] == "http" else send)

    return guarded
