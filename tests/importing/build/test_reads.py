"""Operations that read, as fields of Query: arguments, sharing, narrowing, batches."""

from __future__ import annotations

from typing import Any

import pytest
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from patchbay.errors import UpstreamUnavailable
from patchbay.importing.build import Part, build_graph
from tests.execution.asking import ask
from tests.importing.build.shop import SHOP, Memory, shop


async def asked(query: str, upstream: Memory | None = None, variables: Any = None) -> tuple[Any, Any, Memory]:
    upstream = upstream or shop()
    graph = build_graph([Part(SHOP, upstream)])
    data, errors = await ask(graph.schema, query, variables)
    return data, errors, upstream


async def test_a_query_reads_what_the_operation_answers() -> None:
    data, errors, upstream = await asked(
        '{ order(id: "o1") { id status total placedAt lines { sku count } } }'
    )
    assert not errors
    assert data["order"] == {
        "id": "o1",
        "status": "OPEN",
        "total": "12.5",
        "placedAt": "2026-01-31T10:00:00Z",
        "lines": [{"sku": "s1", "count": 1}],
    }
    assert len(upstream.calls) == 1


async def test_the_upstream_is_asked_for_the_attributes_that_the_query_looks_at() -> None:
    _, _, upstream = await asked('{ order(id: "o1") { number: id placedAt __typename } }')
    assert upstream.calls == [("order", {"id": "o1"}, frozenset({"id", "placed_at"}))]


async def test_of_records_in_records_only_what_the_query_looks_at_is_read() -> None:
    data, errors, upstream = await asked(
        '{ order(id: "o1") { lines { sku order { id } } again: lines { count } labels { key } } }',
        shop([{"id": "o1", "lines": [{"sku": "s", "count": 1, "order": {"id": "o1", "total": "wrong"}}]}]),
    )
    assert not errors
    assert data["order"] == {
        "lines": [{"sku": "s", "order": {"id": "o1"}}],
        "again": [{"count": 1}],
        "labels": None,
    }
    assert upstream.calls[0][2] == frozenset(
        (
            *("lines", "lines.sku", "lines.count", "lines.order", "lines.order.id"),
            *("labels", "labels.key"),
        )
    )


async def test_equal_questions_are_asked_once_and_with_what_all_of_them_look_at() -> None:
    data, _, upstream = await asked('{ a: order(id: "o1") { id } b: order(id: "o1") { total } }')
    assert data == {"a": {"id": "o1"}, "b": {"total": "12.5"}}
    assert upstream.calls == [("order", {"id": "o1"}, frozenset({"id", "total"}))]


async def test_several_questions_for_one_thing_are_one_call_of_the_sibling_that_takes_many() -> None:
    data, errors, upstream = await asked(
        '{ a: order(id: "o1") { id total } b: order(id: "o2") { id total } c: order(id: "gone") { id } }'
    )
    assert not errors
    assert data == {"a": {"id": "o1", "total": "12.5"}, "b": {"id": "o2", "total": "12.5"}, "c": None}
    assert [(name, arguments) for name, arguments, _ in upstream.calls] == [
        ("ordersByIds", {"ids": ["o1", "o2", "gone"]})
    ]


async def test_the_operation_for_many_stays_a_field_of_its_own() -> None:
    data, _, _ = await asked('{ ordersByIds(ids: ["o2", "o0"]) { id } }')
    assert data == {"ordersByIds": [{"id": "o2"}, {"id": "o0"}]}


async def test_arguments_come_from_variables_and_what_is_not_given_is_not_there() -> None:
    query = (
        "query ($id: ID!, $status: OrderStatus)"
        " { order(id: $id) { id } orders(status: $status) { totalCount } }"
    )
    _, errors, upstream = await asked(query, variables={"id": "o1"})
    assert not errors
    assert sorted(upstream.calls, key=lambda call: call[0])[1][:2] == ("orders", {})
    _, _, upstream = await asked(query, variables={"id": "o1", "status": None})
    assert ("orders", {"status": None}) in [call[:2] for call in upstream.calls]
    _, _, upstream = await asked(query, variables={"id": "o1", "status": "IN_TRANSIT"})
    assert ("orders", {"status": "in-transit"}) in [call[:2] for call in upstream.calls]


async def test_an_upstream_s_error_is_that_of_its_field_alone() -> None:
    upstream = shop()
    upstream._answers = {  # noqa: SLF001 - the test's own upstream
        **upstream._answers,  # noqa: SLF001 - as above
        "order": lambda _: UpstreamUnavailable("shop", "cannot be reached"),
    }
    data, errors, _ = await asked('{ order(id: "o1") { id } orders(first: 1) { nodes { id } } }', upstream)
    assert data == {"order": None, "orders": {"nodes": [{"id": "o0"}]}}
    assert errors == [("shop: cannot be reached", ["order"])]


async def test_it_is_read_where_graphql_core_executes_too() -> None:
    graph = build_graph([Part(SHOP, shop())])
    graph.schema.execution_context_class = StrawberryGraphQLCoreExecutionContext
    graph.schema.has_extensions = True
    data, errors = await ask(
        graph.schema,
        '{ order(id: "o1") { id status labels { key value } payment { ... on Card { last4 } } }'
        " orders(first: 1, status: OPEN) { edges { node { id } } } }",
    )
    assert not errors
    assert data == {
        "order": {
            "id": "o1",
            "status": "OPEN",
            "labels": [{"key": "colour", "value": "red"}],
            "payment": {"last4": "4242"},
        },
        "orders": {"edges": [{"node": {"id": "o0"}}]},
    }


async def test_what_is_deferred_comes_later() -> None:
    graph = build_graph([Part(SHOP, shop())])
    query = '{ order(id: "o1") { id ... @defer { labels { value } } } orders(first: 1) { totalCount } }'
    first, later = [frame async for frame in await graph.schema.stream(query)]
    of_first: Any = getattr(first, "initial_result", first)
    of_later: Any = later
    assert of_first.data == {"order": {"id": "o1"}, "orders": {"totalCount": 5}}
    assert of_later.incremental[0].data == {"labels": [{"value": "red"}]}


@pytest.mark.parametrize("first", [0, 2, 5])
async def test_pages_are_connections(first: int) -> None:
    data, errors, _ = await asked(
        f"{{ orders(first: {first}) {{ totalCount nodes {{ id }} edges {{ cursor node {{ id }} }}"
        " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )
    assert not errors
    page = data["orders"]
    assert page["totalCount"] == 5
    assert [row["id"] for row in page["nodes"]] == [f"o{number}" for number in range(first)]
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    assert page["pageInfo"]["hasNextPage"] is (first < 5)
    assert page["pageInfo"]["endCursor"] == (page["edges"][-1]["cursor"] if first else None)


async def test_the_next_page_starts_behind_a_cursor() -> None:
    data, _, upstream = await asked("{ orders(first: 2) { pageInfo { endCursor } } }")
    cursor = data["orders"]["pageInfo"]["endCursor"]
    data, errors, _ = await asked(
        "query ($after: String) { orders(first: 2, after: $after)"
        " { nodes { id } pageInfo { hasPreviousPage } } }",
        upstream,
        {"after": cursor},
    )
    assert not errors
    assert data["orders"] == {
        "nodes": [{"id": "o2"}, {"id": "o3"}],
        "pageInfo": {"hasPreviousPage": True},
    }


async def test_rows_of_a_page_are_narrowed_by_both_ways_to_them() -> None:
    _, _, upstream = await asked("{ orders { nodes { id } edges { node { total } } } }")
    assert upstream.calls == [("orders", {}, frozenset({"id", "total"}))]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("first: -1", "argument 'first' must not be negative"),
        ("first: 101", "argument 'first' must be at most 100"),
        ('after: "%"', "argument 'after' is not a cursor of this list"),
    ],
)
async def test_a_page_that_cannot_be_is_the_client_s_mistake(arguments: str, problem: str) -> None:
    data, errors, upstream = await asked(f"{{ orders({arguments}) {{ totalCount }} }}")
    assert data == {"orders": None}
    assert errors == [(problem, ["orders"])]
    assert not upstream.calls
