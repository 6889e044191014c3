"""Payments: what customers paid for their orders.

Kind: webhooks in Stripe's event format; what they have not told is asked for.
Owner: payments team.
Docs: Stripe's reference of the payment_intent.* events.
Auth: Stripe-Signature.
Quota: none.
Errors: an event of another shape is kept as failed; see the inbox.

Payments api: the state of payments that no webhook has told of yet.

Kind: REST, JSON in snake_case.
Owner: payments team.
Docs: demo/psp.py in this repository; in production the vendor's API reference.
Auth: Bearer token.
Quota: none published; at most 100 payments or orders in one call.
Errors: 401 wrong token, 400 too many keys.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from patchbay.calls import Bearer
from patchbay.inbox.signatures import StripeSignature
from patchbay.scalars import SafeInteger
from patchbay.upstreams import Rest, Webhook

payments = Webhook("payments", signature=StripeSignature("PAYMENTS_WEBHOOK_SECRET"))
payments_api = Rest("payments_api", base_url="PAYMENTS_API_URL", credentials=Bearer("PAYMENTS_API_KEY"))

PaymentStatus = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
    "processing",
    "succeeded",
    "canceled",
]

SUCCEEDED = "payment_intent.succeeded"

# Stripe's `created` counts whole seconds. Of the events of one second, the later in this order is the newer;
# not the status, as a failed payment is back at requires_payment_method. Other types come before all these.
_TYPE_ORDER = (
    "payment_intent.created",
    "payment_intent.requires_action",
    "payment_intent.processing",
    "payment_intent.amount_capturable_updated",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    SUCCEEDED,
)
_RANKS = {type_: rank for rank, type_ in enumerate(_TYPE_ORDER, 1)}


class IntentMetadata(msgspec.Struct, frozen=True):
    """What the shop noted on the payment."""

    order_id: str | None = None


class PaymentIntent(msgspec.Struct, frozen=True):
    """Stripe's PaymentIntent, as far as it is used."""

    id: str
    amount: SafeInteger
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


class PaymentState(msgspec.Struct, frozen=True):
    """A payment as the provider's API knows it: by the newest event about it, which webhooks tell as well."""

    id: str
    order_id: str
    last_event: StripeEvent


class Amount(msgspec.Struct, frozen=True):
    """An amount in the currency's minor unit."""

    cents: SafeInteger
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
    as_of: datetime | None = None


def payment_from_event(event: StripeEvent) -> Payment | None:
    """The payment that an event tells of; None where it belongs to no order.

    The event `succeeded` alone tells when money was captured. Any other event that shows a payment as
    succeeded brings nothing new and is left out, as it would take that time away.
    """
    intent = msgspec.json.decode(event.data, type=PaymentIntentData).object
    captured = event.type == SUCCEEDED
    if intent.metadata.order_id is None or (intent.status == "succeeded" and not captured):
        return None
    return Payment(
        id=intent.id,
        order_id=intent.metadata.order_id,
        status=intent.status,
        method=intent.payment_method_types[0] if intent.payment_method_types else None,
        amount=Amount(intent.amount, intent.currency.upper()),
        captured_at=datetime.fromtimestamp(event.created, UTC) if captured else None,
        version=event.created * (len(_TYPE_ORDER) + 1) + _RANKS.get(event.type, 0),
    )


def payment_from_state(state: PaymentState) -> Payment | None:
    """The very payment, of the very version, that the webhook of its newest event brings."""
    return payment_from_event(state.last_event)


states_by_ids = payments_api.batch("GET /payments?ids={ids}", PaymentState, match="id", max_size=100)
states_by_order_ids = payments_api.batch(
    "GET /payments?order_ids={ids}", PaymentState, match="order_id", max_size=100
)
payment_records = payments.records(
    Payment,
    event=StripeEvent,
    types=("payment_intent.*",),
    build=payment_from_event,
    key="id",
    version="version",
    as_of="as_of",
    lookups=("order_id",),
    filters=("status", "method", "amount.cents", "amount.currency", "captured_at"),
    orders=("captured_at", "amount.cents"),
    fetch={"id": states_by_ids, "order_id": states_by_order_ids},
    fetched=payment_from_state,
)
payments_by_ids = payment_records.by("id")
payments_by_order_ids = payment_records.by("order_id")
payment_pages = payment_records.pages()
payment_pages_by_order_ids = payment_records.pages(by="order_id")
