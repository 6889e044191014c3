"""POST /webhooks/{upstream}: where systems deliver their events.

    200  stored, or known already          {"status": "stored" | "duplicate", "event": id}
    400  a header or the body is malformed {"error": sentence}, as for all that follow
    401  the signature is wrong or too old
    404  no such upstream
    409  this very delivery was stored before
    413  the body is too long
    503  it is not stored; deliver again after `Retry-After` seconds

The answer goes out after the event is committed and on the disk.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from fastapi import APIRouter
from starlette import status
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from patchbay.inbox import Inbox, InboxUnavailable
from patchbay.inbox.signatures import SignatureError, Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patchbay.upstreams.webhook import Webhook

MAX_BODY_BYTES = 1024 * 1024

_log = structlog.get_logger("patchbay.webhooks")


def webhook_router(
    webhooks: Mapping[str, Webhook],
    inbox: Inbox,
    *,
    max_body_bytes: int = MAX_BODY_BYTES,
    clock: Callable[[], float] = time.time,
) -> APIRouter:
    """The receiving route.

    Args:
        webhooks: name in the address -> upstream.
        inbox: open while requests are served.
        max_body_bytes: longer bodies are refused.
        clock: epoch seconds, which signed timestamps are compared with.
    """
    receiver = _Receiver(webhooks, inbox, max_body_bytes, clock)
    # The receiver counts for itself, to answer and log a body that is too long as any other refusal.
    router = APIRouter(max_body_size=sys.maxsize)
    router.add_route("/webhooks/{upstream}", receiver.receive, methods=["POST"], include_in_schema=False)
    return router


@dataclass(frozen=True)
class _Answer:
    """What is answered, and what is logged about it."""

    status: int
    outcome: str
    body: dict[str, str]
    event_id: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


class _TooLong(Exception):
    """The body is longer than the cap."""


class _Receiver:
    """See webhook_router."""

    def __init__(
        self,
        webhooks: Mapping[str, Webhook],
        inbox: Inbox,
        max_body_bytes: int,
        clock: Callable[[], float],
    ) -> None:
        self._webhooks = webhooks
        self._inbox = inbox
        self._max_body_bytes = max_body_bytes
        self._clock = clock

    async def receive(self, request: Request) -> Response:
        """Answer one delivery and log one line about it."""
        started = time.perf_counter()
        name = request.path_params["upstream"]
        webhook = self._webhooks.get(name)
        if webhook is None:
            # The name is a stranger's text, so the log gets none of it.
            name, answer = None, _refusal(status.HTTP_404_NOT_FOUND, "unknown upstream")
        else:
            answer = await self._deliver(webhook, request)
        _log.log(
            _level(answer.status),
            "webhook",
            upstream=name,
            event_id=answer.event_id,
            outcome=answer.outcome,
            status=answer.status,
            reason=answer.body.get("error"),
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
        )
        return JSONResponse(answer.body, answer.status, answer.headers)

    async def _deliver(self, webhook: Webhook, request: Request) -> _Answer:
        try:
            body = await self._read(request)
            verified = webhook.verify(request.headers, body, self._clock())
        except SignatureError as error:
            return _refusal(error.status, str(error))
        except _TooLong:
            problem = f"the body is longer than {self._max_body_bytes} bytes"
            return _refusal(status.HTTP_413_CONTENT_TOO_LARGE, problem)
        except ClientDisconnect:
            return _refusal(status.HTTP_400_BAD_REQUEST, "the connection ended before the body did")
        return await self._store(webhook.name, verified, body)

    async def _store(self, upstream: str, verified: Verified, body: bytes) -> _Answer:
        event_id = verified.event_id
        try:
            stored = await self._inbox.store(upstream, event_id, verified.delivery, body)
        except InboxUnavailable as error:
            headers = {"Retry-After": str(error.retry_after_seconds)}
            problem = {"error": str(error)}
            return _Answer(status.HTTP_503_SERVICE_UNAVAILABLE, "unavailable", problem, event_id, headers)
        if stored == "replayed":
            problem = {"error": "this very delivery was stored before"}
            return _Answer(status.HTTP_409_CONFLICT, "replayed", problem, event_id)
        outcome = "stored" if stored == "new" else "duplicate"
        return _Answer(status.HTTP_200_OK, outcome, {"status": outcome, "event": event_id}, event_id)

    async def _read(self, request: Request) -> bytes:
        """The raw body. Raises _TooLong as soon as that is known: a chunked body has no length in front."""
        announced = request.headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > self._max_body_bytes:
            raise _TooLong
        parts: list[bytes] = []
        size_bytes = 0
        async for part in request.stream():
            size_bytes += len(part)
            if size_bytes > self._max_body_bytes:
                raise _TooLong
            parts.append(part)
        return b"".join(parts)


def _refusal(status_code: int, problem: str) -> _Answer:
    return _Answer(status_code, "refused", {"error": problem})


def _level(status_code: int) -> int:
    """As in `logging`: 20 info, 30 warning, 40 error."""
    if status_code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
        return 40
    return 30 if status_code >= status.HTTP_400_BAD_REQUEST else 20
