"""Stripe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.environment import Variable
from patchbay.inbox.signatures import checks
from patchbay.inbox.signatures.base import SignatureError, Verified
from patchbay.inbox.signatures.keys import KeyedScheme
from patchbay.inbox.signatures.members import read_members

if TYPE_CHECKING:
    from patchbay.inbox.signatures.base import Delivered

_HEADER = "stripe-signature"


class StripeSignature(KeyedScheme):
    """Stripe's scheme: `Stripe-Signature: t=<epoch seconds>,v1=<hex HMAC-SHA256 of "t.body">[,v1=...]`.

    The event id is the body's `id`, its type the body's `type`.

    Args:
        variable: the environment variable with the endpoint's secret; several, separated by commas, while one
            is being replaced by another.
        tolerance_seconds: how far the signed time may be from now, in both directions.
    """

    signs_id = True

    def __init__(self, variable: str, tolerance_seconds: int = 300) -> None:
        super().__init__(Variable(variable, "secret that Stripe's scheme signs with"))
        self._tolerance_seconds = tolerance_seconds

    async def verify(self, delivered: Delivered) -> Verified:
        """See Signature."""
        entries = [entry.partition("=") for entry in checks.header(delivered, _HEADER).split(",")]
        timestamps = [value for name, _, value in entries if name.strip() == "t"]
        if len(timestamps) != 1:
            raise SignatureError("malformed", f"header {_HEADER} must have one timestamp, t=")
        timestamp = checks.fresh_timestamp(
            timestamps[0], f"header {_HEADER}", delivered.now, self._tolerance_seconds
        )
        offered = [checks.unhex(value) for name, _, value in entries if name.strip() == "v1"]
        signed = f"{timestamp}.".encode() + delivered.body
        checks.require_match(self._keys.digests(signed), offered)
        members = await read_members(delivered.body)
        return Verified(
            checks.event_id(members.text("id"), "the body's id"),
            delivered.body,
            checks.event_type(members.text("type")),
            checks.delivery(signed),
        )
