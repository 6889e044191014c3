"""REST upstreams whose operations come from a document.

shop = ImportedRest(model)     # where SHOP_URL is set calls go there, else where the document says
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Unpack

from patchbay.calls import Call, CallOptions
from patchbay.calls.call import ANEW
from patchbay.environment import Variable
from patchbay.errors import ConfigurationError, UpstreamUnavailable
from patchbay.importing.naming import enum_name
from patchbay.importing.rest.address import Addresses
from patchbay.importing.rest.answers import answer_reader
from patchbay.importing.rest.batches import EachRead, GroupedRead, ManyRead
from patchbay.importing.rest.calls import CallPlan
from patchbay.importing.rest.credentials import Schemes, hidden_parameters
from patchbay.importing.rest.failures import Failures
from patchbay.importing.rest.keyed import Keyed
from patchbay.importing.rest.lines import Lines
from patchbay.importing.rest.numbers import Numbers
from patchbay.importing.rest.pages import PageReading
from patchbay.importing.rest.reads import Caller, Reading
from patchbay.upstreams.declaring import (
    declared_here,
    policy_of,
    usable_credentials,
    variables_of,
    wrong_names,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.batch import ByIds
    from patchbay.calls import Credentials
    from patchbay.importing.model import Model, Operation
    from patchbay.importing.runtime import RecordTypes
    from patchbay.upstreams.base import Runtime


class ImportedRest:
    """One REST upstream as a model describes it; see ImportedUpstream.

    Args:
        model: its operations and types.
        base_url: the environment variable that holds its address, where that is not the document's; None
            for the upstream's name with _URL behind it.
        credentials: in place of those that the document declares; None for these, by the variables that
            patchbay.importing.rest.credentials names.
        trusted_origin: the origin that the document was fetched from, as "https://api.example"; None where it
            is a file. Calls, and credentials with them, go to no other origin that the document names.
        options: see CallOptions.
    """

    kind = "rest"

    def __init__(
        self,
        model: Model,
        *,
        base_url: str | None = None,
        credentials: Credentials | None = None,
        trusted_origin: str | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        policy, problems = policy_of(options)
        credentials, unknown = usable_credentials(credentials, "open")
        prefix = enum_name(model.name) or "UPSTREAM"
        self.model = model
        self.name = model.name
        self._credentials = credentials
        self._addresses = Addresses(self.name, base_url or f"{prefix}_URL", model.servers, trusted_origin)
        self._schemes = Schemes(model, prefix, trusted_origin)
        self._lines = Lines(model, self._addresses, self._schemes, policy, credentials)
        self._numbers = Numbers(model)
        self._callers: dict[str, Caller] = {}
        self.declaration = declared_here([*problems, *unknown, *wrong_names(self.variables)])

    def variables(self) -> Sequence[Variable]:
        """What has to be set: an address where the document has none, the operator's own credentials."""
        address = Variable(self._addresses.variable, "address of the REST service")
        return (
            *((address,) if self._addresses.needs_variable else ()),
            *variables_of(self._credentials),
        )

    @property
    def address_variable(self) -> str | None:
        """The name of the variable for the address."""
        return self._addresses.variable

    def optional_variables(self) -> Sequence[str]:
        """The names of those that may be set: the address, and the credentials that the document declares."""
        alternatives = [self.model.requires, *(each.security or () for each in self.model.operations)]
        names = [
            self._addresses.variable,
            *self._schemes.variables([one for many in alternatives for one in many]),
        ]
        required = {variable.name for variable in self.variables()}
        return [name for name in dict.fromkeys(names) if name not in required]

    async def open(self, runtime: Runtime) -> None:
        """Read the variables and make clients; connects to nothing yet."""
        self._lines.open(runtime)

    async def close(self) -> None:
        """Close the connections."""
        await self._lines.close()

    def status(self) -> dict[str, Any]:
        """See Upstream: of the line that most calls take."""
        main = self._lines.main
        return {} if main is None else main.status()

    async def check(self) -> None:
        """Any answer but a 5xx to a GET of the base URL counts as reachable. Raises UpstreamError.

        Where calls are made in clients' names alone, nothing is asked.
        """
        main = self._lines.main
        if main is None:
            raise UpstreamUnavailable(self.name, "is not open")
        if main.needs_caller:
            return
        reply = await main.send(Call("GET /", "GET", "/", ANEW))
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise UpstreamUnavailable(self.name, f"answered HTTP {reply.status}")

    def reading(
        self, operation: Operation, records: RecordTypes, attributes: frozenset[str] | None = None
    ) -> Reading:
        """See ImportedUpstream. Raises ConfigurationError for an operation that is none of REST's."""
        return Reading(self._caller(operation), answer_reader(self.name, operation, records, attributes))

    def paging(
        self, operation: Operation, records: RecordTypes, attributes: frozenset[str] | None = None
    ) -> PageReading:
        """See ImportedUpstream; `attributes` of a row's record that are wanted, None for all.

        Raises:
            ConfigurationError: the operation has no pages.
        """
        if operation.paging is None:
            raise ConfigurationError(f"{self.name}: {operation.name} has no pages")
        return PageReading(
            self._caller(operation),
            operation,
            operation.paging,
            records,
            addresses=self._addresses,
            hidden=hidden_parameters(self.model.security),
            attributes=attributes,
        )

    def by_ids(  # noqa: PLR0913 - named, and most have defaults
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
        """See ImportedUpstream. Raises ConfigurationError where the operation cannot be read so."""
        keyed = Keyed(self._caller(operation), operation, keys, arguments or {})
        if match is None:
            return EachRead(keyed, records, items).read()
        size = max_size or (operation.batching.max_size if operation.batching is not None else 100)
        if size < 1:
            raise ConfigurationError(f"{self.name}: {operation.name}: max_size must be at least 1")
        read = ManyRead(keyed, records, match, items, size)
        return GroupedRead(read.grouped()) if many else read.read()

    def _caller(self, operation: Operation) -> Caller:
        """What makes the operation's calls, compiled once."""
        known = self._callers.get(operation.name)
        if known is None:
            if operation.rest is None:
                raise ConfigurationError(f"{self.name}: {operation.name} is no operation of REST")
            plan = CallPlan(operation, operation.rest, self._numbers)
            failures = Failures(self.model, operation)
            known = self._callers[operation.name] = Caller(self.name, operation, plan, failures, self._lines)
        return known
