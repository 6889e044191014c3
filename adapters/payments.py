"""Payments: what customers paid for their orders.

Kind: webhooks in Stripe's event format; nothing is ever asked, everything is told.
Owner: payments team.
Docs: Stripe's reference of the payment_intent.* events.
Auth: Stripe-Signature.
Quota: none.
Errors: an event of another shape is kept as failed; see the inbox.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, get_args

import msgspec

from patchbay.inbox.signatures import StripeSignature
from patchbay.upstreams import Webhook

payments = Webhook("payments", signature=StripeSignature("PAYMENTS_WEBHOOK_SECRET"))

PaymentStatus = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
    "processing",
    "succeeded",
    "canceled",
]

# Stripe's `created` counts whole seconds; within one second the further status is the newer one.
_STATUS_ORDER: tuple[PaymentStatus, ...] = get_args(PaymentStatus)


class IntentMetadata(msgspec.Struct, frozen=True):
    """What the shop noted on the payment."""

    order_id: str | None = None


class PaymentIntent(msgspec.Struct, frozen=True):
    """Stripe's PaymentIntent, as far as it is used."""

    id: str
    amount: int
    currency: str
    status: PaymentStatus
    payment_method_types: list[str] = []
    metadata: IntentMetadata = IntentMetadata()


class PaymentIntentData(msgspec.Struct, frozen=True):
    """The `data` of a payment_intent event."""

    object: PaymentIntent


class StripeEvent(msgspec.Struct, frozen=True):
    """Stripe's event envelope. `data` is decoded once the type is known."""

    id: str
    type: str
    created: int
    data: msgspec.Raw


class Amount(msgspec.Struct, frozen=True):
    """An amount in the currency's minor unit."""

    cents: int
    currency: str


class Payment(msgspec.Struct, frozen=True):
    """The state of the payment of one order."""

    id: str
    order_id: str
    status: PaymentStatus
    method: str | None
    amount: Amount
    captured_at: datetime | None
    version: int


def payment_from_event(event: StripeEvent) -> Payment | None:
    """The payment that an event tells of; None for events about something else."""
    if not event.type.startswith("payment_intent."):
        return None
    intent = msgspec.json.decode(event.data, type=PaymentIntentData).object
    if intent.metadata.order_id is None:
        return None
    return Payment(
        id=intent.id,
        order_id=intent.metadata.order_id,
        status=intent.status,
        method=intent.payment_method_types[0] if intent.payment_method_types else None,
        amount=Amount(intent.amount, intent.currency.upper()),
        captured_at=datetime.fromtimestamp(event.created, UTC) if intent.status == "succeeded" else None,
        version=event.created * len(_STATUS_ORDER) + _STATUS_ORDER.index(intent.status),
    )


payment_records = payments.records(
    Payment, event=StripeEvent, build=payment_from_event, key="id", version="version", lookups=("order_id",)
)
payments_by_ids = payment_records.by("id")
payments_by_order_ids = payment_records.by("order_id")
