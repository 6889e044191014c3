"""The query that the product is about: one customer across six upstreams in one round trip."""

from __future__ import annotations

from demo.launch import Demo
from tests.serving import ROOT, GraphServer

EXAMPLE = (ROOT / "docs" / "examples" / "01-customer.graphql").read_text()


def test_every_level_of_the_query_is_answered(graph: GraphServer) -> None:
    customer = graph.execute(EXAMPLE).data["customer"]
    assert customer["name"]
    assert customer["email"].endswith("@example.com")
    assert customer["balance"] == {"cents": customer["balance"]["cents"], "currency": "EUR"}
    assert customer["orders"]["totalCount"] == 12
    nodes = [edge["node"] for edge in customer["orders"]["edges"]]
    assert len(nodes) == 5
    assert [node["placedAt"] for node in nodes] == sorted((node["placedAt"] for node in nodes), reverse=True)
    for node in nodes:
        assert node["total"]["cents"] > 0
        assert node["items"]
        assert all(item["quantity"] > 0 and item["product"]["name"] for item in node["items"])
        assert node["payment"]["status"] == "succeeded"
        assert node["payment"]["method"] in {"card", "sepa_debit", "paypal"}
        assert node["payment"]["capturedAt"] > node["placedAt"]
        assert node["shipment"]["events"][0]["text"]
        assert isinstance(node["shipment"]["weather"]["temperatureCelsius"], float)
    stocks = [item["product"]["stock"] for node in nodes for item in node["items"]]
    assert any(stock and stock["warehouse"] for stock in stocks)


def test_each_edge_is_asked_once_for_all_keys_of_its_level(graph: GraphServer, demo: Demo) -> None:
    answer = graph.execute(EXAMPLE)
    nodes = [edge["node"] for edge in answer.data["customer"]["orders"]["edges"]]
    assert demo["crm"].calls() == {"GET /customers": 1}
    assert demo["shop"].calls() == {"GET /orders/by-customer": 1, "GET /products": 1}
    assert demo["erp"].calls() == {"GetBalances": 1, "GetStockLevels": 1}
    # Weather has no batch endpoint: one call per different place.
    assert 1 <= demo["weather"].calls()["GET /v1/current"] <= len(nodes)
    assert answer.log["calls"]["payments"] == 1
    assert answer.log["calls"]["shipments"] == 1


def test_upstreams_are_asked_only_for_what_is_selected(graph: GraphServer, demo: Demo) -> None:
    answer = graph.execute('{ customer(id: "C1007") { name } }')
    assert answer.data["customer"]["name"]
    assert answer.log["calls"] == {"crm": 1}
    assert demo["shop"].calls() == demo["erp"].calls() == demo["weather"].calls() == {}


def test_one_log_line_tells_name_duration_calls_and_errors(graph: GraphServer) -> None:
    log = graph.execute(EXAMPLE).log
    assert log["operation"] == "Customer"
    assert log["type"] == "query"
    assert log["duration_ms"] > 0
    assert log["errors"] == []
    assert set(log["calls"]) == {"crm", "shop", "erp", "payments", "shipments", "weather"}
