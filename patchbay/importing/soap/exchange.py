"""One operation: from arguments through a call to what it answers."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol

from patchbay.calls import Call, require_success
from patchbay.errors import UpstreamMisconfigured
from patchbay.importing.soap.replies import ReplyReader
from patchbay.importing.soap.requests import RequestWriter
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.calls import Reply
    from patchbay.importing.model import Operation, SoapCall
    from patchbay.importing.runtime import RecordTypes
    from patchbay.importing.soap.places import ResultPlace
    from patchbay.upstreams.soap_credentials import EnvelopePart

MAX_INLINE_BYTES: Final = 64 * 1024
"""Read in some two milliseconds; a larger reply would hold up the event loop."""

_MAY_HOLD_FAULT: Final = (HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR)


class Port(Protocol):
    """What makes an operation's calls."""

    @property
    def name(self) -> str:
        """The upstream's."""

    @property
    def parts(self) -> Sequence[EnvelopePart]:
        """Credentials that go into each envelope."""

    @property
    def withheld(self) -> Sequence[str]:
        """Texts that no client may see."""

    async def post(self, address: str, call: Call) -> Reply:
        """Make a call at a port's address (as the WSDL has it). Raises UpstreamError."""


class Exchange:
    """A Reading: `await exchange(arguments)`.

    Args:
        port: makes the calls.
        operation: of the model.
        call: how it is called.
        records: of the model.
        place: what of the response is read; None for the operation's result.
    """

    __slots__ = ("_call", "_operation", "_place", "_port", "_reader", "_records", "_writer")

    def __init__(
        self,
        port: Port,
        operation: Operation,
        call: SoapCall,
        records: RecordTypes,
        place: ResultPlace | None = None,
    ) -> None:
        self._port = port
        self._operation = operation
        self._call = call
        self._records = records
        self._place = place
        # Made at the first call: a large service has hundreds of operations, and few are used.
        self._writer: RequestWriter | None = None
        self._reader: ReplyReader | None = None

    async def __call__(self, arguments: Mapping[str, Any]) -> Any:
        """What the operation answers; an UpstreamBadData stands in it where a single value is wrong.

        Raises:
            InputError: an argument holds what XML, or the upstream's type, cannot hold; nothing was sent.
            UpstreamMisconfigured: the WSDL has a name that XML cannot have; nothing was sent.
            SoapFault: the service answered with a fault.
            UpstreamError: the call failed.
        """
        writer = self._writer
        if writer is None:
            writer = self._writer = RequestWriter(self._operation, self._call, self._records.model.types)
        port = self._port
        call = Call(
            self._call.operation,
            "POST",
            "/",
            writer.headers,
            self._envelope(writer, arguments),
            safe=not self._operation.is_mutation,
        )
        try:
            reply = await port.post(self._call.address, call)
        finally:
            if self._operation.is_mutation:
                # Also after a timeout or a broken connection: it may have been carried out.
                current_scope().forget()
        if reply.status not in _MAY_HOLD_FAULT:
            require_success(port.name, reply)
        read = self._reading().read
        return read(reply) if len(reply.body) <= MAX_INLINE_BYTES else await asyncio.to_thread(read, reply)

    def _envelope(self, writer: RequestWriter, arguments: Mapping[str, Any]) -> bytes:
        try:
            return writer.envelope(arguments, self._port.parts)
        except ValueError as error:
            # A name that the WSDL has is none in XML.
            raise UpstreamMisconfigured(self._port.name) from error

    def _reading(self) -> ReplyReader:
        reader = self._reader
        if reader is None:
            reader = self._reader = ReplyReader(
                self._port.name,
                self._operation,
                self._call,
                self._records,
                self._place,
                self._port.withheld,
            )
        return reader
