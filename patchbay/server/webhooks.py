"""POST /webhooks/{upstream}: where systems deliver their events.

    200  stored, or known already          {"status": "stored" | "duplicate", "event": id}, and "repeats":
                                           the id of an earlier event with the very same body
    200  a vendor asks whether somebody is there, and gets the answer that it wants
    400  a header or the body is malformed {"error": sentence}, as for all that follow
    401  the signature is wrong or too old
    404  no such upstream
    409  this very delivery was stored before
    413  the body is too long
    503  it is not stored, or nobody can say yet who sent it; deliver again after `Retry-After` seconds

The answer goes out after the event is committed and on the disk.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import structlog
from fastapi import APIRouter
from starlette import status
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from patchbay.inbox import Arrival, Inbox, InboxUnavailable, Receipt
from patchbay.inbox.signatures import Challenge, Delivered, SignatureError, SignatureUndecided, Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patchbay.inbox.deliveries import Deliveries, Outcome, Refusal
    from patchbay.upstreams.webhook import Webhook

MAX_BODY_BYTES = 1024 * 1024

_NO_RECEIPT = Receipt("new")

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
    """What is answered, and what is counted and logged about it.

    Args:
        status: HTTP's.
        outcome: in one word.
        body: a JSON object.
        headers: beside those of any answer.
        refusal: why, where the fault is the sender's.
        event_id: of what was delivered, where that is known.
        receipt: of what was stored or known.
    """

    status: int
    outcome: Outcome | Literal["refused"]
    body: Mapping[str, str]
    headers: Mapping[str, str] | None = None
    refusal: Refusal | None = None
    event_id: str | None = None
    receipt: Receipt | None = None

    @property
    def level(self) -> int:
        """As in `logging`: 20 info, 30 warning, 40 error."""
        if self.status >= status.HTTP_500_INTERNAL_SERVER_ERROR:
            return 40
        differs = self.receipt is not None and self.receipt.differs
        return 30 if differs or self.status >= status.HTTP_400_BAD_REQUEST else 20


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
            name, answer = None, _refusal(status.HTTP_404_NOT_FOUND, None, "unknown upstream")
        else:
            webhook.deliveries.received += 1
            answer = await self._deliver(webhook, request)
            _count(webhook.deliveries, answer)
        receipt = answer.receipt or _NO_RECEIPT
        _log.log(
            answer.level,
            "webhook",
            upstream=name,
            event_id=answer.event_id,
            outcome=answer.outcome,
            status=answer.status,
            refusal=answer.refusal,
            reason=answer.body.get("error"),
            repeats=receipt.repeats,
            differs=receipt.differs,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
        )
        return JSONResponse(answer.body, answer.status, answer.headers)

    async def _deliver(self, webhook: Webhook, request: Request) -> _Answer:
        try:
            body = await self._read(request)
            # From the scope: request.url is made with the Host header, which is the sender's to choose.
            query = request.scope["query_string"].decode("latin-1")
            delivered = Delivered(request.headers, body, self._clock(), query)
            found = await webhook.verify(delivered)
        except SignatureUndecided as error:
            return _unavailable(str(error), error.retry_after_seconds)
        except SignatureError as error:
            return _refusal(error.status, error.refusal, str(error))
        except _TooLong:
            problem = f"the body is longer than {self._max_body_bytes} bytes"
            return _refusal(status.HTTP_413_CONTENT_TOO_LARGE, "too_long", problem)
        except ClientDisconnect:
            problem = "the connection ended before the body did"
            return _refusal(status.HTTP_400_BAD_REQUEST, "broken_off", problem)
        if isinstance(found, Challenge):
            return _Answer(status.HTTP_200_OK, "challenge", found.answer)
        return await self._store(webhook.name, found)

    async def _store(self, upstream: str, verified: Verified) -> _Answer:
        event_id = verified.event_id
        arrival = Arrival(event_id, verified.body, verified.type, verified.delivery)
        try:
            receipt = await self._inbox.store(upstream, arrival)
        except InboxUnavailable as error:
            return _unavailable(str(error), error.retry_after_seconds, event_id)
        if receipt.stored == "replayed":
            problem = {"error": "this very delivery was stored before"}
            return _Answer(status.HTTP_409_CONFLICT, "replayed", problem, event_id=event_id, receipt=receipt)
        outcome: Outcome = "stored" if receipt.stored == "new" else "duplicate"
        body = {"status": outcome, "event": event_id}
        if receipt.repeats is not None:
            body["repeats"] = receipt.repeats
        return _Answer(status.HTTP_200_OK, outcome, body, event_id=event_id, receipt=receipt)

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


def _refusal(status_code: int, refusal: Refusal | None, problem: str) -> _Answer:
    return _Answer(status_code, "refused", {"error": problem}, refusal=refusal)


def _unavailable(problem: str, retry_after_seconds: int, event_id: str | None = None) -> _Answer:
    return _Answer(
        status.HTTP_503_SERVICE_UNAVAILABLE,
        "unavailable",
        {"error": problem},
        {"Retry-After": str(retry_after_seconds)},
        event_id=event_id,
    )


def _count(deliveries: Deliveries, answer: _Answer) -> None:
    if answer.refusal is not None:
        deliveries.refused[answer.refusal] += 1
    elif answer.outcome != "refused":
        deliveries.outcomes[answer.outcome] += 1
    if answer.receipt is not None:
        deliveries.repeats += answer.receipt.repeats is not None
        deliveries.differs += answer.receipt.differs
