"""How vendors prove that an event is theirs.

Every refusal is a SignatureError: a 4xx status and one sentence that holds neither the body nor a secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from patchbay.environment import Environment, Secret, Variable
from patchbay.errors import ConfigurationError, PatchbayError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_HEADER_CHARACTERS = 4096
MAX_EVENT_ID_CHARACTERS = 255
BAD_REQUEST = 400
UNAUTHORIZED = 401
MIN_SECRET_BYTES = 16

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class SignatureError(PatchbayError):
    """A delivery is not accepted.

    Args:
        status: the HTTP status that says so, 400 to 499.
        message: one sentence for the sender.
    """

    code = "SIGNATURE_ERROR"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Verified(NamedTuple):
    """A delivery that its vendor signed.

    `delivery` is the hex SHA-256 of what was signed. A retry is signed at another second and has another one;
    the same request sent again has the same, however its headers are rearranged.
    """

    event_id: str
    delivery: str


class Signature(Protocol):
    """A vendor's scheme. Opened with its upstream; until then it accepts nothing."""

    def variables(self) -> Sequence[Variable]:
        """The environment variables that `open` reads."""

    def open(self, environment: Environment) -> None:
        """Read the secrets. Raises ConfigurationError naming the variable."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> Verified:
        """The event id of an authentic delivery with a JSON body.

        Args:
            headers: names in lower case, or a mapping that ignores case.
            body: the bytes as received.
            now: epoch seconds.

        Raises:
            SignatureError: it is not one.
        """


class StripeSignature:
    """Stripe's scheme: `Stripe-Signature: t=<epoch seconds>,v1=<hex HMAC-SHA256 of "t.body">[,v1=...]`.

    Args:
        variable: the environment variable with the endpoint's secret; several, separated by commas, while one
            is being replaced by another.
        tolerance_seconds: how far the signed time may be from now, in both directions.
    """

    def __init__(self, variable: str, tolerance_seconds: int = 300) -> None:
        self._variable = Variable(variable, "secret that Stripe's scheme signs with")
        self._tolerance_seconds = tolerance_seconds
        self._secrets: tuple[Secret, ...] = ()

    def variables(self) -> Sequence[Variable]:
        """See Signature."""
        return (self._variable,)

    def open(self, environment: Environment) -> None:
        """See Signature."""
        self._secrets = _read_secrets(environment, self._variable.name)

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> Verified:
        """See Signature. The event id is the body's `id`."""
        entries = [entry.partition("=") for entry in _header(headers, "stripe-signature").split(",")]
        timestamps = [value for name, _, value in entries if name.strip() == "t"]
        if len(timestamps) != 1:
            raise SignatureError(BAD_REQUEST, "header stripe-signature must have one timestamp, t=")
        timestamp = _fresh(timestamps[0], "header stripe-signature", now, self._tolerance_seconds)
        offered = [value.encode() for name, _, value in entries if name.strip() == "v1"]
        signed = f"{timestamp}.".encode() + body
        keys = (secret.reveal().encode() for secret in self._secrets)
        expected = [hmac.new(key, signed, hashlib.sha256).hexdigest().encode() for key in keys]
        _require_match(expected, offered)
        _require_json(body)
        return Verified(_stripe_event_id(body), hashlib.sha256(signed).hexdigest())


class StandardWebhooks:
    """The scheme of standardwebhooks.com, symmetric (`v1`): headers webhook-id, -timestamp and -signature.

    Args:
        variable: the environment variable with the secret, `whsec_` and base64; several, separated by commas,
            while one is being replaced by another.
        tolerance_seconds: how far the signed time may be from now, in both directions.
    """

    def __init__(self, variable: str, tolerance_seconds: int = 300) -> None:
        self._variable = Variable(variable, "secret that Standard Webhooks signs with, whsec_ and base64")
        self._tolerance_seconds = tolerance_seconds
        self._secrets: tuple[Secret, ...] = ()

    def variables(self) -> Sequence[Variable]:
        """See Signature."""
        return (self._variable,)

    def open(self, environment: Environment) -> None:
        """See Signature. Raises ConfigurationError also for a secret that is not base64 or too short."""
        secrets = _read_secrets(environment, self._variable.name)
        for secret in secrets:
            _standard_key(secret)
        self._secrets = secrets

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> Verified:
        """See Signature. The event id is the header webhook-id."""
        event_id = _event_id(_header(headers, "webhook-id"), "header webhook-id")
        sent_at = _header(headers, "webhook-timestamp")
        timestamp = _fresh(sent_at, "header webhook-timestamp", now, self._tolerance_seconds)
        entries = [entry.partition(",") for entry in _header(headers, "webhook-signature").split(" ")]
        offered = [_unbase64(value) or b"" for version, _, value in entries if version == "v1"]
        signed = f"{event_id}.{timestamp}.".encode() + body
        keys = (_standard_key(secret) for secret in self._secrets)
        expected = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
        _require_match(expected, offered)
        _require_json(body)
        return Verified(event_id, hashlib.sha256(signed).hexdigest())


class _StripeEvent(msgspec.Struct):
    id: str


_stripe_event = msgspec.json.Decoder(_StripeEvent)
_any_json = msgspec.json.Decoder(msgspec.Raw)


def _stripe_event_id(body: bytes) -> str:
    try:
        event = _stripe_event.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise SignatureError(BAD_REQUEST, "the body is not an event with an id") from error
    return _event_id(event.id, "the body's id")


def _event_id(value: str, place: str) -> str:
    if not (value and len(value) <= MAX_EVENT_ID_CHARACTERS and value.isascii() and value.isprintable()):
        problem = f"{place} must be 1 to {MAX_EVENT_ID_CHARACTERS} printable ASCII characters"
        raise SignatureError(BAD_REQUEST, problem)
    return value


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise SignatureError(BAD_REQUEST, f"header {name} is missing")
    if len(value) > MAX_HEADER_CHARACTERS:
        raise SignatureError(BAD_REQUEST, f"header {name} is longer than {MAX_HEADER_CHARACTERS} characters")
    if not value.isascii():
        raise SignatureError(BAD_REQUEST, f"header {name} has characters that are not ASCII")
    return value


def _fresh(text: str, place: str, now: float, tolerance_seconds: int) -> str:
    """The timestamp as it was written, which is how it was signed."""
    if _TIMESTAMP.fullmatch(text) is None:
        raise SignatureError(BAD_REQUEST, f"{place}: the timestamp is not a number of epoch seconds")
    if abs(now - int(text)) > tolerance_seconds:
        problem = f"{place}: the timestamp is more than {tolerance_seconds} seconds from now"
        raise SignatureError(UNAUTHORIZED, problem)
    return text


def _require_match(expected: Iterable[bytes], offered: Sequence[bytes]) -> None:
    if not offered:
        raise SignatureError(BAD_REQUEST, "there is no signature of version v1")
    for known in expected:
        for candidate in offered:
            # Lengths first: an empty or shortened signature is no match, whatever a comparison makes of it.
            if len(candidate) == len(known) and hmac.compare_digest(candidate, known):
                return
    raise SignatureError(UNAUTHORIZED, "the signature does not match the body")


def _require_json(body: bytes) -> None:
    try:
        body.decode()
        _any_json.decode(body)
    except (UnicodeDecodeError, msgspec.MsgspecError, RecursionError) as error:
        raise SignatureError(BAD_REQUEST, "the body is not JSON") from error


def _read_secrets(environment: Environment, variable: str) -> tuple[Secret, ...]:
    parts = (part.strip() for part in environment.text(variable).split(","))
    secrets = tuple(Secret(part, variable) for part in parts if part)
    if not secrets:
        raise ConfigurationError(f"environment variable {variable} holds no secret")
    return secrets


def _standard_key(secret: Secret) -> bytes:
    key = _unbase64(secret.reveal().removeprefix("whsec_"))
    if not key:
        problem = "holds a secret that is not valid base64"
        raise ConfigurationError(f"environment variable {secret.variable} {problem}")
    if len(key) < MIN_SECRET_BYTES:
        problem = f"holds a secret of fewer than {MIN_SECRET_BYTES} bytes"
        raise ConfigurationError(f"environment variable {secret.variable} {problem}")
    return key


def _unbase64(text: str) -> bytes | None:
    """The bytes; None when it is not base64. Padding may be missing."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
