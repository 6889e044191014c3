"""How long imported lists may be: as the description says, in what a query costs and in what it brings."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from strawberry.printer import print_schema

from patchbay.access.cost.rules import unsized_lists
from patchbay.importing.build import Edits, Link, Merge, Part, build_graph
from patchbay.importing.build.graph import BuiltGraph
from patchbay.importing.model import Batching, Edge, ListOf, MapOf, Member, Named, ObjectType, UnionType
from tests.access.cost_reckoning import bound, cost_of
from tests.execution.asking import ask
from tests.importing.build.shop import ID, Memory, argument, field, model, operation

THING, KEYS = Named("Thing"), ListOf(ID, most=3)
THINGS = ListOf(THING, most=3)
TYPES = (
    ObjectType(
        "Thing",
        (
            field("id", ID),
            field("parts", THINGS),
            field("unknown", ListOf(THING)),
            field("wide", ListOf(THING, most=5_000)),
            field("grid", ListOf(ListOf(THING, most=2), most=4)),
            field("open", ListOf(ListOf(THING), most=4)),
            field("kinds", ListOf(Named("Kind"), most=6)),
            field("tags", ListOf(ID, most=7)),
            field("maps", ListOf(MapOf(ID, "Entry"), most=8)),
            field("things", MapOf(THINGS, "ThingsEntry")),
            field("nothing", ListOf(Named("Nothing"), most=9)),
            field("keys", KEYS),
        ),
    ),
    ObjectType("Other", (field("id", ID), field("parts", ListOf(THING, most=2)))),
    ObjectType("Entry", (field("key", ID, required=True), field("value", ID))),
    ObjectType("ThingsEntry", (field("key", ID, required=True), field("value", THINGS))),
    ObjectType("Nothing", ()),
    UnionType("Kind", (Member("Thing"), Member("Other"))),
)
ONE = operation("thing", "Thing", argument("id", ID, required=True))
ALL = operation("things", ListOf(THING, most=20))


def made(*operations: Any, edits: Edits | None = None, **answers: Any) -> tuple[BuiltGraph, Memory]:
    """The graph of these, and the upstream that answers."""
    of = model("up", operations or (ONE, ALL), *TYPES, edges=answers.pop("edges", ()))
    upstream = Memory(of, {name: partial(_answered, value) for name, value in answers.items()})
    return build_graph([Part(of, upstream)], edits or Edits()), upstream


def _answered(value: Any, arguments: dict[str, Any]) -> Any:
    del arguments
    return value


def things(count: int) -> list[dict[str, Any]]:
    return [{"id": f"t{number}"} for number in range(count)]


def test_lists_of_objects_have_the_length_that_the_description_promises() -> None:
    graph, _ = made()
    lines = print_schema(graph.schema).splitlines()
    assert sorted(line for line in lines if line.startswith("  ") and "@listSize(" in line) == [
        "  grid: [[Thing!]!] @listSize(assumedSize: 4)",
        "  kinds: [Kind] @listSize(assumedSize: 6)",
        "  parts: [Thing!] @listSize(assumedSize: 2)",
        "  parts: [Thing!] @listSize(assumedSize: 3)",
        "  things: [Thing!] @listSize(assumedSize: 20)",
        "  value: [Thing!] @listSize(assumedSize: 3)",
        "  wide: [Thing!] @listSize(assumedSize: 5000)",
    ]


def test_a_start_names_only_lists_of_which_nothing_is_promised() -> None:
    graph, _ = made()
    found = unsized_lists(graph.schema.graphql_schema)
    assert sorted(found) == ["Thing.maps", "Thing.open", "Thing.things", "Thing.unknown"]


@pytest.mark.parametrize(
    ("selected", "points"),
    [
        ("parts { id }", 1 + 3),
        ("parts { parts { parts { id } } }", 1 + 3 * (1 + 3 * (1 + 3))),
        ("wide { id }", 1 + 5_000),
        ("unknown { id }", 1 + 100),
        ("grid { id }", 1 + 4 * 4),
        ("open { id }", 1 + 100 * 100),
        ("kinds { ... on Thing { id parts { id } } ... on Other { id } }", 1 + 6 * (1 + 3)),
        ("tags keys", 1),
    ],
)
def test_a_query_costs_what_the_promised_lengths_come_to(selected: str, points: int) -> None:
    graph, _ = made()
    assert bound(graph.schema, f'{{ thing(id: "t") {{ {selected} }} }}').points == points


async def test_what_an_answer_holds_is_never_more_than_what_was_reckoned() -> None:
    parts = [{"id": "p", "parts": things(3), "grid": [things(2)] * 4} for _ in range(3)]
    query = '{ thing(id: "t") { parts { parts { id } grid { id } } } }'
    graph, _ = made(thing={"parts": parts})
    data, errors = await ask(graph.schema, query)
    assert not errors
    cost = cost_of(graph.schema, query)
    assert cost.actual(data) == 1 + 3 * (1 + 3 + 8)
    assert cost.bound().points == 1 + 3 * (1 + 3 + 16)


@pytest.mark.parametrize("more", ["", "... @defer { __typename }"], ids=["columns", "graphql-core"])
async def test_a_list_that_is_longer_than_promised_is_an_error_in_its_place(more: str) -> None:
    graph, _ = made(thing={"id": "t", "parts": things(4), "grid": [things(5)], "tags": ["a"] * 99})
    query = f'{{ thing(id: "t") {{ id parts {{ id }} grid {{ id }} tags }} {more} }}'
    answer: Any = await graph.schema.execute(query)
    result = getattr(answer, "initial_result", answer)
    assert result.data == {"thing": {"id": "t", "parts": None, "grid": None, "tags": ["a"] * 99}}
    assert [(each.path, each.extensions) for each in result.errors] == [
        (["thing", "parts"], {"code": "LIST_TOO_LONG", "field": "Thing.parts", "max": 3}),
        (["thing", "grid", 0], {"code": "LIST_TOO_LONG", "field": "Thing.grid", "max": 4}),
    ]


async def test_an_answer_that_is_a_longer_list_is_an_error_and_hurts_nothing_else() -> None:
    graph, _ = made(thing={"id": "t"}, things=things(21))
    data, errors = await ask(graph.schema, '{ things { id } thing(id: "t") { id } }')
    assert data == {"things": None, "thing": {"id": "t"}}
    assert errors == [("Query.things has more than the 20 items that the schema declares", ["things"])]


# ------------------------------------------------------------------------------------------------------ edges

LINK = Link("up", "Thing", "others", "up", "thing", (("id", "keys"),))
LINKED = '{ thing(id: "t") { others { id } } }'


async def test_an_edge_from_a_list_of_keys_is_as_long_as_the_keys() -> None:
    graph, upstream = made(ONE, edits=Edits(links=(LINK,)), thing={"id": "t", "keys": ["a", "b", "c"]})
    assert "  others: [Thing] @listSize(assumedSize: 3)" in print_schema(graph.schema)
    assert bound(graph.schema, LINKED) == (1 + 3, 1 + 3)
    data, errors = await ask(graph.schema, LINKED)
    assert not errors
    assert len(data["thing"]["others"]) == 3
    assert len(upstream.calls) == 4


async def test_nobody_is_asked_for_more_keys_than_were_promised() -> None:
    graph, upstream = made(ONE, edits=Edits(links=(LINK,)), thing={"id": "t", "keys": ["a", "b", "c", "d"]})
    data, errors = await ask(graph.schema, LINKED)
    assert data == {"thing": {"others": None}}
    assert errors == [
        ("Thing.others has more than the 3 items that the schema declares", ["thing", "others"])
    ]
    assert len(upstream.calls) == 1


def test_an_edge_from_a_list_of_keys_of_any_length_is_reckoned_with_a_call_for_each() -> None:
    link = Link("up", "Thing", "others", "up", "thing", (("id", "all"),))
    of = model("up", (ONE,), ObjectType("Thing", (field("id", ID), field("all", ListOf(ID)))))
    graph = build_graph([Part(of, Memory(of, {}))], Edits(links=(link,)))
    assert bound(graph.schema, LINKED) == (1 + 100, 1 + 100)


async def test_edges_to_lists_are_as_long_as_the_answer_that_brings_them() -> None:
    listed = operation("partsOf", THINGS, argument("id", ID, required=True))
    of_many = operation("search", ListOf(THING, most=50), argument("ids", ListOf(ID), required=True))
    links = (
        Link("up", "Thing", "each", "up", "partsOf", (("id", "id"),)),
        Link("up", "Thing", "rows", "up", "search", (("ids", "id"),), match="id", many=True),
    )
    graph, _ = made(ONE, listed, of_many, edits=Edits(links=links))
    text = print_schema(graph.schema)
    assert "  each: [Thing!] @listSize(assumedSize: 3)" in text
    assert "  rows: [Thing!] @listSize(assumedSize: 50)" in text


def test_a_description_s_own_edge_to_an_object_that_holds_lists_needs_no_length() -> None:
    edge = Edge("Thing", "again", "thing", {"id": "id"})
    graph, _ = made(ONE, edges=(edge,))
    assert "  again: Thing\n" in print_schema(graph.schema)
    assert bound(graph.schema, '{ thing(id: "t") { again { parts { id } } } }') == (1 + 1 + 3, 2)


def test_merged_types_keep_the_length_of_the_field_that_wins() -> None:
    batch = operation(
        "others",
        ListOf(Named("Other"), most=10),
        argument("ids", ListOf(ID), required=True),
        batching=Batching("ids", "id"),
    )
    of = [model(name, (batch,), *TYPES) for name in ("one", "two")]
    merge = Merge((("one", "Other"), ("two", "Other")), "id")
    graph = build_graph([Part(each, Memory(each, {})) for each in of], Edits(merges=(merge,)))
    assert "  parts: [Thing!] @listSize(assumedSize: 2)" in print_schema(graph.schema)
