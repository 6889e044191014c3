"""Orders and their pages: cursors, totals, and arguments that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from demo.launch import Demo
from patchbay.paging import encode_cursor
from tests.serving import GraphServer

PAGE = """query($first: Int, $after: String, $last: Int, $before: String) {
  orders(first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { number placedAt } }
  }
}"""
OF_CUSTOMER = """query($first: Int, $after: String, $last: Int, $before: String) {
  customer(id: "C1007") { orders(first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor startCursor } edges { node { number } }
  } }
}"""


def numbers(connection: Any) -> list[str]:
    return [edge["node"]["number"] for edge in connection["edges"]]


def test_an_order_is_found_by_number(graph: GraphServer) -> None:
    first = graph.execute(PAGE, first=1).data["orders"]["edges"][0]["node"]
    found = graph.execute("query($id: ID!) { order(id: $id) { number placedAt } }", id=first["number"]).data[
        "order"
    ]
    assert found == first


def test_an_unknown_order_is_null_and_a_malformed_one_an_error(graph: GraphServer) -> None:
    assert graph.execute('{ order(id: "O999999999") { number } }').data == {"order": None}
    assert graph.execute('{ order(id: "1") { number } }').error["extensions"]["argument"] == "id"


def test_pages_follow_each_other_without_gap_or_overlap(graph: GraphServer, demo: Demo) -> None:
    whole = graph.execute(PAGE, first=30).data["orders"]
    walked: list[str] = []
    after = None
    for _ in range(3):
        page = graph.execute(PAGE, first=10, after=after).data["orders"]
        walked += numbers(page)
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"]
    assert walked == numbers(whole)
    assert whole["totalCount"] == 6000
    assert demo["shop"].calls() == {"GET /orders": 4}


def test_the_end_of_a_list_is_the_end(graph: GraphServer) -> None:
    pages = []
    after = None
    while True:
        orders = graph.execute(OF_CUSTOMER, first=5, after=after).data["customer"]["orders"]
        pages.append(numbers(orders))
        after = orders["pageInfo"]["endCursor"]
        if not orders["pageInfo"]["hasNextPage"]:
            break
    assert [len(page) for page in pages] == [5, 5, 2]
    assert len({number for page in pages for number in page}) == 12


def test_pages_can_be_walked_backwards(graph: GraphServer) -> None:
    forwards = numbers(graph.execute(PAGE, first=12, after=encode_cursor(5987)).data["orders"])
    last = graph.execute(PAGE, last=5).data["orders"]
    assert numbers(last) == forwards[-5:]
    assert last["pageInfo"]["hasPreviousPage"]
    assert not last["pageInfo"]["hasNextPage"]
    before = graph.execute(PAGE, last=5, before=last["pageInfo"]["startCursor"]).data["orders"]
    assert numbers(before) == forwards[-10:-5]


def test_a_customers_last_orders_are_read_backwards_from_a_cursor(graph: GraphServer, demo: Demo) -> None:
    answer = graph.execute(OF_CUSTOMER, last=5)
    assert answer.error["message"] == (
        "argument 'last' needs 'before' in a nested list, whose pages are read from the start"
    )
    assert demo["shop"].calls() == {}
    first = graph.execute(OF_CUSTOMER, first=12).data["customer"]["orders"]
    before = graph.execute(OF_CUSTOMER, last=5, before=first["pageInfo"]["endCursor"]).data["customer"][
        "orders"
    ]
    assert numbers(before) == numbers(first)[-6:-1]


def test_one_page_under_many_names_is_one_call(graph: GraphServer, demo: Demo) -> None:
    names = [f"p{number}" for number in range(25)]
    fields = " ".join(f"{name}: orders(first: 100) {{ edges {{ cursor }} }}" for name in names)
    data = graph.execute(f"{{ {fields} }}").data
    assert all(len(data[name]["edges"]) == 100 for name in names)
    assert demo["shop"].calls() == {"GET /orders": 1}


def test_a_page_of_nothing_still_counts(graph: GraphServer) -> None:
    orders = graph.execute(PAGE, first=0).data["orders"]
    assert orders["edges"] == []
    assert orders["totalCount"] == 6000
    assert orders["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


def test_a_customer_without_orders_has_an_empty_page(graph: GraphServer) -> None:
    data = graph.execute(
        "{ customers(first: 100) { edges { node { orders(first: 1) { totalCount edges { cursor } } } } } }"
    ).data
    empty = [e["node"]["orders"] for e in data["customers"]["edges"] if not e["node"]["orders"]["edges"]]
    assert empty
    assert all(orders["totalCount"] == 0 for orders in empty)


@pytest.mark.parametrize(
    ("arguments", "argument", "message"),
    [
        ({"first": -1}, "first", "argument 'first' must not be negative"),
        ({"first": 101}, "first", "argument 'first' must be at most 100"),
        ({"first": 2**31 - 1}, "first", "argument 'first' must be at most 100"),
        ({"last": -5}, "last", "argument 'last' must not be negative"),
        ({"last": 1000}, "last", "argument 'last' must be at most 100"),
        ({"first": 1, "last": 1}, "last", "argument 'last' cannot be combined with 'first'"),
        ({"first": 1, "after": "garbage"}, "after", "argument 'after' is not a cursor of this list"),
        ({"first": 1, "after": ""}, "after", "argument 'after' is not a cursor of this list"),
        ({"first": 1, "after": "b2Zmc2V0Oi0x"}, "after", "argument 'after' is not a cursor of this list"),
        ({"last": 1, "before": "💥"}, "before", "argument 'before' is not a cursor of this list"),
    ],
)
@pytest.mark.parametrize("query", [PAGE, OF_CUSTOMER])
def test_arguments_that_cannot_be_are_errors_that_name_them(
    graph: GraphServer, demo: Demo, query: str, arguments: dict[str, Any], argument: str, message: str
) -> None:
    answer = graph.execute(query, **arguments)
    assert answer.status == 200
    assert answer.error["message"] == message
    assert answer.error["extensions"] == {"code": "BAD_USER_INPUT", "argument": argument}
    assert demo["shop"].calls() == {}


def test_a_number_beyond_32_bits_is_refused_before_anything_runs(graph: GraphServer, demo: Demo) -> None:
    answer = graph.execute(PAGE, first=2**31)
    assert answer.codes == {"BAD_USER_INPUT"}
    assert demo["shop"].calls() == {}
