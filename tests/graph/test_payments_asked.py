"""Payments of which no webhook has told: the provider is asked, and what it answers is kept."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from demo import data, events
from demo.launch import Demo
from patchbay.paging import encode_cursor
from tests.graph.signing import stripe_delivery
from tests.inbox.database import rows, waiting
from tests.serving import Answer, GraphServer

PAYMENT = "{ status method capturedAt amount { cents currency } }"
STORED = "SELECT version, body FROM records WHERE kind = 'payments.Payment' AND key = ?"


class Cold:
    """A server that is told nothing by itself, and its inbox."""

    def __init__(self, demo: Demo, folder: Path) -> None:
        self.location = folder / "inbox.sqlite3"
        self.graph = GraphServer(demo.environment, self.location)
        self._secret = demo.environment["PAYMENTS_WEBHOOK_SECRET"]

    def page(self, offset: int, field: str) -> Answer:
        """`field` of 50 orders."""
        page = f'orders(first: 50, after: "{encode_cursor(offset - 1)}")'
        return self.graph.execute(f"{{ {page} {{ edges {{ node {{ number {field} }} }} }} }}")

    def payment(self, order_id: str) -> dict[str, Any] | None:
        """The payment of one order."""
        data = self.graph.execute(f'{{ order(id: "{order_id}") {{ payment {PAYMENT} }} }}').data
        payment: dict[str, Any] | None = data["order"]["payment"]
        return payment

    def tell(self, order_id: str, version: int) -> None:
        """Have it take one event of the order's payment."""
        event = json.loads(events.event("payment", order_id, version).body)
        delivery = stripe_delivery(self._secret, event)
        assert self.graph.request("POST", "/webhooks/payments", **delivery).status_code == 200

    def wait_until_applied(self) -> None:
        """Until no event waits."""
        self.graph.wait_until("{ __typename }", lambda _: not waiting(self.location))

    def stored(self, order_id: str) -> list[tuple[Any, ...]]:
        """Version and body of the record of its payment."""
        return rows(self.location, STORED, events.payment_id(order_id))

    def changes(self, order_id: str) -> int:
        """How often subscribers were told of it."""
        key = events.payment_id(order_id)
        return len(rows(self.location, "SELECT * FROM changes WHERE key = ?", key))


@pytest.fixture(scope="module")
def running_cold(running_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cold]:
    cold = Cold(running_demo, tmp_path_factory.mktemp("cold"))
    with cold.graph:
        yield cold


@pytest.fixture
def cold(running_cold: Cold, demo: Demo) -> Cold:
    """It over a healthy demo with fresh counters. Each test takes other orders."""
    running_cold.graph.wait_until_circuits_are_closed()
    demo["psp"].reset()
    return running_cold


def paid(offset: int, count: int = 50) -> list[str]:
    """Those of these orders that have a payment."""
    return [
        each for each in islice(data.orders(), offset, offset + count) if events.versions("payment", each)
    ]


def nodes(answer: Answer) -> list[dict[str, Any]]:
    """The orders of a page."""
    return [edge["node"] for edge in answer.data["orders"]["edges"]]


def test_a_page_of_orders_makes_one_call_and_no_second_time(demo: Demo, cold: Cold) -> None:
    first = cold.page(1_000, f"payment {PAYMENT}")
    assert [node["number"] for node in nodes(first) if node["payment"] is not None] == paid(1_000)
    assert demo["psp"].calls() == {"GET /payments": 1}
    assert first.log["calls"] == {"shop": 1, "payments": 1, "payments_api": 1}
    again = cold.page(1_000, f"payment {PAYMENT}")
    assert again.data == first.data
    assert demo["psp"].calls() == {"GET /payments": 1}


def test_so_does_a_page_of_their_lists(demo: Demo, cold: Cold) -> None:
    field = "payments(first: 2) { totalCount edges { node { order { number } } } }"
    first = cold.page(1_100, field)
    counts = {node["number"]: node["payments"]["totalCount"] for node in nodes(first)}
    assert [number for number, count in counts.items() if count == 1] == paid(1_100)
    assert sum(counts.values()) == len(paid(1_100))
    assert demo["psp"].calls() == {"GET /payments": 1}
    assert cold.page(1_100, field).data == first.data
    assert demo["psp"].calls() == {"GET /payments": 1}


def test_one_is_found_by_its_id(demo: Demo, cold: Cold) -> None:
    order_id = paid(1_200)[0]
    node = base64.b64encode(f"Payment:{events.payment_id(order_id)}".encode()).decode()
    query = f'{{ node(id: "{node}") {{ ... on Payment {{ order {{ number }} }} }} }}'
    assert cold.graph.execute(query).data == {"node": {"order": {"number": order_id}}}
    assert demo["psp"].calls() == {"GET /payments": 1}


def test_what_is_fetched_is_what_webhooks_tell(demo: Demo, cold: Cold, tmp_path: Path) -> None:
    cold.page(1_500, "payment { id }")
    told = Cold(demo, tmp_path)
    order_ids = paid(1_500)
    with told.graph:
        for order_id in order_ids:
            for version in range(1, events.versions("payment", order_id) + 1):
                told.tell(order_id, version)
        told.wait_until_applied()
    assert {data.fate(each) for each in order_ids} == {"fulfilled", "pending", "voided"}
    for order_id in order_ids:
        assert len(told.stored(order_id)) == 1
        assert cold.stored(order_id) == told.stored(order_id)


def test_an_older_event_changes_nothing_and_a_later_one_wins(cold: Cold) -> None:
    order_id = next(each for each in data.orders() if events.in_motion("payment", each))
    fetched = cold.payment(order_id)
    last, (record,) = events.versions("payment", order_id), cold.stored(order_id)
    assert fetched is not None
    for version in range(1, last + 1):
        cold.tell(order_id, version)
    cold.wait_until_applied()
    assert (cold.stored(order_id), cold.changes(order_id)) == ([record], 1)
    cold.tell(order_id, last + 1)
    cold.wait_until_applied()
    ((version, _),) = cold.stored(order_id)
    assert version > record[0]
    assert cold.changes(order_id) == 2
    later = cold.payment(order_id)
    assert later is not None
    assert later["status"] != fetched["status"]


def test_while_it_cannot_be_asked_what_is_stored_is_answered(demo: Demo, cold: Cold) -> None:
    known, missing = paid(1_400)[:2]
    stored = cold.payment(known)
    assert stored is not None
    demo["psp"].fault(mode="fail", status=503)
    answer = cold.graph.execute(
        f"""{{ known: order(id: "{known}") {{ number payment {PAYMENT} }}
               missing: order(id: "{missing}") {{ number customer {{ number }} payment {PAYMENT} }} }}"""
    )
    assert [(error["path"], error["extensions"]) for error in answer.errors] == [
        (["missing", "payment"], {"code": "UPSTREAM_UNAVAILABLE", "source": "payments_api"})
    ]
    assert answer.body["data"]["known"] == {"number": known, "payment": stored}
    customer = {"number": data.orders()[missing].customer_id}
    assert answer.body["data"]["missing"] == {"number": missing, "customer": customer, "payment": None}
    demo["psp"].heal()
    cold.graph.wait_until_circuits_are_closed()
    assert cold.payment(missing) is not None
