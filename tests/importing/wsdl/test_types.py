# ruff: noqa: E501 - schemas read best as they are usually written
from __future__ import annotations

import pytest

from patchbay.importing.model import EnumType, InputType, ObjectType, UnionType, XmlKind
from tests.importing.wsdl.documents import arguments, compiled, fields, of_schema, only, reasons, shown


def result(inside: str, more: str = "") -> dict[str, str]:
    """The fields of a response that has two members at least."""
    model = compiled(of_schema("", inside, more))
    return fields(model, shown(only(model).result.type))


def one(type_: str, more: str = "") -> str:
    """What a response's only element is, by its XML type."""
    inside = f'<xs:sequence><xs:element name="x" type="{type_}"/></xs:sequence>'
    return shown(only(compiled(of_schema("", inside, more))).result.type)


@pytest.mark.parametrize(
    ("name", "scalar"),
    [
        ("string", "String"),
        ("token", "String"),
        ("anyURI", "String"),
        ("QName", "String"),
        ("hexBinary", "String"),
        ("gYear", "String"),
        ("anySimpleType", "String"),
        ("boolean", "Boolean"),
        ("byte", "Int"),
        ("int", "Int"),
        ("unsignedShort", "Int"),
        ("unsignedInt", "SafeInt"),
        ("long", "SafeInt"),
        ("integer", "BigInt"),
        ("nonNegativeInteger", "BigInt"),
        ("unsignedLong", "BigInt"),
        ("decimal", "Decimal"),
        ("float", "Float"),
        ("double", "Float"),
        ("dateTime", "DateTime"),
        ("date", "Date"),
        ("time", "Time"),
        ("duration", "Duration"),
        ("base64Binary", "Base64"),
        ("anyType", "JSON"),
        ("NMTOKENS", "[String!]"),
    ],
)
def test_built_in_types_are_scalars(name: str, scalar: str) -> None:
    assert one(f"xs:{name}") == scalar


def test_restrictions_are_what_they_restrict_and_enumerations_are_enums() -> None:
    more = """<xs:simpleType name="Short"><xs:restriction base="t:Code"/></xs:simpleType>
      <xs:simpleType name="Code"><xs:restriction base="xs:int"><xs:maxInclusive value="9"/></xs:restriction>
      </xs:simpleType>
      <xs:simpleType name="Colour"><xs:annotation><xs:documentation>Of paint.</xs:documentation></xs:annotation>
        <xs:restriction base="xs:string"><xs:enumeration value="dark red"/><xs:enumeration value="1"/>
        <xs:enumeration value=""/><xs:enumeration value="dark red"/></xs:restriction></xs:simpleType>"""
    assert one("t:Short", more) == "Int"
    model = compiled(of_schema("", '<xs:sequence><xs:element name="x" type="t:Colour"/></xs:sequence>', more))
    colour = model.types["Colour"]
    assert isinstance(colour, EnumType)
    assert colour.description == "Of paint."
    assert {each.name: each.value for each in colour.values} == {
        "DARK_RED": "dark red",
        "VALUE_1": "1",
        "EMPTY": "",
    }


def test_lists_are_lists_of_what_stands_between_spaces_and_unions_are_texts() -> None:
    more = """<xs:simpleType name="Numbers"><xs:list itemType="xs:int"/></xs:simpleType>
      <xs:simpleType name="Either"><xs:union memberTypes="xs:int xs:date"/></xs:simpleType>"""
    inside = """<xs:sequence><xs:element name="a" type="t:Numbers"/><xs:element name="b" type="t:Either"/>
      <xs:element name="c" type="t:Numbers" maxOccurs="5"/></xs:sequence>"""
    model = compiled(of_schema("", inside, more))
    assert fields(model, "GetStockResponse") == {"a": "[Int!]!", "b": "String!", "c": "[String!]!"}
    made = model.types["GetStockResponse"]
    assert isinstance(made, ObjectType)
    assert [each.xml and (each.xml.spaced, each.xml.many) for each in made.fields] == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_what_has_to_be_there_is_required_but_not_what_may_be_nil_or_is_one_of_a_choice() -> None:
    assert result(
        """<xs:sequence><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int" minOccurs="0"/>
        <xs:element name="c" type="xs:int" nillable="true"/><xs:choice><xs:element name="d" type="xs:int"/>
        <xs:sequence><xs:element name="e" type="xs:int"/></xs:sequence></xs:choice>
        <xs:sequence minOccurs="0"><xs:element name="f" type="xs:int"/></xs:sequence>
        <xs:element name="g" type="xs:int" nillable="true" maxOccurs="unbounded"/></xs:sequence>
        <xs:attribute name="h" type="xs:int" use="required"/><xs:attribute name="i" type="xs:int"/>"""
    ) == {
        "a": "Int!",
        "b": "Int",
        "c": "Int",
        "d": "Int",
        "e": "Int",
        "f": "Int",
        "g": "[Int]!",
        "h": "Int!",
        "i": "Int",
    }


def test_members_of_a_group_that_repeats_are_lists_and_so_is_an_element_that_stands_twice() -> None:
    assert result(
        """<xs:sequence><xs:sequence maxOccurs="unbounded"><xs:element name="a" type="xs:int"/></xs:sequence>
        <xs:element name="b" type="xs:int"/><xs:element name="c" type="xs:int"/><xs:element name="b" type="xs:int"/>
        <xs:choice><xs:sequence><xs:element name="d" type="xs:int"/><xs:element name="e" type="xs:int"/></xs:sequence>
        <xs:element name="d" type="xs:int"/></xs:choice></xs:sequence>"""
    ) == {"a": "[Int!]!", "b": "[Int!]!", "c": "Int!", "d": "Int", "e": "Int"}


def test_extensions_have_the_fields_of_their_base_first() -> None:
    more = """<xs:complexType name="Base"><xs:sequence><xs:element name="id" type="xs:int"/></xs:sequence>
        <xs:attribute name="at" type="xs:date"/></xs:complexType>
      <xs:complexType name="More"><xs:complexContent><xs:extension base="t:Base"><xs:sequence>
        <xs:element name="name" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
      <xs:complexType name="Less"><xs:complexContent><xs:restriction base="t:More"><xs:sequence>
        <xs:element name="id" type="xs:int"/></xs:sequence><xs:attribute name="at" use="prohibited"/>
        </xs:restriction></xs:complexContent></xs:complexType>"""
    inside = """<xs:sequence><xs:element name="m" type="t:More"/><xs:element name="l" type="t:Less"/></xs:sequence>"""
    model = compiled(of_schema("", inside, more))
    assert list(fields(model, "Less")) == ["id"]
    assert list(fields(model, "More")) == ["id", "name", "at"]


def test_an_object_shows_what_the_types_add_that_extend_it() -> None:
    more = """<xs:complexType name="Base"><xs:sequence><xs:element name="id" type="xs:int"/></xs:sequence></xs:complexType>
      <xs:complexType name="More"><xs:complexContent><xs:extension base="t:Base"><xs:sequence>
        <xs:element name="name" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>"""
    inside = '<xs:sequence><xs:element name="m" type="t:Base"/></xs:sequence>'
    model = compiled(of_schema(inside, inside, more))
    assert fields(model, "Base") == {"id": "Int!", "name": "String"}
    assert fields(model, "BaseInput") == {"id": "Int!"}
    assert any("takes BaseInput itself" in reason for reason in reasons(model))


ANIMALS = """<xs:complexType name="Animal" abstract="true"><xs:sequence><xs:element name="name" type="xs:string"/>
    </xs:sequence></xs:complexType>
  <xs:complexType name="Pet" abstract="true"><xs:complexContent><xs:extension base="t:Animal"/></xs:complexContent>
    </xs:complexType>
  <xs:complexType name="Dog"><xs:complexContent><xs:extension base="t:Pet"><xs:sequence>
    <xs:element name="barks" type="xs:boolean"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name="Cow"><xs:complexContent><xs:extension base="t:Animal"/></xs:complexContent></xs:complexType>"""


def test_an_abstract_type_is_a_union_of_those_that_extend_it_and_an_input_of_one_of_them() -> None:
    inside = '<xs:sequence><xs:element name="animal" type="t:Animal"/></xs:sequence>'
    model = compiled(of_schema(inside, inside, ANIMALS))
    union = model.types["Animal"]
    assert isinstance(union, UnionType)
    assert {each.type: each.values for each in union.members} == {
        "Dog": ("{urn:shop}Dog",),
        "Cow": ("{urn:shop}Cow",),
    }
    assert union.xml is not None
    assert union.xml.subtypes == {"{urn:shop}Dog": "Dog", "{urn:shop}Cow": "Cow"}
    assert fields(model, "Dog") == {"name": "String!", "barks": "Boolean!"}
    given = model.types["AnimalInput"]
    assert isinstance(given, InputType)
    assert given.one_of
    assert {each.name: (shown(each.type), each.xml and each.xml.type_name) for each in given.fields} == {
        "dog": ("DogInput", "{urn:shop}Dog"),
        "cow": ("CowInput", "{urn:shop}Cow"),
    }


def test_elements_of_a_substitution_group_are_members_as_of_a_choice() -> None:
    more = """<xs:element name="shape" abstract="true"/>
      <xs:element name="circle" type="xs:int" substitutionGroup="t:shape"/>
      <xs:element name="square" type="xs:string" substitutionGroup="t:shape"/>
      <xs:element name="cube" type="xs:date" substitutionGroup="t:square"/>"""
    inside = '<xs:sequence><xs:element ref="t:shape" maxOccurs="2"/></xs:sequence>'
    assert result(inside, more) == {"circle": "[Int!]", "square": "[String!]", "cube": "[Date!]"}


def test_simple_content_is_a_value_with_attributes_and_a_plain_scalar_without() -> None:
    more = """<xs:complexType name="Money"><xs:simpleContent><xs:extension base="xs:decimal">
        <xs:attribute name="currency" type="xs:string" use="required"/></xs:extension></xs:simpleContent></xs:complexType>
      <xs:complexType name="Rounded"><xs:simpleContent><xs:restriction base="t:Money">
        <xs:simpleType><xs:restriction base="xs:int"/></xs:simpleType></xs:restriction></xs:simpleContent></xs:complexType>
      <xs:complexType name="Bare"><xs:simpleContent><xs:extension base="xs:int"/></xs:simpleContent></xs:complexType>"""
    inside = """<xs:sequence><xs:element name="m" type="t:Money"/><xs:element name="r" type="t:Rounded"/>
      <xs:element name="b" type="t:Bare"/></xs:sequence>"""
    model = compiled(of_schema("", inside, more))
    assert fields(model, "GetStockResponse") == {"m": "Money!", "r": "Rounded!", "b": "Int!"}
    assert fields(model, "Money") == {"value": "Decimal", "currency": "String!"}
    assert fields(model, "Rounded") == {"value": "Int", "currency": "String!"}
    money = model.types["Money"]
    assert isinstance(money, ObjectType)
    assert [each.xml and each.xml.kind for each in money.fields] == [XmlKind.TEXT, XmlKind.ATTRIBUTE]


def test_groups_attribute_groups_and_references_are_followed() -> None:
    more = """<xs:group name="Who"><xs:sequence><xs:element name="name" type="xs:string"/>
        <xs:group ref="t:Where"/></xs:sequence></xs:group>
      <xs:group name="Where"><xs:choice><xs:element ref="t:city"/></xs:choice></xs:group>
      <xs:element name="city" type="xs:string"/><xs:attribute name="lang" type="xs:string"/>
      <xs:attributeGroup name="About"><xs:attribute ref="t:lang"/><xs:attributeGroup ref="t:Else"/></xs:attributeGroup>
      <xs:attributeGroup name="Else"><xs:attribute name="kind" type="xs:int"/><xs:anyAttribute/></xs:attributeGroup>"""
    inside = '<xs:group ref="t:Who"/><xs:attributeGroup ref="t:About"/>'
    model = compiled(of_schema("", inside, more))
    assert fields(model, "GetStockResponse") == {
        "name": "String!",
        "city": "String",
        "lang": "String",
        "kind": "Int",
    }
    made = model.types["GetStockResponse"]
    assert isinstance(made, ObjectType)
    namespaces = {each.name: each.xml and each.xml.namespace for each in made.fields}
    assert namespaces == {"name": "urn:shop", "city": "urn:shop", "lang": "urn:shop", "kind": ""}


def test_forms_say_whether_a_local_element_is_qualified() -> None:
    inside = """<xs:sequence><xs:element name="a" type="xs:int" form="unqualified"/>
      <xs:element name="b" type="xs:int"/></xs:sequence><xs:attribute name="c" type="xs:int" form="qualified"/>"""
    model = compiled(of_schema("", inside))
    made = model.types["GetStockResponse"]
    assert isinstance(made, ObjectType)
    assert [each.xml and each.xml.namespace for each in made.fields] == ["", "urn:shop", "urn:shop"]


def test_any_elements_are_json_and_so_is_mixed_text_of_which_nothing_is_known() -> None:
    more = (
        """<xs:complexType name="Node" mixed="true"><xs:sequence><xs:any/></xs:sequence></xs:complexType>"""
    )
    inside = """<xs:sequence><xs:element name="node" type="t:Node"/><xs:element name="untyped"/>
      <xs:any minOccurs="0" maxOccurs="unbounded"/></xs:sequence><xs:anyAttribute/>"""
    model = compiled(of_schema("", inside, more))
    assert fields(model, "GetStockResponse") == {"node": "JSON", "untyped": "JSON", "any": "[JSON!]"}
    made = model.types["GetStockResponse"]
    assert isinstance(made, ObjectType)
    assert made.fields[2].xml is not None
    assert made.fields[2].xml.kind is XmlKind.ANY


def test_text_between_elements_is_a_value_beside_them() -> None:
    more = """<xs:complexType name="Line" mixed="true"><xs:sequence><xs:element name="b" type="xs:string"/></xs:sequence>
      </xs:complexType>"""
    inside = '<xs:sequence><xs:element name="line" type="t:Line"/></xs:sequence>'
    model = compiled(of_schema("", inside, more))
    assert fields(model, "Line") == {"value": "String", "b": "String!"}


def test_an_element_with_an_empty_type_is_json() -> None:
    inside = """<xs:sequence><xs:element name="all"><xs:complexType/></xs:element>
      <xs:element name="id" type="xs:int"/></xs:sequence>"""
    model = compiled(of_schema(inside, inside))
    assert arguments(only(model)) == {"all": "JSON!", "id": "Int!"}
    assert fields(model, "GetStockResponse") == {"all": "JSON", "id": "Int!"}


def test_a_type_that_holds_itself_does_and_an_input_need_not() -> None:
    more = """<xs:complexType name="Node"><xs:sequence><xs:element name="next" type="t:Node"/>
      <xs:element name="all" type="t:Node" maxOccurs="9"/></xs:sequence></xs:complexType>"""
    inside = '<xs:sequence><xs:element name="node" type="t:Node"/><xs:element name="x" type="xs:int"/></xs:sequence>'
    model = compiled(of_schema(inside, inside, more))
    assert fields(model, "Node") == {"next": "Node!", "all": "[Node!]!"}
    assert fields(model, "NodeInput") == {"next": "NodeInput", "all": "[NodeInput!]!"}


def test_names_are_told_apart_by_path_and_by_namespace() -> None:
    other = """<xs:schema targetNamespace="http://shop.test/billing/v2"><xs:complexType name="Item"><xs:sequence>
      <xs:element name="price" type="xs:decimal"/></xs:sequence></xs:complexType></xs:schema>"""
    more = """<xs:complexType name="Item"><xs:sequence><xs:element name="sku" type="xs:string"/></xs:sequence></xs:complexType>
      <xs:element name="a"/>"""
    inside = """<xs:sequence><xs:element name="one" type="t:Item"/>
      <xs:element name="two" type="b:Item" xmlns:b="http://shop.test/billing/v2"/>
      <xs:element name="three"><xs:complexType><xs:sequence><xs:element name="x" type="xs:int"/></xs:sequence>
      </xs:complexType></xs:element></xs:sequence>"""
    text = of_schema("", inside, more).replace("</wsdl:types>", f"{other}</wsdl:types>")
    assert fields(compiled(text), "GetStockResponse") == {
        "one": "Item!",
        "two": "BillingItem!",
        "three": "GetStockResponseThree!",
    }


def test_an_attribute_with_the_name_of_an_element_stands_beside_it_but_not_in_inputs() -> None:
    both = """<xs:complexType name="Thing"><xs:sequence><xs:element name="id" type="xs:int"/></xs:sequence>
      <xs:attribute name="id" type="xs:date"/></xs:complexType>"""
    inside = '<xs:sequence><xs:element name="x" type="t:Thing"/></xs:sequence>'
    model = compiled(of_schema(inside, inside, both))
    assert fields(model, "Thing") == {"id": "Int!", "idAttribute": "Date"}
    assert fields(model, "ThingInput") == {"id": "Int!"}
    assert any("has id twice" in reason for reason in reasons(model))


def test_defaults_are_told_of_inputs_as_json() -> None:
    inside = """<xs:sequence><xs:element name="a" type="xs:int" default="+7"/><xs:element name="b" type="xs:boolean" default="1"/>
      <xs:element name="c" type="xs:string" fixed="x&quot;"/><xs:element name="d" type="xs:int" default="many"/></xs:sequence>"""
    found = only(compiled(of_schema(inside)))
    assert [each.default for each in found.arguments] == ["7", "true", '"x\\""', None]


def test_the_text_of_annotations_describes() -> None:
    inside = """<xs:sequence><xs:element name="a" type="xs:int"><xs:annotation><xs:documentation>
        How many.
          They count.
      </xs:documentation></xs:annotation></xs:element></xs:sequence>"""
    found = only(compiled(of_schema(inside)))
    assert found.arguments[0].description == "How many.\nThey count."
