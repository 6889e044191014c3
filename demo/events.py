"""The webhook events of an order, as the shop, the payment provider and the carriers write them.

An event is a pure function of its order and version: a sender that starts anew repeats itself. Versions begin
at 1; those above the last of `versions` continue the story past `AS_OF`: a parcel in motion travels on, a
failed payment is tried again, what is final is said once more.
An order is placed once, and that is its only event.
"""

import hashlib
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple

import msgspec

from demo import data
from demo.dice import dice
from demo.places import CITIES, Place
from demo.timeline import (
    Payment,
    PaymentStep,
    Scan,
    ShipmentStep,
    payment_method,
    payment_steps,
    shipment_steps,
)

Story = Literal["payment", "shipment"]
"""What goes on in steps."""

Kind = Literal["order", Story]

API_VERSION: Final = "2026-10-28"
EVENTS_MAX: Final = 5
CARRIERS: Final = ("DHL", "UPS", "DPD", "GLS")
SHIPMENT_TEXTS: Final[dict[ShipmentStep, str]] = {
    "label_created": "The label was made",
    "in_transit": "Sorted at the parcel centre",
    "out_for_delivery": "Loaded into the delivery van",
    "delivered": "Handed over",
}
PAYMENT_STATUSES: Final[dict[PaymentStep, str]] = {
    "created": "requires_payment_method",
    "processing": "processing",
    "succeeded": "succeeded",
    "payment_failed": "requires_payment_method",
    "canceled": "canceled",
}


class Event(NamedTuple):
    """One event: `id` follows from order, kind and version; `body` is JSON, ready to be signed."""

    id: str
    kind: Kind
    order_id: str
    version: int
    body: bytes


def versions(kind: Story, order_id: str) -> int:
    """How many events there are up to `AS_OF`; 0 without such an object. KeyError for an unknown order."""
    return len(_payments(order_id) if kind == "payment" else _scans(order_id))


def event(kind: Story, order_id: str, version: int) -> Event:
    """The event of that version, from 1 on.

    ValueError when the order has no such object, KeyError for an unknown order.
    """
    if version < 1 or not versions(kind, order_id):
        raise ValueError(f"{order_id} has no {kind} of version {version}")
    if kind == "payment":
        event_id = f"evt_{_token('event', order_id, version)}"
        body = _payment_body(event_id, order_id, version)
    else:
        event_id = f"msg_S{order_id[1:]}_{version}"
        body = _shipment_body(order_id, version)
    return Event(event_id, kind, order_id, version, msgspec.json.encode(body))


def order_placed(order_id: str) -> Event:
    """That the order was placed, of version 1. KeyError for an unknown order."""
    order, products = data.orders()[order_id], data.products()
    placed = {
        "id": order.id,
        "customer_id": order.customer_id,
        "placed_at": order.placed_at,
        "total": order.total,
        "items": [{"sku": products[each.product_id].sku, "quantity": each.quantity} for each in order.items],
    }
    body = {"type": "order.placed", "timestamp": order.placed_at, "data": placed}
    return Event(f"msg_{order_id}_placed", "order", order_id, 1, msgspec.json.encode(body))


def payment_id(order_id: str) -> str:
    """The provider's id of the order's payment, should there be one."""
    return f"pi_{_token('payment', order_id)}"


def in_motion(kind: Story, order_id: str) -> bool:
    """Whether the object's story is open: a parcel on its way, a payment not yet decided."""
    if not versions(kind, order_id):
        return False
    if kind == "payment":
        return _payments(order_id)[-1].step in {"processing", "payment_failed"}
    return _scans(order_id)[-1].step != "delivered"


def _token(*seed: object) -> str:
    return hashlib.sha256("/".join(map(str, seed)).encode()).hexdigest()[:24]


def _payments(order_id: str) -> tuple[Payment, ...]:
    return payment_steps(order_id, data.orders()[order_id].placed_at, data.fate(order_id))


def _scans(order_id: str) -> tuple[Scan, ...]:
    return shipment_steps(order_id, data.orders()[order_id].placed_at, data.fate(order_id))


def _payment(order_id: str, version: int) -> Payment:
    steps = _payments(order_id)
    if version <= len(steps):
        return steps[version - 1]
    extra, last = version - len(steps), steps[-1]
    step: PaymentStep = last.step
    if step in {"created", "processing", "payment_failed"}:
        odd: PaymentStep = "processing" if step != "processing" else "payment_failed"
        even: PaymentStep = "payment_failed" if odd == "processing" else "processing"
        step = odd if extra % 2 else even
    return Payment(last.at + timedelta(minutes=extra), step)


def _payment_body(event_id: str, order_id: str, version: int) -> dict[str, Any]:
    at, step = _payment(order_id, version)
    cents = data.orders()[order_id].total.cents
    intent = {
        "id": payment_id(order_id),
        "object": "payment_intent",
        "amount": cents,
        "amount_received": cents if step == "succeeded" else 0,
        "currency": "eur",
        "status": PAYMENT_STATUSES[step],
        "created": int(_payments(order_id)[0].at.timestamp()),
        "payment_method_types": [payment_method(order_id)],
        "metadata": {"order_id": order_id},
    }
    return {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": int(at.timestamp()),
        "livemode": False,
        "type": f"payment_intent.{step}",
        "data": {"object": intent},
    }


def _scan(order_id: str, version: int) -> tuple[Scan, Place, str]:
    scans = _scans(order_id)
    if version > len(scans):
        extra, last = version - len(scans), scans[-1]
        at = last.at + timedelta(minutes=37 * extra)
        if last.step == "delivered":
            return Scan(at, "delivered"), _city(order_id, "home"), "The proof of delivery was sent"
        return Scan(at, "in_transit"), _city(order_id, version), SHIPMENT_TEXTS["in_transit"]
    scan = scans[version - 1]
    home = scan.step in {"out_for_delivery", "delivered"}
    return scan, _city(order_id, "home" if home else version), SHIPMENT_TEXTS[scan.step]


def _city(order_id: str, stop: object) -> Place:
    return dice("stop", order_id, stop).choice(CITIES)


def _shipment_body(order_id: str, version: int) -> dict[str, Any]:
    first = max(1, version - EVENTS_MAX + 1)
    history = [_scan(order_id, each) for each in range(first, version + 1)]
    (at, step), place, _ = history[-1]
    shipment = {
        "id": f"S{order_id[1:]}",
        "order_id": order_id,
        "carrier": dice("carrier", order_id).choice(CARRIERS),
        "status": step,
        "version": version,
        "place": place,
        "events": [{"at": scan.at, "place": where.name, "text": text} for scan, where, text in history],
    }
    return {"type": "shipment.updated", "timestamp": at, "data": shipment}
