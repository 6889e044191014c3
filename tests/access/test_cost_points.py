"""What operations weigh before they run."""

from __future__ import annotations

import time
from typing import Annotated, Any

import pytest
import strawberry
from graphql import get_introspection_query
from strawberry.federation.schema_directives import Cost as FederationCost
from strawberry.federation.schema_directives import ListSize as FederationListSize

from patchbay.access.cost.formula import BEYOND
from patchbay.access.cost.rules import unsized_lists
from patchbay.costs import Cost, ListSize
from patchbay.errors import ConfigurationError, InputError
from schema import schema as reference
from tests.access.cost_reckoning import cost_of, points
from tests.serving import ROOT


@strawberry.input
class Page:
    size: int | None = None


@strawberry.input
class Search:
    text: str = ""
    fuzzy: bool | None = strawberry.field(default=None, directives=[Cost(weight="7")])


@strawberry.type(directives=[Cost(weight="10")])
class Report:
    title: str


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Leaf(Named):
    parent: Branch | None
    others: list[Leaf] = strawberry.field(directives=[ListSize(assumed_size=3)])


@strawberry.type
class Branch(Named):
    leaves: list[Leaf] = strawberry.field(directives=[ListSize(assumed_size=5)])
    first_leaf: Leaf | None
    unknown: list[Leaf]
    tags: list[str]


@strawberry.type
class Branches:
    edges: list[Branch]
    count: int


@strawberry.type
class Node:
    name: str
    child: Node | None


FIRST = ["first", "last"]


def make_few(first: int | None = None, last: int | None = None) -> Any:
    raise AssertionError("it is reckoned with, and not called")


def make_paged(page: Page | None = None) -> Any:
    raise AssertionError("it is reckoned with, and not called")


def make_branches(first: int = 2) -> Any:
    raise AssertionError("it is reckoned with, and not called")


def make_searched(
    search: Search | None = None,
    deep: Annotated[bool | None, strawberry.argument(directives=[Cost(weight="3")])] = None,
) -> Any:
    raise AssertionError("it is reckoned with, and not called")


@strawberry.type
class Query:
    branch: Branch | None
    named: Named | None
    report: Report | None
    dear: Branch | None = strawberry.field(directives=[Cost(weight="2.5")])
    few: list[Leaf] = strawberry.field(
        resolver=make_few,
        directives=[ListSize(assumed_size=20, slicing_arguments=FIRST, require_one_slicing_argument=False)],
    )
    strict: list[Leaf] = strawberry.field(resolver=make_few, directives=[ListSize(slicing_arguments=FIRST)])
    paged: list[Leaf] = strawberry.field(
        resolver=make_paged, directives=[ListSize(slicing_arguments=["page.size"])]
    )
    branches: Branches = strawberry.field(
        resolver=make_branches, directives=[ListSize(slicing_arguments=["first"], sized_fields=["edges"])]
    )
    searched: Leaf = strawberry.field(resolver=make_searched)


SCHEMA = strawberry.Schema(query=Query, types=(Leaf, Branch))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ("{ branch { name tags } }", 1),
        ("{ branch { firstLeaf { name } } }", 2),
        ("{ branch { leaves { name } } }", 1 + 5),
        ("{ branch { leaves { others { name } } } }", 1 + 5 * (1 + 3)),
        ("{ branch { unknown { name } } }", 1 + 100),
        ("{ report { title } }", 10),
        # In place of what the type weighs, and once however long its list is.
        ("{ dear { firstLeaf { name } } }", 4),
        ("{ few(first: 3) { name } }", 3),
        ("{ few(first: 3, last: 8) { name } }", 8),
        ("{ few { name } }", 20),
        ("{ few(first: null) { name } }", 20),
        ("{ few(first: -4) { name } }", 0),
        ("{ paged(page: {size: 4}) { name } }", 4),
        ("{ branches(first: 3) { count edges { firstLeaf { name } } } }", 1 + 3 * 2),
        ("{ branches { edges { name } } }", 1 + 2),
        ('{ searched(search: {text: "a"}) { name } }', 1),
        ("{ searched(search: {fuzzy: true}) { name } }", 1 + 7),
        ("{ searched(deep: false) { name } }", 1 + 3),
    ],
)
def test_an_operation_weighs_its_objects(text: str, expected: int) -> None:
    assert points(SCHEMA, text) == expected


@pytest.mark.parametrize(
    ("declared", "variables", "expected"),
    [
        ("Int", {"n": 7}, 7),
        ("Int", {"n": 7.0}, 7),
        ("Int", {"n": None}, 20),
        ("Int", {}, 20),
        ("Int = 4", {}, 4),
        ("Int = 4", {"n": None}, 20),
        ("Int = 4", {"n": 9}, 9),
    ],
)
def test_a_variable_says_how_long_a_list_is(declared: str, variables: dict[str, Any], expected: int) -> None:
    cost = cost_of(SCHEMA, f"query($n: {declared}) {{ few(first: $n) {{ name }} }}")
    assert cost.bound(variables).points == expected
    # Also when it is asked again.
    assert cost.bound(variables).points == expected


def test_an_argument_that_is_left_out_and_one_that_is_null_differ() -> None:
    cost = cost_of(SCHEMA, "query($n: Int!) { branches(first: $n) { edges { name } } }")
    assert cost.bound({"n": 9}).points == 1 + 9
    assert cost.bound({}).points == 1 + 2


def test_input_objects_in_variables_are_weighed() -> None:
    cost = cost_of(SCHEMA, "query($s: Search) { searched(search: $s) { name } }")
    assert cost.bound({"s": {"fuzzy": True}}).points == 8
    assert cost.bound({"s": {"text": "a"}}).points == 1
    assert cost.bound({}).points == 1


@pytest.mark.parametrize("arguments", ["", "(first: 1, last: 1)", "(first: null)"])
def test_exactly_one_slicing_argument_is_asked_for_where_it_is_required(arguments: str) -> None:
    with pytest.raises(InputError, match="give one of them"):
        points(SCHEMA, f"{{ strict{arguments} {{ name }} }}")
    assert points(SCHEMA, "{ strict(last: 2) { name } }") == 2


def test_the_directives_of_federation_are_read_as_well() -> None:
    @strawberry.federation.type
    class Root:
        rows: list[Node] = strawberry.field(
            directives=[
                FederationCost(weight=4),
                FederationListSize(assumed_size=6, slicing_arguments=None, sized_fields=None),
            ]
        )

    assert points(strawberry.federation.Schema(query=Root), "{ rows { child { name } } }") == 4 + 6


def test_an_interface_weighs_as_much_as_the_dearest_of_its_types() -> None:
    leaf, branch = "... on Leaf { parent { name } }", "... on Branch { leaves { name } }"
    assert points(SCHEMA, f"{{ named {{ name {leaf} {branch} }} }}") == 1 + 5
    assert points(SCHEMA, f"{{ named {{ name {leaf} }} }}") == 1 + 1


def test_what_is_selected_twice_counts_once() -> None:
    text = """{ branch { ...A ...A leaves { name } ... on Branch { leaves { name parent { name } } } } }
        fragment A on Branch { leaves { name others { name } } }"""
    assert points(SCHEMA, text) == 1 + 5 * (1 + 1 + 3)


def test_aliases_count_each() -> None:
    assert points(SCHEMA, "{ a: few(first: 2) { name } b: few(first: 3) { name } }") == 5


def test_skip_and_include_are_read_from_the_variables() -> None:
    text = "query($x: Boolean!) { branch @include(if: $x) { name } report @skip(if: $x) { title } }"
    cost = cost_of(SCHEMA, text)
    assert cost.bound({"x": True}).points == 1
    assert cost.bound({"x": False}).points == 10
    assert points(SCHEMA, "{ branch @skip(if: true) { name } report @include(if: false) { title } }") == 0


def test_more_shapes_than_are_kept_count_as_if_all_were_selected() -> None:
    names = [f"v{number}" for number in range(6)]
    fields = " ".join(f"{name}: branch @include(if: ${name}) {{ name }}" for name in names)
    cost = cost_of(SCHEMA, f"query({', '.join(f'${name}: Boolean!' for name in names)}) {{ {fields} }}")
    found = [
        cost.bound({name: bool(number >> place & 1) for place, name in enumerate(names)}).points
        for number in range(64)
    ]
    assert all(points >= number.bit_count() for number, points in enumerate(found))
    assert found[1] == 1
    assert found[63] == 6


def test_fragments_in_fragments_are_reckoned_at_once() -> None:
    fragments = ["fragment F60 on Leaf { name }"]
    for number in range(60):
        next_one = f"parent {{ firstLeaf {{ ...F{number + 1} }} }}"
        fragments.append(f"fragment F{number} on Leaf {{ a: {next_one} b: {next_one} }}")
    # Not validated: graphql-core would go through more than two to the sixty fields.
    text = "{ branch { firstLeaf { ...F0 } } } " + " ".join(fragments)
    started = time.perf_counter()
    found = cost_of(SCHEMA, text, is_validated=False).bound()
    assert time.perf_counter() - started < 1
    assert found.points == BEYOND


def test_lists_in_lists_do_not_run_over() -> None:
    nested = "name"
    for _ in range(60):
        nested = f"unknown {{ parent {{ {nested} }} }}"
    assert points(SCHEMA, f"{{ branch {{ {nested} }} }}") == BEYOND


def test_introspection_is_cheap_and_its_circles_are_not() -> None:
    assert points(reference, get_introspection_query()) < 1_000
    circle = "name"
    for _ in range(8):
        circle = f"fields {{ type {{ {circle} }} }}"
    # Not validated: graphql-core has a rule of its own against it.
    found = cost_of(reference, f"{{ __schema {{ types {{ {circle} }} }} }}", is_validated=False).bound()
    assert found.points > 1_000_000


def test_lists_without_a_length_are_named() -> None:
    assert unsized_lists(SCHEMA._schema) == ["Branch.unknown"]  # noqa: SLF001 - see cost_of
    assert unsized_lists(reference._schema) == []  # noqa: SLF001 - see cost_of


def test_a_connection_whose_length_one_field_does_not_say_is_named_by_that_field() -> None:
    @strawberry.type
    class Both:
        said: Branches = strawberry.field(directives=[ListSize(assumed_size=1, sized_fields=["edges"])])
        unsaid: Branches

    found = unsized_lists(strawberry.Schema(query=Both)._schema)  # noqa: SLF001 - see cost_of
    assert found == ["Both.unsaid.edges", "Branch.unknown"]


@pytest.mark.parametrize("weight", ["-1", "a lot", "NaN", "Infinity", "0.0001"])
def test_a_weight_that_cannot_be_added_up_is_refused(weight: str) -> None:
    with pytest.raises(ConfigurationError, match="weight is a number"):
        Cost(weight=weight)


def test_a_length_that_says_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        ListSize()
    with pytest.raises(ConfigurationError):
        ListSize(assumed_size=-1)


def test_the_examples_stay_far_below_the_limits() -> None:
    for path in sorted((ROOT / "docs" / "examples").glob("*.graphql")):
        found = cost_of(reference, path.read_text()).bound()
        assert found.points <= 1_000, path
        assert found.calls <= 40, path
