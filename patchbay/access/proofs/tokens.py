"""Tokens (JWT, RFC 7519) of declared issuers: what makes one good, and the identity that it proves.

    size -> parts -> header -> whose it claims to be -> algorithm -> key -> signature -> claims

Nothing that a token says decides how it is verified: the issuer's declaration does. A header chooses among
the keys that were fetched from the issuer, and nothing else of it is followed.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from patchbay.access.proofs.jwks import Algorithms
from patchbay.access.proofs.kept_keys import KeptKeys
from patchbay.access.proofs.key_fetching import KeyFetcher
from patchbay.access.proofs.token_claims import identity_of
from patchbay.access.proofs.unauthenticated import TokenExpired, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from joserfc.jwk import Key
    from joserfc.jws import CompactSignature

    from patchbay.access.identity import Identity
    from patchbay.access.proofs.issuer import Issuer
    from patchbay.access.proofs.jwks import PublicKeys

MAX_TOKEN_BYTES = 8 * 1024
MAX_KEPT = 10_000
"""Verified tokens of one issuer that are kept."""

TYPES = frozenset(("jwt", "at+jwt", "application/jwt", "application/at+jwt"))
"""Of tokens that say whose request it is. Others of the same issuer, as logout tokens, are not for that."""

_MALFORMED = (JoseError, ValueError, TypeError, RecursionError)
"""What joserfc makes of text that is no token."""


class Tokens:
    """Verifies tokens. Use it in one event loop, and close it there.

    Args:
        issuers: whose tokens are accepted.
        clock: seconds that only grow, for the keeping of keys.
    """

    def __init__(self, issuers: Iterable[Issuer], clock: Callable[[], float] = time.monotonic) -> None:
        self._verifiers = {each.issuer: _Verifier(each, clock) for each in issuers}

    def known(self, token: str) -> Identity | None:
        """Of a token that was verified before and holds; None where it has to be waited for."""
        digest = sha256(token.encode()).digest()
        for verifier in self._verifiers.values():
            identity = verifier.kept(digest)
            if identity is not None:
                return identity
        return None

    async def identify(self, token: str) -> Identity:
        """The identity that it proves.

        Raises:
            Unauthenticated: it proves none.
            IdentityUnavailable: nobody can tell now.
        """
        known = self.known(token)
        if known is not None:
            return known
        signed = _extracted(token)
        header, claims = signed.headers(), _claims(signed.payload)
        require_understood(header)
        issuer = claims.get("iss")
        verifier = self._verifiers.get(issuer) if isinstance(issuer, str) else None
        if verifier is None:
            raise Unauthenticated("the token is of an issuer that is not known here")
        identity = await verifier.verified(signed, claims)
        verifier.keep(sha256(token.encode()).digest(), identity)
        return identity

    async def close(self) -> None:
        """End what is under way."""
        for verifier in self._verifiers.values():
            await verifier.close()


class _Verifier:
    """For one issuer."""

    def __init__(self, issuer: Issuer, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._algorithms = Algorithms(issuer.algorithms)
        self._fetcher = KeyFetcher(issuer, self._algorithms)
        self._keys = KeptKeys(issuer.issuer, self._fetcher.fetch, clock)
        self._kept: OrderedDict[bytes, Identity] = OrderedDict()
        self._kept_with: PublicKeys | None = None

    def kept(self, digest: bytes) -> Identity | None:
        """What was kept, as long as it holds: until it expires or the issuer's keys change."""
        identity = self._kept.get(digest) if self._kept and self._holds() else None
        if identity is None:
            return None
        if identity.has_expired:
            del self._kept[digest]
            return None
        self._kept.move_to_end(digest)
        return identity

    def keep(self, digest: bytes, identity: Identity) -> None:
        """For the next time."""
        if not self._holds():
            return
        self._kept[digest] = identity
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)

    def _holds(self) -> bool:
        """Whether what is kept was verified with the keys that serve now; it is forgotten where not."""
        keys = self._keys.current()
        if keys is not self._kept_with:
            self._kept.clear()
            self._kept_with = keys
        return keys is not None

    async def verified(self, signed: CompactSignature, claims: Mapping[str, Any]) -> Identity:
        """See Tokens.identify.

        Claims are looked at first: nothing is fetched for tokens that are wrong anyway.
        """
        header = signed.headers()
        if not self._algorithms.accepts(header.get("alg")):
            raise Unauthenticated("the token is signed by an algorithm that its issuer does not use")
        identity = identity_of(claims, self._issuer)
        kid = header.get("kid")
        if kid is not None and not isinstance(kid, str):
            raise Unauthenticated("the token's header is malformed")
        key = await self._keys.find(kid, header["alg"])
        # Without a key's id, only the signature tells that the issuer has another key by now.
        if key is not None and kid is None and not has_signature(signed, key, self._algorithms):
            key = await self._keys.find(kid, header["alg"]) if await self._keys.refresh() else None
        if key is None:
            raise Unauthenticated("the token is signed with a key that its issuer does not have")
        if not has_signature(signed, key, self._algorithms):
            raise Unauthenticated("the token's signature is not its issuer's")
        if identity.has_expired:
            raise TokenExpired
        return identity

    async def close(self) -> None:
        """End what is under way."""
        await self._keys.close()
        await self._fetcher.close()


def require_understood(header: Mapping[str, Any]) -> None:
    """Refuse a header that asks for what is not done here. Raises Unauthenticated."""
    # No extension is understood, so whatever is critical is not (RFC 7515, 4.1.11).
    if "crit" in header or "b64" in header:
        raise Unauthenticated("the token's header has critical members that are not understood")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in TYPES:
        raise Unauthenticated("the token is of another type than JWT")


def has_signature(signed: CompactSignature, key: Key, algorithms: Algorithms) -> bool:
    """Whether it is signed with this key, by one of these algorithms."""
    try:
        return jws.validate_compact(signed, key, registry=algorithms)
    except (*_MALFORMED, LookupError):
        return False


def _extracted(token: str) -> CompactSignature:
    if len(token) > MAX_TOKEN_BYTES:
        raise Unauthenticated(f"a token has at most {MAX_TOKEN_BYTES} bytes")
    try:
        signed = jws.extract_compact(token.encode(), registry=Algorithms(()))
    except _MALFORMED:
        signed = None
    # Raised out here, so that no cause shows the token.
    if signed is None or not isinstance(signed.headers(), dict):
        raise Unauthenticated("the credential is neither an API key nor a token (JWT)")
    return signed


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = msgspec.json.decode(payload)
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise Unauthenticated("the token's payload is malformed")
    return claims
