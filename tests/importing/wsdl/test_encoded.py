# ruff: noqa: E501 - schemas read best as they are usually written
from __future__ import annotations

import pytest

from patchbay.importing.model import InputType, ListOf
from tests.importing.wsdl.documents import arguments, compiled, fields, only, rpc, shown

ARRAY = """<xs:complexType name="ArrayOfLevel"><xs:complexContent><xs:restriction base="soapenc:Array">
    <xs:attribute ref="soapenc:arrayType" wsdl:arrayType="t:Level[]"/></xs:restriction></xs:complexContent>
  </xs:complexType>
  <xs:complexType name="Level"><xs:sequence><xs:element name="sku" type="soapenc:string"/></xs:sequence>
  </xs:complexType>"""


def test_an_encoded_array_is_a_type_with_items_and_a_list_as_result() -> None:
    model = compiled(rpc({"in0": "type t:ArrayOfLevel"}, {"out": "type t:ArrayOfLevel"}, ARRAY, encoded=True))
    found = only(model)
    assert found.soap is not None
    assert found.soap.encoded
    assert found.soap.result_path == ("out", "*")
    assert shown(found.result.type) == "[Level]"
    assert arguments(found) == {"in0": "ArrayOfLevelInput!"}
    assert fields(model, "ArrayOfLevelInput") == {"items": "[LevelInput]!"}
    made = model.types["ArrayOfLevelInput"]
    assert isinstance(made, InputType)
    assert made.xml is not None
    assert made.xml.array_of == "{urn:shop}Level"
    assert fields(model, "Level") == {"sku": "String!"}


@pytest.mark.parametrize(
    "inside",
    [
        '<xs:sequence><xs:element name="item" type="xs:int" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>',
        '<xs:sequence/><xs:attribute ref="soapenc:arrayType" wsdl:arrayType="xs:int[,]" />',
        '<xs:attribute ref="soapenc:arrayType" wsdl:arrayType="xs:int[]"/>',
    ],
)
def test_arrays_are_told_by_their_type_or_by_their_only_element(inside: str) -> None:
    schema = f"""<xs:complexType name="Numbers"><xs:complexContent><xs:restriction base="soapenc:Array">{inside}
      </xs:restriction></xs:complexContent></xs:complexType>"""
    found = only(compiled(rpc({}, {"out": "type t:Numbers"}, schema, encoded=True)))
    assert isinstance(found.result.type, ListOf)
    assert shown(found.result.type) == ("[JSON]" if "[,]" in inside else "[Int]")


def test_an_array_of_no_declared_type_has_any_items() -> None:
    found = only(compiled(rpc({}, {"out": "type soapenc:Array"}, encoded=True)))
    assert shown(found.result.type) == "[JSON]"


def test_the_map_of_apache_is_a_list_of_keys_and_values() -> None:
    model = compiled(rpc({"in0": "type map:Map"}, {"out": "type map:Map"}, encoded=True))
    found = only(model)
    assert found.soap is not None
    assert (shown(found.result.type), found.soap.result_path) == ("[MapItem!]", ("out", "item"))
    assert fields(model, "MapItem") == {"key": "String", "value": "JSON"}
    assert arguments(found) == {"in0": "MapInput!"}
    assert fields(model, "MapInput") == {"item": "[MapItemInput!]"}
