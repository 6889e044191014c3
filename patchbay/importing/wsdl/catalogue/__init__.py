"""Standard schemas that real services import by their published addresses, so that none is ever fetched.

Each file declares what the standard does, and no more than messages need. They are found by namespace, or by
address where an import names no namespace.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from patchbay.importing.wsdl.names import XML, XSD

_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity"

BY_NAMESPACE: Final = {
    XSD: "xml-schema.xsd",
    XML: "xml.xsd",
    "http://schemas.xmlsoap.org/soap/encoding/": "soap-encoding.xsd",
    "http://www.w3.org/2003/05/soap-encoding": "soap12-encoding.xsd",
    "http://schemas.xmlsoap.org/soap/envelope/": "soap-envelope.xsd",
    "http://www.w3.org/2003/05/soap-envelope": "soap12-envelope.xsd",
    "http://xml.apache.org/xml-soap": "apache-soap.xsd",
    "http://www.w3.org/2005/05/xmlmime": "xmlmime.xsd",
    "http://www.w3.org/2004/11/xmlmime": "xmlmime-2004.xsd",
    "http://www.w3.org/2004/08/xop/include": "xop-include.xsd",
    "http://ws-i.org/profiles/basic/1.1/xsd": "swaref.xsd",
    "http://www.w3.org/2005/08/addressing": "ws-addressing.xsd",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing": "ws-addressing-2004.xsd",
    "http://schemas.xmlsoap.org/ws/2003/03/addressing": "ws-addressing-2003.xsd",
    f"{_SECURITY}-secext-1.0.xsd": "wss-secext.xsd",
    f"{_SECURITY}-utility-1.0.xsd": "wss-utility.xsd",
    "http://docs.oasis-open.org/wsn/b-2": "wsn-b-2.xsd",
    "http://docs.oasis-open.org/wsn/t-1": "wsn-t-1.xsd",
    "http://docs.oasis-open.org/wsn/bw-2": "wsn-bw-2.wsdl",
    "http://docs.oasis-open.org/wsrf/bf-2": "wsrf-bf-2.xsd",
    "http://docs.oasis-open.org/wsrf/r-2": "wsrf-r-2.xsd",
    "http://docs.oasis-open.org/wsrf/rw-2": "wsrf-rw-2.wsdl",
    "http://docs.oasis-open.org/wsrf/rp-2": "wsrf-rp-2.xsd",
    "http://docs.oasis-open.org/wsrf/rpw-2": "wsrf-rpw-2.wsdl",
    "http://www.w3.org/2000/09/xmldsig#": "xmldsig.xsd",
    "http://schemas.microsoft.com/2003/10/Serialization/": "microsoft-serialization.xsd",
}
"""Namespace -> file."""

_BY_ADDRESS: Final = {
    "www.w3.org/2001/xml.xsd": "xml.xsd",
    "www.w3.org/2001/03/xml.xsd": "xml.xsd",
    "www.w3.org/xml/1998/namespace": "xml.xsd",
    "www.w3.org/2001/xmlschema.xsd": "xml-schema.xsd",
    "www.w3.org/2001/xmlschema": "xml-schema.xsd",
    "ws-i.org/profiles/basic/1.1/swaref.xsd": "swaref.xsd",
    "www.ws-i.org/profiles/basic/1.1/swaref.xsd": "swaref.xsd",
    "www.w3.org/2005/08/addressing/ws-addr.xsd": "ws-addressing.xsd",
    "www.w3.org/2006/03/addressing/ws-addr.xsd": "ws-addressing.xsd",
    "www.w3.org/tr/2002/rec-xmldsig-core-20020212/xmldsig-core-schema.xsd": "xmldsig.xsd",
}


def find(namespace: str, location: str = "") -> str | None:
    """The file that answers an import; None where it has to be loaded.

    The files of one's own are not the standard's: a namespace of the catalogue always is.
    """
    if namespace:
        return BY_NAMESPACE.get(namespace)
    if "://" not in location:
        return None
    address = location.partition("://")[2].rstrip("/")
    by_address = _BY_ADDRESS.get(address.lower())
    return by_address or _addresses().get(_plain(address))


@cache
def content(name: str) -> bytes:
    """The bytes of a file of the catalogue."""
    return files(__package__).joinpath(name).read_bytes()


@cache
def _addresses() -> dict[str, str]:
    """Each namespace as an address, with the usual endings: some write it as the location."""
    return {
        _plain(namespace.partition("://")[2]): name
        for namespace, name in BY_NAMESPACE.items()
        if "://" in namespace
    }


def _plain(address: str) -> str:
    address = address.rstrip("/").lower()
    for ending in (".xsd", ".wsdl"):
        address = address.removesuffix(ending)
    return address
