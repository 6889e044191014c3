"""Every edge of resolvers/links.py: it brings the right thing, and a page costs ceil(keys / max) calls."""

from __future__ import annotations

from math import ceil
from typing import Any, NamedTuple

import pytest

from demo.launch import Demo
from patchbay.links import LinkField
from patchbay.paging import encode_cursor
from resolvers import links
from tests.serving import GraphServer

# Some days back, so that most of the orders are paid and shipped.
ORDERS = (
    f'{{{{ orders(first: 50, after: "{encode_cursor(199)}")'
    " {{ edges {{ node {{ number {} }} }} }} }}"
)
CUSTOMERS = "{{ customers(first: 60) {{ edges {{ node {{ number erpNumber {} }} }} }} }}"
PRODUCTS = "{{ products(first: 80) {{ edges {{ node {{ sku {} }} }} }} }}"


class Edge(NamedTuple):
    """How an edge is asked for a whole page.

    `keys` are paths into a row of the page; `value` is the edge itself.
    """

    query: str
    source: str
    operation: str
    keys: str
    value: str
    max_size: int


EDGES = {
    "balance_of_customer": Edge(
        CUSTOMERS.format("balance { cents }"), "erp", "GetBalances", "erpNumber", "balance.cents", 50
    ),
    "orders_of_customer": Edge(
        CUSTOMERS.format("orders(first: 2) { totalCount edges { node { customer { number } } } }"),
        "shop",
        "GET /orders/by-customer",
        "number",
        "orders.totalCount",
        50,
    ),
    "customer_of_order": Edge(
        ORDERS.format("customer { number }"),
        "crm",
        "GET /customers",
        "customer.number",
        "customer.number",
        100,
    ),
    "payment_of_order": Edge(
        ORDERS.format("payment { order { number } }"),
        "payments",
        "payments.by_order_id",
        "number",
        "payment.order.number",
        1_000,
    ),
    "payments_of_order": Edge(
        ORDERS.format("payments(first: 2) { totalCount edges { node { order { number } } } }"),
        "payments",
        "payments.pages_by_order_id",
        "number",
        "payments.edges.node.order.number",
        1_000,
    ),
    "shipments_of_order": Edge(
        ORDERS.format("shipments(first: 2) { totalCount edges { node { order { number } } } }"),
        "shipments",
        "shipments.pages_by_order_id",
        "number",
        "shipments.edges.node.order.number",
        1_000,
    ),
    "shipment_of_order": Edge(
        ORDERS.format("shipment { order { number } }"),
        "shipments",
        "shipments.by_order_id",
        "number",
        "shipment.order.number",
        1_000,
    ),
    "product_of_item": Edge(
        ORDERS.format("items { product { number } }"),
        "shop",
        "GET /products",
        "items.product.number",
        "items.product.number",
        50,
    ),
    "stock_of_product": Edge(
        PRODUCTS.format("stock { sku onHand }"), "erp", "GetStockLevels", "sku", "stock.onHand", 50
    ),
    "order_of_payment": Edge(
        ORDERS.format("payment { order { number } }"),
        "shop",
        "GET /orders",
        "payment.order.number",
        "payment.order.number",
        100,
    ),
    "order_of_shipment": Edge(
        ORDERS.format("shipment { order { number } }"),
        "shop",
        "GET /orders",
        "shipment.order.number",
        "shipment.order.number",
        100,
    ),
    "weather_of_shipment": Edge(
        ORDERS.format("shipment { place { latitude longitude } weather { temperatureCelsius } }"),
        "weather",
        "GET /v1/current",
        "shipment.place",
        "shipment.weather.temperatureCelsius",
        1,
    ),
}


def values(row: Any, path: str) -> list[Any]:
    """All non-null values at a path, through lists."""
    found = [row]
    for name in path.split("."):
        members = [each[name] for each in found if each is not None]
        found = [each for member in members for each in (member if isinstance(member, list) else [member])]
    return [each for each in found if each is not None]


def test_every_link_has_its_row_here() -> None:
    declared = {name for name, value in vars(links).items() if isinstance(value, LinkField)}
    assert declared == set(EDGES)


@pytest.mark.parametrize("name", EDGES)
def test_a_page_of_rows_costs_one_call_per_chunk_of_keys(graph: GraphServer, demo: Demo, name: str) -> None:
    edge = EDGES[name]
    answer = graph.execute(edge.query)
    (page,) = answer.data.values()
    rows = [each["node"] for each in page["edges"]]
    keys = {str(key) for row in rows for key in values(row, edge.keys)}
    found = [value for row in rows for value in values(row, edge.value)]
    assert len(rows) >= 50
    assert len(found) >= len(rows) // 2
    if edge.source in {"payments", "shipments"}:
        assert answer.log["calls"][edge.source] == 1
    else:
        calls = demo[edge.source].calls()[edge.operation]
        # The page itself comes from the same operation family only under another name.
        own_page = 1 if edge.operation == "GET /products" and "products(" in edge.query else 0
        own_page += 1 if edge.operation == "GET /orders" and "orders(" in edge.query else 0
        assert calls - own_page == ceil(len(keys) / edge.max_size)


def test_last_orders_of_customers_with_different_numbers_of_orders_are_one_call(
    graph: GraphServer, demo: Demo
) -> None:
    last = f'orders(last: 2, before: "{encode_cursor(3)}") {{ totalCount edges {{ cursor }} }}'
    rows = graph.execute(CUSTOMERS.replace("first: 60", "first: 50").format(last)).data["customers"]["edges"]
    orders = [row["node"]["orders"] for row in rows]
    assert len({each["totalCount"] for each in orders}) > 3
    assert all(len(each["edges"]) == (2 if each["totalCount"] >= 3 else 0) for each in orders)
    assert demo["shop"].calls() == {"GET /orders/by-customer": 1}


@pytest.mark.parametrize(
    "name",
    [
        "order_of_payment",
        "order_of_shipment",
        "payment_of_order",
        "payments_of_order",
        "shipment_of_order",
        "shipments_of_order",
    ],
)
def test_there_and_back_leads_to_the_same_order(graph: GraphServer, name: str) -> None:
    edge = EDGES[name]
    (page,) = graph.execute(edge.query).data.values()
    for row in (each["node"] for each in page["edges"]):
        assert values(row, edge.value) in ([], [row["number"]])


def test_orders_of_customers_belong_to_them(graph: GraphServer) -> None:
    data = graph.execute(EDGES["orders_of_customer"].query).data
    for row in (each["node"] for each in data["customers"]["edges"]):
        numbers = {each["node"]["customer"]["number"] for each in row["orders"]["edges"]}
        assert numbers <= {row["number"]}
        assert len(row["orders"]["edges"]) == min(2, row["orders"]["totalCount"])


def test_stock_matches_its_product(graph: GraphServer) -> None:
    data = graph.execute(EDGES["stock_of_product"].query).data
    rows = [each["node"] for each in data["products"]["edges"]]
    assert all(row["stock"] is None or row["stock"]["sku"] == row["sku"] for row in rows)
    assert any(row["stock"] is None for row in rows), "the ERP does not know every SKU"


def test_a_page_of_fifty_orders_with_all_edges_makes_no_call_per_row(graph: GraphServer, demo: Demo) -> None:
    answer = graph.execute(
        """{ orders(first: 50) { edges { node {
            customer { name balance { cents } } payment { status } shipment { status }
            items { product { name stock { onHand } } } } } } }"""
    )
    rows = [each["node"] for each in answer.data["orders"]["edges"]]
    products = {value for row in rows for value in values(row, "items.product.name")}
    assert len(rows) == 50
    assert demo["shop"].calls() == {"GET /orders": 1, "GET /products": ceil(len(products) / 50)}
    assert demo["crm"].calls() == {"GET /customers": 1}
    assert demo["erp"].calls() == {"GetBalances": 1, "GetStockLevels": ceil(len(products) / 50)}
    assert answer.log["calls"]["payments"] == answer.log["calls"]["shipments"] == 1
