"""GitHub: `X-Hub-Signature-256: sha256=<hex HMAC-SHA256 of the body>`, and two more headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.environment import Variable
from patchbay.inbox.signatures import checks
from patchbay.inbox.signatures.base import Verified
from patchbay.inbox.signatures.keys import KeyedScheme
from patchbay.inbox.signatures.members import read_members

if TYPE_CHECKING:
    from patchbay.inbox.signatures.base import Delivered

_PREFIX = "sha256="


class GitHubSignature(KeyedScheme):
    """GitHub's scheme: `X-Hub-Signature-256: sha256=<hex HMAC-SHA256 of the body>`, of content type JSON.

    The event id is the header X-GitHub-Delivery, its type the header X-GitHub-Event. Neither is signed, and
    no time is.

    Args:
        variable: the environment variable with the webhook's secret; several, separated by commas, while
            one is being replaced by another.
    """

    signs_id = False

    def __init__(self, variable: str) -> None:
        super().__init__(Variable(variable, "secret that GitHub signs with"))

    async def verify(self, delivered: Delivered) -> Verified:
        """See Signature."""
        text = checks.header(delivered, "x-hub-signature-256")
        offered = [checks.unhex(text.removeprefix(_PREFIX))] if text.startswith(_PREFIX) else []
        event_id = checks.header(delivered, "x-github-delivery")
        checks.require_match(self._keys.digests(delivered.body), offered)
        await read_members(delivered.body)
        return Verified(
            checks.event_id(event_id, "header x-github-delivery"),
            delivered.body,
            checks.event_type(checks.optional_header(delivered, "x-github-event")),
        )
