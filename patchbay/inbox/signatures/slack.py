"""Slack's Events API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.environment import Variable
from patchbay.inbox.signatures import checks
from patchbay.inbox.signatures.base import Challenge, SignatureError, Verified
from patchbay.inbox.signatures.keys import KeyedScheme
from patchbay.inbox.signatures.members import read_members

if TYPE_CHECKING:
    from patchbay.inbox.signatures.base import Delivered
    from patchbay.inbox.signatures.members import Members

_PREFIX = "v0="
_TIME = "x-slack-request-timestamp"
_MAX_CHALLENGE_CHARACTERS = 1024


class SlackSignature(KeyedScheme):
    """Slack's scheme: `X-Slack-Signature: v0=<hex HMAC-SHA256 of "v0:timestamp:body">` and
    `X-Slack-Request-Timestamp`, for the Events API.

    The event id is the body's `event_id`, and where there is none, as in app_rate_limited, the body's hash;
    its type the body's `event.type`, else `type`. Slack's `url_verification` is answered with its challenge.

    Args:
        variable: the environment variable with the signing secret; several, separated by commas, while one is
            being replaced by another.
        tolerance_seconds: how far the signed time may be from now, in both directions.
    """

    signs_id = True

    def __init__(self, variable: str, tolerance_seconds: int = 300) -> None:
        super().__init__(Variable(variable, "secret that Slack signs with"))
        self._tolerance_seconds = tolerance_seconds

    async def verify(self, delivered: Delivered) -> Verified | Challenge:
        """See Signature."""
        timestamp = checks.fresh_timestamp(
            checks.header(delivered, _TIME), f"header {_TIME}", delivered.now, self._tolerance_seconds
        )
        text = checks.header(delivered, "x-slack-signature")
        offered = [checks.unhex(text.removeprefix(_PREFIX))] if text.startswith(_PREFIX) else []
        signed = f"v0:{timestamp}:".encode() + delivered.body
        checks.require_match(self._keys.digests(signed), offered)
        members = await read_members(delivered.body)
        if members.text("type") == "url_verification":
            return _challenge(members)
        given = members.text("event_id")
        event_id = checks.content_id(delivered.body) if given is None else given
        return Verified(
            checks.event_id(event_id, "the body's event_id"),
            delivered.body,
            checks.event_type(members.text("event.type") or members.text("type")),
            checks.delivery(signed),
        )


def _challenge(members: Members) -> Challenge:
    text = members.text("challenge")
    if text is None or len(text) > _MAX_CHALLENGE_CHARACTERS:
        problem = f"the body's challenge must be text of at most {_MAX_CHALLENGE_CHARACTERS} characters"
        raise SignatureError("malformed", problem)
    return Challenge({"challenge": text})
