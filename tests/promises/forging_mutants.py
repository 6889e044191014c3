"""Mistakes that somebody could make with tokens, see tests.promises.mutants."""

from __future__ import annotations

import hmac
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry

from patchbay.access.identity import Identity
from patchbay.access.proofs import tokens
from patchbay.access.proofs.issuer import Issuer
from patchbay.access.proofs.jwks import Algorithms
from patchbay.access.proofs.kept_keys import KeptKeys
from patchbay.access.proofs.token_claims import identity_of
from tests.access.oidc import AnyAlgorithm
from tests.promises.patching import patch

_has_signature = tokens.has_signature


def audience_unread() -> None:
    """A token for anybody is accepted."""

    def anybodys(claims: Mapping[str, Any], issuer: Issuer) -> Identity:
        return identity_of({**claims, "aud": issuer.audiences[0]}, issuer)

    patch(tokens, "identity_of", anybodys)


def expiry_unread() -> None:
    """A token is accepted for ever."""

    def for_ever(claims: Mapping[str, Any], issuer: Issuer) -> Identity:
        return identity_of({**claims, "exp": time.time() + 600}, issuer)

    patch(tokens, "identity_of", for_ever)


def algorithm_of_the_token() -> None:
    """The token says how it is verified."""

    def as_it_says(signed: Any, key: Any, algorithms: Algorithms) -> bool:
        del algorithms
        if signed.headers()["alg"] == "HS256":
            parts = signed.segments
            text = parts["header"] + b"." + parts["payload"]
            made = hmac.digest(key.as_pem(private=False), text, sha256)
            return bool(urlsafe_b64encode(made).rstrip(b"=") == parts["signature"])
        try:
            return jws.validate_compact(signed, key, registry=AnyAlgorithm())
        except (JoseError, KeyError):
            return False

    patch(Algorithms, "accepts", lambda *_: True)
    patch(Algorithms, "fits", lambda *_: True)
    patch(tokens, "has_signature", as_it_says)


def key_of_the_token() -> None:
    """A key that stands in the token verifies it."""

    def by_its_own(signed: Any, key: Any, algorithms: Algorithms) -> bool:
        own = signed.headers().get("jwk")
        return _has_signature(signed, JWKRegistry.import_key(own) if own else key, algorithms)

    patch(tokens, "has_signature", by_its_own)


def issuer_by_prefix() -> None:
    """The beginning of `iss` decides whose a token is."""
    read = tokens._claims  # noqa: SLF001 - where claims are read
    known = os.environ.get("PATCHBAY_JWT_ISSUER", "")

    def begun(payload: bytes) -> dict[str, Any]:
        claims = read(payload)
        return {**claims, "iss": known} if str(claims.get("iss")).startswith(known) else claims

    patch(tokens, "_claims", begun)


def critical_unread() -> None:
    """Critical members of a header are ignored."""
    patch(tokens, "require_understood", lambda _: None)


def rotation_unnoticed() -> None:
    """Keys are fetched once in their time, whatever tokens name."""

    async def never(_: KeptKeys) -> bool:
        return False

    patch(KeptKeys, "_asked_anew", never)


FORGING_MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (
        audience_unread, expiry_unread, algorithm_of_the_token, key_of_the_token, issuer_by_prefix,
        critical_unread, rotation_unnoticed,
    )
}  # fmt: skip
