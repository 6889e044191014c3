"""The CRM on the wire."""

import json

import pytest

from demo.launch import Demo
from tests.demo.wire import Wire


def test_customers_come_in_another_order_without_unknown_ones(crm: Wire) -> None:
    answer = crm.get("/customers", ids="C1007,C1,C1008,C1009,C1007")
    assert [row["id"] for row in answer.json] == ["C1009", "C1008", "C1007"]
    assert answer.json[2] == {
        "id": "C1007",
        "name": "Nina Bauer",
        "email": "nina.bauer.1007@example.com",
        "erpNumber": "4001007",
        "createdAt": "2020-04-30T22:43:00Z",
    }


@pytest.mark.parametrize(("count", "status"), [(100, 200), (101, 400)])
def test_at_most_100_ids(crm: Wire, count: int, status: int) -> None:
    answer = crm.get("/customers", ids=",".join(f"C{1000 + each}" for each in range(count)))
    assert answer.status == status
    if status == 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "100" in answer.json["detail"]


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_wrong_key_is_a_problem(demo: Demo, crm: Wire, key: str) -> None:
    crm.headers["x-api-key"] = key
    answer = crm.get("/customers", ids="C1007")
    assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json")
    assert demo["crm"].calls() == {"GET /customers": 1}


def test_pages_reach_every_customer_once(crm: Wire) -> None:
    ids = []
    for offset in range(0, 2000, 100):
        page = crm.get("/customers/page", offset=offset, limit=100).json
        assert page["total"] == 2000
        ids += [row["id"] for row in page["items"]]
    assert ids == [f"C{number}" for number in range(1000, 3000)]
    assert crm.get("/customers/page", offset=2000, limit=100).json["items"] == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": 0}, 200),
        ({"limit": 100}, 200),
        ({"limit": 101}, 400),
        ({"limit": -1}, 400),
        ({"limit": "many"}, 400),
        ({"offset": -1}, 400),
        ({"offset": "9" * 5000}, 400),
    ],
)
def test_the_window_of_a_page_is_checked(crm: Wire, query: dict[str, object], status: int) -> None:
    assert crm.get("/customers/page", **query).status == status


def test_a_changed_email_is_kept(crm: Wire) -> None:
    answer = crm.ask("PATCH", "/customers/C1500", json.dumps({"email": "new@example.com"}).encode())
    assert (answer.status, answer.json["email"]) == (200, "new@example.com")
    assert crm.get("/customers", ids="C1500").json[0]["email"] == "new@example.com"


@pytest.mark.parametrize(
    ("customer", "body", "status"),
    [
        ("C1", b'{"email": "new@example.com"}', 404),
        ("C1501", b'{"email": "nowhere"}', 422),
        ("C1501", b'{"email": 1}', 422),
        ("C1501", b'{"mail": "new@example.com"}', 422),
        ("C1501", b"{", 400),
    ],
)
def test_a_bad_change_is_refused(crm: Wire, customer: str, body: bytes, status: int) -> None:
    assert crm.ask("PATCH", f"/customers/{customer}", body).status == status
    assert crm.get("/customers", ids="C1501").json[0]["email"].endswith(".1501@example.com")
