"""The SOAP upstream of a model: it writes envelopes and reads replies without the WSDL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import msgspec

from patchbay.calls import Call, CallOptions
from patchbay.calls.call import ANEW
from patchbay.calls.retry import AGAIN
from patchbay.environment import Variable
from patchbay.errors import ConfigurationError, UpstreamForbidden, UpstreamUnavailable
from patchbay.importing.details import secret_values
from patchbay.importing.soap.address import Addresses, addresses_of
from patchbay.importing.soap.exchange import Exchange
from patchbay.importing.soap.keyed import KeyedReads
from patchbay.importing.soap.pages import PageRead
from patchbay.importing.soap.places import ResultPlace
from patchbay.upstreams.base import Line
from patchbay.upstreams.declaring import (
    declared_here,
    policy_of,
    usable_credentials,
    variables_of,
    wrong_names,
)
from patchbay.upstreams.soap_credentials import in_envelope, in_http

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.batch import ByIds
    from patchbay.calls import Credentials, Reply
    from patchbay.importing.model import Model, Operation, SoapCall
    from patchbay.importing.runtime import RecordTypes
    from patchbay.upstreams.base import Runtime
    from patchbay.upstreams.soap_credentials import EnvelopeCredentials, EnvelopePart


class ImportedSoap:
    """One SOAP service that is described by a model; an ImportedUpstream.

    Args:
        model: its operations have a SoapCall.
        address: the environment variable for its address, which may be unset where the model has one; None
            where there is no such variable.
        credentials: a UsernameToken or X509Signature in the envelope, or any that travel in HTTP headers;
            both together by Wsse.
        trusted_origin: that of the WSDL, where it was fetched by URL: calls go nowhere else, unless the
            variable says so. None where it is a file, which is trusted to name any address.
        options: see CallOptions.
    """

    kind = "soap"

    def __init__(
        self,
        model: Model,
        *,
        address: str | None = None,
        credentials: Credentials | EnvelopeCredentials | None = None,
        trusted_origin: str | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        policy, problems = policy_of(options)
        credentials, unknown = usable_credentials(credentials, "open", "token")
        self.name = model.name
        self.model = model
        self.parts: Sequence[EnvelopePart] = ()
        self.withheld: Sequence[str] = ()
        self._address = address
        self._addresses = Addresses(self.name, address, addresses_of(model), trusted_origin)
        self._credentials = credentials
        self._policy = policy
        self._lines: dict[str, Line] = {}
        self.declaration = declared_here([*problems, *unknown, *wrong_names(self.variables)])

    def variables(self) -> Sequence[Variable]:
        """The address, where nothing else says it, and the credentials."""
        own = Variable(self._address, "address of the SOAP service") if self._address is not None else None
        needed = (own,) if own is not None and self._addresses.needs_variable else ()
        return (*needed, *variables_of(self._credentials))

    @property
    def address_variable(self) -> str | None:
        """The name of the variable for the address; None where there is none."""
        return self._address

    def optional_variables(self) -> Sequence[str]:
        """The name of the one that may be set: the address, where the model has one."""
        return () if self._address is None or self._addresses.needs_variable else (self._address,)

    async def open(self, runtime: Runtime) -> None:
        """Read the variables and make a client for each origin; connects to nothing yet.

        Raises:
            ConfigurationError: a variable cannot be used, or no address is known that may be.
        """
        environment = runtime.environment
        envelope = in_envelope(self._credentials)
        self.parts = () if envelope is None else envelope.token(environment)
        names = [each.name for each in variables_of(self._credentials)]
        self.withheld = secret_values(names, environment)
        for origin in self._addresses.open(environment):
            # A fault is an answer, and SOAP 1.1 sends it as HTTP 500.
            first = next(iter(self._lines.values()), None)
            line = Line(self.name, self._policy, in_http(self._credentials), failing=AGAIN, beside=first)
            self._lines[origin] = line
            line.open(origin, runtime)

    async def close(self) -> None:
        """Close the connections."""
        lines, self._lines = self._lines, {}
        for line in lines.values():
            await line.close()

    def status(self) -> dict[str, Any]:
        """See Upstream; of a service on several origins that of the first, with the `others` beside it."""
        told = [line.status() for line in self._lines.values()]
        return {} if not told else told[0] if len(told) == 1 else {**told[0], "others": told[1:]}

    async def check(self) -> None:
        """Whether the address answers a GET, be it that it takes none. Raises UpstreamError.

        Where calls are made in clients' names alone, nothing is asked.
        """
        line = next(iter(self._lines.values()), None)
        if line is None:
            raise UpstreamUnavailable(self.name, "is not open")
        if line.needs_caller:
            return
        reply = await self.post(next(iter(addresses_of(self.model)), ""), Call("GET /", "GET", "/", ANEW))
        # Many services answer a GET with HTTP 500, and a fault that says so.
        if reply.status in AGAIN:
            raise UpstreamUnavailable(self.name, f"answered HTTP {reply.status}")

    async def post(self, address: str, call: Call) -> Reply:
        """See Port."""
        if not self._lines:
            raise UpstreamUnavailable(self.name, "is not open")
        used = self._addresses.of(address)
        if used is None or used.origin not in self._lines:
            raise UpstreamForbidden(self.name, "its WSDL sends this call to an origin that is not trusted")
        return await self._lines[used.origin].send(msgspec.structs.replace(call, target=used.target))

    def reading(
        self, operation: Operation, records: RecordTypes, attributes: frozenset[str] | None = None
    ) -> Exchange:
        """See ImportedUpstream."""
        call = self._called(operation)
        place = ResultPlace(call.result_path, operation.result.type, attributes)
        return Exchange(self, operation, call, records, place)

    def paging(
        self, operation: Operation, records: RecordTypes, attributes: frozenset[str] | None = None
    ) -> PageRead:
        """See ImportedUpstream; records are whole. Raises ConfigurationError where it has no pages."""
        del attributes
        if operation.paging is None:
            raise ConfigurationError(f"{self.name}: {operation.name} has no pages")
        return PageRead(self.name, operation, operation.paging, self.model, self.reading(operation, records))

    def by_ids(  # noqa: PLR0913 - as ImportedUpstream has it
        self,
        operation: Operation,
        records: RecordTypes,
        *,
        keys: tuple[str, ...],
        match: str | None = None,
        max_size: int | None = None,
        items: tuple[str, ...] = (),
        many: bool = False,
        arguments: Mapping[str, Any] | None = None,
    ) -> ByIds[Any]:
        """See ImportedUpstream. Raises ConfigurationError for what the operation does not have."""
        reads = KeyedReads(self, operation, self._called(operation), records, keys, items, arguments)
        if match is None:
            return reads.one_by_one()
        return reads.together(match, max_size, many=many)

    def _called(self, operation: Operation) -> SoapCall:
        if operation.soap is None:
            raise ConfigurationError(f"{self.name}: {operation.name} is not called by SOAP")
        return operation.soap
