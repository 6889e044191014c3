"""GraphQL over Server-Sent Events, one stream for all operations of a client (the single connection mode).

    PUT                        reserves a stream: 201, and its token
    GET or POST, event-stream  opens it, once
    GET or POST                runs an operation, of which the stream tells: 202
    DELETE ?operationId=       ends an operation: 200

A token belongs to who has reserved the stream. A stream lives in one process: with several replicas, all
requests of a client have to reach the same one.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from patchbay.caller import CREDENTIAL_HEADERS
from patchbay.server.cache_policy import NO_STORE
from patchbay.server.refusals import refused, refused_for
from patchbay.server.transports.expiry import Expiry
from patchbay.server.transports.live import LiveResponse, expired, results_of
from patchbay.server.transports.reservations import Reservations
from patchbay.server.transports.sse import Events, event
from patchbay.server.transports.too_many import TooManyReservations, TooManySubscriptions

if TYPE_CHECKING:
    from starlette.requests import Request

    from patchbay.caller import Caller
    from patchbay.server.admitted import Admitted
    from patchbay.server.service import Service
    from patchbay.server.transports.asked import Asked
    from patchbay.server.transports.live import Errors, Live, Put
    from patchbay.server.transports.reservations import Reservation

TOKEN_HEADER: Final = "x-graphql-event-stream-token"  # noqa: S105 - a header's name
TOKEN_PARAMETER: Final = "token"  # noqa: S105 - a parameter's name
ID_PARAMETER: Final = "operationId"
MAX_ID_CHARACTERS: Final = 256


class _Shared(Events):
    """How events of several operations are written."""

    def __init__(self, reservation: Reservation) -> None:
        super().__init__()
        self._reservation = reservation

    def closing(self) -> bytes:
        return b""

    def farewell(self, errors: Errors) -> bytes:
        return b"".join(_last(id, errors) for id in self._reservation.ids)


class SingleConnections:
    """The streams of all clients.

    Args:
        service: admits and runs operations.
        live: where open streams are known.
    """

    def __init__(self, service: Service, live: Live) -> None:
        self._service = service
        self._live = live
        self.reservations = Reservations(service.settings.max_subscriptions)

    def reserve(self, caller: Caller, *, address: str) -> Response:
        """A stream's token. Raises Refusal 429."""
        try:
            reservation = self.reservations.make(caller, address)
        except TooManyReservations as error:
            raise refused_for(error) from error
        return _answered(201, reservation.token)

    async def stream(self, request: Request, token: str) -> Response:
        """The stream. Raises Refusal 404, 409.

        The token is enough: a browser's EventSource sends no other credentials. Where there are some, they
        have to be those of who has reserved it.
        """
        reservation = self._of(token)
        headers = request.headers.raw
        if any(name in CREDENTIAL_HEADERS for name, _ in headers):
            address = self._service.address(request.scope)
            self._require_own(reservation, await self._service.identify(headers, address=address))
        if reservation.is_open:
            raise refused(409, "this event stream is open already")
        self.reservations.open(reservation)

        async def tell(put: Put) -> None:
            try:
                while True:
                    await put(await reservation.parts.get())
            finally:
                await self.reservations.close(reservation)

        identity = reservation.caller.identity
        return LiveResponse(self._live, _Shared(reservation), tell, identity, is_endless=True)

    async def operate(
        self, request: Request, asked: Asked, caller: Caller, token: str, *, address: str
    ) -> Response:
        """Run an operation that has passed the door; the stream tells of it. Raises Refusal."""
        reservation = self._of(token)
        self._require_own(reservation, caller)
        id = (asked.extensions or {}).get(ID_PARAMETER)
        if not isinstance(id, str) or not 0 < len(id) <= MAX_ID_CHARACTERS:
            raise refused(400, f"'extensions.{ID_PARAMETER}' must be a string of 1 to {MAX_ID_CHARACTERS}")
        if reservation.has(id):
            raise refused(409, "an operation of this id is under way")
        try:
            reservation.require_room()
        except TooManySubscriptions as error:
            raise refused_for(error) from error
        is_safe = request.method == "GET"
        admitted = self._service.admit_inside(asked, caller, address=address, is_safe=is_safe)
        context = self._service.context(request, caller)
        reservation.start(id, self._told(reservation, id, admitted, context))
        return _answered(202)

    def stop(self, request: Request, caller: Caller, token: str | None) -> Response:
        """End an operation. Raises Refusal 400, 404."""
        reservation = self._of(token or "")
        self._require_own(reservation, caller)
        id = request.query_params.get(ID_PARAMETER)
        if not id:
            raise refused(400, f"'{ID_PARAMETER}' is missing")
        reservation.stop(id)
        return _answered(200)

    async def _told(self, reservation: Reservation, id: str, admitted: Admitted, context: Any) -> None:
        """Run it, and tell of it."""
        put = reservation.parts.put

        def expire() -> None:
            reservation.stop(id)
            reservation.start(id, put(_last(id, expired())))

        expiry = Expiry(admitted.caller.identity, expire)
        expiry.start()
        try:
            async with aclosing(results_of(self._service, admitted, context)) as results:
                async for result in results:
                    await put(event("next", {"id": id, "payload": result.payload}, result.cursor))
            await put(event("complete", {"id": id}))
        finally:
            expiry.cancel()

    def _of(self, token: str) -> Reservation:
        reservation = self.reservations.get(token)
        if reservation is None:
            raise refused(404, "there is no event stream of this token")
        return reservation

    @staticmethod
    def _require_own(reservation: Reservation, caller: Caller) -> None:
        """Raises Refusal 404 for another's: nobody learns whose token it is."""
        if caller.identity.key != reservation.caller.identity.key:
            raise refused(404, "there is no event stream of this token")


def token_in(request: Request) -> str | None:
    """The token of the event stream that a request is about; None where it is about none."""
    return request.headers.get(TOKEN_HEADER) or request.query_params.get(TOKEN_PARAMETER) or None


def _last(id: str, errors: Errors) -> bytes:
    told = event("next", {"id": id, "payload": {"errors": list(errors)}}) if errors else b""
    return told + event("complete", {"id": id})


def _answered(status: int, text: str = "") -> Response:
    response = Response(text, status, media_type="text/plain" if text else None)
    response.raw_headers += NO_STORE
    return response
