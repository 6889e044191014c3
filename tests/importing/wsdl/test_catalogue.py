"""The standard schemas of the package: whole, and found by all the names that they are imported by."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import pytest
from lxml import etree

from patchbay.importing.model import Selection
from patchbay.importing.wsdl import catalogue, compile_wsdl
from tests.importing.wsdl.documents import compiled, of_schema, only, reasons, shown

XSD = "{http://www.w3.org/2001/XMLSchema}"
SCHEMAS = {namespace: name for namespace, name in catalogue.BY_NAMESPACE.items() if name.endswith(".xsd")}


@pytest.mark.parametrize("namespace", SCHEMAS, ids=SCHEMAS.values())
def test_all_that_a_standard_schema_declares_can_be_used(namespace: str) -> None:
    root = etree.fromstring(catalogue.content(SCHEMAS[namespace]))
    assert root.get("targetNamespace") == namespace
    elements = [f'<xs:element ref="s:{node.get("name")}"/>' for node in root.iterchildren(f"{XSD}element")]
    named = [*root.iterchildren(f"{XSD}complexType"), *root.iterchildren(f"{XSD}simpleType")]
    typed = [f'<xs:element name="e{n}" type="s:{node.get("name")}"/>' for n, node in enumerate(named)]
    attributes = [
        f'<xs:attribute ref="s:{node.get("name")}"/>' for node in root.iterchildren(f"{XSD}attribute")
    ]
    inside = f"<xs:sequence>{''.join(elements + typed)}</xs:sequence>{''.join(attributes)}"
    prefix = "xml" if namespace == "http://www.w3.org/XML/1998/namespace" else "s"
    text = of_schema("", inside.replace('"s:', f'"{prefix}:'))
    if prefix == "s":
        text = text.replace("<xs:schema ", f"<xs:schema xmlns:s={quoteattr(namespace)} ", 1)
    model = compiled(text)
    assert len(model.operations) == 1
    assert not reasons(model)


@pytest.mark.parametrize(
    "name", [name for name in catalogue.BY_NAMESPACE.values() if name.endswith(".wsdl") and "rw" not in name]
)
def test_the_operations_of_a_standard_wsdl_are_mapped(name: str) -> None:
    model = compile_wsdl(name, catalogue.content, "standard", Selection())
    assert model.operations
    assert len(model.operations) == model.offered
    assert all(reason.startswith("note") for reason in reasons(model))


@pytest.mark.parametrize(
    ("namespace", "location", "name"),
    [
        ("http://www.w3.org/2005/05/xmlmime", "", "xmlmime.xsd"),
        ("http://www.w3.org/2005/05/xmlmime", "../up/xmlmime.xsd", "xmlmime.xsd"),
        ("", "http://schemas.xmlsoap.org/soap/encoding/", "soap-encoding.xsd"),
        ("", "https://schemas.xmlsoap.org/soap/encoding", "soap-encoding.xsd"),
        ("", "http://www.w3.org/2001/xml.xsd", "xml.xsd"),
        ("", "http://docs.oasis-open.org/wsn/b-2.xsd", "wsn-b-2.xsd"),
        ("", "http://docs.oasis-open.org/wsrf/rw-2.wsdl", "wsrf-rw-2.wsdl"),
        ("", "http://ws-i.org/profiles/basic/1.1/swaref.xsd", "swaref.xsd"),
        ("", "xml.xsd", None),
        ("urn:own", "http://www.w3.org/2001/xml.xsd", None),
        ("", "", None),
    ],
)
def test_standards_are_found_by_namespace_or_else_by_address(
    namespace: str, location: str, name: str | None
) -> None:
    assert catalogue.find(namespace, location) == name


def test_a_standard_type_needs_no_import_and_no_load() -> None:
    inside = """<xs:sequence><xs:element name="x" type="soapenc:int"/></xs:sequence>"""
    assert shown(only(compiled(of_schema("", inside))).result.type) == "Int"
