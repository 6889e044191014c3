"""The carrier on the wire."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.launch import Demo
from tests.demo.wire import Wire

PARCEL = {"orderId": "O1", "customerId": "C1", "items": [{"sku": "SKU-0001", "quantity": 2}]}


def test_a_label_is_made(carrier: Wire) -> None:
    answer = carrier.post("/labels", PARCEL)
    assert answer.status == 201
    assert re.fullmatch("L[0-9]{6}", answer.json["id"])
    assert re.fullmatch("PB[0-9]{12}", answer.json["trackingNumber"])
    assert answer.json["orderId"] == "O1"
    assert abs(datetime.now(UTC) - datetime.fromisoformat(answer.json["createdAt"])) < timedelta(seconds=30)
    other = carrier.post("/labels", PARCEL)
    assert other.json["trackingNumber"] != answer.json["trackingNumber"]


@pytest.mark.parametrize(
    "change",
    [{"items": []}, {"items": [{"sku": "SKU-0001", "quantity": 0}]}, {"orderId": ""}, {"orderId": 1}],
)
def test_a_parcel_is_checked(demo: Demo, carrier: Wire, change: dict[str, Any]) -> None:
    before = demo["carrier"].happened()
    answer = carrier.post("/labels", {**PARCEL, **change})
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert demo["carrier"].happened() == before


def test_a_wrong_key_is_refused(carrier: Wire) -> None:
    carrier.headers["x-carrier-key"] = "wrong"
    assert carrier.post("/labels", PARCEL).status == 401
