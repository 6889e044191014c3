from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.importing.model import EnumType, ListOf, Named
from tests.importing.openapi.types.mapping import Document, flaws, ref, text

if TYPE_CHECKING:
    from pathlib import Path


def test_values_get_names_that_graphql_allows_and_keep_what_stands_for_them(tmp_path: Path) -> None:
    values = ["new order", "3d", "+1", "-1", "true", "null", "", "a/b", "__x", "数", "Zürich"]
    document = Document(tmp_path, {"State": {"type": "string", "enum": values}})
    assert document.output("State") == Named("State")
    assert document.enum("State") == {
        "NEW_ORDER": "new order",
        "VALUE_3D": "3d",
        "PLUS_1": "+1",
        "MINUS_1": "-1",
        "VALUE_TRUE": "true",
        "VALUE_NULL": "null",
        "EMPTY": "",
        "A_B": "a/b",
        "X": "__x",
        "U_6570": "数",
        "ZURICH": "Zürich",
    }
    assert flaws(document.types.model_types) == []


def test_values_that_differ_in_capitals_alone_are_told_apart_by_their_spelling(tmp_path: Path) -> None:
    document = Document(tmp_path, {"Order": {"type": "string", "enum": ["ASC", "asc", "Asc"]}})
    document.output("Order")
    assert document.enum("Order") == {"ASC": "ASC", "asc": "asc", "Asc": "Asc"}


def test_numbers_are_values_of_an_enum_and_truth_values_are_not(tmp_path: Path) -> None:
    schemas = {
        "Size": {"type": "integer", "enum": [1, 2, -1]},
        "Rate": {"enum": [0.5, 1.5]},
        "On": {"type": "boolean", "enum": [True, False]},
    }
    document = Document(tmp_path, schemas)
    assert document.output("Size") == Named("Size")
    assert document.enum("Size") == {"VALUE_1": 1, "VALUE_2": 2, "MINUS_1": -1}
    assert document.output("Rate") == Named("Rate")
    assert text(document.output("On")) == "Boolean"


def test_values_without_quotes_are_texts_where_texts_are_declared(tmp_path: Path) -> None:
    document = Document(tmp_path, {"State": {"type": "string", "enum": ["a", 1, True, "1"]}})
    document.output("State")
    assert document.enum("State") == {"A": "a", "VALUE_1": "1", "VALUE_TRUE": "true"}


def test_names_and_descriptions_that_generators_write_are_used(tmp_path: Path) -> None:
    schemas = {
        "A": {"enum": [1, 2], "x-enum-varnames": ["Small", "Large"], "x-enum-descriptions": ["Fits.", ""]},
        "B": {"enum": ["s", "l"], "x-enumNames": {"s": "small", "l": "large"}},
        "C": {"enum": ["s", "l"], "x-ms-enum": {"values": [{"name": "Tiny", "description": "So."}, {}]}},
    }
    document = Document(tmp_path, schemas)
    for name in schemas:
        document.output(name)
    assert document.enum("A") == {"SMALL": 1, "LARGE": 2}
    assert document.enum("B") == {"SMALL": "s", "LARGE": "l"}
    assert document.enum("C") == {"TINY": "s", "L": "l"}
    first = document.types.model_types["A"]
    assert isinstance(first, EnumType)
    assert [value.description for value in first.values] == ["Fits.", None]


def test_answers_and_requests_share_an_enum_and_so_do_two_ways_to_the_same_name(tmp_path: Path) -> None:
    order = {"properties": {"state": {"enum": ["a", "b"]}, "all": {"type": "array", "items": ref("State")}}}
    document = Document(tmp_path, {"State": {"enum": ["x", "y"]}, "Order": order})
    document.output("Order")
    document.input("Order")
    assert (
        document.fields("Order")
        == document.fields("OrderInput")
        == {"state": "OrderState", "all": "[State!]"}
    )
    assert document.input({"type": "array", "items": {"enum": ["a", "b"]}}, "OrderStates") == ListOf(
        Named("OrderState")
    )


def test_one_value_alone_is_an_enum_where_it_has_a_name_or_has_to_be_given(tmp_path: Path) -> None:
    order = {"properties": {"object": {"type": "string", "enum": ["order"]}, "only": ref("Only")}}
    document = Document(tmp_path, {"Only": {"const": "one"}, "Order": order}, "3.1.0")
    document.output("Order")
    document.input("Order")
    assert document.fields("Order") == {"object": "String", "only": "Only"}
    assert document.fields("OrderInput") == {"object": "OrderObject", "only": "Only"}


def test_values_of_several_kinds_and_of_none(tmp_path: Path) -> None:
    schemas = {
        "Odd": {"enum": ["a", {"b": 1}]},
        "Empty": {"type": "string", "enum": []},
        "Null": {"enum": [None]},
    }
    document = Document(tmp_path, schemas)
    assert [text(document.output(name)) for name in schemas] == ["JSON", "String", "JSON"]
