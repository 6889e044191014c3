"""From arguments to an envelope."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from patchbay.errors import InputError
from patchbay.importing.model import Place, SoapVersion
from patchbay.importing.soap.names import ENCODINGS, ENVELOPES, XSD, XSI
from patchbay.importing.soap.texts import Unwritable
from patchbay.importing.soap.writers import Writers, is_needed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.model import Argument, Operation, SoapCall, Type
    from patchbay.upstreams.soap_credentials import EnvelopePart

_NOT_IN_A_HEADER: Final = re.compile(r"[^\x21\x23-\x5b\x5d-\x7e]")
"""Of an action: it comes from a document, and must not end the header that it stands in."""


class RequestWriter:
    """Writes the requests of one operation.

    Args:
        operation: of the model, called by SOAP.
        call: how.
        types: the model's.
    """

    def __init__(self, operation: Operation, call: SoapCall, types: Mapping[str, Type]) -> None:
        writers = Writers(types, call.version, encoded=call.encoded)
        self._call = call
        self._namespaces = {"soap-env": ENVELOPES[call.version]}
        if call.encoded:
            self._namespaces |= {"soap-enc": ENCODINGS[call.version], "xsd": XSD, "xsi": XSI}
        made = [(argument, writers.member(argument)) for argument in operation.arguments]
        self._headers = [each for each in made if each[0].place is Place.SOAP_HEADER]
        self._members = [each for each in made if each[0].place is not Place.SOAP_HEADER]
        self.headers = _http_headers(call)
        """Of HTTP."""

    def envelope(self, arguments: Mapping[str, Any], parts: Sequence[EnvelopePart] = ()) -> bytes:
        """The envelope, in UTF-8.

        Args:
            arguments: see runtime.Reading.
            parts: credentials, added in this order.

        Raises:
            InputError: an argument holds what XML, or the upstream's type, cannot hold.
            ValueError: a name of the WSDL's is none in XML.
        """
        soap = self._namespaces["soap-env"]
        envelope = etree.Element(f"{{{soap}}}Envelope", nsmap=self._namespaces)
        if any(argument.attribute in arguments for argument, _ in self._headers):
            _write(etree.SubElement(envelope, f"{{{soap}}}Header"), self._headers, arguments)
        body = etree.SubElement(envelope, f"{{{soap}}}Body")
        _write(self._wrapper(body), self._members, arguments)
        for part in parts:
            envelope, _ = part.apply(envelope, None)
        return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")

    def _wrapper(self, body: Any) -> Any:
        """The element that the arguments go into: the body itself where each is one of its own."""
        message = self._call.request
        if message.bare or not message.element:
            return body
        wrapper = etree.SubElement(body, message.element)
        if self._call.encoded:
            encoding = ENCODINGS[self._call.version]
            wrapper.set(f"{{{ENVELOPES[self._call.version]}}}encodingStyle", encoding)
        return wrapper


def _write(parent: Any, made: list[tuple[Argument, Any]], arguments: Mapping[str, Any]) -> None:
    for argument, write in made:
        if argument.attribute in arguments or is_needed(argument):
            try:
                write(parent, arguments.get(argument.attribute))
            except Unwritable as error:
                raise InputError(argument.name, str(error)) from error
            except RecursionError as error:
                raise InputError(argument.name, "is nested too deep") from error


def _http_headers(call: SoapCall) -> dict[str, str]:
    action = _NOT_IN_A_HEADER.sub("", call.action)
    if call.version is SoapVersion.V1_1:
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
    named = f'; action="{action}"' if action else ""
    return {"Content-Type": f"application/soap+xml; charset=utf-8{named}"}
