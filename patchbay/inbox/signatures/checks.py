"""What all schemes check alike: headers, times, event ids, and the comparison itself."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, NoReturn

from patchbay.inbox.signatures.base import SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from patchbay.inbox.signatures.base import Delivered

MAX_HEADER_CHARACTERS = 4096
MAX_EVENT_ID_CHARACTERS = 255
MAX_OFFERED = 16
"""Signatures in one header: a vendor sends one for each live secret, and each costs a comparison."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


def header(delivered: Delivered, name: str) -> str:
    """A header's value, not empty and in ASCII. Raises SignatureError."""
    value = optional_header(delivered, name)
    if value is None:
        raise SignatureError("malformed", f"header {name} is missing")
    return value


def optional_header(delivered: Delivered, name: str) -> str | None:
    """As `header`; None where it is missing or empty."""
    value = delivered.headers.get(name, "")
    if not value:
        return None
    if len(value) > MAX_HEADER_CHARACTERS:
        problem = f"header {name} is longer than {MAX_HEADER_CHARACTERS} characters"
        raise SignatureError("malformed", problem)
    if not value.isascii():
        raise SignatureError("malformed", f"header {name} has characters that are not ASCII")
    return value


def event_id(value: str | None, place: str) -> str:
    """The value, when it can be an event's id. Raises SignatureError naming the place."""
    if value is None or not _is_plain(value):
        problem = f"{place} must be 1 to {MAX_EVENT_ID_CHARACTERS} printable ASCII characters"
        raise SignatureError("malformed", problem)
    return value


def event_type(value: str | None) -> str | None:
    """The value, when it can be an event's type; else None, as no event is refused for its type."""
    return value if value is not None and _is_plain(value) else None


def content_id(body: bytes) -> str:
    """An event id for who is given none: the same content is the same event."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def fresh_timestamp(text: str, place: str, now: float, tolerance_seconds: float) -> str:
    """Epoch seconds as they were written, which is how they were signed. Raises SignatureError."""
    if _TIMESTAMP.fullmatch(text) is None:
        raise SignatureError("malformed", f"{place}: the timestamp is not a number of epoch seconds")
    require_fresh(int(text), place, now, tolerance_seconds)
    return text


def require_fresh(
    at: float, place: str, now: float, tolerance_seconds: float, ahead_seconds: float | None = None
) -> None:
    """Refuse what was signed at another time.

    Args:
        at: epoch seconds.
        place: where they stand, for the message.
        now: epoch seconds.
        tolerance_seconds: how far they may lie back.
        ahead_seconds: how far they may lie ahead; None as far as back.

    Raises:
        SignatureError: they are further from now.
    """
    ahead_seconds = tolerance_seconds if ahead_seconds is None else ahead_seconds
    if now - at > tolerance_seconds or at - now > ahead_seconds:
        limit = tolerance_seconds if at < now else ahead_seconds
        raise SignatureError("timestamp", f"{place}: the timestamp is more than {limit:.0f} seconds from now")


def require_match(expected: Iterable[bytes], offered: Sequence[bytes]) -> None:
    """Refuse where none that was offered is one of those expected.

    Args:
        expected: one for each live secret.
        offered: of the scheme's version, decoded; what could not be decoded is empty.
    """
    require_offered(offered)
    for known in expected:
        for candidate in offered:
            # Lengths first: an empty or shortened signature is no match, whatever a comparison makes of it.
            if len(candidate) == len(known) and hmac.compare_digest(candidate, known):
                return
    refuse()


def require_offered(offered: Sequence[bytes]) -> None:
    """Refuse where there are no signatures of the scheme's version, or too many to compare."""
    if not offered:
        raise SignatureError("malformed", "there is no signature of the expected version")
    if len(offered) > MAX_OFFERED:
        raise SignatureError("malformed", f"there are more than {MAX_OFFERED} signatures")


def refuse() -> NoReturn:
    """The signature is a wrong one. Raises SignatureError."""
    raise SignatureError("signature", "the signature does not match the body")


def delivery(signed: bytes) -> str:
    """See Verified."""
    return hashlib.sha256(signed).hexdigest()


def unhex(text: str) -> bytes:
    """The bytes; none when it is not hexadecimal."""
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return b""


def unbase64(text: str) -> bytes:
    """The bytes; none when it is not base64. Padding may be missing."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        return b""


def _is_plain(value: str) -> bool:
    return 0 < len(value) <= MAX_EVENT_ID_CHARACTERS and value.isascii() and value.isprintable()
