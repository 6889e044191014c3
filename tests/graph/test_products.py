"""Products: read from the shop; their stock is set aside in the ERP."""

from __future__ import annotations

from typing import Any

import pytest

from demo.launch import Demo
from tests.serving import GraphServer

RESERVE = """mutation($sku: String!, $quantity: Int!, $reference: String) {
  reserveStock(sku: $sku, quantity: $quantity, reference: $reference) {
    reservationId sku quantity reservedAt
  }
}"""


def stocked(graph: GraphServer) -> dict[str, Any]:
    """A product of which there is plenty."""
    edges = graph.execute("{ products(first: 50) { edges { node { number sku stock { onHand } } } } }").data[
        "products"
    ]["edges"]
    return max(
        (edge["node"] for edge in edges if edge["node"]["stock"]),
        key=lambda node: int(node["stock"]["onHand"]),
    )


def test_a_product_is_found_by_number(graph: GraphServer) -> None:
    product = graph.execute('{ product(id: "P0001") { number sku name price { cents currency } } }').data[
        "product"
    ]
    assert product["number"] == "P0001"
    assert product["sku"] == "SKU-0001"
    assert product["price"]["cents"] > 0


def test_an_unknown_product_is_null(graph: GraphServer) -> None:
    assert graph.execute('{ product(id: "P999999") { name } }').data == {"product": None}


def test_a_reservation_is_written_through_to_the_erp(graph: GraphServer, demo: Demo) -> None:
    product = stocked(graph)
    reservation = graph.execute(RESERVE, sku=product["sku"], quantity=2, reference="O1 & <b>").data[
        "reserveStock"
    ]
    assert reservation["sku"] == product["sku"]
    assert reservation["quantity"] == 2
    assert reservation["reservationId"]
    assert demo["erp"].calls()["ReserveStock"] == 1
    after = graph.execute(
        "query($id: ID!) { product(id: $id) { stock { onHand } } }", id=product["number"]
    ).data
    assert after["product"]["stock"]["onHand"] == product["stock"]["onHand"] - 2


@pytest.mark.parametrize(
    ("sku", "quantity", "fault"),
    [("SKU-0001", 1_000_000, "InsufficientStock"), ("SKU-NONE", 1, "UnknownSku")],
)
def test_a_fault_of_the_erp_is_typed_and_made_once(
    graph: GraphServer, demo: Demo, sku: str, quantity: int, fault: str
) -> None:
    answer = graph.execute(RESERVE, sku=sku, quantity=quantity)
    assert answer.status == 200
    assert answer.body["data"] == {"reserveStock": None}
    assert answer.error["extensions"] == {"code": "SOAP_FAULT", "source": "erp", "fault": fault}
    assert demo["erp"].calls() == {"ReserveStock": 1}


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"sku": "", "quantity": 1}, "sku"),
        ({"sku": "A" * 65, "quantity": 1}, "sku"),
        ({"sku": "SKU\u0000", "quantity": 1}, "sku"),
        ({"sku": "SKU-0001", "quantity": 0}, "quantity"),
        ({"sku": "SKU-0001", "quantity": -3}, "quantity"),
        ({"sku": "SKU-0001", "quantity": 1, "reference": "\u0001"}, "reference"),
    ],
)
def test_arguments_that_cannot_be_never_reach_the_erp(
    graph: GraphServer, demo: Demo, arguments: dict[str, Any], argument: str
) -> None:
    answer = graph.execute(RESERVE, **arguments)
    assert answer.error["extensions"] == {"code": "BAD_USER_INPUT", "argument": argument}
    assert demo["erp"].calls() == {}
