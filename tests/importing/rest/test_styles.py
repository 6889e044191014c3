"""Each style of OpenAPI's table, with the table's own examples (OpenAPI 3.1.1, "Style Examples")."""

from __future__ import annotations

import email
from typing import Any

import pytest

from patchbay.importing.compile import REST, Description, compile_offline
from patchbay.importing.model import Place
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
from tests.importing.rest.making import served
from tests.importing.specs import needs_specs, openapi

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


GIVEN = {"primitive": "blue", "array": ARRAY, "object": {"name": "a b", "description": "c,d"}}

ADDRESSES = {
    "cookiesStandard": "primitive=blue; array=blue; array=black; array=brown; name=a%20b; description=c%2Cd",
    "cookiesFormNonExploded": "primitive=blue; array=blue,black,brown; object=name,a%20b,description,c%2Cd",
    "headersStandard": "blue | blue,black,brown | name,a b,description,c,d",
    "headersSimpleExploded": "blue | blue,black,brown | name=a b,description=c,d",
    "pathsStandard": "/anything/path/blue/blue,black,brown/name,a%20b,description,c%2Cd",
    "pathsMatrixNonExploded": (
        "/anything/path/matrix/;primitive=blue/;array=blue,black,brown/;object=name,a%20b,description,c%2Cd"
    ),
    "pathsMatrixExploded": (
        "/anything/path/matrix/;primitive=blue/;array=blue;array=black;array=brown/;name=a%20b;description=c%2Cd"
    ),
    "pathsLabelNonExploded": ("/anything/path/label/.blue/.blue,black,brown/.name,a%20b,description,c%2Cd"),
    "pathsLabelExploded": "/anything/path/label/.blue/.blue.black.brown/.name=a%20b.description=c%2Cd",
    "pathsSimpleExploded": "/anything/path/simple/blue/blue,black,brown/name=a%20b,description=c%2Cd",
    "queryStandard": (
        "/anything/query?primitive=blue&array=blue&array=black&array=brown&name=a%20b&description=c%2Cd"
    ),
    "queryFormNonExploded": (
        "/anything/query/form?primitive=blue&array=blue,black,brown&object=name,a%20b,description,c%2Cd"
    ),
    "querySpaceDelimitedNonExploded": (
        "/anything/query/spaceDelimited?array=blue%20black%20brown&object=name%20a%20b%20description%20c%2Cd"
    ),
    "queryPipeDelimitedNonExploded": (
        "/anything/query/pipeDelimited?array=blue%7Cblack%7Cbrown&object=name%7Ca%20b%7Cdescription%7Cc%2Cd"
    ),
    "queryDeepObjectNonExploded": (
        "/anything/query/deepObject?object%5Bname%5D=a%20b&object%5Bdescription%5D=c%2Cd"
    ),
}

PARTS = {
    "formDataStandard": [
        ("primitive", "blue"),
        *(("array", each) for each in ARRAY),
        ("object", '{"name":"a b","description":"c,d"}'),
    ],
    "formDataFormNonExploded": [
        ("primitive", "blue"),
        ("array", "blue,black,brown"),
        ("object", "name,a b,description,c,d"),
    ],
    "formDataSpaceDelimitedNonExploded": [
        ("primitive", "blue"),
        ("array", "blue black brown"),
        ("object", "name a b description c,d"),
    ],
    "formDataPipeDelimitedNonExploded": [
        ("primitive", "blue"),
        ("array", "blue|black|brown"),
        ("object", "name|a b|description|c,d"),
    ],
    "formDataDeepObjectExploded": [
        ("primitive", "blue"),
        *((f"array[{number}]", each) for number, each in enumerate(ARRAY)),
        ("object[name]", "a b"),
        ("object[description]", "c,d"),
    ],
}


@needs_specs
async def test_a_document_of_all_styles_is_called_as_it_says() -> None:
    """The document is ReadMe's, made to show every style in every place."""
    described = Description("shop", REST, str(openapi("readme-examples/v3.1-parameters-style.json")))
    whole = compile_offline(described)
    asked, parts = {}, {}
    async with served(whole) as echo:
        for each in whole.operations:
            if each.name in ADDRESSES:
                await echo.of(each, **GIVEN)
                asked[each.name] = told(each.arguments[0].place, echo.last)
            elif each.name in PARTS:
                await echo.of(each, **{each.arguments[0].attribute: GIVEN})
                parts[each.name] = fields_of(echo.last)
    assert asked == ADDRESSES
    assert parts == PARTS


def told(place: Place, request: Any) -> str:
    """The part of a request that holds the arguments of a place."""
    if place is Place.COOKIE:
        return str(request.headers["cookie"])
    if place is Place.HEADER:
        return " | ".join(request.headers[name] for name in GIVEN)
    return str(request.target)


def fields_of(request: Any) -> list[tuple[Any, Any]]:
    """Name and content of each part of a multipart body."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body)
    return [
        (each.get_param("name", header="content-disposition"), each.get_payload()) for each in message.walk()
    ][1:]
