"""GraphQL over Server-Sent Events, one response for each operation: the protocol's distinct connections mode.

Each result is a `next` event, and `complete` comes last. What is wrong with a document is told the same way,
as a browser's EventSource shows its page nothing of an answer that is no stream.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.responses import Response
from strawberry.types.graphql import OperationType

from patchbay.server.refusals import refusal_response
from patchbay.server.transports.live import LiveResponse, results_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from patchbay.server.admitted import Admitted
    from patchbay.server.refusals import Refusal
    from patchbay.server.service import Service
    from patchbay.server.transports.live import Errors, Live, Put

HEARTBEAT_SECONDS: Final = 12.0
"""Proxies close what is silent for a minute, some for half of one."""

COMMENT: Final = b":\n\n"
"""Lines end with one character: urql looks for nothing else."""

HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    # nginx would keep events until it has a page of them.
    (b"x-accel-buffering", b"no"),
)

OF_THE_DOCUMENT: Final = (400, 403)
"""Statuses of refusals that are about what is asked: they are told by events."""


class Events:
    """How events are written."""

    headers = HEADERS
    # Some browsers take a stream for open only when something has come.
    opening = COMMENT
    heartbeat = COMMENT

    def __init__(self) -> None:
        self.heartbeat_seconds = HEARTBEAT_SECONDS

    def closing(self) -> bytes:
        """The operation has ended."""
        return event("complete")

    def farewell(self, errors: Errors) -> bytes:
        """It is ended."""
        told = event("next", {"errors": list(errors)}) if errors else b""
        return told + event("complete")


def event(name: str, data: Any = None, cursor: str | None = None) -> bytes:
    """One event. Browsers pass over those without data, so that an empty line stands for none."""
    text = b"" if data is None else b" " + orjson.dumps(data)
    head = b"" if cursor is None or not cursor.isprintable() else b"id: %s\n" % cursor.encode()
    return b"%sevent: %s\ndata:%s\n\n" % (head, name.encode(), text)


def answer_sse(service: Service, live: Live, request: Request, admitted: Admitted) -> Response:
    """The response to an operation. The client's Last-Event-ID is where a subscription goes on."""
    last_event_id = request.headers.get("last-event-id") or None
    context = service.context(request, admitted.caller, last_event_id=last_event_id)

    async def tell(put: Put) -> None:
        async with aclosing(results_of(service, admitted, context)) as results:
            async for result in results:
                await put(event("next", result.payload, result.cursor))

    is_endless = admitted.type is OperationType.SUBSCRIPTION
    return LiveResponse(live, Events(), tell, admitted.caller.identity, is_endless=is_endless)


def refuse_sse(told: Refusal) -> Response:
    """The response to an operation that may not run.

    A stream, where the operation is what is wrong; JSON with the refusal's status where who asks or the
    moment is, so that clients know whether to try again.
    """
    if told.status not in OF_THE_DOCUMENT:
        return refusal_response(told)
    response = Response(COMMENT + event("next", {"errors": told.errors}) + event("complete"))
    response.raw_headers += HEADERS
    return response
