"""One port of a SOAP service: from arguments to an envelope, and from a reply to a value or a typed fault."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx2
from lxml import etree
from zeep import AsyncClient, Settings
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault
from zeep.wsdl.bindings.soap import SoapBinding
from zeep.wsdl.utils import etree_to_string

from patchbay.calls.pipeline import Call, Pipeline, Reply, require_success
from patchbay.errors import ConfigurationError, SoapFault, UpstreamBadData
from patchbay.upstreams.soap_documents import target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from zeep.wsse.username import UsernameToken

# Replies are read under stricter rules than documents: nothing outside of them is ever loaded.
_REPLY_SETTINGS = {
    "forbid_dtd": True,
    "forbid_entities": True,
    "forbid_external": True,
    "xml_huge_tree": False,
}

_MAX_INLINE_BYTES = 32 * 1024
"""zeep reads about 1 KB in a quarter of a millisecond: a larger reply would hold up the event loop."""

_MAY_HOLD_FAULT = (httpx2.codes.OK, httpx2.codes.BAD_REQUEST, httpx2.codes.INTERNAL_SERVER_ERROR)


class SoapPort:
    """A SOAP port with its operations.

    Args:
        source: the upstream's name.
        document: the parsed WSDL.
        token: put into the envelope's header, or None.
        operations: those that will be called.

    Raises:
        ConfigurationError: the WSDL has no SOAP port, or lacks one of the operations.
    """

    def __init__(
        self, source: str, document: Any, token: UsernameToken | None, operations: Iterable[str]
    ) -> None:
        self.source = source
        self._client = AsyncClient(
            document, wsse=token, transport=_NoTransport(), settings=Settings(**_REPLY_SETTINGS)
        )
        port = _first_soap_port(source, document)
        self._binding = port.binding
        self.address: str = port.binding_options["address"]
        self._target = target_of(self.address)
        known = set(self._binding.all())
        missing = sorted(set(operations) - known)
        if missing:
            message = (
                f"{source}: its WSDL has no operation {', '.join(missing)}; it has {', '.join(sorted(known))}"
            )
            raise ConfigurationError(message)

    async def call(
        self,
        pipeline: Pipeline,
        operation: str,
        request: dict[str, Any],
        at: str | None,
        read: Callable[[Any], Any],
    ) -> Any:
        """Make one call.

        Args:
            pipeline: makes it.
            operation: its name.
            request: the members of the request element.
            at: where in the response element the wanted value stands; None for all of it.
            read: turns that value into what is returned; runs where zeep's reading ran.

        Raises:
            SoapFault: the service answered with a fault.
            UpstreamError: the call failed.
        """
        # zeep offers an envelope together with its HTTP headers under no public name.
        envelope, headers = self._binding._create(  # noqa: SLF001
            operation, (), request, client=self._client, options={"address": self.address}
        )
        reply = await pipeline.send(Call(operation, "POST", self._target, headers, etree_to_string(envelope)))
        if reply.status not in _MAY_HOLD_FAULT:
            require_success(self.source, reply)
        if len(reply.body) <= _MAX_INLINE_BYTES:
            return self._read(operation, reply, at, read)
        return await asyncio.to_thread(self._read, operation, reply, at, read)

    def _read(self, operation: str, reply: Reply, at: str | None, read: Callable[[Any], Any]) -> Any:
        declared = self._binding.get(operation)
        try:
            result = self._binding.process_reply(self._client, declared, _ZeepResponse(reply))
        except Fault as fault:
            name = _fault_name(fault)
            if name is None:
                require_success(self.source, reply)
                raise UpstreamBadData(self.source, "a SOAP fault without a code") from fault
            raise SoapFault(self.source, name) from fault
        except (
            ZeepError,
            etree.LxmlError,
            ValueError,
            LookupError,
            ArithmeticError,
            AttributeError,
            TypeError,
        ) as error:
            require_success(self.source, reply)
            raise UpstreamBadData(self.source, "not a reply that its WSDL describes") from error
        return read(_at(result, at, declared))


class _NoTransport:
    """zeep's client wants a transport; calls go through the pipeline, and replies may load nothing."""

    def load(self, url: str) -> bytes:
        message = f"a SOAP reply must not load {url!r}"
        raise ZeepError(message)


class _ZeepResponse:
    """The part of requests' Response that zeep reads."""

    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.status
        self.headers = reply.headers
        self.content = reply.body
        self.encoding = "utf-8"


def _first_soap_port(source: str, document: Any) -> Any:
    for service in document.services.values():
        for port in service.ports.values():
            if isinstance(port.binding, SoapBinding) and (port.binding_options or {}).get("address"):
                return port
    message = f"{source}: its WSDL has no SOAP port with an address"
    raise ConfigurationError(message)


def _at(result: Any, at: str | None, operation: Any) -> Any:
    """Walk to a place in the response element, of which zeep has left out wrappers with an only member."""
    if at is None:
        return result
    path = at.split(".")
    for member in path[_left_out(operation.output.body.type) :]:
        if result is None:
            return None
        result = getattr(result, member)
    return result


def _left_out(response: Any) -> int:
    """How many wrappers zeep takes off a response of this type: it looks at two levels, and no attributes."""
    if len(response.elements) != 1:
        return 0
    _, only = response.elements[0]
    members = getattr(only.type, "elements", ())
    return 1 if only.accepts_multiple or len(members) != 1 or only.type.attributes else 2


def _fault_name(fault: Fault) -> str | None:
    """The declared fault's element, else the fault code, without namespaces. None when there is neither."""
    if isinstance(fault.detail, etree._Element):  # noqa: SLF001 - lxml's only name for the type
        for child in fault.detail:
            if isinstance(child.tag, str):
                return etree.QName(child).localname
    return str(fault.code).rpartition(":")[2].rpartition("}")[2] if fault.code else None
