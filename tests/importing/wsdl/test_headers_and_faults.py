# ruff: noqa: E501 - schemas read best as they are usually written
from __future__ import annotations

from patchbay.importing.model import Model, Place
from tests.importing.wsdl.documents import (
    SCHEMA,
    WSDL,
    binding,
    compiled,
    fields,
    message,
    only,
    operation,
    port_type,
    reasons,
    shown,
    types,
)

SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"

ELEMENTS = """<xs:element name="Sku" type="xs:string"/>
  <xs:element name="Session"><xs:complexType><xs:sequence><xs:element name="id" type="xs:string"/></xs:sequence>
    </xs:complexType></xs:element>
  <xs:element name="Gone"><xs:complexType><xs:sequence><xs:element name="since" type="xs:date"/></xs:sequence>
    </xs:complexType></xs:element>"""


def model(header: str, more: str = "", messages: str = "") -> Model:
    return compiled(
        WSDL.format(
            types(SCHEMA.format(ELEMENTS))
            + message("In", body="element t:Sku")
            + message("Out", body="element t:Sku")
            + message("Head", session="element t:Session", security="element s:Security").replace(
                "<wsdl:message", f'<wsdl:message xmlns:s="{SECURITY}"'
            )
            + messages
            + port_type("Stock", operation("GetStock", more=more))
            + binding("Soap", "Stock", "GetStock", header=header)
        )
    )


def test_a_header_is_an_argument_that_need_not_be_given() -> None:
    made = model('<soap:header message="t:Head" part="session" use="literal"/>')
    (sku, session) = only(made).arguments
    assert sku.place is Place.MESSAGE
    assert (session.name, session.place, session.required) == ("session", Place.SOAP_HEADER, False)
    assert session.xml is not None
    assert session.xml.namespace == "urn:shop"
    assert fields(made, shown(session.type)) == {"id": "String!"}


def test_a_security_header_is_left_to_the_credentials() -> None:
    made = model('<soap:header message="t:Head" part="security" use="literal"/>')
    assert [each.name for each in only(made).arguments] == ["sku"]
    assert any("security header" in reason for reason in reasons(made))


def test_a_header_that_is_broken_costs_itself_alone() -> None:
    made = model('<soap:header message="t:Nothing" part="x"/><soap:header message="t:Head" part="nobody"/>')
    assert [each.name for each in only(made).arguments] == ["sku"]
    assert len([reason for reason in reasons(made) if "has a header that is left out" in reason]) == 2


def test_a_part_that_goes_into_a_header_is_none_of_the_body() -> None:
    both = message("In", session="element t:Session", body="element t:Sku")
    text = WSDL.format(
        types(SCHEMA.format(ELEMENTS))
        + both
        + message("Out", body="element t:Sku")
        + port_type("Stock", operation("GetStock"))
        + binding(
            "Soap", "Stock", "GetStock", header='<soap:header message="t:In" part="session" use="literal"/>'
        )
    )
    found = only(compiled(text))
    assert [(each.name, each.place) for each in found.arguments] == [
        ("sku", Place.MESSAGE),
        ("session", Place.SOAP_HEADER),
    ]
    assert found.soap is not None
    assert found.soap.request.element == "{urn:shop}Sku"


def test_faults_are_typed_by_their_element() -> None:
    made = model(
        "",
        more='<wsdl:fault name="GoneFault" message="t:GoneMessage"/><wsdl:fault name="Other" message="t:None"/>',
        messages=message("GoneMessage", fault="element t:Gone"),
    )
    (gone,) = only(made).errors
    assert gone.type is not None
    assert (gone.status, gone.xml_name, shown(gone.type)) == ("GoneFault", "{urn:shop}Gone", "Gone")
    assert fields(made, "Gone") == {"since": "Date!"}
    assert any("has a fault that is left out" in reason for reason in reasons(made))
