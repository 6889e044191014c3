"""Operation templates: any argument stays in its place."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.upstreams.template import Template

ODD = [
    "/",
    "..",
    "../admin",
    "a/../b",
    "?x=1",
    "#f",
    "a b",
    "a&b=c",
    "a,b",
    "%2F",
    "é",
    "日本",
    "\0",
    "\r\nX: y",
]


@pytest.mark.parametrize(
    ("text", "arguments", "target"),
    [
        ("GET /things", {}, "/things"),
        ("GET /things/{id}", {"id": "T1"}, "/things/T1"),
        ("GET /a/{x}/b/{y}", {"y": 2, "x": 1}, "/a/1/b/2"),
        ("GET /things?ids={ids}", {"ids": ["a", "b"]}, "/things?ids=a,b"),
        ("GET /things?ids={ids}", {"ids": ["a,b", "c"]}, "/things?ids=a%2Cb,c"),
        ("GET /things?ids={ids}", {"ids": [1, True, "é"]}, "/things?ids=1,true,%C3%A9"),
        ("GET /things?ids={ids}", {"ids": []}, "/things?ids="),
        ("GET /things?id={ids*}", {"ids": ["a,b", "c"]}, "/things?id=a%2Cb&id=c"),
        ("GET /things?id={ids*}", {"ids": ["a", "b"]}, "/things?id=a&id=b"),
        ("GET /things?id={ids*}", {"ids": []}, "/things"),
        ("GET /things?v=2&size={size}&all={all}", {"size": None, "all": True}, "/things?v=2&all=true"),
        ("GET /at?lat={lat}", {"lat": -52.5}, "/at?lat=-52.5"),
        ("PATCH /things/{id}?dry={dry}", {"id": "a/b", "dry": False}, "/things/a%2Fb?dry=false"),
    ],
)
def test_arguments_go_into_their_places(text: str, arguments: dict[str, object], target: str) -> None:
    assert Template(text).expand(arguments) == target


def test_it_tells_its_method_name_and_arguments() -> None:
    template = Template("GET /shops/{shop}/things?ids={ids}&tag={tags*}&shop={shop}")
    assert template.method == "GET"
    assert template.operation == "GET /shops/{shop}/things"
    assert template.names == ("shop", "ids", "tags")
    assert template.joined == {"ids", "shop"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/things",
        "get /things",
        "GET things",
        "FETCH /things",
        "GET http://h/things",
        "GET /things#{id}",
        "GET /th ings",
        "GET /things?ids=x{ids}",
        "GET /things?ids={ids",
        "GET /things/{Id}",
        "GET /things/{}",
        "GET /things?{ids}",
    ],
)
def test_what_is_no_template_is_refused_at_declaration(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an operation|must be the whole value"):
        Template(text)


def test_a_missing_argument_is_a_mistake_in_the_code() -> None:
    with pytest.raises(KeyError, match="id"):
        Template("GET /things/{id}").expand({})


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_nothing_can_be_at_an_empty_or_a_dot_segment(value: str) -> None:
    assert Template("GET /things/{id}/parts").expand({"id": value}) is None


@pytest.mark.parametrize("text", ["GET /things/{id}", "GET /things?id={id}", "GET /things?id={id*}"])
def test_a_lone_surrogate_has_no_address(text: str) -> None:
    assert Template(text).expand({"id": "a\ud800"}) is None
    if "?" in text:
        assert Template(text).expand({"id": ["a", "\udfff"]}) is None


@pytest.mark.parametrize("value", ODD)
def test_odd_values_do_not_reach_outside_of_their_place(value: str) -> None:
    assert_in_place(value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_no_value_reaches_outside_of_its_place(value: str) -> None:
    assert_in_place(value)


def assert_in_place(value: str) -> None:
    template = Template("GET /shops/{shop}/things?first=1&id={id}&tag={tags*}&list={list}&last=9")
    target = template.expand({"shop": f"s{value}", "id": value, "tags": [value, "t"], "list": [value, "l"]})
    assert target is not None
    assert target.isascii()
    assert target.isprintable()
    assert " " not in target
    parts = urlsplit(f"http://h{target}")
    assert [unquote(part) for part in parts.path.split("/")] == ["", "shops", f"s{value}", "things"]
    assert parts.fragment == ""
    assert parts.netloc == "h"
    assert parse_qsl(parts.query, keep_blank_values=True) == [
        ("first", "1"),
        ("id", value),
        ("tag", value),
        ("tag", "t"),
        ("list", f"{value},l"),
        ("last", "9"),
    ]
