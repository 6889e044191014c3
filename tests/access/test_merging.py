"""Fields that overlap: the verdict is graphql-core's, and it comes in time."""

from __future__ import annotations

import ast
import importlib.metadata
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random

import pytest
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    parse,
)

from patchbay.access.limits import merging
from patchbay.access.limits.merging import MergingRule
from patchbay.access.limits.validation import validate
from patchbay.errors import LimitExceeded
from tests.access.overlaps import SCHEMA, Writer, verdicts
from tests.execution.sources import SourcesUnavailable, sources

CASES = 600
LEAST_CONFLICTS = 100
BUDGET_SECONDS = 0.2
"""Of the process; a fifth of what graphql-core's rule takes for the same documents."""


def test_random_documents_get_graphql_cores_verdict() -> None:
    conflicts = 0
    for number in range(CASES):
        text = Writer(Random(number)).document()
        ours, theirs = verdicts(SCHEMA, parse(text))
        assert bool(ours) == bool(theirs), (text, ours, theirs)
        conflicts += bool(theirs)
    assert LEAST_CONFLICTS < conflicts < CASES - LEAST_CONFLICTS


def test_the_documents_of_graphql_cores_own_tests_get_its_verdict() -> None:
    try:
        folder = sources(importlib.metadata.version("graphql-core")) / "tests" / "validation"
    except SourcesUnavailable as error:
        pytest.skip(str(error))
    files = (folder / "test_overlapping_fields_can_be_merged.py", folder / "harness.py")
    parsed = [node for file in files for node in _parsed(file)]
    documents = [node for node in parsed if _is_executable(node)]
    schemas = [schema for node in parsed if not _is_executable(node) for schema in _built(node)]
    assert len(documents) > 50
    assert len(schemas) > 20
    for schema, document in product(schemas, documents):
        ours, theirs = verdicts(schema, document)
        assert bool(ours) == bool(theirs), (document.loc, ours, theirs)


def _parsed(file: Path) -> Iterator[DocumentNode]:
    """Of all texts in the file that are GraphQL as it is without experiments."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "{" in node.value:
            try:
                yield parse(node.value)
            except GraphQLError:
                continue


def _is_executable(document: DocumentNode) -> bool:
    return isinstance(document.definitions[0], OperationDefinitionNode | FragmentDefinitionNode)


def _built(document: DocumentNode) -> Iterator[GraphQLSchema]:
    assert document.loc is not None
    try:
        schema = build_schema(document.loc.source.body)
    except (GraphQLError, TypeError):
        return
    if schema.query_type is not None:
        yield schema


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ a { k: name k: id } }", "'name' and 'id' are different fields"),
        ("{ a { self(x: 1) { id } self(x: 2) { id } } }", "they have differing arguments"),
        ("{ thing { ... on A { odd } ... on B { odd } } }", "conflicting types 'String' and 'Int'"),
        ("{ node { list @stream { id } list { id } } }", "they have overlapping stream directives"),
        ("{ a { self { k: id } ...F } } fragment F on A { self { k: size } }", "'id' and 'size'"),
    ],
)
def test_a_conflict_says_what_it_is_and_where(text: str, reason: str) -> None:
    [error] = verdicts(SCHEMA, parse(text))[0]
    assert reason in error.message
    assert error.locations is not None
    assert len(error.locations) == 2


@pytest.mark.usefixtures("settled_heap")
@pytest.mark.parametrize(
    "selections",
    [
        "node { self { self { self { id } } } } " * 300,
        "self(x: 1) { id } " * 400,
        "node { " + "... on A { own { id } } ... on B { own { id } } " * 150 + "}",
        "name " * 3_900,
    ],
    ids=["nested", "arguments", "types", "leaves"],
)
def test_what_takes_graphql_core_a_second_is_merged_at_once(selections: str) -> None:
    document = parse("{" + selections + "}")
    began = time.process_time()
    assert validate(SCHEMA, document) == []
    assert time.process_time() - began < BUDGET_SECONDS


def test_a_document_that_no_sorting_helps_is_refused_at_once() -> None:
    # Each level has two types, and which of them its ancestors had makes a difference for what is below.
    text = "id"
    for level in range(14):
        chains = "".join(f"... on {on} {{ self {{ {_chain(on, level)} }} }}" for on in ("A", "B"))
        text = f"self {{ {text} }} {chains}"
    began = time.process_time()
    [error] = validate(SCHEMA, parse(f"{{ node {{ {text} }} }}"))
    assert time.process_time() - began < BUDGET_SECONDS
    assert isinstance(error.original_error, LimitExceeded)
    assert error.original_error.limit == "steps"


def _chain(on: str, levels: int) -> str:
    return "id" if not levels else f"self {{ {_chain(on, levels - 1)} }} ... on {on} {{ id }}"


def test_the_rule_stands_in_for_graphql_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "MAX_STEPS", 3)
    [error] = validate(SCHEMA, parse("{ a { id name size } }"))
    assert str(error.original_error) == "the document is too intricate: its fields are not merged in 3 steps"


def test_circular_fragments_end() -> None:
    text = (
        "{ node { ...F } } fragment F on Node { self { ...F ...G } } fragment G on Node { self { ...F } id }"
    )
    assert verdicts(SCHEMA, parse(text)) == ([], [])
    assert MergingRule.__name__ not in str(validate(SCHEMA, parse(text)))
