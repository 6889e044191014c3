"""The upper limit: whole answers kept as bytes after the first request. What an HTTP server costs by itself.

UPSTREAM=http://127.0.0.1:9000 uvicorn bench.prepared:app
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.by_hand import answer, body_of, reply

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_kept: dict[bytes, bytes] = {}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request, from the bytes of the first that was like it."""
    if scope["type"] != "http":
        return
    body = await body_of(receive)
    if body not in _kept:
        _kept[body] = await answer(body)
    await reply(send, _kept[body])
