"""Accounting on the wire."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.launch import Demo
from tests.demo.wire import Wire

BOOKING = {"order_id": "O1", "customer_id": "C1", "amount": {"cents": 1999, "currency": "EUR"}}


def test_a_transaction_is_booked(accounting: Wire) -> None:
    answer = accounting.post("/transactions", BOOKING)
    assert answer.status == 201
    booked = answer.json
    assert re.fullmatch("T[0-9]{6}", booked["id"])
    assert {name: booked[name] for name in BOOKING} == BOOKING
    assert abs(datetime.now(UTC) - datetime.fromisoformat(booked["booked_at"])) < timedelta(seconds=30)


@pytest.mark.parametrize(
    "amount",
    [
        {"cents": -1, "currency": "EUR"},
        {"cents": 19.99, "currency": "EUR"},
        {"cents": 1999, "currency": "eur"},
        {"cents": 1999},
        1999,
    ],
)
def test_an_amount_is_checked(demo: Demo, accounting: Wire, amount: Any) -> None:
    before = demo["accounting"].happened()
    answer = accounting.post("/transactions", {**BOOKING, "amount": amount})
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert demo["accounting"].happened() == before


def test_a_wrong_password_is_refused(accounting: Wire) -> None:
    accounting.headers = Wire.basic("somebody", "wrong")
    answer = accounting.post("/transactions", BOOKING)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
