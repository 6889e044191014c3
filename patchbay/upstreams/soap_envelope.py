"""What goes into the header of a SOAP envelope for its credentials, written by zeep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from zeep import ns
from zeep.wsse import utils
from zeep.wsse.username import UsernameToken as ZeepUsernameToken

if TYPE_CHECKING:
    from patchbay.environment import Secret


class Token:
    """A UsernameToken.

    Args:
        user, password: of the caller.
        digest: send a digest with nonce and time instead of the password's text.
    """

    def __init__(self, user: Secret, password: Secret, *, digest: bool) -> None:
        self._user = user
        self._password = password
        self._digest = digest

    def apply(self, envelope: Any, headers: Any) -> tuple[Any, Any]:
        """See EnvelopePart."""
        # zeep's own keeps the password where anything that dumps objects would show it.
        make: Any = ZeepUsernameToken
        token = make(
            self._user.reveal(), self._password.reveal(), use_digest=self._digest, zulu_timestamp=True
        )
        applied: tuple[Any, Any] = token.apply(envelope, headers)
        return applied


class Timestamp:
    """For how long an envelope says that it holds, in seconds, from the moment at which it is made.

    zeep takes one that is made before: the same one, and so soon too old, in all envelopes.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def apply(self, envelope: Any, headers: Any) -> tuple[Any, Any]:
        """See EnvelopePart."""
        security = utils.get_security_header(envelope)
        if security.find(f"{{{ns.WSU}}}Timestamp") is None:
            now = datetime.now(UTC)
            times = (("Created", now), ("Expires", now + timedelta(seconds=self._seconds)))
            elements = (utils.WSU(name, utils.get_timestamp(at, zulu_timestamp=True)) for name, at in times)
            security.insert(0, utils.WSU("Timestamp", *elements))
        return envelope, headers
