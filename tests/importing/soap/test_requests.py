"""Envelopes, written by the model alone."""

from __future__ import annotations

from typing import Any

import pytest

from patchbay.errors import InputError
from patchbay.importing.model import (
    Argument,
    Field,
    InputType,
    MapOf,
    Model,
    Named,
    Place,
    SoapMessage,
    SoapVersion,
    Type,
    XmlKind,
    XmlType,
)
from patchbay.importing.soap.requests import RequestWriter
from tests.importing.soap.asking import body, request
from tests.importing.soap.models import SHOP, XSD, argument, call, depot, field, model, operation, ref, shop


def taking(*arguments: Argument, types: tuple[Type, ...] = (), **more: Any) -> Model:
    return model([operation(call("Do", **more), "String", arguments)], types)


def test_arguments_are_members_of_the_wrapper_in_the_order_of_the_schema() -> None:
    asked = taking(argument("B", "Int"), argument("A", "[String]"), argument("rank", "Int", namespace=""))
    sent = body(asked, {"rank": 3, "a": ["x", "<y> & z"], "b": 1})
    assert sent == "<t:Do><t:B>1</t:B><t:A>x</t:A><t:A>&lt;y> &amp; z</t:A><rank>3</rank></t:Do>"


def test_what_is_not_given_is_not_sent() -> None:
    assert body(taking(argument("A", "String"), argument("B", "String")), {"b": ""}) == "<t:Do><t:B/></t:Do>"


def test_null_is_nil_where_the_schema_allows_that_and_else_not_sent() -> None:
    asked = taking(argument("A", "String", nillable=True), argument("B", "String"))
    assert body(asked, {"a": None, "b": None}) == '<t:Do><t:A xsi:nil="true"/></t:Do>'


def test_an_element_that_has_to_be_there_is_nil_where_nothing_is_given() -> None:
    inner = InputType("In", (field("X", "String", nillable=True, needed=True), field("Y", "String")))
    asked = taking(argument("A", "String", nillable=True, needed=True), argument("B", "In"), types=(inner,))
    nil = '<t:{} xsi:nil="true"/>'.format
    assert body(asked, {"b": {}}) == f"<t:Do>{nil('A')}<t:B>{nil('X')}</t:B></t:Do>"


def test_a_bare_element_stands_in_the_body_itself() -> None:
    message = SoapMessage(f"{{{SHOP}}}Poke", bare=True)
    assert body(taking(argument("Poke", "String"), request=message), {"poke": "x"}) == "<t:Poke>x</t:Poke>"


def test_each_part_of_several_is_an_element_of_the_body() -> None:
    asked = taking(argument("A", "Int"), argument("B", "Int"), request=SoapMessage(bare=True))
    assert body(asked, {"a": 1, "b": 2}) == "<t:A>1</t:A><t:B>2</t:B>"


def test_a_message_without_parts_is_an_empty_body() -> None:
    assert body(taking(request=SoapMessage()), {}) == ""


def test_parts_of_rpc_style_have_no_namespace() -> None:
    asked = taking(argument("a", "Int", namespace=""), rpc=True)
    assert body(asked, {"a": 1}) == "<t:Do><a>1</a></t:Do>"


def test_encoded_values_say_their_types() -> None:
    sent = body(model([depot("x").operations[0]]), {"a": 1, "b": None})
    assert sent == (
        '<urn:depot:add env:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
        '<a xsi:type="xsd:int">1</a><b xsi:nil="true"/></urn:depot:add>'
    )


def test_encoded_arrays_say_what_they_hold_and_how_many() -> None:
    everything = depot("http://127.0.0.1:1/")
    names = Model("depot", "soap", "", (everything.operations[2],), everything.types)
    sent = body(names, {"names": {"*": ["x", None]}})
    assert sent == (
        '<urn:depot:names env:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
        '<names xsi:type="enc:Array" enc:arrayType="xsd:string[2]">'
        '<item xsi:type="xsd:string">x</item><item xsi:nil="true"/></names></urn:depot:names>'
    )


def test_attributes_and_the_text_between_them() -> None:
    fields = (
        Field("value", "value", "#text", Named("Decimal"), xml=field("x", "String", XmlKind.TEXT).xml),
        field("currency", "String", XmlKind.ATTRIBUTE, ""),
        field("lang", "String", XmlKind.ATTRIBUTE, "http://www.w3.org/XML/1998/namespace"),
    )
    asked = taking(argument("Price", "Price"), types=(InputType("Price", fields),))
    price = {"#text": "1E+2", "currency": 'a"b', "lang": "en"}
    sent = request(asked, {"price": price}).find(f".//{{{SHOP}}}Price")
    assert sent.text == "100"
    assert dict(sent.attrib) == {
        "currency": 'a"b',
        "{http://www.w3.org/XML/1998/namespace}lang": "en",
    }


def test_a_spaced_list_is_one_text() -> None:
    asked = taking(argument("Ids", "[Int]", spaced=True))
    assert body(asked, {"ids": [1, 2, 3]}) == "<t:Do><t:Ids>1 2 3</t:Ids></t:Do>"


ANIMALS: tuple[Type, ...] = (
    InputType("Dog", (field("Name", "String"),), xml=XmlType(f"{{{SHOP}}}Dog")),
    InputType("Cat", (field("Name", "String"), field("Lives", "Int")), xml=XmlType(f"{{{SHOP}}}Cat")),
    InputType(
        "Animal",
        (
            Field("dog", "dog", "Dog", Named("Dog"), tag=("xsi:type", f"{{{SHOP}}}Dog")),
            Field("cat", "cat", "Cat", Named("Cat"), tag=("xsi:type", f"{{{SHOP}}}Cat")),
        ),
        one_of=True,
    ),
)


def test_one_of_several_types_is_told_by_xsi_type() -> None:
    asked = taking(argument("Pet", "[Animal]"), types=ANIMALS)
    cat = {"xsi:type": f"{{{SHOP}}}Cat", "Name": "Tom"}
    sent = body(asked, {"pet": [cat, {"Name": "Rex"}]})
    assert sent == (
        '<t:Do><t:Pet xsi:type="t:Cat"><t:Name>Tom</t:Name></t:Pet>'
        '<t:Pet xsi:type="t:Dog"><t:Name>Rex</t:Name></t:Pet></t:Do>'
    )


def test_anything_is_written_by_its_members_names() -> None:
    asked = taking(
        Argument("any", "any", "any", Place.MESSAGE, Named("JSON"), xml=field("", "JSON", XmlKind.ANY).xml)
    )
    value = {f"{{{SHOP}}}A": {"@n": "1", "#text": "x"}, "b": ["1", "2"]}
    assert body(asked, {"any": value}) == '<t:Do><t:A n="1">x</t:A><b>1</b><b>2</b></t:Do>'


def test_a_value_of_any_type_says_its_own() -> None:
    asked = taking(argument("A", "[JSON]"))
    sent = body(asked, {"a": ["x", 1, True, 1.5, 2**40]})
    kinds = (("string", "x"), ("int", "1"), ("boolean", "true"), ("double", "1.5"), ("integer", str(2**40)))
    typed = [f'<t:A xsi:type="xsd:{kind}">{text}</t:A>' for kind, text in kinds]
    assert sent == f"<t:Do>{''.join(typed)}</t:Do>"


def test_a_map_is_written_as_items() -> None:
    asked = taking(
        Argument("m", "m", "M", Place.MESSAGE, MapOf(Named("Int"), "E"), xml=field("M", "Int").xml)
    )
    assert body(asked, {"m": {"a": 1}}) == (
        "<t:Do><t:M><item><key>a</key><value>1</value></item></t:M></t:Do>"
    )


@pytest.mark.parametrize(
    ("scalar", "value", "text"),
    [
        ("Float", float("inf"), "INF"),
        ("Float", float("-inf"), "-INF"),
        ("Float", float("nan"), "NaN"),
        ("Float", 3, "3"),
        ("Float", 1e300, "1e+300"),
        ("Boolean", False, "false"),
        ("Boolean", True, "true"),
        ("Int", "007", "7"),
        ("SafeInt", 5.0, "5"),
        ("BigInt", 10**30, str(10**30)),
        ("Decimal", "1E-7", "0.0000001"),
        ("Decimal", 2, "2"),
        ("DateTime", "2026-05-04T03:02:01Z", "2026-05-04T03:02:01Z"),
        ("ID", 7, "7"),
    ],
)
def test_scalars_are_written_as_xml_schema_has_them(scalar: str, value: object, text: str) -> None:
    assert body(taking(argument("A", scalar)), {"a": value}) == f"<t:Do><t:A>{text}</t:A></t:Do>"


def test_hexadecimal_bytes_are_written_as_such() -> None:
    asked = taking(argument("A", "Base64", type_name=f"{{{XSD}}}hexBinary"))
    assert body(asked, {"a": "AAH/"}) == "<t:Do><t:A>0001FF</t:A></t:Do>"


@pytest.mark.parametrize("text", ["a\x00b", "a\x08b", "\ud800", "\uffff"])
def test_what_xml_cannot_carry_is_an_error_that_names_the_argument(text: str) -> None:
    with pytest.raises(InputError) as caught:
        body(shop("x"), {"sku": ["fine", text]})
    assert caught.value.argument == "sku"
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("Int", "12 or 13"),
        ("Int", {"a": 1}),
        ("String", ["x"]),
        ("Boolean", "perhaps"),
        ("Decimal", "NaN"),
        ("ItemInput", "text"),
        ("Animal", {"Wings": 2}),
        ("JSON", {"a b": 1}),
        ("JSON", {"{a": 1}),
        ("JSON", {"": 1}),
        ("JSON", {"a:b": 1}),
    ],
)
def test_what_the_type_cannot_hold_is_an_error_that_names_the_argument(type_: str, value: object) -> None:
    asked = taking(argument("Thing", type_), types=(*ANIMALS, *shop("x").types.values()))
    with pytest.raises(InputError, match="thing"):
        body(asked, {"thing": value})


def test_a_value_that_is_nested_without_end_is_an_error() -> None:
    node = InputType("Node", (field("Child", "Node"),))
    value: dict[str, Any] = {}
    for _ in range(5_000):
        value = {"Child": value}
    with pytest.raises(InputError, match="too deep"):
        body(taking(argument("Top", "Node"), types=(node,)), {"top": value})


def test_headers_stand_in_front_of_the_body() -> None:
    asked = taking(argument("Session", "String", Place.SOAP_HEADER), argument("A", "Int"))
    sent = request(asked, {"session": "s1", "a": 1})
    assert [child.tag.rpartition("}")[2] for child in sent] == ["Header", "Body"]
    assert sent[0].findtext(f"{{{SHOP}}}Session") == "s1"
    assert [child.tag.rpartition("}")[2] for child in request(asked, {"a": 1})] == ["Body"]


def test_the_versions_differ_in_namespace_and_headers() -> None:
    old, new = (taking(argument("A", "Int"), version=version) for version in SoapVersion)
    assert request(old, {}).tag == "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"
    assert request(new, {}).tag == "{http://www.w3.org/2003/05/soap-envelope}Envelope"
    assert _headers(old) == {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"urn:shop:Do"'}
    assert _headers(new) == {"Content-Type": 'application/soap+xml; charset=utf-8; action="urn:shop:Do"'}


def test_an_action_cannot_end_its_header() -> None:
    hostile = taking(action='urn:a"\r\nX-Evil: 1\u20ac')
    assert _headers(hostile)["SOAPAction"] == '"urn:aX-Evil:1"'


def _headers(of: Model) -> dict[str, str]:
    (asked,) = of.operations
    assert asked.soap is not None
    return RequestWriter(asked, asked.soap, of.types).headers


def test_types_that_hold_themselves_are_written() -> None:
    node = InputType(
        "Node", (field("Name", "String"), Field("c", "c", "C", ref("[Node]"), xml=field("C", "[Node]").xml))
    )
    asked = taking(argument("Top", "Node"), types=(node,))
    sent = body(asked, {"top": {"Name": "a", "C": [{"Name": "b"}, {}]}})
    assert sent == "<t:Do><t:Top><t:Name>a</t:Name><t:C><t:Name>b</t:Name></t:C><t:C/></t:Top></t:Do>"
