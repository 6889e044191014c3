"""What the services that only write have in common: each write happens once for its Idempotency-Key."""

import http.client
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from demo.launch import Demo
from demo.once import KeyReused, Once
from tests.demo.wire import Wire


class Desk(NamedTuple):
    """One service: where it is written to, a body for an order, and how its rows are told apart."""

    name: str
    path: str
    body: Callable[[str], dict[str, Any]]
    order: Callable[[dict[str, Any]], str]
    wire: Wire
    demo: Demo

    def happened(self, order_id: str) -> list[dict[str, Any]]:
        """What has really been done for the order."""
        return [row for row in self.demo[self.name].happened() if self.order(row) == order_id]


def label(order_id: str) -> dict[str, Any]:
    return {"orderId": order_id, "customerId": "C1", "items": [{"sku": "SKU-0001", "quantity": 2}]}


def transaction(order_id: str) -> dict[str, Any]:
    return {"order_id": order_id, "customer_id": "C1", "amount": {"cents": 1999, "currency": "EUR"}}


def message(order_id: str) -> dict[str, Any]:
    return {"channel": "orders", "text": order_id}


@pytest.fixture(params=["carrier", "accounting", "chat"])
def desk(request: pytest.FixtureRequest, demo: Demo) -> Desk:
    path, body, member = {
        "carrier": ("/labels", label, "orderId"),
        "accounting": ("/transactions", transaction, "order_id"),
        "chat": ("/messages", message, "text"),
    }[request.param]
    wire = request.getfixturevalue(request.param)
    return Desk(request.param, path, body, lambda row: str(row[member]), wire, demo)


@pytest.fixture
def order_id() -> str:
    """Of no other test."""
    return f"O-{uuid.uuid4()}"


def test_the_same_key_brings_the_first_result_again(desk: Desk, order_id: str) -> None:
    key = str(uuid.uuid4())
    first, again = (desk.wire.post(desk.path, desk.body(order_id), key) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert desk.happened(order_id) == [first.json]
    assert desk.demo[desk.name].calls() == {f"POST {desk.path}": 2}


def test_a_known_key_with_another_body_is_refused(desk: Desk, order_id: str) -> None:
    key = str(uuid.uuid4())
    desk.wire.post(desk.path, desk.body(order_id), key)
    answer = desk.wire.post(desk.path, desk.body("another"), key)
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "Idempotency-Key" in answer.json["detail"]
    assert len(desk.happened(order_id)) == 1
    assert desk.happened("another") == []


def test_without_a_key_or_with_another_one_it_happens_each_time(desk: Desk, order_id: str) -> None:
    for key in (None, None, str(uuid.uuid4()), str(uuid.uuid4())):
        assert desk.wire.post(desk.path, desk.body(order_id), key).status == 201
    ids = [row["id"] for row in desk.happened(order_id)]
    assert len(set(ids)) == 4
    assert ids == sorted(ids)


@pytest.mark.parametrize(("length", "status"), [(0, 400), (255, 201), (256, 400)])
def test_the_length_of_a_key_is_checked(desk: Desk, order_id: str, length: int, status: int) -> None:
    key = (uuid.uuid4().hex * 9)[:length]
    assert desk.wire.post(desk.path, desk.body(order_id), key).status == status


def test_a_refused_body_does_not_spend_its_key(desk: Desk, order_id: str) -> None:
    key = str(uuid.uuid4())
    assert desk.wire.post(desk.path, {**desk.body(order_id), "more": 1}, key).status == 422
    assert desk.wire.ask("POST", desk.path, b"{", **{"idempotency-key": key}).status == 400
    assert desk.wire.post(desk.path, desk.body(order_id), key).status == 201


def test_what_happened_behind_a_lost_answer_does_not_happen_again(desk: Desk, order_id: str) -> None:
    key = str(uuid.uuid4())
    desk.demo[desk.name].fault(mode="lose")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        desk.wire.post(desk.path, desk.body(order_id), key)
    assert len(desk.happened(order_id)) == 1
    desk.demo[desk.name].heal()
    answer = desk.wire.post(desk.path, desk.body(order_id), key)
    assert answer.headers["idempotent-replayed"] == "true"
    assert desk.happened(order_id) == [answer.json]


@pytest.mark.parametrize("fault", [{"mode": "reset"}, {"mode": "fail", "status": 503}])
def test_a_call_that_is_not_carried_out_has_not_happened(
    desk: Desk, order_id: str, fault: dict[str, Any]
) -> None:
    desk.demo[desk.name].fault(**fault)
    try:
        assert desk.wire.post(desk.path, desk.body(order_id), "key").status == 503
    except (http.client.RemoteDisconnected, ConnectionResetError):
        assert fault["mode"] == "reset"
    assert desk.happened(order_id) == []


def test_credentials_come_before_the_key(desk: Desk, order_id: str) -> None:
    key = str(uuid.uuid4())
    desk.wire.post(desk.path, desk.body(order_id), key)
    desk.wire.headers = {}
    assert desk.wire.post(desk.path, desk.body(order_id), key).status == 401


def test_a_service_that_only_answers_says_nothing_of_what_happened(demo: Demo) -> None:
    with pytest.raises(ValueError, match="405"):
        demo["crm"].happened()
    assert demo["crm"].calls() == {}


def test_a_write_that_fails_leaves_its_key_as_it_was() -> None:
    once: Once[str, int] = Once()
    with pytest.raises(ZeroDivisionError):
        once.do("key", "a", lambda _: 1 // 0)
    assert once.do("key", "b", lambda number: number) == (1, False)
    assert once.do("key", "b", lambda number: -number) == (1, True)
    with pytest.raises(KeyReused):
        once.do("key", "a", lambda number: number)
    assert once.happened == [1]
