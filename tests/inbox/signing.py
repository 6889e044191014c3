"""Every scheme beside a vendor that signs by it: with its own SDK where there is one for Python."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import parse_qs, urlencode

import slack_sdk.signature
import stripe
import svix
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # has no types

from patchbay.environment import Environment
from patchbay.inbox.signatures import (
    Digest,
    GitHubSignature,
    Header,
    HmacHeader,
    Member,
    PayPalSignature,
    ShopifySignature,
    Signature,
    SignedTime,
    SlackSignature,
    StandardWebhooks,
    StripeSignature,
    TwilioSignature,
)
from tests.inbox.paypal import PayPal
from tests.inbox.vendor import PAYMENTS_SECRET, SHIPMENTS_SECRET, sign_standard

TWILIO_URL = "https://hooks.example/webhooks/twilio?tenant=7"
EVENT = b'{"id": "evt_1", "event_id": "Ev1", "event_type": "t", "type": "t", "data": {"id": "d1", "n": 1.50}}'
FORM = urlencode(
    {"MessageSid": "SM1", "Body": "Grüße & mehr", "To": "+1", "Empty": "", "EventType": "t"}
).encode()
ED25519 = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3)]

Sign: TypeAlias = Callable[[bytes, float, str], dict[str, str]]
"""(body, epoch seconds, secret) -> headers."""


@dataclass(frozen=True)
class Scheme:
    """A scheme and its vendor.

    Args:
        name: unique; the address is /webhooks/{name}.
        signature: as an adapter declares it, with its secret in the variable SECRET_{name}.
        sign: as the vendor does.
        header: where the signature stands.
        secrets: two live ones, and one that is not live.
        event_id: what it is for EVENT, or for `body`.
        part: what stands in front of the signature in its header.
        body: what the vendor sends.
        query: of the address, for this body.
        time: the header with the signed time; None where none is signed, or where it stands in `header`.
        tolerance_seconds: back and ahead; None where no time is signed.
        type: the event's.
    """

    name: str
    signature: Signature
    sign: Sign
    header: str
    secrets: tuple[str, str, str]
    event_id: str
    part: str = ""
    body: bytes = EVENT
    query: Callable[[bytes], str] = lambda _: ""
    time: str | None = None
    tolerance_seconds: tuple[int, int] | None = None
    type: str | None = "t"

    @property
    def variable(self) -> str:
        """Where its secrets stand."""
        return _variable(self.name)


def schemes(paypal: PayPal) -> list[Scheme]:
    """All of them."""
    return [*_timed(), *_untimed(), *_twilio(), _paypal(paypal)]


def environment(every: Sequence[Scheme]) -> Environment:
    """With the two live secrets of each, and those of the webhooks that are always there."""
    live = {scheme.variable: ", ".join(scheme.secrets[:2]) for scheme in every}
    others = {"PAYMENTS_WEBHOOK_SECRET": PAYMENTS_SECRET, "SHIPMENTS_WEBHOOK_SECRET": SHIPMENTS_SECRET}
    return Environment({**live, **others, "TWILIO_URL": TWILIO_URL})


def digest(secret: str, signed: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.digest(secret.encode(), signed, algorithm)


def sign_github(body: bytes, _: float, secret: str) -> dict[str, str]:
    return {
        "x-hub-signature-256": f"sha256={digest(secret, body).hex()}",
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "x-github-event": "issues",
    }


def sign_shopify(body: bytes, _: float, secret: str) -> dict[str, str]:
    return {
        "x-shopify-hmac-sha256": base64.b64encode(digest(secret, body)).decode(),
        "x-shopify-event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "x-shopify-topic": "orders/create",
    }


def sign_slack(body: bytes, at: float, secret: str) -> dict[str, str]:
    timestamp = str(int(at))
    verifier = slack_sdk.signature.SignatureVerifier(secret)
    signature = verifier.generate_signature(timestamp=timestamp, body=body)
    return {"x-slack-signature": str(signature), "x-slack-request-timestamp": timestamp}


def sign_svix(body: bytes, at: float, secret: str) -> dict[str, str]:
    signature = svix.Webhook(secret).sign("msg_1", datetime.fromtimestamp(int(at), UTC), body.decode())
    return {"svix-id": "msg_1", "svix-timestamp": str(int(at)), "svix-signature": signature}


def sign_ed25519(body: bytes, at: float, secret: str) -> dict[str, str]:
    """`secret` is the public key, as in the variable."""
    key = next(key for key in ED25519 if public_text(key) == secret)
    signature = base64.b64encode(key.sign(f"msg_1.{int(at)}.".encode() + body)).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at))}
    return {**headers, "webhook-signature": f"v1a,{signature}"}


def public_text(key: Ed25519PrivateKey) -> str:
    return "whpk_" + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign_twilio_form(body: bytes, _: float, secret: str) -> dict[str, str]:
    form = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
    signature = twilio_signature(TWILIO_URL, _Several(form), secret)
    return {
        "x-twilio-signature": signature,
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    }


def twilio_signature(
    url: str, form: Mapping[str, str | list[str]], secret: str, algorithm: str = "HMAC_SHA1"
) -> str:
    """As Twilio's own SDK signs."""
    return str(RequestValidator(secret).compute_signature(url, form, algorithm))


class _Several(dict[str, list[str]]):
    """As the SDK reads a form of Django's."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def sign_twilio_json(body: bytes, _: float, secret: str) -> dict[str, str]:
    url = f"{TWILIO_URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = twilio_signature(url, {}, secret)
    return {
        "x-twilio-signature": signature,
        "content-type": "application/json",
        "i-twilio-idempotency-token": "idem-1",
    }


def _sign_standard(body: bytes, at: float, secret: str) -> dict[str, str]:
    return sign_standard(body, "msg_1", at, secret)


def _sign_stripe(body: bytes, at: float, secret: str) -> dict[str, str]:
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at))
    return {"stripe-signature": header}


def _sign_legacy(body: bytes, _: float, secret: str) -> dict[str, str]:
    signature = base64.b64encode(digest(secret, body, "sha512")).decode()
    return {"x-legacy-signature": signature, "x-event-type": "t"}


def _sign_old(body: bytes, at: float, secret: str) -> dict[str, str]:
    signature = digest(secret, f"v1:{int(at)}|".encode() + body, "sha1").hex().upper()
    return {"x-sig": f"sha1={signature}", "x-time": str(int(at)), "x-event-id": "e1"}


def _variable(name: str) -> str:
    return f"SECRET_{name.upper().replace('-', '_')}"


def _timed() -> list[Scheme]:
    plain = ("secret-of-today", "secret-of-tomorrow", "secret-of-nobody")
    shared = tuple("whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in (1, 2, 3))
    standard = (shared[0], shared[1], shared[2])
    asymmetric = (public_text(ED25519[0]), public_text(ED25519[1]), public_text(ED25519[2]))
    old = HmacHeader(
        _variable("old"),
        "X-Sig",
        event_id=Header("X-Event-Id"),
        digest=Digest("sha1", prefix="sha1="),
        time=SignedTime("X-Time", before="v1:", between="|"),
    )
    window = (300, 300)
    return [
        Scheme(
            "stripe", StripeSignature(_variable("stripe")), _sign_stripe, "stripe-signature", plain, "evt_1",
            part=",v1=", tolerance_seconds=window,
        ),
        Scheme(
            "standard", StandardWebhooks(_variable("standard")), _sign_standard, "webhook-signature",
            standard, "msg_1", part="v1,", time="webhook-timestamp", tolerance_seconds=window,
        ),
        Scheme(
            "svix", StandardWebhooks(_variable("svix"), headers="svix"), sign_svix, "svix-signature",
            standard, "msg_1", part="v1,", time="svix-timestamp", tolerance_seconds=window,
        ),
        Scheme(
            "ed25519", StandardWebhooks(_variable("ed25519")), sign_ed25519, "webhook-signature",
            asymmetric, "msg_1", part="v1a,", time="webhook-timestamp", tolerance_seconds=window,
        ),
        Scheme(
            "slack", SlackSignature(_variable("slack")), sign_slack, "x-slack-signature", plain, "Ev1",
            part="v0=", time="x-slack-request-timestamp", tolerance_seconds=window,
        ),
        Scheme(
            "old", old, _sign_old, "x-sig", plain, "e1",
            part="sha1=", time="x-time", tolerance_seconds=window, type=None,
        ),
    ]  # fmt: skip


def _untimed() -> list[Scheme]:
    plain = ("secret-of-today", "secret-of-tomorrow", "secret-of-nobody")
    legacy = HmacHeader(
        _variable("legacy"),
        "X-Legacy-Signature",
        event_id=Member("data.id"),
        type=Header("X-Event-Type"),
        digest=Digest("sha512", "base64"),
    )
    return [
        Scheme(
            "github", GitHubSignature(_variable("github")), sign_github, "x-hub-signature-256", plain,
            "72d3162e-cc78-11e3-81ab-4c9367dc0958", part="sha256=", type="issues",
        ),
        Scheme(
            "shopify", ShopifySignature(_variable("shopify")), sign_shopify, "x-shopify-hmac-sha256", plain,
            "orders/create:98880550-7158-44d4-b7cd-2c97c8a091b5", type="orders/create",
        ),
        Scheme("legacy", legacy, _sign_legacy, "x-legacy-signature", plain, "d1"),
    ]  # fmt: skip


def _twilio() -> list[Scheme]:
    plain = ("secret-of-today", "secret-of-tomorrow", "secret-of-nobody")
    handed = b'{"Body":"Gr\xc3\xbc\xc3\x9fe & mehr","Empty":"","EventType":"t","MessageSid":"SM1","To":"+1"}'
    return [
        Scheme(
            "twilio", TwilioSignature(_variable("twilio"), url="TWILIO_URL"), sign_twilio_form,
            "x-twilio-signature", plain, f"sha256:{hashlib.sha256(handed).hexdigest()}", body=FORM,
            query=lambda _: "?tenant=7",
        ),
        Scheme(
            "twilio-json", TwilioSignature(_variable("twilio-json"), url="TWILIO_URL"), sign_twilio_json,
            "x-twilio-signature", plain, "idem-1", type=None,
            query=lambda body: f"?tenant=7&bodySHA256={hashlib.sha256(body).hexdigest()}",
        ),
    ]  # fmt: skip


def _paypal(paypal: PayPal) -> Scheme:
    return Scheme(
        "paypal",
        PayPalSignature(_variable("paypal"), site=paypal.site),
        paypal.sign,
        "paypal-transmission-sig",
        ("1JE4291016473214C", "9XL90610J3647323C", "0EH40505U7160970P"),
        "evt_1",
        time="paypal-transmission-time",
        tolerance_seconds=(4 * 86_400, 300),
    )
