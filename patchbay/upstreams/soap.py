"""SOAP upstreams, described by a WSDL.

    erp = Soap("erp", wsdl="ERP_WSDL", credentials=UsernameToken("ERP_USER", "ERP_PASSWORD"))
    stock_by_skus = erp.batch(
        "GetStockLevels", StockLevel, keys="Skus.Sku", at="Levels.Level", match="sku", max_size=50
    )

zeep builds the envelopes and reads the replies; the call itself goes through the upstream's pipeline.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

import structlog

from patchbay.batch import Batch, Matched
from patchbay.cached import KeptReads
from patchbay.calls import Call, CallOptions
from patchbay.calls.call import ANEW
from patchbay.calls.retry import AGAIN
from patchbay.environment import Variable
from patchbay.errors import ConfigurationError, UpstreamError, UpstreamMisconfigured, UpstreamUnavailable
from patchbay.upstreams.base import Line
from patchbay.upstreams.declaring import (
    declared_here,
    policy_of,
    usable_credentials,
    variables_of,
    wrong_names,
)
from patchbay.upstreams.idempotency import key_member
from patchbay.upstreams.soap_credentials import EnvelopeCredentials, in_envelope, in_http
from patchbay.upstreams.soap_documents import (
    WSDL_OPERATION,
    is_url,
    load_document,
    origin_url,
    require_trusted,
    target_of,
)
from patchbay.upstreams.soap_loading import PortLoader
from patchbay.upstreams.soap_port import Declared, SoapPort
from patchbay.upstreams.soap_rows import Rows
from patchbay.upstreams.soap_writes import SoapWrite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.cached import Ttl
    from patchbay.cached.changes import Forgets
    from patchbay.calls.credentials import Credentials
    from patchbay.keys import WireKey
    from patchbay.upstreams.base import Runtime

R = TypeVar("R")

_log = structlog.get_logger("patchbay.upstreams")


class Soap:
    """One SOAP service: the first SOAP port of the WSDL's first service that has one.

    Args:
        name: in errors, logs and health.
        wsdl: the environment variable that holds the WSDL's URL, or the path of a file. From a URL, the
            service must be at the WSDL's own origin; a file is trusted to name another.
        credentials: a UsernameToken or X509Signature in the envelope, or any that travel in HTTP headers;
            both together by Wsse.
        options: see CallOptions.
    """

    kind = "soap"

    def __init__(
        self,
        name: str,
        *,
        wsdl: str,
        credentials: Credentials | EnvelopeCredentials | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        policy, problems = policy_of(options)
        credentials, unknown = usable_credentials(credentials, "open", "token")
        self.name = name
        self._wsdl = wsdl
        self._credentials = credentials
        self._declared: list[Declared] = []
        # A fault is an answer, and SOAP 1.1 sends it as HTTP 500.
        self._line = Line(name, policy, in_http(credentials), failing=AGAIN)
        self._kept = KeptReads(name)
        self._runtime: Runtime | None = None
        self._loader: PortLoader | None = None
        self.declaration = declared_here([*problems, *unknown, *wrong_names(self.variables)])

    def variables(self) -> Sequence[Variable]:
        """The WSDL's location and the credentials."""
        own = Variable(self._wsdl, "URL of the WSDL, or the path of a file that holds it")
        return (own, *variables_of(self._credentials))

    async def open(self, runtime: Runtime) -> None:
        """Load the WSDL. A service that is down is asked for it again at the first call.

        Raises:
            ConfigurationError: a variable cannot be used, the WSDL sends or imports from elsewhere, or it
                lacks what was declared.
        """
        environment = runtime.environment
        self._runtime = runtime
        self._kept.open(runtime.resources, self._line.changed)
        if (envelope := in_envelope(self._credentials)) is not None:
            envelope.token(environment)
        if is_url(environment.text(self._wsdl)):
            self._line.open(origin_url(environment.url(self._wsdl)), runtime)
            if self._line.needs_caller:
                raise ConfigurationError(
                    f"{self.name}: its WSDL cannot be fetched in a client's name; "
                    f"let {self._wsdl} name a file that holds it"
                )
        else:
            environment.file(self._wsdl)
        loader = self._loader = PortLoader(
            self.name, lambda: self._load(runtime), self._line.policy.limits.deadline_seconds
        )
        try:
            await loader.first()
        except UpstreamError as error:
            # Closed meanwhile: another upstream has stopped the start, and this one has nothing to tell.
            if not loader.closed:
                _log.warning("wsdl_not_loaded", upstream=self.name, error=str(error))

    async def close(self) -> None:
        """Close the connections and forget the WSDL."""
        self._runtime = None
        await self._kept.close()
        loader, self._loader = self._loader, None
        if loader is not None:
            await loader.close()
        await self._line.close()

    def status(self) -> dict[str, Any]:
        """See Upstream."""
        return self._kept.added_to(self._line.status())

    async def check(self) -> None:
        """Whether the WSDL is loaded and its address answers a GET. Raises UpstreamError."""
        port = await self._port()
        if self._runtime is None:
            raise UpstreamUnavailable(self.name, "is not open")
        if self._line.needs_caller:
            return
        location = self._runtime.environment.text(self._wsdl)
        target = target_of(location if is_url(location) else port.address)
        reply = await self._line.send(Call(WSDL_OPERATION, "GET", target, ANEW))
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
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
        cache: Ttl | None = None,
    ) -> Batch[R]:
        """A read by key over an operation that takes many keys.

        Args:
            operation: its name in the WSDL.
            record: a frozen msgspec struct with the members of one row of the answer; a member that may be
                absent is `T | None`.
            keys: where the list of keys stands in the request, as "Skus.Sku". It holds one scalar per key, or
                for a composite key one element with a member for each part, named as in the answer.
            match: the record's attribute that holds the key; several for a composite key.
            max_size: keys in one call.
            at: where the rows stand in the response element, as "Levels.Level".
            cache: for how long records are kept; None keeps none.
        """
        kept = self._kept.declare(cache, operation, record, keys, match, at)
        self._declared.append(Declared(operation, keys, at))
        rows = Rows(self.name, record, at, match)

        async def fetch(wanted: Sequence[WireKey], **arguments: Any) -> Matched[R]:
            port = await self._port()
            elements = [
                dict(zip(rows.key_members, key, strict=True)) if isinstance(key, tuple) else key
                for key in wanted
            ]
            # One key that XML or the key's type cannot hold must not spoil the others' call.
            request: Any = [each for each in elements if port.can_send(operation, keys, each)]
            if not request:
                return Matched(())
            for member in reversed(keys.split(".")):
                request = {member: request}
            matched: Matched[R] = await self._call(operation, {**arguments, **request}, rows.all, safe=True)
            return matched

        return Batch(
            name=operation, source=self.name, fetch=fetch, match=match, max_size=max_size, cache=kept
        )

    def write(
        self,
        operation: str,
        record: type[R],
        *,
        at: str | None = None,
        idempotency_argument: str | None = None,
        forgets: Forgets = (),
    ) -> SoapWrite[R]:
        """A call that changes something, made once and never repeated.

        Args:
            operation: its name in the WSDL.
            record: what the answer holds.
            at: where it stands in the response element.
            idempotency_argument: the member of the request in which the service takes an idempotency key, as
                "Reference"; None where it honours none.
            forgets: what it changes of what reads keep, as `[(stock_by_skus, "Sku")]`: a read, and the member
                of the request that holds its key; see patchbay.cached.changes.

        Raises:
            ConfigurationError: the argument is not the name of one member.
        """
        key_place = key_member(f"{self.name}: {operation}", idempotency_argument)
        self._declared.append(Declared(operation, idempotency_argument, at))
        return SoapWrite(self.name, operation, self._call, Rows(self.name, record, at), key_place, forgets)

    async def _call(
        self, operation: str, request: dict[str, Any], read: Callable[[Any], Any], *, safe: bool = False
    ) -> Any:
        port = await self._port()
        try:
            return await port.call(self._line.send, operation, request, read, safe=safe)
        except ConfigurationError as error:
            _log.error("upstream_misconfigured", upstream=self.name, error=str(error))
            raise UpstreamMisconfigured(self.name) from error

    async def _port(self) -> SoapPort:
        if self._loader is None:
            raise UpstreamUnavailable(self.name, "is not open")
        return await self._loader.port()

    async def _load(self, runtime: Runtime) -> SoapPort:
        environment = runtime.environment
        location = environment.text(self._wsdl)
        document = await load_document(location, self._line, self.name)
        envelope = in_envelope(self._credentials)
        token = None if envelope is None else envelope.token(environment)
        port = SoapPort(self.name, document, token, self._declared)
        require_trusted(self.name, self._wsdl, location, port.address)
        if not self._line.is_open:
            self._line.open(origin_url(port.address), runtime)
        return port
