"""Payments: told by Stripe's webhooks, read back through the graph. See test_payments_asked for the API."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest

from demo.launch import Demo
from patchbay.paging import encode_cursor
from tests.graph.signing import stripe_delivery
from tests.serving import GraphServer

COUNT = itertools.count(int(time.time()))
PAYMENT = (
    "query($id: ID!) { order(id: $id) { payment { status method capturedAt amount { cents currency } } } }"
)


def event(order_id: str, status: str, created: int, **changes: Any) -> dict[str, Any]:
    intent = {
        "id": f"pi_{order_id}",
        "object": "payment_intent",
        "amount": 12_34,
        "currency": "eur",
        "status": status,
        "payment_method_types": ["card"],
        "metadata": {"order_id": order_id},
    }
    return {
        "id": f"evt_{next(COUNT)}",
        "object": "event",
        "type": f"payment_intent.{status}",
        "created": created,
        "data": {"object": intent},
        **changes,
    }


def post(graph: GraphServer, demo: Demo, payload: dict[str, Any]) -> int:
    delivery = stripe_delivery(demo.environment["PAYMENTS_WEBHOOK_SECRET"], payload)
    return graph.request("POST", "/webhooks/payments", **delivery).status_code


@pytest.fixture
def unpaid(graph: GraphServer) -> str:
    """An order whose payment the provider does not know, and no webhook has told of yet."""
    # Of a hundred orders, ten are not paid; the tests need more.
    for offset in (1999, 2099, 2199):
        page = f'orders(first: 100, after: "{encode_cursor(offset)}")'
        query = f"{{ {page} {{ edges {{ node {{ number payment {{ id }} }} }} }} }}"
        for edge in graph.execute(query).data["orders"]["edges"]:
            if edge["node"]["payment"] is None:
                number: str = edge["node"]["number"]
                return number
    raise AssertionError("each order has a payment")


def test_an_event_becomes_the_order_s_payment(graph: GraphServer, demo: Demo, unpaid: str) -> None:
    assert post(graph, demo, event(unpaid, "succeeded", 1_760_000_000)) == 200
    payment = graph.wait_until(_of(unpaid), lambda data: data["order"]["payment"])["order"]["payment"]
    assert payment == {
        "status": "succeeded",
        "method": "card",
        "capturedAt": "2025-10-09T08:53:20+00:00",
        "amount": {"cents": 1234, "currency": "EUR"},
    }


def test_the_newest_state_wins_in_whatever_order_events_come(
    graph: GraphServer, demo: Demo, unpaid: str
) -> None:
    for status, created in [
        ("processing", 20),
        ("succeeded", 30),
        ("requires_payment_method", 10),
        ("processing", 30),
    ]:
        assert post(graph, demo, event(unpaid, status, 1_760_000_000 + created)) == 200
    sentinel = event(unpaid, "processing", 1)
    assert post(graph, demo, sentinel) == 200
    time.sleep(0.5)
    assert graph.execute(_of(unpaid)).data["order"]["payment"]["status"] == "succeeded"


@pytest.mark.parametrize(
    ("later", "status"),
    [("payment_failed", "requires_payment_method"), ("canceled", "canceled"), ("succeeded", "succeeded")],
)
def test_within_one_second_the_end_wins_over_processing(
    graph: GraphServer, demo: Demo, unpaid: str, later: str, status: str
) -> None:
    at = 1_760_000_000
    end = event(unpaid, status, at, type=f"payment_intent.{later}")
    assert post(graph, demo, end) == 200
    assert post(graph, demo, event(unpaid, "processing", at)) == 200
    time.sleep(0.5)
    assert graph.execute(_of(unpaid)).data["order"]["payment"]["status"] == status


def test_the_time_of_capture_does_not_move_with_later_events(
    graph: GraphServer, demo: Demo, unpaid: str
) -> None:
    assert post(graph, demo, event(unpaid, "succeeded", 1_760_000_000)) == 200
    later = event(unpaid, "succeeded", 1_760_000_500, type="payment_intent.partially_funded")
    assert post(graph, demo, later) == 200
    time.sleep(0.5)
    payment = graph.execute(_of(unpaid)).data["order"]["payment"]
    assert payment["capturedAt"] == "2025-10-09T08:53:20+00:00"


@pytest.mark.parametrize(("amount", "cents"), [(2**53 - 1, 2**53 - 1), (2**53, None), (2**64, None)])
def test_an_amount_beyond_32_bits_is_exact_or_refused(
    graph: GraphServer, demo: Demo, unpaid: str, amount: int, cents: int | None
) -> None:
    told = event(unpaid, "succeeded", 1_760_000_000)
    told["data"]["object"]["amount"] = amount
    assert post(graph, demo, told) == 200
    time.sleep(0.5)
    payment = graph.execute(_of(unpaid)).data["order"]["payment"]
    assert (payment and payment["amount"]["cents"]) == cents


def test_events_about_something_else_are_taken_and_change_nothing(
    graph: GraphServer, demo: Demo, unpaid: str
) -> None:
    other = event(unpaid, "succeeded", 1_760_000_000, type="customer.created")
    without_order = event(unpaid, "succeeded", 1_760_000_000)
    without_order["data"]["object"]["metadata"] = {}
    assert post(graph, demo, other) == 200
    assert post(graph, demo, without_order) == 200
    time.sleep(0.3)
    assert graph.execute(_of(unpaid)).data["order"]["payment"] is None


def test_an_event_that_cannot_be_understood_hinders_no_other(
    graph: GraphServer, demo: Demo, unpaid: str
) -> None:
    broken = event(unpaid, "succeeded", 1_760_000_000)
    broken["data"]["object"]["amount"] = "much"
    assert post(graph, demo, broken) == 200
    assert post(graph, demo, event(unpaid, "processing", 1_760_000_001)) == 200
    data = graph.wait_until(_of(unpaid), lambda data: data["order"]["payment"])
    assert data["order"]["payment"]["status"] == "processing"


def test_a_delivery_that_stripe_did_not_sign_stores_nothing(
    graph: GraphServer, demo: Demo, unpaid: str
) -> None:
    secret = demo.environment["PAYMENTS_WEBHOOK_SECRET"]
    payload = event(unpaid, "succeeded", 1_760_000_000)
    good = stripe_delivery(secret, payload)
    refused = {
        "another secret": stripe_delivery("whsec_another", payload),
        "no signature": {"content": good["content"]},
        "another body": {**good, "content": good["content"].replace(b"succeeded", b"canceled!")},
        "ten minutes old": stripe_delivery(secret, payload, time.time() - 600),
        "ten minutes ahead": stripe_delivery(secret, payload, time.time() + 600),
    }
    for name, delivery in refused.items():
        response = graph.request("POST", "/webhooks/payments", **delivery)
        assert response.status_code in (400, 401), name
        assert response.json()["error"], name
    time.sleep(0.3)
    assert graph.execute(_of(unpaid)).data["order"]["payment"] is None


def test_a_replay_is_a_409_and_a_retry_a_200(graph: GraphServer, demo: Demo, unpaid: str) -> None:
    secret = demo.environment["PAYMENTS_WEBHOOK_SECRET"]
    payload = event(unpaid, "succeeded", 1_760_000_000)
    first = stripe_delivery(secret, payload, time.time() - 2)
    retry = stripe_delivery(secret, payload)
    answers = [graph.request("POST", "/webhooks/payments", **each) for each in (first, first, retry)]
    assert [answer.status_code for answer in answers] == [200, 409, 200]
    assert answers[1].json() == {"error": "this very delivery was stored before"}
    assert answers[2].json() == {"status": "duplicate", "event": payload["id"]}


def _of(number: str) -> str:
    return PAYMENT.replace("query($id: ID!) ", "").replace("$id", f'"{number}"')
