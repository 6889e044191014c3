"""Deliveries as vendors send them, signed by the vendors' own SDKs."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import stripe
from standardwebhooks import Webhook


def stripe_delivery(secret: str, event: dict[str, Any], at: float | None = None) -> dict[str, Any]:
    """`content` and `headers` of a POST, as Stripe makes it at this moment (epoch seconds)."""
    timestamp = int(time.time() if at is None else at)
    body = json.dumps(event)
    signature = stripe.WebhookSignature._compute_signature(f"{timestamp}.{body}", secret)  # noqa: SLF001 - the SDK signs nowhere else
    return {"content": body.encode(), "headers": {"Stripe-Signature": f"t={timestamp},v1={signature}"}}


def standard_delivery(
    secret: str, event_id: str, event: dict[str, Any], at: datetime | None = None
) -> dict[str, Any]:
    """`content` and `headers` of a POST, as Standard Webhooks has it at this moment."""
    moment = at or datetime.now(UTC)
    body = json.dumps(event)
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, moment, body),
    }
    return {"content": body.encode(), "headers": headers}
