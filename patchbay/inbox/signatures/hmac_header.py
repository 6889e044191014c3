"""Any vendor that signs with an HMAC in a header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from patchbay.environment import Variable
from patchbay.errors import ConfigurationError
from patchbay.inbox.signatures import checks
from patchbay.inbox.signatures.base import Verified
from patchbay.inbox.signatures.keys import KeyedScheme
from patchbay.inbox.signatures.members import Members, read_members

if TYPE_CHECKING:
    from patchbay.inbox.signatures.base import Delivered

_ALGORITHMS = ("sha1", "sha256", "sha512")
_DECODERS = {"hex": checks.unhex, "base64": checks.unbase64}


@dataclass(frozen=True)
class Header:
    """A value that stands in a header.

    Args:
        name: the header's.
    """

    name: str


@dataclass(frozen=True)
class Member:
    """A value that stands in the JSON body: text or a whole number.

    Args:
        path: the members' names with dots between, as in "data.id".
    """

    path: str


@dataclass(frozen=True)
class Digest:
    """How the HMAC is made and written.

    Args:
        algorithm: the hash function. sha1 is for vendors that know no other.
        encoding: hexadecimal, or base64 with or without padding.
        prefix: what stands in front of it in the header.
    """

    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""


@dataclass(frozen=True)
class SignedTime:
    """A time of sending that is signed: before + timestamp + between + body.

    Args:
        header: where it stands, in epoch seconds.
        before: text in front of it.
        between: text between it and the body.
        tolerance_seconds: how far it may be from now, in both directions.
    """

    header: str
    before: str = ""
    between: str = "."
    tolerance_seconds: int = 300


class HmacHeader(KeyedScheme):
    """An HMAC of the body in a header.

        HmacHeader("LEGACY_SECRET", "X-Signature", event_id=Member("data.id"), type=Header("X-Event"),
                   digest=Digest("sha512", "base64"))

    Args:
        variable: the environment variable with the secret; several, separated by commas, while one is being
            replaced by another.
        header: where the signature stands.
        event_id: where the event id stands; None takes the body's hash, so that equal bodies are one event.
        type: where the event's type stands; None where nowhere.
        digest: how the HMAC is made and written.
        time: a time that is signed as well; without one, replays cannot be told from retries.

    Raises:
        ConfigurationError: the digest's algorithm or encoding is none of those.
    """

    def __init__(
        self,
        variable: str,
        header: str,
        *,
        event_id: Header | Member | None,
        type: Header | Member | None = None,
        digest: Digest | None = None,
        time: SignedTime | None = None,
    ) -> None:
        super().__init__(Variable(variable, "secret that its webhooks are signed with"))
        self._header = header.lower()
        self._event_id = event_id
        self._type = type
        self._digest = digest or Digest()
        if self._digest.algorithm not in _ALGORITHMS or self._digest.encoding not in _DECODERS:
            problem = f"digest must be one of {', '.join(_ALGORITHMS)} in {' or '.join(_DECODERS)}"
            raise ConfigurationError(f"HmacHeader: {problem}")
        self._time = time

    @property
    def signs_id(self) -> bool:
        """See Signature."""
        return not isinstance(self._event_id, Header)

    async def verify(self, delivered: Delivered) -> Verified:
        """See Signature."""
        digest = self._digest
        text = checks.header(delivered, self._header)
        offered = []
        if text.startswith(digest.prefix):
            offered.append(_DECODERS[digest.encoding](text.removeprefix(digest.prefix)))
        signed = self._signed(delivered)
        checks.require_match(self._keys.digests(signed, digest.algorithm), offered)
        members = await read_members(delivered.body)
        event_id = checks.content_id(delivered.body)
        if self._event_id is not None:
            event_id = checks.event_id(_find(self._event_id, delivered, members), "the event's id")
        return Verified(
            event_id,
            delivered.body,
            None if self._type is None else checks.event_type(_find(self._type, delivered, members)),
            None if self._time is None else checks.delivery(signed),
        )

    def _signed(self, delivered: Delivered) -> bytes:
        time = self._time
        if time is None:
            return delivered.body
        name = time.header.lower()
        timestamp = checks.fresh_timestamp(
            checks.header(delivered, name), f"header {name}", delivered.now, time.tolerance_seconds
        )
        return f"{time.before}{timestamp}{time.between}".encode() + delivered.body


def _find(place: Header | Member, delivered: Delivered, members: Members) -> str | None:
    if isinstance(place, Header):
        return checks.optional_header(delivered, place.name.lower())
    return members.text_or_integer(place.path)
