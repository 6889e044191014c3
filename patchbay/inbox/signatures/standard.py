"""Standard Webhooks, and Svix, whose scheme it was."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from patchbay.environment import Variable
from patchbay.errors import ConfigurationError
from patchbay.inbox.signatures import checks
from patchbay.inbox.signatures.base import Verified
from patchbay.inbox.signatures.keys import read_secrets
from patchbay.inbox.signatures.members import read_members

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patchbay.environment import Secret
    from patchbay.inbox.signatures.base import Delivered, Opening

_MIN_SECRET_BYTES = 16
_PUBLIC_KEY_BYTES = 32
_PUBLIC = "whpk_"
_SHARED = "whsec_"


class StandardWebhooks:
    """The scheme of standardwebhooks.com: headers webhook-id, webhook-timestamp and webhook-signature.

    `v1` is HMAC-SHA256 and `v1a` ed25519, of "id.timestamp.body", in base64. The event id is the header
    webhook-id, its type the body's `type`.

    Args:
        variable: the environment variable with the secret, `whsec_` and base64, or the public key, `whpk_`
            and base64; several, separated by commas, while one is being replaced by another.
        tolerance_seconds: how far the signed time may be from now, in both directions.
        headers: what the headers' names begin with; "svix" with vendors that send through Svix.
    """

    signs_id = True

    def __init__(
        self, variable: str, tolerance_seconds: int = 300, *, headers: Literal["webhook", "svix"] = "webhook"
    ) -> None:
        self._variable = Variable(variable, "secret that Standard Webhooks signs with, whsec_ and base64")
        self._tolerance_seconds = tolerance_seconds
        self._headers = headers
        self._secrets: tuple[Secret, ...] = ()
        self._public_keys: tuple[Ed25519PublicKey, ...] = ()

    def variables(self) -> Sequence[Variable]:
        """See Signature."""
        return (self._variable,)

    def open(self, opening: Opening) -> None:
        """See Signature. Raises ConfigurationError also for what is not base64 or of a wrong length."""
        every = read_secrets(opening.environment, self._variable.name)
        secrets = tuple(secret for secret in every if not secret.reveal().startswith(_PUBLIC))
        public_keys = tuple(map(_public_key, (secret for secret in every if secret not in secrets)))
        for secret in secrets:
            _shared_key(secret)
        self._secrets, self._public_keys = secrets, public_keys

    async def close(self) -> None:
        """See Signature."""

    async def verify(self, delivered: Delivered) -> Verified:
        """See Signature."""
        id_header, time_header = f"{self._headers}-id", f"{self._headers}-timestamp"
        event_id = checks.event_id(checks.header(delivered, id_header), f"header {id_header}")
        timestamp = checks.fresh_timestamp(
            checks.header(delivered, time_header),
            f"header {time_header}",
            delivered.now,
            self._tolerance_seconds,
        )
        signed = f"{event_id}.{timestamp}.".encode() + delivered.body
        self._require_signature(checks.header(delivered, f"{self._headers}-signature"), signed)
        members = await read_members(delivered.body)
        return Verified(
            event_id,
            delivered.body,
            checks.event_type(members.text("type")),
            checks.delivery(signed),
        )

    def _require_signature(self, text: str, signed: bytes) -> None:
        entries = [entry.partition(",") for entry in text.split(" ")]
        offered = [
            (version, checks.unbase64(value)) for version, _, value in entries if version in ("v1", "v1a")
        ]
        checks.require_offered([signature for _, signature in offered])
        public = [signature for version, signature in offered if version == "v1a"]
        if any(_is_signed(key, signature, signed) for key in self._public_keys for signature in public):
            return
        shared = [signature for version, signature in offered if version == "v1"]
        if not shared:
            checks.refuse()
        checks.require_match(self._digests(signed), shared)

    def _digests(self, signed: bytes) -> Iterator[bytes]:
        for secret in self._secrets:
            yield hmac.digest(_shared_key(secret), signed, "sha256")


def _is_signed(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _shared_key(secret: Secret) -> bytes:
    key = _decoded(secret, _SHARED)
    if len(key) < _MIN_SECRET_BYTES:
        problem = f"holds a secret of fewer than {_MIN_SECRET_BYTES} bytes"
        raise ConfigurationError(f"environment variable {secret.variable} {problem}")
    return key


def _public_key(secret: Secret) -> Ed25519PublicKey:
    key = _decoded(secret, _PUBLIC)
    if len(key) != _PUBLIC_KEY_BYTES:
        problem = f"holds a public key that has not {_PUBLIC_KEY_BYTES} bytes"
        raise ConfigurationError(f"environment variable {secret.variable} {problem}")
    return Ed25519PublicKey.from_public_bytes(key)


def _decoded(secret: Secret, prefix: str) -> bytes:
    key = checks.unbase64(secret.reveal().removeprefix(prefix))
    if not key:
        problem = "holds a secret that is not valid base64"
        raise ConfigurationError(f"environment variable {secret.variable} {problem}")
    return key
