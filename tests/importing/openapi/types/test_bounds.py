"""How many items a list has at most, where the schema says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patchbay.importing.model import MOST_PROMISED, ListOf, MapOf, Named, ObjectType
from tests.importing.openapi.types.mapping import Document, ref

LINE = {"type": "object", "properties": {"sku": {"type": "string"}}}
LINES = {"type": "array", "items": ref("Line"), "maxItems": 9}


def bound(folder: Path, schema: Any, *, version: str = "3.1.0", **more: Any) -> int | None:
    """That of a schema which is a list."""
    found = Document(folder, {"Line": LINE, "Lines": LINES, **more}, version).output(schema)
    assert isinstance(found, ListOf)
    return found.most


def test_a_bound_is_that_of_the_schema_or_of_what_it_refers_to(tmp_path: Path) -> None:
    assert bound(tmp_path, {"type": "array", "items": ref("Line")}) is None
    assert bound(tmp_path, {"type": "array", "items": ref("Line"), "maxItems": 3}) == 3
    assert bound(tmp_path, {"type": "array", "maxItems": 3}) == 3
    assert bound(tmp_path, "Lines") == 9
    assert bound(tmp_path, "Alias", Alias=ref("Lines")) == 9


@pytest.mark.parametrize(
    "said", [0, -1, True, "5", 5.0, 2.5, None, [], {}, MOST_PROMISED + 1, 2**31 - 1, 10**30, 1e30]
)
def test_a_bound_that_is_none_is_no_bound(tmp_path: Path, said: Any) -> None:
    assert bound(tmp_path, {"type": "array", "items": ref("Line"), "maxItems": said}) is None


@pytest.mark.parametrize(
    ("parts", "most"),
    [
        ([ref("Lines"), {"maxItems": 3}], 3),
        ([{"maxItems": 3}, ref("Lines")], 3),
        ([ref("Lines"), {"maxItems": 30}], 9),
        ([ref("Lines"), {"maxItems": -3}], 9),
        ([ref("Lines"), {"type": "array", "maxItems": 4}, {"maxItems": 5}], 4),
        ([{"type": "array", "items": ref("Line")}, {"maxItems": 3}], 3),
    ],
)
def test_of_several_bounds_that_all_hold_the_least_is_kept(tmp_path: Path, parts: Any, most: int) -> None:
    assert bound(tmp_path, {"allOf": parts}) == most


def test_a_bound_beside_an_all_of_holds_as_well_and_changes_no_name(tmp_path: Path) -> None:
    document = Document(tmp_path, {"Line": LINE, "Lines": LINES})
    assert document.output({"allOf": [ref("Lines")], "maxItems": 2}) == ListOf(Named("Line"), most=2)
    assert document.output({"allOf": [ref("Line")], "maxItems": 2}) == Named("Line")


@pytest.mark.parametrize(
    ("version", "schema"),
    [
        ("2.0", {"type": "array", "items": LINE, "maxItems": 3, "x-nullable": True}),
        ("3.0.3", {"type": "array", "items": LINE, "maxItems": 3, "nullable": True}),
        ("3.0.3", {"allOf": [{"type": "array", "items": LINE, "maxItems": 3}], "nullable": True}),
        ("3.1.0", {"type": ["array", "null"], "items": LINE, "maxItems": 3}),
        ("3.1.0", {"anyOf": [{"type": "array", "items": LINE, "maxItems": 3}, {"type": "null"}]}),
        ("3.1.0", {"oneOf": [{"type": "null"}, {"type": "array", "items": LINE, "maxItems": 3}]}),
    ],
)
def test_a_list_that_may_be_null_is_bounded_too(tmp_path: Path, version: str, schema: Any) -> None:
    holder = {"type": "object", "required": ["lines"], "properties": {"lines": schema}}
    document = Document(tmp_path, {"Holder": holder}, version)
    document.output("Holder")
    found = document.types.model_types["Holder"]
    assert isinstance(found, ObjectType)
    (lines,) = found.fields
    assert isinstance(lines.type, ListOf)
    assert (lines.type.most, lines.required) == (3, False)


def test_where_one_of_several_lists_may_stand_the_longest_counts(tmp_path: Path) -> None:
    def several(*most: int | None) -> int | None:
        lists = [
            {"type": "array", "items": ref("Line")} | ({"maxItems": each} if each else {}) for each in most
        ]
        return bound(tmp_path, {"anyOf": lists})

    assert several(3, 7) == 7
    assert several(3, None) is None


def test_lists_in_lists_have_a_bound_each(tmp_path: Path) -> None:
    inner = {"type": "array", "items": ref("Line"), "maxItems": 2}
    document = Document(tmp_path, {"Line": LINE})
    found = document.output({"type": "array", "items": inner, "maxItems": 5})
    assert found == ListOf(ListOf(Named("Line"), most=2), most=5)


def test_what_a_request_holds_is_not_bounded_as_it_is_no_promise(tmp_path: Path) -> None:
    given = Document(tmp_path, {"Line": LINE, "Lines": LINES}).input("Lines")
    assert given == ListOf(Named("LineInput"))


def test_entries_of_one_name_promise_what_holds_for_all_of_them(tmp_path: Path) -> None:
    def entry(*most: int) -> tuple[str, int | None]:
        document = Document(tmp_path, {"Line": LINE})
        lists = [{"type": "array", "items": ref("Line"), "maxItems": each} for each in most]
        paths = document.documents.at / "paths"
        found = [
            document.types.output({"type": "object", "additionalProperties": each}, paths / place, "Prices")
            for place, each in enumerate(lists)
        ]
        (name,) = {each.entry for each in found if isinstance(each, MapOf)}
        made = document.types.model_types[name]
        assert isinstance(made, ObjectType)
        value = made.fields[1].type
        assert isinstance(value, ListOf)
        return name, value.most

    assert entry(4) == ("PricesEntry", 4)
    assert entry(4, 4) == ("PricesEntry", 4)
    assert entry(4, 5) == ("PricesEntry", None)
    assert entry(4, 5, 4) == ("PricesEntry", None)
