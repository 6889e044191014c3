"""JSON, YAML and what people take for them, as plain data."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from patchbay.importing.documents.limits import DocumentLimits
from patchbay.importing.documents.text import read_text
from tests.importing.documents.descriptions import opened, refused

LIMITS = DocumentLimits()


def read(content: str | bytes) -> Any:
    return read_text(content if isinstance(content, bytes) else content.encode(), "api", LIMITS)


def test_content_tells_json_from_yaml_whatever_the_name_says(tmp_path: Path) -> None:
    assert opened(tmp_path, 'openapi: "3.1.0"\npaths: {}\n', "api.json").version == "3.1"
    assert opened(tmp_path, '{"openapi": "3.0.0", "paths": {}}', "api.yaml").version == "3.0"
    assert opened(tmp_path, "{openapi: 3.0.0, paths: {}, } # flow", "flow").version == "3.0"


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": "é"}'.encode("utf-16"), {"a": "é"}),
        (b"\xef\xbb\xbfa: 1", {"a": 1}),
        (b'{"a": "x\x01\ny"}', {"a": "x\x01\ny"}),
        (b'{"a": "caf\xe9"}', {"a": "caf\N{REPLACEMENT CHARACTER}"}),
        (b"a: caf\xe9", {"a": "café"}),
        (b'{"a": "\\ud800!"}', {"a": "\N{REPLACEMENT CHARACTER}!"}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"a: 1\na: 2", {"a": 2}),
        (b'{"a": [1, 2,],}', {"a": [1, 2]}),
        (b"--- \na: 1\n---\nb: 2\n", {"a": 1}),
    ],
)
def test_small_sins_are_forgiven(content: bytes, data: object) -> None:
    assert read(content) == data


def test_numbers_that_json_does_not_have_are_read() -> None:
    found = read('{"a": NaN, "b": -Infinity}')
    assert math.isnan(found["a"])
    assert found["b"] == -math.inf


# Each text, read by the fast reader and, with an alias before it, by the lenient one.
@pytest.mark.parametrize("before", ["", "anchored: &x {q: 1}\nagain: *x\n"], ids=["fast", "lenient"])
@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("v: {yes: no, on: off, y: n}", {"yes": "no", "on": "off", "y": "n"}),
        ("v: {a: 2020-01-01, b: 2020-01-01T00:00:00Z}", {"a": "2020-01-01", "b": "2020-01-01T00:00:00Z"}),
        ("v: [=, <, '=']", ["=", "<", "="]),
        ("v: [012, 0x1F, 0o17, -3, +4]", [12, 31, 15, -3, 4]),
        ("v: [1.5, .5, 1e3, -1.0]", [1.5, 0.5, 1000.0, -1.0]),
        ("v: [.inf, -.inf, 12:30:45, 1.2.3]", [math.inf, -math.inf, "12:30:45", "1.2.3"]),
        ("v: [~, null, '', \"null\", true, False]", [None, None, "", "null", True, False]),
        (
            "v:\n  200: a\n  true: b\n  1.5: c\n  null: d\n",
            {"200": "a", "true": "b", "1.5": "c", "null": "d"},
        ),
        ("v: {2020-01-01: a}", {"2020-01-01": "a"}),
        ("v: |\n  one\n  two\n", "one\ntwo\n"),
        ("v: >-\n  one\n  two\n", "one two"),
        ("v: !!str 12", "12"),
        ("v: !custom text", "text"),
        ("v:", None),
    ],
)
def test_yaml_is_that_of_version_1_2(before: str, text: str, data: object) -> None:
    assert read(before + text)["v"] == data


def test_long_numbers_and_odd_names_are_data_too() -> None:
    found = read("? [1, 2]\n: a\n? {x: 1}\n: b\nset: !!set {p, q}\n")
    assert len(found) == 3
    assert all(isinstance(name, str) for name in found)
    assert sorted(found["set"]) == ["p", "q"]


def test_aliases_and_merge_keys_stand_for_what_they_name() -> None:
    text = """
base: &base {a: 1, b: 2}
other: &other {c: 3}
one: {<<: *base, b: 4}
many:
  <<: [*other, *base]
  d: *other
self: &self [*self]
nowhere: *nothing
"""
    found = read(text)
    assert found["one"] == {"b": 4, "a": 1}
    assert found["many"] == {"d": {"c": 3}, "c": 3, "a": 1, "b": 2}
    assert found["self"] == [None]
    assert found["nowhere"] is None


def test_markdown_is_not_taken_for_an_alias() -> None:
    text = "a: salt &pepper\nb: |\n  - *pepper* is nice\n  - &c\n"
    assert read(text) == {"a": "salt &pepper", "b": "- *pepper* is nice\n- &c\n"}


def test_tabs_and_control_characters_are_forgiven() -> None:
    text = 'a:\t1\nb:\n\tc: "x\n\t\t\ty"\n\td: 2\ne: bell\x07\n'
    assert read(text) == {"a": 1, "b": {"c": "x y", "d": 2}, "e": "bell"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{\n "openapi": "3.0.0",\n "paths": {"a" 1}\n}', "api.json, line 3: is not JSON"),
        (b"openapi: 3.0.0\npaths:\n  a: 'x\n", "line 4: is not YAML"),
        (b"openapi: 3.0.0\n- a\n", "line 2: is not YAML"),
        (b"\x00\x01\x02", "is no OpenAPI document: its top is not an object"),
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"just text", "its top is not an object"),
        (b"[]", "its top is not an object"),
        (b"null", "its top is not an object"),
        (b"{}", "neither 'openapi' nor 'swagger'"),
        (b'{"openapi": "4.0"}', "of another version"),
        (b'{"swaggerVersion": "1.2", "apis": []}', "Swagger 1"),
        (b'{"asyncapi": "2.0.0"}', "seems to be AsyncAPI"),
        (b'{"info": {"_postman_id": "x"}, "item": []}', "seems to be a Postman collection"),
        (b'{"$schema": "http://json-schema.org/draft-07/schema#"}', "seems to be a JSON Schema"),
        (b'{"data": {"__schema": {}}}', "seems to be a GraphQL schema's introspection"),
        (b"#%RAML 1.0\ntitle: x\n", "seems to be RAML"),
        (b"<!DOCTYPE html><html><body>Login</body></html>", "seems to be an HTML page"),
        (
            b'<?xml version="1.0"?><definitions xmlns="http://schemas.xmlsoap.org/wsdl/">',
            "seems to be a WSDL",
        ),
        (b"<a/>", "seems to be XML"),
    ],
)
def test_what_is_no_description_is_named_for_what_it_is(tmp_path: Path, content: bytes, told: str) -> None:
    assert told in refused(tmp_path, content)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("swagger: '2.0'", "2.0"), ("swagger: 2", "2.0"), ("openapi: 3", "3.0"), ("openapi: 3.0", "3.0"),
        ("openapi: 3.0.4", "3.0"), ("openapi: 3.1", "3.1"), ("openapi: 3.2.0", "3.1"),
        ("openapi: v3.0", "3.0"), ("basePath: /v1", "2.0"), ("info: {}", "3.0"),
    ],
)  # fmt: skip
def test_the_dialect_is_told_by_what_is_said_or_by_what_is_there(
    tmp_path: Path, said: str, version: str
) -> None:
    assert opened(tmp_path, f"{said}\npaths: {{/a: {{}}}}\n").version == version
