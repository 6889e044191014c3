"""How vendors prove that an event is theirs: one scheme, one file.

`base` says what a scheme is, `checks` and `keys` what all share, `members` how a body's members are read.
Every refusal is a SignatureError: a 4xx status and one sentence that holds neither the body nor a secret.
"""

from patchbay.inbox.signatures.base import (
    Challenge,
    Delivered,
    Opening,
    Signature,
    SignatureError,
    SignatureUndecided,
    Verified,
)
from patchbay.inbox.signatures.github import GitHubSignature
from patchbay.inbox.signatures.hmac_header import Digest, Header, HmacHeader, Member, SignedTime
from patchbay.inbox.signatures.paypal import LIVE, SANDBOX, PayPalSignature, PayPalSite
from patchbay.inbox.signatures.shopify import ShopifySignature
from patchbay.inbox.signatures.slack import SlackSignature
from patchbay.inbox.signatures.standard import StandardWebhooks
from patchbay.inbox.signatures.stripe import StripeSignature
from patchbay.inbox.signatures.twilio import TwilioSignature

__all__ = [
    "LIVE",
    "SANDBOX",
    "Challenge",
    "Delivered",
    "Digest",
    "GitHubSignature",
    "Header",
    "HmacHeader",
    "Member",
    "Opening",
    "PayPalSignature",
    "PayPalSite",
    "ShopifySignature",
    "Signature",
    "SignatureError",
    "SignatureUndecided",
    "SignedTime",
    "SlackSignature",
    "StandardWebhooks",
    "StripeSignature",
    "TwilioSignature",
    "Verified",
]
