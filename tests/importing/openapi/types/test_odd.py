from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchbay.importing.documents import open_documents
from patchbay.importing.model import Severity
from patchbay.importing.naming import Taken
from patchbay.importing.openapi.nodes import Problems
from patchbay.importing.openapi.types import Types
from tests.importing.openapi.types.mapping import Document, flaws, ref, text
from tests.importing.specs import needs_specs, openapi_documents

if TYPE_CHECKING:
    from pathlib import Path

KEYWORDS = [
    "type",
    "properties",
    "items",
    "required",
    "enum",
    "const",
    "oneOf",
    "anyOf",
    "allOf",
    "additionalProperties",
    "patternProperties",
    "prefixItems",
    "discriminator",
    "format",
    "nullable",
    "readOnly",
    "writeOnly",
    "title",
    "description",
    "default",
    "$ref",
    "$dynamicRef",
    "mapping",
    "propertyName",
    "minimum",
    "maximum",
    "deprecated",
    "x-enum-varnames",
    "not",
]
KINDS = ["string", "integer", "number", "boolean", "object", "array", "null"]
REFS = [
    "#/components/schemas/A",
    "#/components/schemas/B",
    "#/components/schemas/C",
    "#/nowhere",
    "other.json",
]

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([*KINDS, *REFS, "", "id", "a b", "date-time", "ü", "__x"])
)


def _nodes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    references = st.fixed_dictionaries({"$ref": st.sampled_from(REFS)})
    schemas = st.dictionaries(st.sampled_from(KEYWORDS), inner | references, max_size=5)
    likely = st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(KINDS),
            "properties": st.dictionaries(
                st.sampled_from(["id", "a b", "A_b", "$ref", "kind"]), inner, max_size=3
            ),
            "oneOf": st.lists(inner | references, max_size=4),
            "allOf": st.lists(inner | references, max_size=3),
            "items": inner | references,
            "required": st.lists(st.sampled_from(["id", "kind"]), max_size=2),
            "discriminator": st.fixed_dictionaries({"propertyName": st.just("kind")}),
            "additionalProperties": inner | references,
            "enum": st.lists(LEAVES, max_size=4),
        },
    )
    return st.lists(inner, max_size=3) | schemas | likely | references


SCHEMAS = st.recursive(LEAVES, _nodes, max_leaves=12)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.fixed_dictionaries({"A": SCHEMAS, "B": SCHEMAS, "C": SCHEMAS}), st.sampled_from(["3.0.3", "3.1.0"]))
def test_anything_at_all_becomes_something(tmp_path: Path, schemas: dict[str, Any], version: str) -> None:
    document = Document(tmp_path, schemas, version)
    for name in schemas:
        document.output(name, "Hint")
        document.input(name, "Hint")
    assert flaws(document.types.model_types) == []
    assert not [problem for problem in document.problems if "cannot be read" in problem.reason]


def test_a_reference_that_leads_nowhere_is_json_and_told_once(tmp_path: Path) -> None:
    order = {"properties": {"a": ref("Missing"), "b": {"type": "string"}}}
    document = Document(tmp_path, {"Order": order})
    document.output("Order")
    document.input("Order")
    assert document.fields("Order") == {"a": "JSON", "b": "String"}
    assert [(problem.severity, problem.at) for problem in document.problems] == [
        (Severity.WEAKER, "/components/schemas/Order/properties/a")
    ]
    assert (document.types.fallbacks.out_fields, document.types.fallbacks.out_weaker) == (2, 1)


@pytest.mark.parametrize(
    "schema",
    [
        None,
        5,
        "text",
        [],
        [1],
        {"type": 5},
        {"properties": []},
        {"allOf": {}},
        {"oneOf": [None]},
        {"enum": {}},
    ],
)
def test_wrong_types_are_read_as_if_they_were_not_there(tmp_path: Path, schema: Any) -> None:
    assert text(Document(tmp_path, {}).output(schema, "It")) == "JSON"


def test_a_long_chain_of_bases_and_of_objects(tmp_path: Path) -> None:
    bases: dict[str, Any] = {
        f"B{n}x": {"allOf": [ref(f"B{n + 1}x"), {"properties": {f"m{n}": {"type": "string"}}}]}
        for n in range(1000)
    }
    chain: dict[str, Any] = {f"C{n}x": {"properties": {"next": ref(f"C{n + 1}x")}} for n in range(3000)}
    lists: dict[str, Any] = {f"L{n}x": {"type": "array", "items": ref(f"L{n + 1}x")} for n in range(300)}
    document = Document(tmp_path, bases | chain | lists)
    for name in ("B0x", "C0x", "L0x"):
        document.output(name)
        document.input(name)
    assert "C2999x" in document.types.model_types
    assert flaws(document.types.model_types) == []


@needs_specs
@pytest.mark.parametrize("path", openapi_documents(), ids=lambda path: path.name)
def test_every_schema_of_real_documents(path: Path) -> None:
    documents = open_documents(path)
    problems = Problems()
    types = Types(documents, Taken(), problems)
    schemas = (documents.root.get("components") or {}).get("schemas") or {}
    shelf = ("definitions",) if documents.version == "2.0" else ("components", "schemas")
    at = documents.at
    for token in shelf:
        at /= token
    for name, schema in schemas.items():
        types.output(schema, at / name)
        types.input(schema, at / name)
    made = types.model_types
    assert flaws(made) == []
    own = {re.sub(r"[\W_]", "", name).lower() for name in schemas}
    by_position = [name for name in made if re.search(r"(_\d+|[a-z]\d)$", name) and name.lower() not in own]
    assert len(by_position) <= len(made) / 100
    assert not [problem for problem in problems if "cannot be read" in problem.reason]
    told = types.fallbacks
    assert told.out_weaker <= told.out_fields * 0.03
    assert told.in_weaker <= told.in_fields * 0.03
