"""The shop on the wire."""

import pytest

from demo.launch import Demo
from tests.demo.wire import Wire


def test_orders_by_customer_are_newest_first(shop: Wire) -> None:
    answer = shop.get("/orders/by-customer", customer_ids="C1007,C1,C1008", offset=0, limit=5).json
    rows = {row["customer_id"]: row for row in answer["data"]}
    assert set(rows) == {"C1007", "C1008"}
    assert rows["C1007"]["total"] == 12
    orders = rows["C1007"]["orders"]
    assert len(orders) == 5
    assert [each["placed_at"] for each in orders] == sorted(
        (each["placed_at"] for each in orders), reverse=True
    )
    assert {each["status"] for each in orders} == {"shipped", "delivered"}


def test_the_windows_of_one_customer_join_without_gap(shop: Wire) -> None:
    parts = [
        shop.get("/orders/by-customer", customer_ids="C1007", offset=offset, limit=5).json["data"][0][
            "orders"
        ]
        for offset in (0, 5, 10, 15)
    ]
    assert [len(part) for part in parts] == [5, 5, 2, 0]
    whole = shop.get("/orders/by-customer", customer_ids="C1007", limit=100).json["data"][0]["orders"]
    assert [order for part in parts for order in part] == whole


def test_an_order_adds_up(shop: Wire) -> None:
    answer = shop.get("/orders", offset=0, limit=100).json
    assert answer["meta"]["total"] == 6000
    for order in answer["data"]:
        assert set(order) == {"id", "customer_id", "placed_at", "status", "total", "items"}
        cents = sum(item["quantity"] * item["unit_price"]["cents"] for item in order["items"])
        assert order["total"] == {"cents": cents, "currency": "EUR"}
        assert 1 <= len(order["items"]) <= 4


def test_keys_give_known_rows_in_another_order(shop: Wire) -> None:
    orders = shop.get("/orders", ids="O100001,O1,O100002").json["data"]
    assert [each["id"] for each in orders] == ["O100002", "O100001"]
    products = shop.get("/products", ids="P0001,P9999,P0002").json["data"]
    assert [(each["id"], each["sku"]) for each in products] == [("P0002", "SKU-0002"), ("P0001", "SKU-0001")]
    assert set(products[0]["price"]) == {"cents", "currency"}


@pytest.mark.parametrize(
    ("path", "name", "most"),
    [("/orders", "ids", 100), ("/products", "ids", 50), ("/orders/by-customer", "customer_ids", 50)],
)
def test_too_many_keys_are_refused(shop: Wire, path: str, name: str, most: int) -> None:
    keys = [f"K{number}" for number in range(most + 1)]
    assert shop.get(path, **{name: ",".join(keys[:most])}).status == 200
    assert shop.get(path, **{name: ",".join(keys)}).status == 400


@pytest.mark.parametrize("path", ["/orders", "/products", "/orders/by-customer"])
def test_a_page_has_at_most_100_rows(shop: Wire, path: str) -> None:
    assert shop.get(path, limit=100).status == 200
    assert shop.get(path, limit=101).status == 400


def test_the_token_is_needed(demo: Demo, shop: Wire) -> None:
    for wrong in ("", "Bearer wrong", demo.environment["SHOP_TOKEN"]):
        shop.headers["authorization"] = wrong
        answer = shop.get("/orders")
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
