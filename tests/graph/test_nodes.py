"""Global ids: every node has one, and node(id:) reads it back."""

from __future__ import annotations

import base64

import pytest

from demo.launch import Demo
from tests.serving import GraphServer

EVERY_NODE = """{ customer(id: "C1007") { id __typename orders(first: 1) { edges { node {
    id __typename items { product { id __typename } } payment { id __typename } shipment { id __typename }
} } } } }"""
NODE = "query($id: ID!) { node(id: $id) { id __typename } }"


def test_every_node_can_be_read_back(graph: GraphServer) -> None:
    customer = graph.execute(EVERY_NODE).data["customer"]
    order = customer["orders"]["edges"][0]["node"]
    nodes = [customer, order, order["items"][0]["product"], order["payment"], order["shipment"]]
    assert {node["__typename"] for node in nodes} == {"Customer", "Order", "Product", "Payment", "Shipment"}
    for node in nodes:
        assert graph.execute(NODE, id=node["id"]).data["node"] == {
            "id": node["id"],
            "__typename": node["__typename"],
        }


def test_nodes_of_one_type_are_read_together(graph: GraphServer, demo: Demo) -> None:
    ids = [base64.b64encode(f"Customer:C{number}".encode()).decode() for number in range(1000, 1010)]
    query = "{" + " ".join(f'n{index}: node(id: "{each}") {{ id }}' for index, each in enumerate(ids)) + "}"
    data = graph.execute(query).data
    assert [data[f"n{index}"]["id"] for index in range(10)] == ids
    assert demo["crm"].calls() == {"GET /customers": 1}


def test_an_unknown_key_is_null(graph: GraphServer) -> None:
    assert graph.execute(NODE, id=base64.b64encode(b"Customer:C9999999").decode()).data == {"node": None}
    assert graph.execute(NODE, id=base64.b64encode(b"Payment:pi_none").decode()).data == {"node": None}


@pytest.mark.parametrize(
    "bad", ["", "C1007", "!!", "TW9uZXk6MQ==", "Q3VzdG9tZXI", "Q3VzdG9tZXI6QzEwMDc", "A" * 5000, "é", "🙂"]
)
def test_what_is_no_global_id_is_an_error_that_names_the_argument(graph: GraphServer, bad: str) -> None:
    answer = graph.execute(NODE, id=bad)
    assert answer.body["data"] == {"node": None}
    assert answer.error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "id"}
    assert answer.error["message"] == "argument 'id' is not a global id of this graph"
