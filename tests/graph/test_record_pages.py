"""Payments and shipments as connections: filtered, ordered, and of many orders at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.launch import Demo
from patchbay.paging import encode_cursor
from tests.graph.test_subscriptions import news, some, sse
from tests.serving import GraphServer

PAYMENT = "number status method asOf capturedAt amount { cents currency }"
PAYMENTS = f"""query($where: PaymentFilter, $orderBy: [PaymentOrder!], $first: Int, $after: String) {{
    payments(where: $where, orderBy: $orderBy, first: $first, after: $after) {{
        totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {PAYMENT} }} }}
    }} }}"""


def pages(graph: GraphServer, **variables: Any) -> Iterator[dict[str, Any]]:
    """The payments of all pages, one after the other."""
    after = None
    while True:
        page = graph.execute(PAYMENTS, first=100, after=after, **variables).data["payments"]
        yield from (edge["node"] for edge in page["edges"])
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


@pytest.fixture
def told(graph: GraphServer) -> list[dict[str, Any]]:
    """Every payment that the sender's first round has told of for good: it is captured."""
    return [each for each in pages(graph) if each["status"] == "succeeded"]


def test_filters_and_orders_are_those_of_python(graph: GraphServer, told: list[dict[str, Any]]) -> None:
    assert len(told) > 100
    cents = sorted(each["amount"]["cents"] for each in told)
    low, high = cents[len(cents) // 4], cents[len(cents) // 2]
    where = {
        "status": {"in": ["succeeded"]},
        "method": {"eq": "card"},
        "amountCents": {"gte": low, "lt": high},
        "amountCurrency": {"eq": "EUR"},
    }
    order = [{"field": "AMOUNT_CENTS", "direction": "DESC"}, {"field": "CAPTURED_AT"}]
    found = list(pages(graph, where=where, orderBy=order))
    wanted = [each for each in told if each["method"] == "card" and low <= each["amount"]["cents"] < high]
    assert wanted
    assert {each["number"] for each in found} >= {each["number"] for each in wanted}
    keys = [(-each["amount"]["cents"], each["capturedAt"], each["number"]) for each in found]
    assert keys == sorted(keys)
    assert {(each["status"], each["method"]) for each in found} == {("succeeded", "card")}


def test_a_range_of_times(graph: GraphServer, told: list[dict[str, Any]]) -> None:
    times = sorted(each["capturedAt"] for each in told)
    start, end = times[len(times) // 3], times[len(times) // 2]
    found = list(pages(graph, where={"capturedAt": {"gt": start, "lte": end}}))
    assert {start < each["capturedAt"] <= end for each in found} == {True}
    assert len(found) >= sum(start < each <= end for each in times)


def test_without_an_order_they_come_by_number(graph: GraphServer) -> None:
    numbers = [each["number"] for each in pages(graph)]
    assert numbers == sorted(set(numbers))
    last = graph.execute("{ payments(last: 3) { totalCount edges { node { number } } } }").data["payments"]
    assert [edge["node"]["number"] for edge in last["edges"]] == numbers[-3:]


def test_the_time_of_the_newest_event_stands_at_each(graph: GraphServer, told: list[dict[str, Any]]) -> None:
    now = datetime.now(UTC)
    for each in told:
        as_of = datetime.fromisoformat(each["asOf"])
        assert now - timedelta(hours=1) < as_of <= now


async def test_it_stands_at_each_update_as_well(graph: GraphServer, demo: Demo) -> None:
    query = "subscription { paymentUpdated { node { asOf } } }"
    number = graph.execute("{ payments(first: 1) { edges { node { order { number } } } } }").data
    order = number["payments"]["edges"][0]["node"]["order"]["number"]
    async with news(demo, "payment", order):
        (event,) = await some(sse(f"{graph.url}/graphql", query), 1)
    as_of = datetime.fromisoformat(event["data"]["paymentUpdated"]["node"]["asOf"])
    assert abs(datetime.now(UTC) - as_of) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("where", "order", "argument"),
    [
        ({"status": {"eq": "lost"}}, None, "where"),
        ({"status": {"in": ["succeeded", "lost"]}}, None, "where"),
        ({"status": {"eq": None}}, None, "where"),
        ({"status": None}, None, "where"),
        ({"method": {"in": ["x"] * 101}}, None, "where"),
        ({"method": {"eq": "a\0b"}}, None, "where"),
        (None, [{"field": "AMOUNT_CENTS"}, {"field": "AMOUNT_CENTS", "direction": "DESC"}], "orderBy"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_the_argument(
    graph: GraphServer, where: Any, order: Any, argument: str
) -> None:
    answer = graph.execute(PAYMENTS, where=where, orderBy=order)
    assert answer.body["data"] == {"payments": None}
    assert answer.error["extensions"] == {"code": "BAD_USER_INPUT", "argument": argument}
    assert "payments" not in answer.log["calls"]


@pytest.mark.parametrize(
    ("where", "order"),
    [
        ({"status": {"like": "%"}}, None),
        ({"number": {"eq": "x"}}, None),
        ({"amountCents": {"eq": "1"}}, None),
        ({"capturedAt": {"gte": "yesterday"}}, None),
        (None, [{"field": "STATUS"}]),
        (None, [{"direction": "ASC"}]),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_runs(graph: GraphServer, where: Any, order: Any) -> None:
    response = graph.request(
        "POST", "/graphql", json={"query": PAYMENTS, "variables": {"where": where, "orderBy": order}}
    )
    assert response.json()["errors"]
    assert not (response.json().get("data") or {}).get("payments")


def test_of_none_nothing_is_found(graph: GraphServer) -> None:
    page = graph.execute(PAYMENTS, where={"status": {"in": []}}).data["payments"]
    assert (page["totalCount"], page["edges"]) == (0, [])


def test_pages_of_fifty_orders_are_one_call_to_each(graph: GraphServer, demo: Demo) -> None:
    answer = graph.execute(
        f"""{{ orders(first: 50, after: "{encode_cursor(199)}") {{ edges {{ node {{ number
            payments(where: {{status: {{eq: "succeeded"}}}}, orderBy: [{{field: CAPTURED_AT}}]) {{
                totalCount edges {{ node {{ status order {{ number }} }} }}
            }}
            shipments(first: 1, orderBy: [{{field: STATUS, direction: DESC}}]) {{
                totalCount edges {{ node {{ asOf carrier order {{ number }} }} }}
            }}
        }} }} }} }}"""
    )
    orders = [edge["node"] for edge in answer.data["orders"]["edges"]]
    assert len(orders) == 50
    assert answer.log["calls"]["payments"] == answer.log["calls"]["shipments"] == 1
    for field in ("payments", "shipments"):
        found = [(order["number"], edge["node"]) for order in orders for edge in order[field]["edges"]]
        assert len(found) >= 20
        assert all(node["order"]["number"] == number for number, node in found)
    assert {edge["node"]["status"] for order in orders for edge in order["payments"]["edges"]} == {
        "succeeded"
    }


def test_shipments_of_one_carrier(graph: GraphServer) -> None:
    query = """query($where: ShipmentFilter) { shipments(where: $where, first: 100) {
        totalCount edges { node { carrier status place { name } } } } }"""
    every = graph.execute(query).data["shipments"]["totalCount"]
    counts = 0
    for carrier in ("DHL", "UPS", "DPD", "GLS"):
        page = graph.execute(query, where={"carrier": {"eq": carrier}}).data["shipments"]
        assert {edge["node"]["carrier"] for edge in page["edges"]} == {carrier}
        counts += page["totalCount"]
    assert counts >= every > 100
    here = graph.execute(query, where={"placeName": {"eq": "Leipzig"}}).data["shipments"]["edges"]
    assert {edge["node"]["place"]["name"] for edge in here} <= {"Leipzig"}
