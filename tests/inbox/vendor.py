"""A vendor as the tests play it: events, records made of them, and the vendors' own SDKs to sign with."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import msgspec
import standardwebhooks
import stripe

from patchbay.environment import Environment
from patchbay.inbox.signatures import StandardWebhooks, StripeSignature
from patchbay.upstreams.webhook import Webhook
from patchbay.upstreams.webhook_records import WebhookRecords

PAYMENTS_SECRET = "whsec_payments-are-signed-with-this"
SHIPMENTS_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_STANDARD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


class PaymentData(msgspec.Struct, frozen=True):
    id: str
    order_id: str | None
    version: int
    status: str


class PaymentEvent(msgspec.Struct, frozen=True):
    type: str
    data: PaymentData


class Payment(msgspec.Struct, frozen=True):
    id: str
    order_id: str | None
    version: int
    status: str


class Shipment(msgspec.Struct, frozen=True):
    id: str
    version: int


class ShipmentEvent(msgspec.Struct, frozen=True):
    data: Shipment


def payment_from_event(event: PaymentEvent) -> Payment | None:
    if event.type == "boom":
        raise KeyError(event.data.id)
    if event.type != "payment":
        return None
    data = event.data
    return Payment(data.id, data.order_id, data.version, data.status)


def payments_webhook() -> tuple[Webhook, WebhookRecords[Payment]]:
    webhook = Webhook("payments", signature=StripeSignature("PAYMENTS_WEBHOOK_SECRET"))
    records = webhook.records(
        Payment,
        event=PaymentEvent,
        build=payment_from_event,
        key="id",
        version="version",
        lookups=("order_id",),
    )
    return webhook, records


def plain_webhook() -> Webhook:
    """Its events are kept and become nothing."""
    return Webhook("plain", signature=StripeSignature("PAYMENTS_WEBHOOK_SECRET"))


def shipments_webhook() -> tuple[Webhook, WebhookRecords[Shipment]]:
    webhook = Webhook("shipments", signature=StandardWebhooks("SHIPMENTS_WEBHOOK_SECRET"))
    records = webhook.records(
        Shipment, event=ShipmentEvent, build=lambda event: event.data, key="id", version="version"
    )
    return webhook, records


def environment(
    payments_secret: str = PAYMENTS_SECRET, shipments_secret: str = SHIPMENTS_SECRET
) -> Environment:
    return Environment(
        {"PAYMENTS_WEBHOOK_SECRET": payments_secret, "SHIPMENTS_WEBHOOK_SECRET": shipments_secret}
    )


def payment_event(
    payment_id: str = "pi_1",
    version: int = 1,
    *,
    order_id: str | None = "O1",
    event_id: str | None = None,
    type_: str = "payment",
    status: str = "processing",
) -> bytes:
    data = {"id": payment_id, "order_id": order_id, "version": version, "status": status}
    event = {"id": event_id or f"evt_{payment_id}_{version}", "object": "event", "type": type_, "data": data}
    return json.dumps(event).encode()


def shipment_event(shipment_id: str = "S1", version: int = 1) -> bytes:
    return json.dumps({"type": "shipment.updated", "data": {"id": shipment_id, "version": version}}).encode()


def sign_stripe(body: bytes, at: float | None = None, secret: str = PAYMENTS_SECRET) -> dict[str, str]:
    timestamp = int(time.time() if at is None else at)
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp)
    return {"stripe-signature": header}


def sign_standard(
    body: bytes, event_id: str = "msg_1", at: float | None = None, secret: str = SHIPMENTS_SECRET
) -> dict[str, str]:
    timestamp = int(time.time() if at is None else at)
    moment = datetime.fromtimestamp(timestamp, UTC)
    signature = standardwebhooks.Webhook(secret).sign(event_id, moment, body.decode())
    return {"webhook-id": event_id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}
