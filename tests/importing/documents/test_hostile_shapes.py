"""Any JSON at any place: nothing but the package's own errors comes out."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from patchbay.importing.documents import DescriptionError, UnresolvedRef, open_documents
from tests.importing.documents.descriptions import places

NAMES = st.sampled_from([
    "$ref", "swagger", "openapi", "paths", "/a", "get", "post", "parameters", "responses", "200", "schema",
    "in", "name", "type", "items", "allOf", "properties", "definitions", "components", "schemas", "A", "B",
    "securityDefinitions", "flow", "scopes", "host", "basePath", "schemes", "consumes", "produces",
    "headers", "discriminator", "x-nullable", "collectionFormat", "description", "required", "examples",
    "$id", "$anchor", "x-ms-discriminator-value", "content", "title", "<<",
])  # fmt: skip

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.sampled_from([
        "#", "#/", "#/paths", "#/definitions/A", "#/definitions/B", "#/paths/~1a/get", "#/paths/~1a", "A",
        "#A", "#/definitions/A/allOf/0", "absent.json", "x.json#/y", "https://example.com/x", "#/%zz", "..",
        "2.0", "3.0.0", "3.1.0", "body", "formData", "query", "path", "file", "array", "csv", "multi",
        "oauth2", "basic", "object", "application/json", "https", "http://[",
    ]),
)  # fmt: skip

NODES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=40,
)

DEFINITIONS = st.dictionaries(st.sampled_from("AB"), NODES, max_size=2) | NODES

OPERATION = st.fixed_dictionaries(
    {},
    optional={
        "parameters": st.lists(st.dictionaries(NAMES, NODES, max_size=5) | NODES, max_size=3) | NODES,
        "responses": st.dictionaries(st.sampled_from(["200", "x-y"]), NODES, max_size=2) | NODES,
        "consumes": NODES, "produces": NODES, "schemes": NODES,
    },
)  # fmt: skip

ROOTS = st.fixed_dictionaries(
    {"paths": st.dictionaries(st.just("/a"), st.dictionaries(NAMES, OPERATION | NODES, max_size=3)) | NODES},
    optional={
        "swagger": st.sampled_from(["2.0", 2, 2.0]) | NODES, "openapi": st.sampled_from(["3.0.0", "3.1.0"]),
        "definitions": DEFINITIONS, "parameters": NODES, "responses": NODES, "securityDefinitions": NODES,
        "host": NODES, "basePath": NODES, "schemes": NODES, "consumes": NODES, "produces": NODES,
        "components": NODES,
    },
)  # fmt: skip


def survives(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "api.json")
        path.write_bytes(content)
        try:
            documents = open_documents(path)
        except DescriptionError:
            return
        for node, at in list(places(documents)):
            try:
                _, place = documents.resolve(node, at)
            except UnresolvedRef:
                continue
            assert place.file in documents.files


@given(ROOTS)
@settings(max_examples=120, deadline=None)
def test_wrong_types_anywhere_are_survived(root: Any) -> None:
    survives(json.dumps(root).encode())


@given(NODES)
@settings(max_examples=150, deadline=None)
def test_any_json_is_a_description_or_refused(root: Any) -> None:
    survives(json.dumps(root).encode())


@given(st.text(alphabet="ab01:-? \n\t[]{}&*!|>'\"#%@`,<~.\\/\x07é", max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_description_or_refused(text: str) -> None:
    survives(text.encode())
    survives(b"openapi: 3.0.0\npaths: {}\nx: " + text.encode())


@given(st.binary(max_size=60))
@settings(max_examples=120, deadline=None)
def test_any_bytes_are_a_description_or_refused(content: bytes) -> None:
    survives(content)
    survives(b'{"openapi": "3.0.0", "x": "' + content + b'"}')
