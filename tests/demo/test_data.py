"""The data: the same in every process, and with the promised shape."""

import hashlib
import subprocess
import sys

from demo import data, events
from demo.places import CITIES
from demo.process import ROOT
from demo.timeline import AS_OF, payment_steps, shipment_steps

FINGERPRINT = """
import hashlib
from demo import data, events
tables = (data.customers(), data.products(), data.stock(), data.balances(), data.orders())
told = [events.event(kind, order_id, version).body
        for order_id in list(data.orders())[:300] for kind in ("payment", "shipment")
        for version in range(1, events.versions(kind, order_id) + 2) if events.versions(kind, order_id)]
told += [events.order_placed(order_id).body for order_id in list(data.orders())[:300]]
print(hashlib.sha256(repr((tables, told)).encode()).hexdigest())
"""


def interpreter(hash_seed: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", FINGERPRINT]
    return subprocess.Popen(
        command, cwd=ROOT, env={"PYTHONHASHSEED": hash_seed}, stdout=subprocess.PIPE, text=True
    )


def test_two_interpreters_make_the_same_data() -> None:
    with interpreter("1") as one, interpreter("2") as other:
        first, second = one.communicate()[0].strip(), other.communicate()[0].strip()
    assert first == second
    assert len(first) == len(hashlib.sha256().hexdigest())


def test_the_size_of_the_tables() -> None:
    assert list(data.customers())[:: len(data.customers()) - 1] == ["C1000", "C2999"]
    assert list(data.products())[:: len(data.products()) - 1] == ["P0001", "P0500"]
    assert len(data.orders()) == 6000
    assert len({each.name for each in data.products().values()}) == 500
    assert len({each.email for each in data.customers().values()}) == 2000
    assert all(each.email.isascii() for each in data.customers().values())
    assert 0.95 < len(data.stock()) / 500 < 0.99
    assert 0.97 < len(data.balances()) / 2000 < 0.99
    assert min(each.on_hand for each in data.stock().values()) == 0
    assert min(data.balances().values()) < 0 < max(data.balances().values())
    assert {each.as_tuple().exponent for each in data.balances().values()} == {-2}
    assert set(data.orders_by_customer()) < set(data.customers())
    assert len({each.name for each in CITIES}) == 40


def test_orders_are_newest_first_with_rising_ids() -> None:
    orders = list(data.orders().values())
    assert orders == sorted(orders, key=lambda each: (each.placed_at, each.id), reverse=True)
    assert orders[0].placed_at <= AS_OF
    assert orders[-1].id == "O100001"


def test_the_showcase_customer() -> None:
    orders = data.orders_by_customer()["C1007"]
    assert len(orders) == 12
    for order in orders[:5]:
        steps = payment_steps(order.id, order.placed_at, data.fate(order.id))
        assert steps[-1].step == "succeeded"
        assert order.status in {"shipped", "delivered"}
    assert {each.status for each in orders[:5]} == {"shipped", "delivered"}


def test_status_payment_and_shipment_agree() -> None:
    with_payment = with_shipment = 0
    for order in data.orders().values():
        payments = payment_steps(order.id, order.placed_at, data.fate(order.id))
        scans = shipment_steps(order.id, order.placed_at, data.fate(order.id))
        with_payment += bool(payments)
        with_shipment += bool(scans)
        paid = bool(payments) and payments[-1].step == "succeeded"
        assert paid == (order.status in {"paid", "shipped", "delivered"})
        assert (order.status == "delivered") == (bool(scans) and scans[-1].step == "delivered")
        assert len(scans) <= 5
        assert [each.at for each in scans] == sorted(each.at for each in scans)
        assert not scans or payments[-1].at < scans[0].at
        assert all(at <= AS_OF for at, _ in [*payments, *scans])
    assert 0.88 < with_payment / 6000 < 0.92
    assert 0.78 < with_shipment / 6000 < 0.84


def test_an_object_that_is_not_there_has_no_events() -> None:
    unpaid = next(each for each in data.orders() if data.fate(each) == "unpaid")
    assert (events.versions("payment", unpaid), events.versions("shipment", unpaid)) == (0, 0)
