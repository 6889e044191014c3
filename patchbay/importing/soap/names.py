"""Namespaces and names of SOAP messages."""

from __future__ import annotations

from typing import Any, Final

from patchbay.importing.model import SoapVersion

ENVELOPES: Final = {
    SoapVersion.V1_1: "http://schemas.xmlsoap.org/soap/envelope/",
    SoapVersion.V1_2: "http://www.w3.org/2003/05/soap-envelope",
}
ENCODINGS: Final = {
    SoapVersion.V1_1: "http://schemas.xmlsoap.org/soap/encoding/",
    SoapVersion.V1_2: "http://www.w3.org/2003/05/soap-encoding",
}
XSD: Final = "http://www.w3.org/2001/XMLSchema"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XSI_NIL: Final = f"{{{XSI}}}nil"
XSI_TYPE: Final = f"{{{XSI}}}type"
XOP_INCLUDE: Final = "{http://www.w3.org/2004/08/xop/include}Include"
MAP: Final = "{http://xml.apache.org/xml-soap}Map"
"""How PHP, Perl and Axis encode a map: `item` elements, each with a `key` and a `value`."""

ANY_NAME: Final = "*"
"""The wire name of what may have any: the items of an encoded array."""

HEX: Final = f"{{{XSD}}}hexBinary"

_YES: Final = ("true", "1")


def local(tag: Any) -> str:
    """A tag's name without its namespace; "" for what is no element."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def tagged(namespace: str, name: str) -> str:
    """A tag of lxml."""
    return f"{{{namespace}}}{name}" if namespace else name


def is_nil(element: Any) -> bool:
    """Whether the element says that it stands for no value."""
    return (element.get(XSI_NIL) or "").strip() in _YES


def type_of(element: Any) -> tuple[str, str]:
    """What `xsi:type` says: "{namespace}name" and the name alone; ("", "") where it says nothing."""
    text = (element.get(XSI_TYPE) or "").strip()
    if not text:
        return "", ""
    prefix, _, name = text.rpartition(":")
    return tagged(element.nsmap.get(prefix or None) or "", name), name
