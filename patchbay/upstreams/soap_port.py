"""One port of a SOAP service: which operations it has, and from arguments to an envelope and to a reply."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from zeep import Client, Settings
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import ValidationError
from zeep.wsdl.bindings.soap import SoapBinding
from zeep.wsdl.utils import etree_to_string
from zeep.xsd import Any as AnyElement

from patchbay.calls import Call, Reply, require_success
from patchbay.errors import ConfigurationError, InputError
from patchbay.upstreams.soap_documents import target_of
from patchbay.upstreams.soap_replies import response_value
from patchbay.upstreams.soap_types import UNREADABLE
from patchbay.upstreams.soap_xml import is_xml_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from patchbay.upstreams.soap_credentials import EnvelopePart

_MAX_INLINE_BYTES = 32 * 1024
"""zeep reads about 1 KB in a quarter of a millisecond: a larger reply would hold up the event loop."""

_MAY_HOLD_FAULT = (HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR)

_UNKNOWN_MEMBER = re.compile(r"unexpected keyword argument '(?P<member>[^']*)'")


@dataclass(frozen=True)
class Declared:
    """What an adapter says about an operation: its name, and the places it uses in request and response."""

    operation: str
    keys: str | None = None
    at: str | None = None


class SoapPort:
    """A SOAP port with its operations.

    Args:
        source: the upstream's name.
        document: the parsed WSDL.
        token: put into the envelope's header, in this order; or None.
        declared: the operations that will be called.

    Raises:
        ConfigurationError: the WSDL has no SOAP port, or lacks a declared operation or place.
    """

    def __init__(
        self, source: str, document: Any, token: list[EnvelopePart] | None, declared: Iterable[Declared]
    ) -> None:
        self.source = source
        port = _first_soap_port(source, document)
        self._binding = port.binding
        self.address: str = port.binding_options["address"]
        self._client = Client(document, wsse=token, transport=_NoTransport(), settings=Settings())
        for each in declared:
            self._require(each)

    async def call(
        self,
        send: Callable[[Call], Awaitable[Reply]],
        operation: str,
        request: dict[str, Any],
        read: Callable[[Any], Any],
        *,
        safe: bool,
    ) -> Any:
        """Make one call.

        Args:
            send: makes it.
            operation: its name.
            request: the members of the request element.
            read: turns the response element's value into what is returned; runs where zeep's reading runs.
            safe: the operation changes nothing.

        Raises:
            InputError: a value of the request cannot be written as XML.
            ConfigurationError: the request is not the one that the WSDL describes.
            SoapFault: the service answered with a fault.
            UpstreamError: the call failed.
        """
        envelope, headers = self._envelope(operation, request)
        call = Call(operation, "POST", target_of(self.address), headers, envelope, safe=safe)
        reply = await send(call)
        if reply.status not in _MAY_HOLD_FAULT:
            require_success(self.source, reply)
        declared = self._binding.get(operation)
        if len(reply.body) <= _MAX_INLINE_BYTES:
            return read(response_value(self.source, declared, reply))
        return await asyncio.to_thread(lambda: read(response_value(self.source, declared, reply)))

    def can_send(self, operation: str, place: str, key: object) -> bool:
        """Whether a key can stand at that place of the request; one that cannot is none of the service's."""
        if any(not is_xml_text(text) for _, text in _texts(key, "")):
            return False
        element = _find(self._binding.get(operation).input.body, place)
        read = getattr(getattr(element, "type", None), "pythonvalue", None)
        return not isinstance(key, str) or read is None or read(key) is not UNREADABLE

    def _envelope(self, operation: str, request: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        for member, text in _texts(request, ""):
            if not is_xml_text(text):
                raise InputError(member, "holds a character that XML cannot carry")
        try:
            # zeep offers an envelope together with its HTTP headers under no public name.
            envelope, headers = self._binding._create(  # noqa: SLF001
                operation, (), request, client=self._client, options={"address": self.address}
            )
            return etree_to_string(envelope), headers
        except Exception as error:  # What zeep stumbles over in wrong arguments can be of any type.
            problem = _misfit(error, self._binding.get(operation).input.body, request)
            message = f"{self.source}: {operation}: its arguments do not fit the WSDL: {problem}"
            raise ConfigurationError(message) from error

    def _require(self, declared: Declared) -> None:
        operation = self._binding.all().get(declared.operation)
        if operation is None:
            known = ", ".join(sorted(self._binding.all()))
            message = f"{self.source}: its WSDL has no operation {declared.operation}; it has {known}"
            raise ConfigurationError(message)
        sides = (("request", operation.input, declared.keys), ("response", operation.output, declared.at))
        for side, message_of_side, place in sides:
            if getattr(message_of_side, "body", None) is None:
                raise ConfigurationError(f"{self.source}: {declared.operation}: its WSDL describes no {side}")
            try:
                _find(message_of_side.body, place)
            except LookupError as error:
                message = f"{self.source}: {declared.operation}: its {side} in the WSDL has no {place}"
                raise ConfigurationError(message) from error


class _NoTransport:
    """zeep's client wants a transport; calls go through the pipeline."""

    def load(self, url: str) -> bytes:
        message = f"nothing is loaded here, and so not {url!r}"
        raise ZeepError(message)


def _first_soap_port(source: str, document: Any) -> Any:
    for service in document.services.values():
        for port in service.ports.values():
            if isinstance(port.binding, SoapBinding) and (port.binding_options or {}).get("address"):
                return port
    message = f"{source}: its WSDL has no SOAP port with an address"
    raise ConfigurationError(message)


def _find(element: Any, place: str | None) -> Any:
    """The element at a place inside another; None where the WSDL leaves that open. Raises LookupError."""
    for member in place.split(".") if place else ():
        elements = dict(getattr(element.type, "elements", ()))
        if member not in elements:
            if any(isinstance(each, AnyElement) for each in elements.values()):
                return None
            raise LookupError(member)
        element = elements[member]
    return element


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Every text inside a request, with the place it stands at."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for member, inner in value.items():
            yield from _texts(inner, f"{place}.{member}" if place else str(member))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner, place)


def _misfit(error: Exception, body: Any, request: dict[str, Any]) -> str:
    """The member that does not fit, and never its value."""
    if isinstance(error, ValidationError) and error.path:
        return f"{'.'.join(map(str, error.path))} is missing or wrong"
    unknown = _UNKNOWN_MEMBER.search(str(error))
    if unknown is not None:
        return f"{unknown['member']} is unknown"
    # zeep does not tell where it failed to write a value: the simple members are tried one by one.
    for member, element in getattr(body.type, "elements", ()):
        write = getattr(element.type, "xmlvalue", None)
        try:
            if write is not None and member in request:
                write(request[member])
        except Exception:  # noqa: BLE001 - as above, of any type
            return f"{member} is wrong"
    return "a member inside of another is wrong"
