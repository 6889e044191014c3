# ruff: noqa: E501 - schemas read best as they are usually written
"""Schemas in several documents, in several dialects, and such as are imported badly."""

from __future__ import annotations

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.model import Selection
from patchbay.importing.wsdl import compile_wsdl
from tests.importing.wsdl.documents import (
    WSDL,
    binding,
    compiled,
    fields,
    message,
    of_schema,
    only,
    operation,
    port_type,
    reasons,
    shown,
    types,
)

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
INSIDE = '<xs:sequence><xs:element name="x" type="o:Thing" xmlns:o="urn:other"/></xs:sequence>'
THING = '<xs:complexType name="Thing"><xs:sequence><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int"/></xs:sequence></xs:complexType>'


def schema(inside: str, namespace: str = "urn:other") -> str:
    target = f'targetNamespace="{namespace}"' if namespace else ""
    return f"<xs:schema {XS} {target}>{inside}</xs:schema>"


def importing(how: str) -> str:
    return of_schema("", INSIDE).replace(
        'elementFormDefault="qualified">', f'elementFormDefault="qualified">{how}', 1
    )


def test_imports_are_followed_by_their_location_beside_the_document_that_has_them() -> None:
    text = importing('<xs:import namespace="urn:other" schemaLocation="xsd/outer.xsd"/>')
    beside = {
        "/shop/xsd/outer.xsd": schema('<xs:include schemaLocation="../more/inner.xsd"/>'),
        "/shop/more/inner.xsd": schema('<xs:include schemaLocation="../xsd/outer.xsd"/>' + THING),
    }
    model = compiled(text, beside)
    assert shown(only(model).result.type) == "Thing"
    assert fields(model, "Thing") == {"a": "Int!", "b": "Int!"}
    assert not model.problems


def test_a_namespace_may_be_used_that_nobody_has_imported() -> None:
    text = of_schema("", INSIDE).replace("</wsdl:types>", schema(THING) + "</wsdl:types>")
    model = compiled(text)
    assert shown(only(model).result.type) == "Thing"
    assert not model.problems


def test_an_included_schema_without_namespace_takes_that_of_who_includes_it() -> None:
    text = importing('<xs:import namespace="urn:other" schemaLocation="a.xsd"/>')
    inner = '<xs:complexType name="Thing"><xs:sequence><xs:element name="n" type="Part"/><xs:element ref="m"/></xs:sequence></xs:complexType>'
    parts = '<xs:simpleType name="Part"><xs:restriction base="xs:int"/></xs:simpleType><xs:element name="m" type="Part"/>'
    beside = {
        "/shop/a.xsd": schema('<xs:include schemaLocation="none.xsd"/>'),
        "/shop/none.xsd": schema(inner + parts, ""),
    }
    model = compiled(text, beside)
    assert fields(model, "Thing") == {"n": "Int!", "m": "Int!"}
    assert not model.problems


def test_what_is_redefined_has_what_it_had_and_what_is_added() -> None:
    text = importing('<xs:import namespace="urn:other" schemaLocation="a.xsd"/>')
    again = """<xs:redefine schemaLocation="old.xsd" xmlns:o="urn:other"><xs:complexType name="Thing"><xs:complexContent>
      <xs:extension base="o:Thing"><xs:sequence><xs:element name="c" type="o:Kind"/></xs:sequence></xs:extension>
      </xs:complexContent></xs:complexType><xs:simpleType name="Kind"><xs:restriction base="o:Kind">
      <xs:maxInclusive value="3"/></xs:restriction></xs:simpleType></xs:redefine>"""
    kind = '<xs:simpleType name="Kind"><xs:restriction base="xs:int"/></xs:simpleType>'
    model = compiled(text, {"/shop/a.xsd": schema(again), "/shop/old.xsd": schema(THING + kind)})
    assert fields(model, "Thing") == {"a": "Int!", "b": "Int!", "c": "Int!"}
    assert not model.problems


def test_redefined_groups_hold_the_original() -> None:
    text = importing('<xs:import namespace="urn:other" schemaLocation="a.xsd"/>')
    again = """<xs:redefine schemaLocation="old.xsd" xmlns:o="urn:other"><xs:group name="G"><xs:sequence>
      <xs:group ref="o:G"/><xs:element name="b" type="xs:int"/></xs:sequence></xs:group></xs:redefine>"""
    old = """<xs:group name="G"><xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence></xs:group>
      <xs:complexType name="Thing"><xs:group ref="o:G" xmlns:o="urn:other"/></xs:complexType>"""
    model = compiled(text, {"/shop/a.xsd": schema(again), "/shop/old.xsd": schema(old)})
    assert fields(model, "Thing") == {"a": "Int!", "b": "Int!"}
    assert not model.problems


def test_the_schemas_of_1999_and_2000_are_read() -> None:
    for namespace in ("http://www.w3.org/1999/XMLSchema", "http://www.w3.org/2000/10/XMLSchema"):
        old = f"""<schema xmlns="{namespace}" targetNamespace="urn:other"><complexType name="Thing">
          <element name="when" type="timeInstant"/><element name="where" type="uriReference" minOccurs="0"/>
          <attribute name="id" type="int"/></complexType></schema>"""
        model = compiled(of_schema("", INSIDE).replace("</wsdl:types>", f"{old}</wsdl:types>"))
        assert fields(model, "Thing") == {"when": "DateTime!", "where": "String", "id": "Int"}


def test_an_import_that_cannot_be_read_costs_what_it_holds_alone() -> None:
    text = importing('<xs:import namespace="urn:other" schemaLocation="gone.xsd"/>')
    model = compiled(text)
    assert shown(only(model).result.type) == "JSON"
    assert any("shop.wsdl line" in said and "imports what cannot be read" in said for said in reasons(model))
    assert any("refers to the type {urn:other}Thing, which is not there" in said for said in reasons(model))


def test_references_with_a_wrong_or_no_prefix_mean_the_only_one_of_that_name() -> None:
    inside = """<xs:sequence><xs:element name="a" type="Thing"/><xs:element name="b" type="wrong:Thing"/>
      <xs:element name="c" type="int"/></xs:sequence>"""
    model = compiled(of_schema("", inside, THING))
    assert fields(model, "GetStockResponse") == {"a": "Thing!", "b": "Thing!", "c": "Int!"}
    assert all(said.startswith("note") for said in reasons(model))


def test_standard_schemas_come_from_the_package() -> None:
    inside = """<xs:sequence><xs:element name="to" type="wsa:EndpointReferenceType"/>
      <xs:element name="data" type="mime:base64Binary"/><xs:element name="ref" type="swa:swaRef"/>
      </xs:sequence><xs:attribute ref="xml:lang"/>"""
    imports = """<xs:import namespace="http://www.w3.org/2005/08/addressing" schemaLocation="http://www.w3.org/2005/08/addressing/ws-addr.xsd"/>
      <xs:import namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="http://www.w3.org/2001/xml.xsd"/>
      <xs:include schemaLocation="https://www.w3.org/2001/XMLSchema.xsd"/>"""
    text = of_schema("", inside).replace(
        "<xs:schema ",
        '<xs:schema xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:mime="http://www.w3.org/2005/05/xmlmime" '
        'xmlns:swa="http://ws-i.org/profiles/basic/1.1/xsd" ',
        1,
    )
    model = compiled(text.replace('"qualified">', f'"qualified">{imports}', 1))
    assert fields(model, "GetStockResponse") == {
        "to": "EndpointReferenceType!",
        "data": "Base64Binary!",
        "ref": "String!",
        "lang": "String",
    }
    assert fields(model, "Base64Binary") == {"value": "Base64", "contentType": "String"}
    assert not model.problems


def test_imported_wsdls_give_messages_port_types_and_schemas() -> None:
    start = '<wsdl:import namespace="urn:shop" location="{}"/>'
    inner = WSDL.format(
        start.format("../shop/shop.wsdl")
        + types(schema('<xs:element name="Sku" type="xs:string"/>', "urn:shop"))
        + message("In", body="element t:Sku")
        + message("Out", body="element t:Sku")
        + port_type("Stock", operation("GetStock"))
    )
    text = WSDL.format(start.format("../parts/abstract.wsdl") + binding("Soap", "Stock", "GetStock"))
    model = compiled(text, {"/parts/abstract.wsdl": inner})
    assert [each.name for each in model.operations] == ["getStock"]
    assert not model.problems


def test_white_space_comments_and_marks_before_the_declaration_and_other_encodings_are_read() -> None:
    text = of_schema("", '<xs:sequence><xs:element name="größe" type="xs:int"/></xs:sequence>')
    declared = f'<?xml version="1.0" encoding="ISO-8859-1"?>{text}'
    wrong = f'<?xml version="1.0" encoding="utf-16"?>{text}'
    for content in (
        b"\n\n  " + declared.encode("latin-1"),
        b"<!-- made by hand -->\n" + declared.encode("latin-1"),
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("utf-16"),
        wrong.encode(),
    ):
        found = only(compiled(content))
        assert found.soap is not None
        assert found.soap.result_path == ("größe",)


def test_a_document_that_is_not_well_formed_is_read_as_far_as_it_goes() -> None:
    text = of_schema("", '<xs:sequence><xs:element name="x" type="xs:int"/></xs:sequence>')
    model = compiled(text + "<br/>Warning: something on line 7")
    assert shown(only(model).result.type) == "Int"
    assert reasons(model) == ["weaker shop.wsdl : is no well-formed XML; it is read as far as it goes"]


def test_namespaces_of_wsdl_without_their_last_slash_are_understood() -> None:
    text = of_schema("", "").replace("/wsdl/soap/", "/wsdl/soap").replace('/wsdl/"', '/wsdl"')
    assert only(compiled(text)).soap is not None


def test_a_hundred_and_more_namespaces_are_read() -> None:
    many = " ".join(f'xmlns:n{number}="urn:n{number}"' for number in range(200))
    assert compiled(
        of_schema("", "").replace("<wsdl:definitions ", f"<wsdl:definitions {many} ", 1)
    ).operations


def test_imports_that_name_another_host_are_looked_for_beside_the_document() -> None:
    text = importing('<xs:import namespace="urn:other" schemaLocation="http://inside.test/x/thing.xsd"/>')
    model = compiled(text, {"/shop/thing.xsd": schema(THING)})
    assert shown(only(model).result.type) == "Thing"


def test_imports_from_behind_a_proxy_are_asked_from_the_services_own_address() -> None:
    text = importing('<xs:import namespace="urn:other" schemaLocation="http://inside.test/s?xsd=xsd0"/>')
    asked = []

    def load(location: str) -> bytes:
        asked.append(location)
        if location == "https://shop.test/api/s?wsdl":
            return text.encode()
        if location == "https://shop.test/s?xsd=xsd0":
            return schema(THING).encode()
        raise DescriptionError("it", "is on another host")

    model = compile_wsdl("https://shop.test/api/s?wsdl", load, "shop", Selection())
    assert shown(only(model).result.type) == "Thing"
    assert asked[1:] == ["http://inside.test/s?xsd=xsd0", "https://shop.test/s?xsd=xsd0"]
