from __future__ import annotations

from patchbay.importing.model import BodyKind, SoapVersion
from tests.importing.wsdl.documents import (
    SCHEMA,
    WSDL,
    arguments,
    binding,
    compiled,
    fields,
    message,
    of_schema,
    only,
    operation,
    port_type,
    rpc,
    service,
    shown,
    types,
)

SKUS = """<xs:sequence><xs:element name="Skus"><xs:complexType><xs:sequence>
    <xs:element name="Sku" type="xs:string" maxOccurs="unbounded"/>
    </xs:sequence></xs:complexType></xs:element></xs:sequence>"""
LEVELS = """<xs:sequence><xs:element name="Levels"><xs:complexType><xs:sequence>
    <xs:element name="Level" type="t:StockLevel" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence></xs:complexType></xs:element></xs:sequence>"""
LEVEL = """<xs:complexType name="StockLevel"><xs:sequence><xs:element name="Sku" type="xs:string"/>
    <xs:element name="OnHand" type="xs:int" nillable="true"/></xs:sequence></xs:complexType>"""


def test_a_wrapped_operation_has_the_wrappers_members_as_arguments() -> None:
    found = only(compiled(of_schema(SKUS, LEVELS, LEVEL)))
    assert arguments(found) == {"skus": "GetStockSkusInput!"}
    assert found.soap is not None
    assert found.soap.request.element == "{urn:shop}GetStock"
    assert not found.soap.request.bare
    assert found.soap.action == "urn:do#GetStock"
    assert found.soap.address == "http://shop.test/stock"
    assert found.soap.version is SoapVersion.V1_1


def test_wrappers_with_one_member_are_left_out_of_the_result() -> None:
    model = compiled(of_schema(SKUS, LEVELS, LEVEL))
    found = only(model)
    assert shown(found.result.type) == "[StockLevel!]"
    assert found.soap is not None
    assert found.soap.result_path == ("Levels", "Level")
    assert fields(model, "StockLevel") == {"sku": "String!", "onHand": "Int"}


def test_a_response_with_several_members_is_an_object() -> None:
    two = (
        '<xs:sequence><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int"/></xs:sequence>'
    )
    model = compiled(of_schema("", two))
    found = only(model)
    assert (shown(found.result.type), found.soap and found.soap.result_path) == ("GetStockResponse", ())
    assert fields(model, "GetStockResponse") == {"a": "Int!", "b": "Int!"}


def test_a_level_with_an_attribute_stays() -> None:
    inside = """<xs:sequence><xs:element name="Levels"><xs:complexType><xs:sequence>
        <xs:element name="Level" type="xs:int" maxOccurs="unbounded"/></xs:sequence>
        <xs:attribute name="asOf" type="xs:date"/></xs:complexType></xs:element></xs:sequence>"""
    model = compiled(of_schema("", inside))
    assert shown(only(model).result.type) == "GetStockResponseLevels"
    assert fields(model, "GetStockResponseLevels") == {"level": "[Int!]!", "asOf": "Date"}


def test_an_empty_request_takes_no_arguments_and_an_empty_response_is_nothing() -> None:
    found = only(compiled(of_schema("", "")))
    assert found.arguments == ()
    assert found.soap is not None
    assert found.soap.request.element == "{urn:shop}GetStock"
    assert (found.result.kind, shown(found.result.type)) == (BodyKind.NOTHING, "Boolean")


def test_an_element_of_a_simple_type_is_a_bare_argument() -> None:
    text = WSDL.format(
        types(
            SCHEMA.format('<xs:element name="Sku" type="xs:string"/><xs:element name="Level" type="xs:int"/>')
        )
        + message("In", body="element t:Sku")
        + message("Out", body="element t:Level")
        + port_type("Stock", operation("GetStock"))
        + binding("StockSoap", "Stock", "GetStock")
    )
    found = only(compiled(text))
    assert arguments(found) == {"sku": "String!"}
    assert found.soap is not None
    assert (found.soap.request.element, found.soap.request.bare) == ("{urn:shop}Sku", True)
    assert (shown(found.result.type), found.soap.response.element) == ("Int", "{urn:shop}Level")


def test_several_parts_are_elements_of_their_own() -> None:
    schema = SCHEMA.format('<xs:element name="Sku" type="xs:string"/><xs:element name="Site" type="xs:int"/>')
    text = WSDL.format(
        types(schema)
        + message("In", a="element t:Sku", b="element t:Site")
        + message("Out", a="element t:Sku", b="element t:Site")
        + port_type("Stock", operation("GetStock"))
        + binding("StockSoap", "Stock", "GetStock")
    )
    model = compiled(text)
    found = only(model)
    assert arguments(found) == {"sku": "String!", "site": "Int!"}
    assert [each.xml and each.xml.namespace for each in found.arguments] == ["urn:shop", "urn:shop"]
    assert found.soap is not None
    assert found.soap.request.bare
    assert found.soap.response.bare
    assert fields(model, shown(found.result.type)) == {"sku": "String!", "site": "Int!"}


def test_an_operation_without_output_is_one_way() -> None:
    text = WSDL.format(
        types(SCHEMA.format('<xs:element name="Note" type="xs:string"/>'))
        + message("In", body="element t:Note")
        + port_type("Stock", operation("Tell", response=None))
        + binding("StockSoap", "Stock", "Tell", output=False)
    )
    found = only(compiled(text))
    assert found.soap is not None
    assert found.soap.one_way
    assert found.result.kind is BodyKind.NOTHING


def test_rpc_has_its_parts_as_unqualified_members_of_the_operations_element() -> None:
    model = compiled(rpc({"sku": "type xs:string", "site": "type xs:int"}, {"return": "type xs:decimal"}))
    found = only(model)
    assert arguments(found) == {"sku": "String!", "site": "Int!"}
    assert [each.xml and each.xml.namespace for each in found.arguments] == ["", ""]
    assert found.soap is not None
    assert found.soap.rpc
    assert not found.soap.encoded
    assert found.soap.request.element == "{urn:calls}getStock"
    assert found.soap.result_path == ("return",)
    assert shown(found.result.type) == "Decimal"


def test_an_rpc_response_with_several_parts_is_an_object() -> None:
    model = compiled(rpc({}, {"count": "type xs:int", "at": "type xs:dateTime"}))
    assert shown(only(model).result.type) == "GetStockResponse"
    assert fields(model, "GetStockResponse") == {"count": "Int!", "at": "DateTime!"}


def test_only_what_the_selection_includes_is_mapped() -> None:
    text = WSDL.format(
        types(
            SCHEMA.format(
                LEVEL + '<xs:element name="A" type="xs:int"/><xs:element name="B" type="t:StockLevel"/>'
            )
        )
        + message("In", body="element t:A")
        + message("Out", body="element t:B")
        + message("Other", body="element t:A")
        + port_type("Stock", operation("GetStock"), operation("GetCount", response="Other"))
        + binding("StockSoap", "Stock", "GetStock", "GetCount")
        + service("Shop", P="soap StockSoap http://shop.test/")
    )
    model = compiled(text, include="getC*")
    assert [each.name for each in model.operations] == ["getCount"]
    assert (model.offered, model.excluded, dict(model.types)) == (2, 1, {})
    assert compiled(text, include="GetCount").operations == model.operations
