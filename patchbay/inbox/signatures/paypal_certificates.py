"""The certificates that PayPal signs with: fetched from PayPal, checked, and kept while they are valid."""

from __future__ import annotations

import re
import warnings
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from patchbay.calls import Call, CallPolicy, Limits, Pipeline
from patchbay.calls.tls import tls_context
from patchbay.errors import UpstreamError
from patchbay.inbox.signatures.base import SignatureError, SignatureUndecided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.calls import Reply, Resources

_MAX_KEPT = 16
_MAX_KEPT_SECONDS = 24 * 3600.0
_REFUSED_SECONDS = 60.0
"""How long a URL that leads to no certificate of PayPal's is not asked for again."""

_MAX_CERTIFICATES_BYTES = 64 * 1024
_DEADLINE_SECONDS = 4.0
_CONCURRENCY = 2
_PATH = "/v1/notifications/certs/"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
_OK = 200
_FIRST_FAILURE = 500
_LATER = (408, 429)


@dataclass(frozen=True)
class PayPalSite:
    """A PayPal that signs.

    Args:
        origins: where its certificates are, https only.
        names: whom they are for, one of these.
    """

    origins: tuple[str, ...]
    names: tuple[str, ...]


LIVE = PayPalSite(
    ("https://api.paypal.com", "https://api-m.paypal.com"), ("messageverificationcerts.paypal.com",)
)
SANDBOX = PayPalSite(
    ("https://api.sandbox.paypal.com", "https://api-m.sandbox.paypal.com"),
    ("messageverificationcerts.sandbox.paypal.com",),
)


@dataclass(frozen=True)
class _Kept:
    """A key that was found at a URL, or None where there is none of PayPal's; times in epoch seconds."""

    key: RSAPublicKey | None
    since: float
    until: float


class PayPalCertificates:
    """Public keys by the URL of their certificate.

    Args:
        source: the upstream's name.
        site: which PayPal.
        roots: certificates in PEM that each chain must lead to; None for the system's authorities.
        resources: what the pipelines of a server share.

    Raises:
        ValueError: there are no roots.
    """

    def __init__(self, source: str, site: PayPalSite, roots: str | None, resources: Resources) -> None:
        self._site = site
        self._store = Store(_authorities() if roots is None else _certificates(roots.encode()))
        policy = CallPolicy(
            limits=Limits(
                deadline_seconds=_DEADLINE_SECONDS,
                concurrency=_CONCURRENCY,
                max_body_bytes=_MAX_CERTIFICATES_BYTES,
            )
        )
        self._pipelines = {
            origin: Pipeline(source, origin, policy=policy, resources=resources) for origin in site.origins
        }
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        """The one that was used last stands last."""

    async def close(self) -> None:
        """Close the connections."""
        for pipeline in self._pipelines.values():
            await pipeline.close()

    async def key(self, url: str, now: float) -> RSAPublicKey:
        """The key of the certificate at a URL.

        Args:
            url: as the delivery names it.
            now: epoch seconds.

        Raises:
            SignatureError: the URL is none of PayPal's, or leads to no valid certificate of PayPal's.
            SignatureUndecided: it cannot be fetched now.
        """
        origin, target = self._place(url)
        kept = self._kept.get(url)
        if kept is None or not kept.since <= now < kept.until:
            kept = self._judge(await self._fetch(origin, target), now)
            self._kept[url] = kept
        self._kept.move_to_end(url)
        while len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
        if kept.key is None:
            raise SignatureError("signature", "the certificate is not a valid one of PayPal's")
        return kept.key

    def _place(self, url: str) -> tuple[str, str]:
        """(origin, path). The URL is compared as text, which leaves no room for two readings of it."""
        for origin in self._site.origins:
            place = origin + _PATH
            if url.startswith(place) and _NAME.fullmatch(url.removeprefix(place)):
                return origin, url.removeprefix(origin)
        raise SignatureError("signature", "the certificate's URL is not one of PayPal's")

    async def _fetch(self, origin: str, target: str) -> Reply:
        try:
            reply = await self._pipelines[origin].send(Call("GET certificate", "GET", target))
        except UpstreamError as error:
            raise SignatureUndecided("the certificate cannot be fetched now") from error
        if reply.status in _LATER or reply.status >= _FIRST_FAILURE:
            raise SignatureUndecided("the certificate cannot be fetched now")
        return reply

    def _judge(self, reply: Reply, now: float) -> _Kept:
        kept = None
        if reply.status == _OK:
            with suppress(ValueError):
                kept = self._verified(_certificates(reply.body), now)
        return kept or _Kept(None, now, now + _REFUSED_SECONDS)

    def _verified(self, found: Sequence[x509.Certificate], now: float) -> _Kept | None:
        """The first one's key; None where no chain leads from it to the roots."""
        moment = datetime.fromtimestamp(now, UTC)
        builder = PolicyBuilder().store(self._store).time(moment)
        for name in self._site.names:
            try:
                chain = builder.build_server_verifier(x509.DNSName(name)).verify(found[0], list(found[1:]))
            except VerificationError:
                continue
            key = found[0].public_key()
            if isinstance(key, RSAPublicKey):
                since = max(each.not_valid_before_utc.timestamp() for each in chain)
                until = min(each.not_valid_after_utc.timestamp() for each in chain)
                return _Kept(key, since, min(until, now + _MAX_KEPT_SECONDS))
        return None


def _certificates(pem: bytes) -> list[x509.Certificate]:
    """All of a text in PEM. Raises ValueError where there is none."""
    return x509.load_pem_x509_certificates(pem)


def _authorities() -> list[x509.Certificate]:
    """Those that the system trusts. Some are older than the rules that cryptography warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [x509.load_der_x509_certificate(der) for der in tls_context().get_ca_certs(binary_form=True)]
