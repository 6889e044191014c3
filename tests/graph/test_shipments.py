"""Shipments: told as Standard Webhooks, read back through the graph."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.launch import Demo
from tests.graph.signing import standard_delivery
from tests.serving import GraphServer


def event(order_id: str, version: int, place: dict[str, Any] | None) -> dict[str, Any]:
    shipment = {
        "id": f"S-{order_id}",
        "order_id": order_id,
        "carrier": "DHL",
        "status": "in_transit",
        "version": version,
        "place": place,
        "events": [{"at": "2026-11-20T10:00:00Z", "place": "Leipzig", "text": "Sorted"}],
    }
    return {"type": "shipment.updated", "timestamp": "2026-11-20T10:00:00Z", "data": shipment}


def an_order(graph: GraphServer, offset_cursor: str) -> str:
    """An order that the sender never tells of."""
    page = f'orders(first: 50, after: "{offset_cursor}")'
    query = f"{{ {page} {{ edges {{ node {{ number shipment {{ id }} }} }} }} }}"
    nodes = [edge["node"] for edge in graph.execute(query).data["orders"]["edges"]]
    number: str = next(node["number"] for node in nodes if node["shipment"] is None)
    return number


def test_a_parcel_and_the_weather_where_it_is(graph: GraphServer, demo: Demo) -> None:
    number = an_order(graph, "b2Zmc2V0OjI5OTk=")
    secret = demo.environment["SHIPMENTS_WEBHOOK_SECRET"]
    place = {"name": "Leipzig", "latitude": 51.34, "longitude": 12.37}
    delivery = standard_delivery(secret, f"{number}-1", event(number, 1, place))
    assert graph.request("POST", "/webhooks/shipments", **delivery).status_code == 200
    query = f"""{{ order(id: "{number}") {{ shipment {{
        number place {{ name latitude }} events {{ at place text }} weather {{ temperatureCelsius }}
    }} }} }}"""
    shipment = graph.wait_until(query, lambda data: data["order"]["shipment"])["order"]["shipment"]
    assert shipment["number"] == f"S-{number}"
    assert shipment["place"] == {"name": "Leipzig", "latitude": 51.34}
    assert shipment["events"] == [{"at": "2026-11-20T10:00:00+00:00", "place": "Leipzig", "text": "Sorted"}]
    assert isinstance(shipment["weather"]["temperatureCelsius"], float)


def test_a_parcel_that_is_nowhere_yet_has_no_weather_and_asks_for_none(
    graph: GraphServer, demo: Demo
) -> None:
    number = an_order(graph, "b2Zmc2V0OjM0OTk=")
    secret = demo.environment["SHIPMENTS_WEBHOOK_SECRET"]
    delivery = standard_delivery(secret, f"{number}-1", event(number, 1, None))
    assert graph.request("POST", "/webhooks/shipments", **delivery).status_code == 200
    query = f'{{ order(id: "{number}") {{ shipment {{ place {{ name }} weather {{ observedAt }} }} }} }}'
    data = graph.wait_until(query, lambda data: data["order"]["shipment"])
    assert data["order"]["shipment"] == {"place": None, "weather": None}
    assert demo["weather"].calls() == {}


def test_a_delivery_that_is_not_signed_right_stores_nothing(graph: GraphServer, demo: Demo) -> None:
    number = an_order(graph, "b2Zmc2V0OjM5OTk=")
    secret = demo.environment["SHIPMENTS_WEBHOOK_SECRET"]
    payload = event(number, 1, None)
    good = standard_delivery(secret, f"{number}-1", payload)
    old = datetime.now(UTC) - timedelta(seconds=310)
    refused = {
        "no headers": {"content": good["content"]},
        "another id": {**good, "headers": {**good["headers"], "webhook-id": "other"}},
        "an empty signature": {**good, "headers": {**good["headers"], "webhook-signature": "v1,"}},
        "another body": {**good, "content": good["content"] + b" "},
        "too old": standard_delivery(secret, f"{number}-1", payload, old),
        "Stripe's header": {"content": good["content"], "headers": {"Stripe-Signature": "t=1,v1=00"}},
    }
    for name, delivery in refused.items():
        response = graph.request("POST", "/webhooks/shipments", **delivery)
        assert response.status_code in (400, 401), name
    assert graph.request("POST", "/webhooks/nobody", **good).status_code == 404
    time.sleep(0.3)
    query = f'{{ order(id: "{number}") {{ shipment {{ id }} }} }}'
    assert graph.execute(query).data["order"]["shipment"] is None
