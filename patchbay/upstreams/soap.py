"""SOAP upstreams, described by a WSDL.

    erp = Soap("erp", wsdl="ERP_WSDL", credentials=UsernameToken("ERP_USER", "ERP_PASSWORD"))
    stock_by_skus = erp.batch(
        "GetStockLevels", StockLevel, keys="Skus.Sku", at="Levels.Level", match="sku", max_size=50
    )

zeep builds the envelopes and reads the replies; the call itself goes through the upstream's pipeline.
"""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx2
import msgspec
import structlog

from patchbay.batch import Batch, Matched, wire_key
from patchbay.calls.credentials import UsernameToken
from patchbay.calls.pipeline import Call, Limits, Pipeline
from patchbay.environment import Variable
from patchbay.errors import ConfigurationError, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from patchbay.scope import current_scope
from patchbay.upstreams.decoding import bad_data
from patchbay.upstreams.soap_documents import (
    WSDL_OPERATION,
    is_url,
    load_document,
    origin,
    origin_url,
    target_of,
)
from patchbay.upstreams.soap_port import SoapPort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.batch import WireKey
    from patchbay.calls.credentials import Credentials
    from patchbay.errors import UpstreamBadData
    from patchbay.upstreams.base import Runtime

R = TypeVar("R")

_log = structlog.get_logger("patchbay.upstreams")


class Soap:
    """One SOAP service: the first SOAP port of the WSDL's first service that has one.

    Args:
        name: in errors, logs and health.
        wsdl: the environment variable that holds the WSDL's URL, or the path of a file. From a URL, the
            service must be at the WSDL's own origin; a file is trusted to name another.
        credentials: a UsernameToken in the envelope, or any that travel in HTTP headers.
        limits: what it may take.
    """

    kind = "soap"

    def __init__(
        self,
        name: str,
        *,
        wsdl: str,
        credentials: Credentials | UsernameToken | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.name = name
        self._wsdl = wsdl
        self._credentials = credentials
        self._limits = limits or Limits()
        self._operations: set[str] = set()
        self._runtime: Runtime | None = None
        self._pipeline: Pipeline | None = None
        self._loading: asyncio.Task[SoapPort] | None = None

    def variables(self) -> Sequence[Variable]:
        """The WSDL's location and the credentials."""
        own = Variable(self._wsdl, "URL of the WSDL, or the path of a file that holds it")
        return (own, *(self._credentials.variables() if self._credentials else ()))

    async def open(self, runtime: Runtime) -> None:
        """Load the WSDL. A service that is down is asked for it again at the first call."""
        environment = runtime.environment
        self._runtime = runtime
        if is_url(environment.text(self._wsdl)):
            self._pipeline = self._make_pipeline(environment.url(self._wsdl))
        if isinstance(self._credentials, UsernameToken):
            self._credentials.token(environment)
        try:
            await self._port()
        except UpstreamError as error:
            _log.warning("wsdl_not_loaded", upstream=self.name, error=str(error))

    async def close(self) -> None:
        """Close the connections and forget the WSDL."""
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        if self._pipeline is not None:
            await self._pipeline.close()
            self._pipeline = None

    async def check(self) -> None:
        """Whether the WSDL is loaded and its address answers a GET. Raises UpstreamError."""
        port = await self._port()
        if self._pipeline is not None and self._runtime is not None:
            location = self._runtime.environment.text(self._wsdl)
            target = target_of(location if is_url(location) else port.address)
            reply = await self._pipeline.send(Call(WSDL_OPERATION, "GET", target))
            if reply.status >= httpx2.codes.INTERNAL_SERVER_ERROR:
                raise UpstreamUnavailable(self.name, f"answered HTTP {reply.status}")

    def batch(
        self,
        operation: str,
        record: type[R],
        *,
        keys: str,
        match: str | tuple[str, ...],
        max_size: int,
        at: str | None = None,
    ) -> Batch[R]:
        """A read by key over an operation that takes many keys.

        Args:
            operation: its name in the WSDL.
            record: a frozen msgspec struct with the members of one row of the answer.
            keys: where the list of keys stands in the request, as "Skus.Sku"; it holds one scalar per key.
            match: the record's attribute that holds the key.
            max_size: keys in one call.
            at: where the rows stand in the response element, as "Levels.Level".
        """
        self._operations.add(operation)
        rows = _Rows(self.name, record, match)

        async def fetch(wanted: Sequence[WireKey], **arguments: Any) -> Matched[R]:
            request: Any = list(wanted)
            for member in reversed(keys.split(".")):
                request = {member: request}
            matched: Matched[R] = await self._call(operation, {**arguments, **request}, at, rows.match_all)
            return matched

        return Batch(name=operation, source=self.name, fetch=fetch, match=match, max_size=max_size)

    def write(self, operation: str, record: type[R], *, at: str | None = None) -> SoapWrite[R]:
        """A call that changes something, made once and never repeated.

        Args:
            operation: its name in the WSDL.
            record: what the answer holds.
            at: where it stands in the response element.
        """
        self._operations.add(operation)
        return SoapWrite(self, operation, record, at)

    async def _call(self, operation: str, request: dict[str, Any], at: str | None, read: Any) -> Any:
        port = await self._port()
        if self._pipeline is None:
            raise UpstreamUnavailable(self.name, "is not open")
        return await port.call(self._pipeline, operation, request, at, read)

    async def _port(self) -> SoapPort:
        """The loaded port. All who wait share one load; each waits inside its own deadline."""
        if self._loading is None or _failed(self._loading):
            # A context of its own: the load serves more than the operation that happens to ask first.
            self._loading = asyncio.get_running_loop().create_task(
                self._load(), context=contextvars.Context()
            )
        remaining = current_scope().remaining_seconds()
        seconds = (
            self._limits.deadline_seconds
            if remaining is None
            else min(self._limits.deadline_seconds, remaining)
        )
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self._loading)
        except TimeoutError as error:
            raise UpstreamTimeout(self.name, seconds) from error

    async def _load(self) -> SoapPort:
        if self._runtime is None:
            raise UpstreamUnavailable(self.name, "is not open")
        environment = self._runtime.environment
        location = environment.text(self._wsdl)
        document = await load_document(location, self._pipeline, self.name)
        token = self._credentials.token(environment) if isinstance(self._credentials, UsernameToken) else None
        port = SoapPort(self.name, document, token, self._operations)
        if self._pipeline is None:
            self._pipeline = self._make_pipeline(port.address)
        elif origin(port.address) != origin(location):
            message = (
                f"{self.name}: its WSDL sends calls to another origin; "
                f"let {self._wsdl} name a file that holds the WSDL with the address to trust"
            )
            raise ConfigurationError(message)
        return port

    def _make_pipeline(self, url: str) -> Pipeline:
        assert self._runtime is not None  # noqa: S101 - set by open, which is the only way here
        headers = self._credentials.headers(self._runtime.environment) if self._credentials else {}
        return Pipeline(self.name, origin_url(url), headers, self._limits)


class SoapWrite(Generic[R]):
    """Changes something, and forgets what the operation has loaded: `await write(Sku="A", Quantity=2)`."""

    def __init__(self, soap: Soap, operation: str, record: type[R], at: str | None) -> None:
        self.name = operation
        self.source = soap.name
        self._soap = soap
        self._rows = _Rows(soap.name, record, ())
        self._at = at

    async def __call__(self, **arguments: object) -> R:
        """The answer's record. Arguments are the members of the request element.

        Raises:
            SoapFault: the service says no, and why.
            UpstreamError: it may or may not have been carried out; only the upstream knows.
        """
        record: R = await self._soap._call(self.name, arguments, self._at, self._rows.one)  # noqa: SLF001 - same module
        current_scope().forget()
        return record


class _Rows(Generic[R]):
    """Turns zeep's values into records."""

    def __init__(self, source: str, record: Any, match: str | tuple[str, ...]) -> None:
        self._source = source
        self._record: type[R] = record
        self._composite = not isinstance(match, str)
        names = {field.name: field.encode_name for field in msgspec.structs.fields(record)}
        self._members = [names[name] for name in ([match] if isinstance(match, str) else match)]

    def one(self, value: Any) -> R:
        """One record. Raises UpstreamBadData."""
        try:
            return msgspec.convert(value, self._record, from_attributes=True)
        except msgspec.ValidationError as error:
            raise bad_data(self._source, error) from error

    def match_all(self, values: Any) -> Matched[R]:
        """The records of a list, and an error for each row that is wrong."""
        records: list[R] = []
        errors: dict[WireKey, UpstreamError] = {}
        for index, value in enumerate(values or ()):
            try:
                records.append(msgspec.convert(value, self._record, from_attributes=True))
            except msgspec.ValidationError as error:
                errors[self._key_of(value)] = self._wrong(error, index)
        return Matched(records, errors)

    def _key_of(self, value: Any) -> WireKey:
        parts = tuple(getattr(value, member, None) for member in self._members)
        return wire_key(parts if self._composite else parts[0])  # type: ignore[arg-type]

    def _wrong(self, error: msgspec.ValidationError, index: int) -> UpstreamBadData:
        wrong = bad_data(self._source, error, f"$[{index}]")
        wrong.__cause__ = error
        return wrong


def _failed(task: asyncio.Task[SoapPort]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
