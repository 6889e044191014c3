"""Results over multipart/mixed: what comes in parts (@defer, @stream), and subscriptions as Apollo has them.

Each part ends with the next one's boundary, so that a client can read it as soon as it is there.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import orjson
from strawberry.types.graphql import OperationType

from patchbay.server.transports.incremental_2022 import Older
from patchbay.server.transports.live import LiveResponse, results_of
from patchbay.server.transports.negotiation import (
    MULTIPART,
    MULTIPART_2022,
    MULTIPART_UPDATES,
    MULTIPART_V0_2,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from patchbay.server.admitted import Admitted
    from patchbay.server.service import Service
    from patchbay.server.transports.live import Errors, Live, Put

HEARTBEAT_SECONDS: Final = 5.0
"""As Apollo's router."""

CONTENT_TYPES: Final = {
    MULTIPART: b'multipart/mixed; boundary="-"',
    MULTIPART_V0_2: b'multipart/mixed; boundary="-"; incrementalSpec=v0.2',
    MULTIPART_2022: b'multipart/mixed; boundary="-"; deferSpec=20220824',
    MULTIPART_UPDATES: b"multipart/mixed; boundary=graphql; subscriptionSpec=1.0",
}
"""What was negotiated -> what is answered."""

_HEAD: Final = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n"


class Parts:
    """How the parts of one answer are written."""

    delimiter = b"---"
    heartbeat = b""
    # No client has to wait for long: the operation has a deadline.
    heartbeat_seconds = 3600.0

    def __init__(self, form: str) -> None:
        self.headers = (
            (b"content-type", CONTENT_TYPES[form]),
            (b"cache-control", b"no-store, no-transform"),
            (b"x-accel-buffering", b"no"),
        )

    @property
    def opening(self) -> bytes:
        """The first boundary."""
        return self.delimiter

    def part(self, content: Any) -> bytes:
        """One part, up to the next boundary."""
        # Some clients look for the boundary in all that comes. Three hyphens stand in strings only.
        text = orjson.dumps(content).replace(b"---", b"--\\u002d")
        return b"%s%s\r\n%s" % (_HEAD, text, self.delimiter)

    def closing(self) -> bytes:
        """The last boundary is one that this follows."""
        return b"--\r\n"

    def farewell(self, errors: Errors) -> bytes:
        """What was still to come is not coming."""
        told: dict[str, Any] = {"hasNext": False}
        if errors:
            told["errors"] = list(errors)
        return self.part(told) + self.closing()


class Updates(Parts):
    """How a subscription's results are written, in Apollo's form: wrapped, with empty ones as heartbeats."""

    delimiter = b"--graphql"

    def __init__(self) -> None:
        super().__init__(MULTIPART_UPDATES)
        self.heartbeat = self.part({})
        self.heartbeat_seconds = HEARTBEAT_SECONDS

    @property
    def opening(self) -> bytes:
        """A heartbeat, by which the client knows that it is heard."""
        return self.delimiter + self.heartbeat

    def farewell(self, errors: Errors) -> bytes:
        """Errors beside an empty payload are about the subscription, not about one result."""
        told = self.part({"payload": None, "errors": list(errors)}) if errors else b""
        return told + self.closing()


def answer_multipart(
    service: Service, live: Live, request: Request, admitted: Admitted, form: str
) -> LiveResponse:
    """The response to an operation.

    Args:
        service: runs it.
        live: where the response is known while it is under way.
        request: the client's.
        admitted: the operation.
        form: what was negotiated: MULTIPART_UPDATES for a subscription, one of the others for all else.
    """
    context = service.context(request, admitted.caller)
    written = Updates() if form == MULTIPART_UPDATES else Parts(form)
    shaped = _shape_of(form)

    async def tell(put: Put) -> None:
        async with aclosing(results_of(service, admitted, context)) as results:
            async for result in results:
                await put(written.part(shaped(result.payload)))

    is_endless = admitted.type is OperationType.SUBSCRIPTION
    return LiveResponse(live, written, tell, admitted.caller.identity, is_endless=is_endless)


def _shape_of(form: str) -> Any:
    """What makes a payload of a result's."""
    if form == MULTIPART_UPDATES:
        return lambda payload: {"payload": payload}
    if form == MULTIPART_2022:
        return Older().frame
    # A result that comes whole is the last one as well.
    return lambda payload: payload if "hasNext" in payload else {**payload, "hasNext": False}
