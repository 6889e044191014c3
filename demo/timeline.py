"""What happened to an order's payment and parcel, step by step, up to one fixed moment.

Every step is a pure function of the order's id, its time and its fate; nothing reads the clock.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, Literal, NamedTuple

from demo.dice import dice

AS_OF: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
"""The moment the data describes: later steps have not happened."""

Fate = Literal["fulfilled", "unpaid", "abandoned", "pending", "voided"]
OrderStatus = Literal["placed", "paid", "shipped", "delivered", "cancelled"]
PaymentStep = Literal["created", "processing", "succeeded", "payment_failed", "canceled"]
ShipmentStep = Literal["label_created", "in_transit", "out_for_delivery", "delivered"]


class Payment(NamedTuple):
    """One step of a payment."""

    at: datetime
    step: PaymentStep


class Scan(NamedTuple):
    """One scan of a parcel."""

    at: datetime
    step: ShipmentStep


def payment_method(order_id: str) -> str:
    """The way the order is paid: mostly by card."""
    return dice("method", order_id).choices(("card", "sepa_debit", "paypal"), (60, 25, 15))[0]


@cache
def payment_steps(order_id: str, placed_at: datetime, fate: Fate) -> tuple[Payment, ...]:
    """The payment's steps up to AS_OF, oldest first; empty when there is no payment."""
    if fate in {"unpaid", "abandoned"}:
        return ()
    throw = dice("payment", order_id)
    at = placed_at + timedelta(seconds=throw.randint(20, 90))
    steps = [Payment(at, "created")]
    if fate == "voided":
        steps.append(Payment(at + timedelta(minutes=throw.randint(30, 900)), "canceled"))
    elif fate == "pending":
        ending: PaymentStep = throw.choice(("processing", "payment_failed"))
        steps.append(Payment(at + timedelta(seconds=throw.randint(5, 60)), ending))
    else:
        if payment_method(order_id) == "sepa_debit":
            at += timedelta(seconds=throw.randint(5, 60))
            steps.append(Payment(at, "processing"))
            at += timedelta(minutes=throw.randint(20, 110))
        steps.append(Payment(at + timedelta(seconds=throw.randint(5, 120)), "succeeded"))
    return tuple(step for step in steps if step.at <= AS_OF)


@cache
def shipment_steps(order_id: str, placed_at: datetime, fate: Fate) -> tuple[Scan, ...]:
    """The parcel's scans up to AS_OF, oldest first, at most five; empty when there is no parcel."""
    payments = payment_steps(order_id, placed_at, fate)
    if not payments or payments[-1].step != "succeeded":
        return ()
    throw = dice("shipment", order_id)
    waits: list[tuple[ShipmentStep, int, int]] = [
        ("label_created", 180, 960),
        ("in_transit", 120, 600),
        ("in_transit", 480, 1440),
        ("out_for_delivery", 480, 1440),
        ("delivered", 60, 480),
    ]
    if throw.random() < 0.3:  # noqa: PLR2004 - a parcel that needs no second hub
        del waits[2]
    at, scans = payments[-1].at, []
    for step, least_minutes, most_minutes in waits:
        at += timedelta(minutes=throw.randint(least_minutes, most_minutes))
        scans.append(Scan(at, step))
    return tuple(scan for scan in scans if scan.at <= AS_OF)


def order_status(order_id: str, placed_at: datetime, fate: Fate) -> OrderStatus:
    """The shop's word for how far the order has come."""
    payments, scans = payment_steps(order_id, placed_at, fate), shipment_steps(order_id, placed_at, fate)
    if fate == "abandoned" or (payments and payments[-1].step == "canceled"):
        return "cancelled"
    if scans and scans[-1].step == "delivered":
        return "delivered"
    if any(scan.step != "label_created" for scan in scans):
        return "shipped"
    return "paid" if payments and payments[-1].step == "succeeded" else "placed"
