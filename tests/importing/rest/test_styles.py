"""Each style of OpenAPI's table, with the table's own examples (OpenAPI 3.1.1, "Style Examples")."""

from __future__ import annotations

from typing import Any

import pytest

from patchbay.importing.rest.styles import (
    NoAddress,
    deep,
    encoded,
    in_path,
    in_query,
    plain,
    reserved,
    simple,
)

ARRAY = ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}


@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("matrix", False, "", ";color"),
        ("matrix", False, "blue", ";color=blue"),
        ("matrix", False, ARRAY, ";color=blue,black,brown"),
        ("matrix", False, OBJECT, ";color=R,100,G,200,B,150"),
        ("matrix", True, "", ";color"),
        ("matrix", True, "blue", ";color=blue"),
        ("matrix", True, ARRAY, ";color=blue;color=black;color=brown"),
        ("matrix", True, OBJECT, ";R=100;G=200;B=150"),
        ("label", False, "", "."),
        ("label", False, "blue", ".blue"),
        ("label", False, ARRAY, ".blue,black,brown"),
        ("label", False, OBJECT, ".R,100,G,200,B,150"),
        ("label", True, "blue", ".blue"),
        ("label", True, ARRAY, ".blue.black.brown"),
        ("label", True, OBJECT, ".R=100.G=200.B=150"),
        ("simple", False, "", ""),
        ("simple", False, "blue", "blue"),
        ("simple", False, ARRAY, "blue,black,brown"),
        ("simple", False, OBJECT, "R,100,G,200,B,150"),
        ("simple", True, ARRAY, "blue,black,brown"),
        ("simple", True, OBJECT, "R=100,G=200,B=150"),
    ],
)
def test_paths_are_written_as_the_table_says(style: str, *, explode: bool, value: Any, expected: str) -> None:
    assert in_path(style, "color", value, explode=explode) == expected


@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("form", False, "", "color="),
        ("form", False, "blue", "color=blue"),
        ("form", False, ARRAY, "color=blue,black,brown"),
        ("form", False, OBJECT, "color=R,100,G,200,B,150"),
        ("form", True, "blue", "color=blue"),
        ("form", True, ARRAY, "color=blue&color=black&color=brown"),
        ("form", True, OBJECT, "R=100&G=200&B=150"),
        ("spaceDelimited", False, ARRAY, "color=blue%20black%20brown"),
        ("spaceDelimited", False, OBJECT, "color=R%20100%20G%20200%20B%20150"),
        ("spaceDelimited", True, ARRAY, "color=blue&color=black&color=brown"),
        ("pipeDelimited", False, ARRAY, "color=blue%7Cblack%7Cbrown"),
        ("pipeDelimited", False, OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
        ("deepObject", True, OBJECT, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
        ("deepObject", True, "blue", "color=blue"),
    ],
)
def test_queries_are_written_as_the_table_says(
    style: str, *, explode: bool, value: Any, expected: str
) -> None:
    assert "&".join(in_query(style, "color", value, explode=explode)) == expected


@pytest.mark.parametrize(
    ("explode", "value", "expected"),
    [
        (False, "blue", "blue"),
        (False, ARRAY, "blue,black,brown"),
        (False, OBJECT, "R,100,G,200,B,150"),
        (True, OBJECT, "R=100,G=200,B=150"),
    ],
)
def test_headers_are_written_as_the_table_says(*, explode: bool, value: Any, expected: str) -> None:
    assert simple(value, explode=explode) == expected


def test_an_object_in_an_object_is_written_with_both_names() -> None:
    value = {"created": {"gte": 1, "lt": 2}, "items": [{"sku": "a"}, {"sku": "b"}], "left out": None}
    assert deep("f", value) == [
        ("f[created][gte]", "1"),
        ("f[created][lt]", "2"),
        ("f[items][0][sku]", "a"),
        ("f[items][1][sku]", "b"),
    ]


def test_nesting_without_end_ends_as_json() -> None:
    value: Any = "deep"
    for _ in range(100):
        value = {"a": value}
    ((name, text),) = deep("f", value)
    assert name.count("[a]") == 16
    assert text.startswith('{"a":')


def test_an_empty_list_is_no_parameter_at_all() -> None:
    assert in_query("form", "color", [], explode=False) == []
    assert in_query("form", "color", [], explode=True) == []


@pytest.mark.parametrize("value", ["a&b=c", "a#b", "a/../b", "a?b", "a\r\nb", "ä b", "100%", "a,b", "a+b"])
def test_no_value_reaches_outside_of_its_place(value: str) -> None:
    assert not set(encoded(value)) & set("&=#/?\r\n +,")
    assert not set(reserved(value)) & set("&=#\r\n +")


def test_reserved_characters_stay_where_that_is_allowed() -> None:
    assert reserved("https://example.org/a?b") == "https://example.org/a?b"


def test_a_text_without_a_form_in_utf8_has_no_address() -> None:
    with pytest.raises(NoAddress):
        encoded("\ud800")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "true"), (False, "false"), (7, "7"), (1.5, "1.5"), (10**30, str(10**30)), (None, "")],
)
def test_scalars_are_written_as_json_has_them(value: Any, expected: str) -> None:
    assert plain(value) == expected
