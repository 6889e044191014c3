"""What a token's claims must say, and the identity that they tell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from joserfc.errors import ExpiredTokenError, InvalidClaimError, MissingClaimError
from joserfc.jwt import JWTClaimsRegistry

from patchbay.access.identity import Identity
from patchbay.access.proofs.unauthenticated import TokenExpired, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.access.proofs.issuer import Issuer

MAX_TIME = 2.0**53
"""Beyond, a number of seconds is none."""


def identity_of(claims: Mapping[str, Any], issuer: Issuer) -> Identity:
    """The identity in a token's claims.

    Raises:
        Unauthenticated: they are not as this issuer's must be, or not of this time.
    """
    rules = JWTClaimsRegistry(
        now=lambda: int(time.time()),
        leeway=issuer.leeway_seconds,
        iss={"essential": True, "value": issuer.issuer},
        aud={"essential": True, "values": list(issuer.audiences)},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        rules.validate(dict(claims))
    except ExpiredTokenError:
        raise TokenExpired from None
    except (MissingClaimError, InvalidClaimError) as error:
        raise Unauthenticated(_told(error)) from None
    expires_at = claims["exp"]
    if not 0 < expires_at < MAX_TIME:
        raise Unauthenticated("the token's exp is no time")
    return Identity(
        kind="token",
        subject=claims["sub"],
        issuer=issuer.issuer,
        scopes=_scopes(claims, issuer.scopes_claim),
        claims=claims,
        expires_at=float(expires_at) + issuer.leeway_seconds,
    )


def _told(error: MissingClaimError | InvalidClaimError) -> str:
    """A sentence with the claim's name, which is one of those that are looked at."""
    if isinstance(error, MissingClaimError):
        return f"the token has no {error.claim.replace(',', ', no ')}"
    if error.claim == "aud":
        return "the token is for another audience"
    return (
        "the token is not valid yet"
        if error.claim in ("nbf", "iat")
        else f"the token's {error.claim} is wrong"
    )


def _scopes(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    found: set[str] = set()
    for claim in (claims.get(name), claims.get("scp")):
        if isinstance(claim, str):
            found.update(claim.split())
        elif isinstance(claim, list):
            found.update(each for each in claim if isinstance(each, str) and each)
    return frozenset(found)
