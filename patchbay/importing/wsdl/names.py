"""Namespaces and qualified names, as documents write them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
SOAP_1_1: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
SOAP_1_2: Final = "http://schemas.xmlsoap.org/wsdl/soap12/"
SOAP_ENCODING: Final = frozenset(
    ("http://schemas.xmlsoap.org/soap/encoding/", "http://www.w3.org/2003/05/soap-encoding")
)
XSD: Final = "http://www.w3.org/2001/XMLSchema"
XSDS: Final = frozenset(
    (
        XSD,
        f"{XSD}/",
        "http://www.w3.org/1999/XMLSchema",
        "http://www.w3.org/2000/10/XMLSchema",
        f"{XSD}-datatypes",
    )
)
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XML: Final = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A document, or a schema in one, in which definitions stand.

    Args:
        file: as people know it.
        namespace: that definitions get; "" for none.
        chameleon: whether names without a namespace are meant to be in `namespace` as well: the schema has
            none of its own, and was included by one that has.
        elements, attributes: whether local ones are qualified where they do not say.
    """

    file: str
    namespace: str
    chameleon: bool = False
    elements: bool = False
    attributes: bool = False

    def qualified(self, node: Any, text: str) -> str:
        """A reference such as "tns:Order" -> "{namespace}Order"; without namespace, the bare name."""
        prefix, colon, local = text.strip().rpartition(":")
        namespace = node.nsmap.get(prefix if colon else None)
        if namespace is None:
            if colon and prefix == "xml":
                namespace = XML
            elif colon or self.chameleon:
                # A prefix that nobody declares means, where it means anything, this schema.
                namespace = self.namespace
        return f"{{{namespace}}}{local}" if namespace else local

    def own(self, local: str) -> str:
        """The qualified name of a global definition of this source."""
        return qualified(self.namespace, local)


def qualified(namespace: str, local: str) -> str:
    """`{namespace}local`, or the local name where there is no namespace."""
    return f"{{{namespace}}}{local}" if namespace else local


def split(name: str) -> tuple[str, str]:
    """Namespace ("" for none) and local name of `{namespace}local`."""
    if name.startswith("{"):
        namespace, _, local = name[1:].rpartition("}")
        return namespace, local
    return "", name


@lru_cache(4096)
def xsd_local(tag: Any) -> str:
    """The local name of an XML Schema element's tag; "" of all others."""
    if not isinstance(tag, str):
        return ""
    namespace, local = split(tag)
    return local if namespace in XSDS else ""


def xsd_children(node: Any) -> Iterator[tuple[str, Any]]:
    """(local name, element) of the children that are of XML Schema, but annotations."""
    for child in node:
        kind = xsd_local(child.tag)
        if kind and kind != "annotation":
            yield kind, child


def wsdl_children(node: Any, local: str) -> Iterator[Any]:
    """The children of WSDL's namespace with that name."""
    return node.iterchildren(f"{{{WSDL}}}{local}")  # type: ignore[no-any-return]  # lxml's iterator


def first_wsdl(node: Any, local: str) -> Any | None:
    """The first of these, or None."""
    return next(wsdl_children(node, local), None)


def truth(attributes: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """A boolean attribute, as documents write it."""
    value = attributes.get(name)
    return default if value is None else value.strip().lower() in {"true", "1"}


def description_of(node: Any) -> str | None:
    """The text of an annotation's or of WSDL's own documentation; None where there is none."""
    texts = []
    for child in node:
        kind = xsd_local(child.tag)
        if kind == "annotation":
            texts += [_text(said) for said in child if xsd_local(said.tag) == "documentation"]
        elif kind == "documentation" or child.tag == f"{{{WSDL}}}documentation":
            texts.append(_text(child))
    return "\n\n".join(text for text in texts if text) or None


def _text(node: Any) -> str:
    lines = [line.strip() for line in "".join(node.itertext()).strip().splitlines()]
    said: list[str] = []
    for line in lines:
        # One empty line parts paragraphs; more of them say nothing.
        if line or (said and said[-1]):
            said.append(line)
    return "\n".join(said)
