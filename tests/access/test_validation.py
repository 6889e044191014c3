"""Validation takes its time and no more, and says nothing of the schema that was not asked for."""

from __future__ import annotations

import time

import pytest
from graphql import GraphQLError, get_introspection_query, parse, specified_rules
from graphql.execution.values import get_variable_values
from graphql.language import OperationDefinitionNode

from patchbay.access.limits.checks import Limits, check_document, check_text
from patchbay.access.limits.validation import MAX_ERRORS, MAX_MESSAGE_CHARACTERS, RULES, validate
from tests.access.overlaps import SCHEMA

LIMITS = Limits()
BUDGET_SECONDS = 0.4
"""Of the process, for parsing, limits and validation. The worst that was found took 0.15."""


def _chain(links: int, fields: str) -> str:
    fragments = [f"fragment F{number} on Node {{ ...F{number + 1} {fields} }}" for number in range(links)]
    return " ".join(["{ node { ...F0 } }", *fragments, f"fragment F{links} on Node {{ id }}"])


def _numbered(count: int, text: str, separator: str = " ") -> str:
    return separator.join(text.replace("#", str(number)) for number in range(count))


def _node(selections: str) -> str:
    return f"{{ node {{ {selections} }} }} "


WORST = {
    "leaves": _node(("self {" + "name " * 99 + "}") * 38),
    "arguments": _node(("self {" + "self(x: 1) { id } " * 60 + "}") * 7),
    "chain of fragments": _chain(95, "id size name " * 11),
    "components": _node(_numbered(240, "...F#"))
    + _numbered(240, "fragment F# on Node { id name self { id } }"),
    "operations": _numbered(20, "query Q#($v: Int) { node { ...F } }")
    + "fragment F on Node {" + "self(x: $v) { id } " * 99 + "}",
    "values": _node("self(y: {b: [" + "{a: 1 b: [{a: 1}]} " * 270 + "]}) { id }"),
    "unknown fields": _node(_numbered(3_900, "nam#")),
    "unknown long fields": _node(_numbered(600, "n" * 190 + "#")),
    "unknown input fields": _node("self(y: {" + _numbered(1_300, "z#: 1") + "})"),
    "unknown variables": _node(_numbered(99, "self(x: $v#) { id }")),
    "unused variables": "query(" + _numbered(900, "$v#: Int") + ") { name }",
    "unknown fragments": _node(_numbered(1_900, "...F#")),
    "wrong text": _node('self(x: "' + "\\n" * 60_000 + '") { id }'),
    "wrong texts": _node(('self(x: "' + "n" * 1_000 + '") { id } ') * 90),
    "conflicts": _node(_numbered(99, "self(x: #) { id }")),
}  # fmt: skip


@pytest.mark.usefixtures("settled_heap")
@pytest.mark.parametrize("name", WORST)
def test_no_document_within_the_limits_outruns_the_budget(name: str) -> None:
    text = WORST[name]
    began = time.process_time()
    check_text(text, LIMITS)
    document = parse(text)
    assert check_document(document, LIMITS) is None
    errors = validate(SCHEMA, document)
    assert time.process_time() - began < BUDGET_SECONDS
    assert len(errors) <= MAX_ERRORS + 1
    assert all(len(error.message) <= MAX_MESSAGE_CHARACTERS + 1 for error in errors)


def test_every_rule_of_the_specification_is_there_or_replaced() -> None:
    missing = {rule.__name__ for rule in specified_rules} - {rule.__name__ for rule in RULES}
    assert missing == {"OverlappingFieldsCanBeMergedRule"}
    assert "MergingRule" in {rule.__name__ for rule in RULES}


@pytest.mark.parametrize(
    "text",
    [
        get_introspection_query(),
        get_introspection_query(
            schema_description=True,
            specified_by_url=True,
            directive_is_repeatable=True,
            input_value_deprecation=True,
        ),
    ],
)
def test_the_introspection_of_tools_is_within_all_limits(text: str) -> None:
    check_text(text, LIMITS)
    assert check_document(parse(text), LIMITS) is None
    assert validate(SCHEMA, parse(text)) == []


def test_circular_introspection_is_refused() -> None:
    text = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    assert [error.message for error in validate(SCHEMA, parse(text))] == [
        "Maximum introspection depth exceeded"
    ]


PROBES = (
    *(
        "{ nod { id } }",
        "{ node { nme } }",
        "{ node { odd } }",
        "{ node }",
        "{ thing { name } }",
        "{ thing { id } }",
    ),
    *("{ a(idd: 1) { id } }", "{ self(xx: 1) { id } }", "{ node { ... on Nod { id } } }", "{ __typenam }"),
    *(
        "{ self(y: {bb: []}) { id } }",
        "{ paint(color: REED) }",
        '{ paint(color: "RED") }',
        "{ paint(color: 3) }",
    ),
    *("query($a: Inn) { name }", "query($a: Color = REED) { name }", "{ a @skp(if: true) { id } }"),
    *("{ a @skip(iff: true) { id } }", "{ a { color { x } } }", "{ __schem { types { name } } }"),
)


@pytest.mark.parametrize("probe", PROBES)
def test_what_was_perhaps_meant_is_not_told_to_whom_it_is_hidden(probe: str) -> None:
    document = parse(probe)
    open_errors = validate(SCHEMA, document)
    hidden = validate(SCHEMA, document, hide_suggestions=True)
    assert len(hidden) == len(open_errors) > 0
    for error in hidden:
        assert "Did you mean" not in error.message


@pytest.mark.parametrize(
    ("declared", "value"), [("Color", "REED"), ("Color", 3), ("In", {"bb": []}), ("In", {"b": [{"aa": 1}]})]
)
def test_nor_is_it_told_about_variables(declared: str, value: object) -> None:
    [operation] = parse(f"query($a: {declared}) {{ name }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    for is_hidden in (False, True):
        errors = get_variable_values(
            SCHEMA, operation.variable_definitions or (), {"a": value}, hide_suggestions=is_hidden
        )
        assert isinstance(errors, list)
        assert all(isinstance(error, GraphQLError) for error in errors)
        assert not (is_hidden and any("Did you mean" in error.message for error in errors))
