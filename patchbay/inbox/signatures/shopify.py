"""Shopify: `X-Shopify-Hmac-Sha256: <base64 HMAC-SHA256 of the body>`, with a topic and an event id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.environment import Variable
from patchbay.inbox.signatures import checks
from patchbay.inbox.signatures.base import SignatureError, Verified
from patchbay.inbox.signatures.keys import KeyedScheme
from patchbay.inbox.signatures.members import read_members

if TYPE_CHECKING:
    from patchbay.inbox.signatures.base import Delivered

_IDS = ("x-shopify-event-id", "x-shopify-webhook-id")


class ShopifySignature(KeyedScheme):
    """Shopify's scheme: `X-Shopify-Hmac-Sha256: <base64 HMAC-SHA256 of the body>`.

    The event's type is the header X-Shopify-Topic. Its id is the header X-Shopify-Event-Id, else
    X-Shopify-Webhook-Id, behind the topic: what one act of a merchant's sets off in several topics may come
    under one id. Neither is signed, and no time is.

    Args:
        variable: the environment variable with the app's client secret; several, separated by commas, while
            one is being replaced by another.
    """

    signs_id = False

    def __init__(self, variable: str) -> None:
        super().__init__(Variable(variable, "client secret that Shopify signs with"))

    async def verify(self, delivered: Delivered) -> Verified:
        """See Signature."""
        offered = checks.unbase64(checks.header(delivered, "x-shopify-hmac-sha256"))
        found = [checks.optional_header(delivered, name) for name in _IDS]
        event_id = next(filter(None, found), None)
        if event_id is None:
            raise SignatureError("malformed", f"headers {' and '.join(_IDS)} are missing")
        topic = checks.optional_header(delivered, "x-shopify-topic")
        checks.require_match(self._keys.digests(delivered.body), [offered])
        await read_members(delivered.body)
        return Verified(
            checks.event_id(f"{topic}:{event_id}" if topic else event_id, "the event's id"),
            delivered.body,
            checks.event_type(topic),
        )
