"""Signatures of webhooks: Stripe's scheme for payments, Standard Webhooks for orders and shipments."""

import base64
import hashlib
import hmac


def stripe_headers(secret: str, body: bytes, at_seconds: int) -> dict[str, str]:
    """`Stripe-Signature` of `body`; the secret is used as it is written, prefix included."""
    proof = hmac.new(secret.encode(), f"{at_seconds}.".encode() + body, hashlib.sha256)
    return {"stripe-signature": f"t={at_seconds},v1={proof.hexdigest()}"}


def standard_headers(secret: str, event_id: str, body: bytes, at_seconds: int) -> dict[str, str]:
    """The three headers of Standard Webhooks; the secret is base64 behind `whsec_`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    proof = hmac.new(key, f"{event_id}.{at_seconds}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at_seconds),
        "webhook-signature": f"v1,{base64.b64encode(proof.digest()).decode()}",
    }
