"""PayPal."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from patchbay.environment import Variable
from patchbay.errors import ConfigurationError
from patchbay.inbox.signatures import checks
from patchbay.inbox.signatures.base import SignatureError, SignatureUndecided, Verified
from patchbay.inbox.signatures.keys import read_secrets
from patchbay.inbox.signatures.members import read_members
from patchbay.inbox.signatures.paypal_certificates import LIVE, SANDBOX, PayPalCertificates, PayPalSite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.environment import Secret
    from patchbay.inbox.signatures.base import Delivered, Opening

__all__ = ["LIVE", "SANDBOX", "PayPalSignature", "PayPalSite"]

_DAY_SECONDS = 86_400
_AHEAD_SECONDS = 300
_ALGORITHM = "SHA256WITHRSA"
_TIME = "paypal-transmission-time"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class PayPalSignature:
    """PayPal's scheme: RSA with SHA-256 of "transmission id|transmission time|webhook id|CRC-32 of the body".

    The certificate is fetched from PayPal by the URL in PAYPAL-CERT-URL, on PayPal's own hosts only, and its
    chain must lead to the roots. The event id is the body's `id`, its type the body's `event_type`. A CRC-32
    is no hash: who saw a delivery can make another body that fits, so its members do not count as signed.

    PayPal delivers for three days, and does not say whether a repeat is signed anew: the tolerance spans them
    all, and repeats are duplicates.

    Args:
        webhook_id: the environment variable with the id that PayPal gave the webhook; several, separated by
            commas, while one is being replaced by another.
        roots: the environment variable with the certificates in PEM that the chain must lead to; None for the
            authorities that the system trusts.
        site: which PayPal.
        tolerance_seconds: how far the signed time may lie back; it may lie 300 seconds ahead.
    """

    signs_id = False

    def __init__(
        self,
        webhook_id: str,
        *,
        roots: str | None = None,
        site: PayPalSite = LIVE,
        tolerance_seconds: int = 4 * _DAY_SECONDS,
    ) -> None:
        self._variable = Variable(webhook_id, "id that PayPal gave the webhook")
        self._roots = None if roots is None else Variable(roots, "certificates that PayPal's chain leads to")
        self._site = site
        self._tolerance_seconds = tolerance_seconds
        self._webhook_ids: tuple[Secret, ...] = ()
        self._certificates: PayPalCertificates | None = None

    def variables(self) -> Sequence[Variable]:
        """See Signature."""
        return (self._variable,) if self._roots is None else (self._variable, self._roots)

    def open(self, opening: Opening) -> None:
        """See Signature. Raises ConfigurationError also for roots that are no certificates."""
        self._webhook_ids = read_secrets(opening.environment, self._variable.name)
        pem = None if self._roots is None else opening.environment.text(self._roots.name)
        try:
            self._certificates = PayPalCertificates(opening.source, self._site, pem, opening.resources)
        except ValueError as error:
            name = "" if self._roots is None else f"environment variable {self._roots.name}: "
            raise ConfigurationError(f"{name}there are no certificates to trust") from error

    async def close(self) -> None:
        """See Signature."""
        certificates, self._certificates = self._certificates, None
        if certificates is not None:
            await certificates.close()

    async def verify(self, delivered: Delivered) -> Verified:
        """See Signature."""
        transmission = checks.header(delivered, "paypal-transmission-id")
        time = checks.header(delivered, _TIME)
        place = f"header {_TIME}"
        checks.require_fresh(
            _seconds(time, place), place, delivered.now, self._tolerance_seconds, _AHEAD_SECONDS
        )
        if checks.header(delivered, "paypal-auth-algo").upper() != _ALGORITHM:
            raise SignatureError("malformed", "header paypal-auth-algo must be SHA256withRSA")
        signature = checks.unbase64(checks.header(delivered, "paypal-transmission-sig"))
        url = checks.header(delivered, "paypal-cert-url")
        if self._certificates is None:
            raise SignatureUndecided("it is not open")
        key = await self._certificates.key(url, delivered.now)
        for webhook_id in self._webhook_ids:
            signed = f"{transmission}|{time}|{webhook_id.reveal()}|{zlib.crc32(delivered.body)}"
            try:
                key.verify(signature, signed.encode(), PKCS1v15(), SHA256())
            except InvalidSignature:
                continue
            break
        else:
            checks.refuse()
        members = await read_members(delivered.body)
        return Verified(
            checks.event_id(members.text("id"), "the body's id"),
            delivered.body,
            checks.event_type(members.text("event_type")),
        )


def _seconds(text: str, place: str) -> float:
    """Epoch seconds of an Internet date and time."""
    if _MOMENT.fullmatch(text) is None:
        raise SignatureError("malformed", f"{place}: the timestamp is not an Internet date and time")
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except (ValueError, OverflowError) as error:
        raise SignatureError("malformed", f"{place}: there is no such time") from error
