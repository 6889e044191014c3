"""From a SOAP reply's bytes to the response element's value, or to the fault that it holds.

Replies are read under stricter rules than documents: no document type, and nothing outside of them is loaded.
"""

from __future__ import annotations

import email
import re
from typing import TYPE_CHECKING, Any

from lxml import etree
from zeep import ns

from patchbay.calls import require_success
from patchbay.errors import SoapFault, UpstreamBadData, UpstreamError
from patchbay.upstreams.soap_xml import parsed

if TYPE_CHECKING:
    from patchbay.calls import Reply

_ENVELOPES = (ns.SOAP_ENV_11, ns.SOAP_ENV_12)

_MAX_TAGS = 250_000
"""zeep takes some three microseconds for the smallest element, and much longer for most."""

_NAME = re.compile(r"[\w.-]{1,100}")
"""What may stand in a fault's name: a service can write anything into a fault code, and clients see it."""


def response_value(source: str, operation: Any, reply: Reply) -> Any:
    """The value of the response element, with all its wrappers, as zeep reads it.

    Args:
        source: the upstream's name.
        operation: zeep's operation of the binding.
        reply: of any status.

    Raises:
        SoapFault: the reply holds a fault.
        UpstreamBadData: it is not what the WSDL describes.
        UpstreamError: its status says no, and there is no fault that says why.
    """
    try:
        body = _body(reply, operation)
        fault = _fault(body)
        if fault is None:
            require_success(source, reply)
            return _value(body, operation)
        name = _fault_name(fault, operation)
    except UpstreamError:
        raise
    except Exception as error:  # What zeep stumbles over in a wrong reply can be of any type.
        require_success(source, reply)
        raise UpstreamBadData(source, "not a reply that its WSDL describes") from error
    if name is None:
        require_success(source, reply)
        raise UpstreamBadData(source, "a SOAP fault without a code")
    raise SoapFault(source, name)


def _body(reply: Reply, operation: Any) -> Any:
    envelope = parsed(_root_part(reply).lstrip(), _MAX_TAGS)
    name = etree.QName(envelope)
    body = envelope.find(f"{{{name.namespace}}}Body")
    if name.localname != "Envelope" or name.namespace not in _ENVELOPES or body is None:
        raise ValueError("not a SOAP envelope")
    # A service that does not know our version says so in a fault of its own.
    if name.namespace != operation.nsmap["soap-env"] and _fault(body) is None:
        raise ValueError("an envelope of another version")
    return body


def _fault(body: Any) -> Any:
    return body.find(f"{{{etree.QName(body).namespace}}}Fault")


def _root_part(reply: Reply) -> bytes:
    """The body; of a multipart one its first part, which holds the envelope. Attachments are not read."""
    content_type = reply.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/"):
        return reply.body
    message = email.message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + reply.body)
    parts: Any = message.get_payload()
    payload: bytes = parts[0].get_payload(decode=True)
    return payload


def _value(body: Any, operation: Any) -> Any:
    output = operation.output
    # In rpc style the response element's name is not fixed, and with many parts there is no one element.
    wrapped = operation.style == "rpc" or output._is_body_wrapped  # noqa: SLF001 - see below
    if not wrapped and etree.QName(body[0]).localname != output.body.name:
        raise ValueError("not the operation's response element")
    # zeep's public way takes off wrappers that have an only member, depending on the WSDL: a path into the
    # response would mean another place after a member was added.
    return output._deserialize_body(body)["body"]  # noqa: SLF001


def _fault_name(fault: Any, operation: Any) -> str | None:
    """The declared fault's element, else the most specific fault code, without namespaces; or None."""
    declared = {
        part.element.qname.text
        for message in (operation.abstract.fault_messages or {}).values()
        for part in message.parts.values()
        if part.element is not None
    }
    for detail in (*fault.iterchildren("{*}detail"), *fault.iterchildren("{*}Detail")):
        for child in detail.iterchildren("{*}*"):
            if child.tag in declared:
                return etree.QName(child).localname
    codes = [fault.findtext("{*}faultcode"), *(value.text for value in fault.iterfind("{*}Code//{*}Value"))]
    for code in reversed(codes):
        local = (code or "").strip().rpartition(":")[2].rpartition("}")[2]
        if _NAME.fullmatch(local):
            return local
    return None
