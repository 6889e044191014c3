from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.model import InputType, ListOf, Named
from tests.importing.openapi.types.mapping import Document, flaws, ref, text

if TYPE_CHECKING:
    from pathlib import Path

TEXT = {"type": "string"}
CARD = {"type": "object", "properties": {"number": TEXT}, "required": ["number"]}
BANK = {"type": "object", "properties": {"iban": TEXT}, "required": ["iban"]}


def test_all_of_brings_members_together_and_the_later_wins(tmp_path: Path) -> None:
    base = {"type": "object", "properties": {"id": TEXT, "size": TEXT}, "required": ["id"]}
    more = {
        "properties": {"size": {"type": "integer"}, "id": {"description": "Its number."}},
        "required": ["size"],
    }
    document = Document(tmp_path, {"Base": base, "Order": {"allOf": [ref("Base"), more]}})
    document.output("Order")
    assert document.fields("Order") == {"id": "ID!", "size": "SafeInt!"}


def test_all_of_with_one_reference_is_what_it_refers_to(tmp_path: Path) -> None:
    document = Document(
        tmp_path,
        {
            "Card": CARD,
            "Order": {
                "properties": {
                    "card": {"allOf": [ref("Card")], "description": "Paid with.", "nullable": True},
                    "other": {"allOf": [ref("Card"), {"description": "Not that."}]},
                },
                "required": ["card", "other"],
            },
        },
    )
    document.output("Order")
    assert document.fields("Order") == {"card": "Card", "other": "Card!"}


def test_all_of_in_a_circle_ends(tmp_path: Path) -> None:
    document = Document(
        tmp_path,
        {
            "A": {"allOf": [ref("B"), {"properties": {"a": TEXT}}]},
            "B": {"allOf": [ref("A"), {"properties": {"b": TEXT}}]},
            "C": {"allOf": [ref("C")]},
        },
    )
    document.output("A")
    assert document.fields("A") == {"b": "String", "a": "String"}
    assert text(document.output("C")) == "JSON"


def test_all_of_over_enums_and_lists(tmp_path: Path) -> None:
    document = Document(
        tmp_path,
        {
            "State": {"type": "string", "enum": ["new", "paid"]},
            "First": {"allOf": [{"type": "string"}, {"enum": ["a", "b"]}]},
            "Many": {"allOf": [{"type": "array", "items": ref("State")}, {"maxItems": 3}]},
        },
    )
    assert document.output("First") == Named("First")
    assert document.output("Many") == ListOf(Named("State"), most=3)


def test_alternatives_of_objects_are_a_union(tmp_path: Path) -> None:
    document = Document(
        tmp_path, {"Card": CARD, "Bank": BANK, "Means": {"oneOf": [ref("Card"), ref("Bank")]}}
    )
    assert document.output("Means") == Named("Means")
    assert document.shown("Means") == "Card | Bank"
    assert document.union("Means").discriminator is None


def test_null_is_no_alternative(tmp_path: Path) -> None:
    order = {
        "type": "object",
        "properties": {
            "a": {"oneOf": [ref("Card"), {"type": "null"}]},
            "b": {"type": ["string", "null"]},
            "c": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "d": {"enum": ["x", "y", None]},
            "e": ref("Card"),
        },
        "required": ["a", "b", "c", "d", "e"],
    }
    document = Document(tmp_path, {"Card": CARD, "Order": order}, "3.1.0")
    document.output("Order")
    assert document.fields("Order") == {
        "a": "Card",
        "b": "String",
        "c": "SafeInt",
        "d": "OrderD",
        "e": "Card!",
    }


def test_scalars_become_the_widest_of_them(tmp_path: Path) -> None:
    document = Document(tmp_path, {})
    cases: list[tuple[list[Any], str]] = [
        ([{"type": "integer"}, {"type": "number"}], "Float"),
        ([{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}], "String"),
        ([{"type": "string", "enum": ["a", "b"]}, TEXT], "String"),
        ([{"type": "integer", "format": "int32"}, {"type": "integer", "format": "int64"}], "SafeInt"),
        ([TEXT, {"type": "integer"}], "JSON"),
        ([{"type": "number"}, {"type": "string", "pattern": r"^\d*\.?\d*$"}], "Decimal"),
    ]
    for number, (choices, expected) in enumerate(cases):
        at = document.documents.at / "cases" / number
        assert text(document.types.output({"anyOf": choices}, at, "Case")) == expected


def test_alternatives_that_are_one_value_each_are_an_enum_with_descriptions(tmp_path: Path) -> None:
    size = {"oneOf": [{"const": 1, "title": "Small", "description": "Fits."}, {"const": 2, "title": "Large"}]}
    document = Document(tmp_path, {"Size": size}, "3.1.0")
    assert document.output("Size") == Named("Size")
    assert document.enum("Size") == {"SMALL": 1, "LARGE": 2}


def test_what_is_no_object_is_wrapped_in_a_union(tmp_path: Path) -> None:
    order = {
        "properties": {
            "customer": {"anyOf": [{"type": "string", "maxLength": 5000}, ref("Card"), ref("Bank")]},
            "tags": {"oneOf": [TEXT, {"type": "array", "items": TEXT}, ref("Card")]},
        }
    }
    document = Document(tmp_path, {"Card": CARD, "Bank": BANK, "Order": order})
    document.output("Order")
    assert document.shown("OrderCustomer") == "Card | Bank | StringValue"
    assert document.shown("OrderTags") == "Card | OrderTagsList | StringValue"
    assert document.fields("StringValue") == {"value": "String!"}
    assert document.fields("OrderTagsList") == {"value": "[String!]!"}
    assert flaws(document.types.model_types) == []


def test_alternatives_within_alternatives_are_one_union(tmp_path: Path) -> None:
    document = Document(
        tmp_path,
        {
            "Card": CARD,
            "Bank": BANK,
            "Inner": {"oneOf": [ref("Bank"), ref("Outer"), {"type": "null"}]},
            "Outer": {"oneOf": [ref("Card"), ref("Inner")]},
        },
        "3.1.0",
    )
    assert document.output("Outer") == Named("Outer")
    assert document.shown("Outer") == "Card | Bank"


def test_a_value_that_holds_itself_in_lists_is_a_union(tmp_path: Path) -> None:
    tree = {"oneOf": [TEXT, {"type": "array", "items": ref("Tree")}, ref("Card")]}
    document = Document(
        tmp_path, {"Card": CARD, "Tree": tree, "Deep": {"type": "array", "items": ref("Deep")}}
    )
    document.output("Tree")
    assert document.fields("TreeList") == {"value": "[Tree!]!"}
    assert text(document.output("Deep")) == "[JSON]"
    assert [problem.at for problem in document.problems] == ["/components/schemas/Deep"]


def test_alternatives_that_only_require_members_are_no_union(tmp_path: Path) -> None:
    search = {
        "type": "object",
        "properties": {"name": TEXT, "email": TEXT},
        "anyOf": [{"required": ["name"]}, {"required": ["email"]}],
    }
    document = Document(tmp_path, {"Search": search})
    document.output("Search")
    document.input("Search")
    assert document.fields("Search") == {"name": "String", "email": "String"}
    assert document.fields("SearchInput") == {"name": "String", "email": "String"}


def test_members_beside_alternatives_make_one_object_of_all(tmp_path: Path) -> None:
    order = {
        "allOf": [
            {"type": "object", "properties": {"id": TEXT}, "required": ["id"]},
            {"oneOf": [CARD, {"properties": {"iban": {"type": "integer"}}}, BANK]},
        ]
    }
    document = Document(tmp_path, {"Order": order})
    document.output("Order")
    assert document.fields("Order") == {"id": "ID!", "number": "String", "iban": "JSON"}


def test_inline_alternatives_are_called_by_what_tells_them(tmp_path: Path) -> None:
    kind = {"type": "string", "enum": ["sepa"]}
    means = {
        "oneOf": [
            {"title": "Paper check", "properties": {"a": TEXT}},
            {"properties": {"kind": kind, "b": TEXT}},
            {"properties": {"token": TEXT, "c": TEXT}, "required": ["token"]},
            {"properties": {"b": TEXT}},
        ]
    }
    document = Document(tmp_path, {"Means": means})
    document.output("Means")
    assert document.shown("Means") == "PaperCheck | MeansSepa | MeansWithToken | MeansOther"


def test_requests_choose_by_one_of(tmp_path: Path) -> None:
    order = {
        "type": "object",
        "properties": {
            "means": {"oneOf": [ref("Card"), ref("Bank"), TEXT, {"type": "array", "items": ref("Card")}]}
        },
    }
    document = Document(tmp_path, {"Card": CARD, "Bank": BANK, "Order": order})
    document.input("Order")
    means = document.types.model_types["OrderMeansInput"]
    assert isinstance(means, InputType)
    assert means.one_of
    assert document.fields("OrderMeansInput") == {
        "card": "CardInput",
        "bank": "BankInput",
        "list": "[CardInput!]",
        "text": "String",
    }


def test_a_value_or_a_list_of_it_is_a_list_in_requests(tmp_path: Path) -> None:
    document = Document(tmp_path, {"Ids": {"oneOf": [TEXT, {"type": "array", "items": TEXT}]}})
    assert document.input("Ids") == ListOf(Named("String"))


def test_an_empty_text_that_unsets_is_no_choice_in_requests(tmp_path: Path) -> None:
    document = Document(
        tmp_path, {"Card": CARD, "Set": {"anyOf": [ref("Card"), {"type": "string", "enum": [""]}]}}
    )
    assert document.input("Set") == Named("CardInput")
    assert "empty text" in document.problems[0].reason


def test_a_hundred_alternatives(tmp_path: Path) -> None:
    schemas: dict[str, Any] = {f"Kind{n}X": {"properties": {f"m{n}": TEXT, "n": TEXT}} for n in range(150)}
    document = Document(tmp_path, {**schemas, "Any": {"oneOf": [ref(name) for name in schemas]}})
    document.output("Any")
    document.input("Any")
    assert len(document.union("Any").members) == 150
    assert flaws(document.types.model_types) == []


def test_the_order_of_kinds_is_the_same_in_every_process(tmp_path: Path) -> None:
    value = {"type": ["boolean", "string", "array", "object"], "properties": {"a": TEXT}, "items": TEXT}
    document = Document(tmp_path, {"Value": value}, "3.1.0")
    document.output("Value")
    assert [shown for shown in document.types.model_types if shown.endswith("Value")] == [
        "StringValue",
        "BooleanValue",
        "Value",
    ]
