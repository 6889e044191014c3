from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from patchbay.importing.model import InputType, MapOf, Named, ObjectType
from tests.importing.openapi.types.mapping import Document, flaws, ref, text

if TYPE_CHECKING:
    from pathlib import Path

TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "format": "date-time"}, "DateTime"),
        ({"type": "string", "format": "date"}, "Date"),
        ({"type": "string", "format": "time"}, "Time"),
        ({"type": "string", "format": "duration"}, "Duration"),
        ({"type": "string", "format": "uuid"}, "UUID"),
        ({"type": "string", "format": "byte"}, "Base64"),
        ({"type": "string", "contentEncoding": "base64"}, "Base64"),
        ({"type": "string", "format": "decimal"}, "Decimal"),
        ({"type": "string", "format": "no-such-format"}, "String"),
        ({"type": "string", "format": "binary"}, "String"),
        ({"type": "integer"}, "SafeInt"),
        ({"type": "integer", "format": "int32"}, "Int"),
        ({"type": "integer", "format": "int64"}, "SafeInt"),
        ({"type": "integer", "minimum": 0, "maximum": 100}, "Int"),
        ({"type": "integer", "minimum": 0, "maximum": 2**63}, "BigInt"),
        ({"type": "integer", "minimum": "0", "maximum": True}, "SafeInt"),
        ({"type": "number"}, "Float"),
        ({"type": "number", "format": "decimal"}, "Decimal"),
        ({"type": "boolean"}, "Boolean"),
        ({"type": "Integer"}, "SafeInt"),
        ({"type": "datetime"}, "DateTime"),
        ({"format": "date"}, "Date"),
        ({"pattern": "^a"}, "String"),
        ({"minimum": 3}, "Float"),
        ({}, "JSON"),
        ({"type": "object"}, "JSON"),
        ({"type": "object", "additionalProperties": {}}, "JSON"),
        ({"type": "array"}, "[JSON]"),
        ({"items": TEXT}, "[String!]"),
        (
            {"type": "array", "items": {"type": "array", "items": {"type": "string", "nullable": True}}},
            "[[String]!]",
        ),
        ({"type": "array", "items": [TEXT, TEXT]}, "[String!]"),
        ({"type": "array", "prefixItems": [TEXT, {"type": "integer"}]}, "[JSON!]"),
        (True, "JSON"),
        (False, "JSON"),
    ],
)
def test_what_a_schema_is(tmp_path: Path, schema: Any, expected: str) -> None:
    assert text(Document(tmp_path, {}).output(schema, "It")) == expected


def test_files_are_uploads_in_requests(tmp_path: Path) -> None:
    assert text(Document(tmp_path, {}).input({"type": "string", "format": "binary"})) == "Upload"


def test_what_is_required_and_never_null_is_promised(tmp_path: Path) -> None:
    order = {
        "type": "object",
        "required": ["a", "b", "c", "unknown", 5],
        "properties": {
            "a": TEXT,
            "b": {**TEXT, "nullable": True},
            "c": {**TEXT, "x-nullable": True},
            "d": TEXT,
        },
    }
    document = Document(tmp_path, {"Order": order})
    document.output("Order")
    assert document.fields("Order") == {"a": "String!", "b": "String", "c": "String", "d": "String"}


def test_null_by_reference(tmp_path: Path) -> None:
    order = {"required": ["a", "b"], "properties": {"a": ref("None"), "b": {**ref("Some"), "nullable": True}}}
    document = Document(tmp_path, {"None": {**TEXT, "nullable": True}, "Some": TEXT, "Order": order})
    document.output("Order")
    assert document.fields("Order") == {"a": "String", "b": "String"}


def test_answers_leave_out_what_is_written_only_and_requests_what_is_read_only(tmp_path: Path) -> None:
    user = {
        "required": ["id", "password"],
        "properties": {
            "id": {**TEXT, "readOnly": True},
            "password": {**TEXT, "writeOnly": True},
            "home": {"allOf": [ref("Home"), {"readOnly": True}]},
            "never": False,
        },
    }
    document = Document(tmp_path, {"Home": {"properties": {"a": TEXT}}, "User": user}, "3.1.0")
    document.output("User")
    document.input("User")
    assert document.fields("User") == {"id": "ID!", "home": "Home"}
    assert document.fields("UserInput") == {"password": "String!"}


def test_an_object_that_shows_nothing_is_json(tmp_path: Path) -> None:
    hidden = {"properties": {"id": {**TEXT, "readOnly": True}}}
    document = Document(tmp_path, {"Hidden": hidden, "Empty": {"type": "object", "properties": {}}})
    assert text(document.input("Hidden")) == "JSON"
    assert text(document.output("Empty")) == "JSON"


def test_descriptions_deprecations_and_defaults(tmp_path: Path) -> None:
    order = {
        "description": " An order. ",
        "required": ["gone"],
        "properties": {
            "old": {**TEXT, "deprecated": True, "description": "  Old.\n", "default": "x"},
            "older": {**TEXT, "x-deprecated": "use old", "default": {"a": [1]}},
            "gone": {**TEXT, "deprecated": True},
        },
    }
    document = Document(tmp_path, {"Order": order})
    document.output("Order")
    document.input("Order")
    out, put = document.types.model_types["Order"], document.types.model_types["OrderInput"]
    assert isinstance(out, ObjectType)
    assert isinstance(put, InputType)
    assert out.description == put.description == "An order."
    assert [(field.description, field.deprecated, field.default) for field in out.fields] == [
        ("Old.", "Deprecated.", None),
        (None, "use old", None),
        (None, "Deprecated.", None),
    ]
    # What has to be given cannot be deprecated in GraphQL.
    assert [(field.deprecated, field.default) for field in put.fields] == [
        ("Deprecated.", '"x"'),
        ("use old", '{"a":[1]}'),
        (None, None),
    ]


def test_maps_are_lists_of_entries(tmp_path: Path) -> None:
    order = {
        "properties": {
            "metadata": {"type": "object", "additionalProperties": {"type": "integer"}},
            "prices": {"additionalProperties": {"properties": {"amount": {"type": "number"}}}},
            "by_code": {"patternProperties": {"^[A-Z]+$": TEXT}},
        }
    }
    document = Document(tmp_path, {"Order": order}, "3.1.0")
    document.output("Order")
    document.input("Order")
    assert document.fields("Order") == {
        "metadata": "{SafeInt}",
        "prices": "{OrderPricesValue}",
        "byCode": "{String}",
    }
    assert document.fields("OrderMetadataEntry") == {"key": "String!", "value": "SafeInt!"}
    assert document.fields("OrderMetadataEntryInput") == {"key": "String!", "value": "SafeInt!"}
    assert document.fields("OrderPricesValueInput") == {"amount": "Float"}
    assert flaws(document.types.model_types) == []


def test_a_map_with_a_name_gives_it_to_its_entries(tmp_path: Path) -> None:
    document = Document(tmp_path, {"Labels": {"type": "object", "additionalProperties": TEXT}})
    assert document.output("Labels") == MapOf(Named("String"), "LabelsEntry")


def test_members_win_over_further_ones_which_are_noted(tmp_path: Path) -> None:
    document = Document(tmp_path, {"Order": {"properties": {"a": TEXT}, "additionalProperties": TEXT}})
    document.output("Order")
    assert document.fields("Order") == {"a": "String"}
    assert [problem.at for problem in document.problems] == ["/components/schemas/Order/additionalProperties"]


def test_types_of_requests_that_need_each_other_are_loosened(tmp_path: Path) -> None:
    schemas = {
        "A": {"required": ["b", "name"], "properties": {"b": ref("B"), "name": TEXT}},
        "B": {"required": ["a"], "properties": {"a": ref("A")}},
        "C": {"required": ["all"], "properties": {"all": {"type": "array", "items": ref("C")}}},
    }
    document = Document(tmp_path, schemas)
    document.input("A")
    document.input("C")
    document.output("A")
    assert document.fields("AInput") == {"b": "BInput!", "name": "String!"}
    assert document.fields("BInput") == {"a": "AInput"}
    assert document.fields("CInput") == {"all": "[CInput!]!"}
    assert document.fields("B") == {"a": "A!"}


def test_a_schema_under_another_keeps_what_it_refers_to(tmp_path: Path) -> None:
    order = {
        "properties": {
            "line": {"properties": {"a": TEXT}},
            "same": {"$ref": "#/components/schemas/Order/properties/line"},
        }
    }
    document = Document(tmp_path, {"Order": order})
    document.output("Order")
    assert document.fields("Order") == {"line": "OrderLine", "same": "OrderLine"}
