"""Who issues tokens, and what is expected of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from patchbay.address import parse_address
from patchbay.calls.egress import Egress
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.address import Address

MAX_LEEWAY_SECONDS = 60

FAMILIES = {
    "RS256": "RSASSA-PKCS1-v1_5",
    "RS384": "RSASSA-PKCS1-v1_5",
    "RS512": "RSASSA-PKCS1-v1_5",
    "PS256": "RSASSA-PSS",
    "PS384": "RSASSA-PSS",
    "PS512": "RSASSA-PSS",
    "ES256": "ECDSA",
    "ES384": "ECDSA",
    "ES512": "ECDSA",
    "EdDSA": "EdDSA",
    "Ed25519": "EdDSA",
    "Ed448": "EdDSA",
}
"""Algorithm -> its family. None that works with a shared secret, and not `none`: these are never accepted."""


@dataclass(frozen=True)
class Issuer:
    """Accept tokens (JWT) of this issuer.

    Args:
        issuer: what the tokens' `iss` must be, character by character. Where jwks_url is left out it is a
            URL, and the issuer's discovery document is read below it.
        audiences: of which a token's `aud` must name one.
        algorithms: by which it signs; all of one family.
        jwks_url: where its public keys are; None finds them by discovery.
        scopes_claim: the claim with a token's scopes, a text with spaces between them or a list. Those in
            `scp` count as well.
        leeway_seconds: how far the issuer's clock and this one may differ.
        egress: where the calls to it may lead.

    Raises:
        ConfigurationError: it cannot be meant.
    """

    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...] = ("RS256",)
    jwks_url: str | None = None
    scopes_claim: str = "scope"
    leeway_seconds: int = 30
    egress: Egress = field(default_factory=Egress)

    def __post_init__(self) -> None:
        problems = self.problems()
        if problems:
            raise ConfigurationError("; ".join(f"JWT issuer: {problem}" for problem in problems))

    def problems(self) -> list[str]:
        """What cannot be meant."""
        families = {FAMILIES.get(name) for name in self.algorithms}
        known = ", ".join(FAMILIES)
        where = "the issuer" if self.jwks_url is None else "the JWKS URL"
        pairs = {
            "the issuer must be named": bool(self.issuer),
            "its audiences must be a tuple that is not empty: a token for somebody else would be accepted": (
                _are_texts(self.audiences)
            ),
            f"its algorithms must be a tuple of some of {known}": (
                _are_texts(self.algorithms) and None not in families
            ),
            "its algorithms must be of one family": len(families) <= 1,
            f"its leeway must be from 0 to {MAX_LEEWAY_SECONDS} seconds": (
                0 <= self.leeway_seconds <= MAX_LEEWAY_SECONDS
            ),
            f"{where} must be a URL that starts with https://, or with http:// on this machine": (
                is_safe_url(self.jwks_url or self.issuer)
            ),
        }
        told = [problem for problem, is_well in pairs.items() if not is_well]
        return told + self.egress.problems()

    @property
    def discovery_url(self) -> str:
        """Where OpenID Connect Discovery finds its document."""
        return f"{self.issuer.removesuffix('/')}/.well-known/openid-configuration"


def is_safe_url(url: str, *, loopback: bool = True) -> bool:
    """Whether keys may be fetched from there: by https, or from this machine where that is allowed."""
    try:
        address = parse_address(url)
    except ValueError:
        return False
    if "@" in url.partition("://")[2].partition("/")[0] or "#" in url:
        return False
    if is_loopback(address):
        return loopback
    return address.scheme == "https"


def is_loopback(address: Address) -> bool:
    """Whether the host is this machine in so many words."""
    if f".{address.host.rstrip('.')}".endswith(".localhost"):
        return True
    try:
        return ip_address(address.host).is_loopback
    except ValueError:
        return False


def _are_texts(values: Sequence[str]) -> bool:
    return (
        isinstance(values, tuple) and bool(values) and all(isinstance(each, str) and each for each in values)
    )
