"""The public keys of an issuer, as a JWKS has them (RFC 7517)."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, OctKey
from joserfc.jws import JWSRegistry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from joserfc.jwa import JWSAlgModel
    from joserfc.jwk import Key

MAX_KEYS = 100
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192

_MEMBERS = ("kty", "use", "key_ops", "alg", "kid", "n", "e", "crv", "x", "y")
"""What is read of a key: nothing private, and nothing that leads elsewhere."""

_UNUSABLE = (JoseError, UnsupportedAlgorithm, ValueError, TypeError, LookupError, RecursionError)
"""What joserfc and cryptography make of members that are not what they should be."""


class Algorithms(JWSRegistry):
    """The algorithms by which one issuer signs, and the bounds of what is looked at.

    Args:
        names: see Issuer.
    """

    max_header_length = 4 * 1024
    max_payload_length = 8 * 1024
    max_signature_length = 4 * 1024

    def __init__(self, names: Collection[str]) -> None:
        # Unknown members of a header are to be ignored (RFC 7515, 4).
        super().__init__(algorithms=tuple(names), strict_check_header=False)
        self._declared = {name: self.algorithms[name] for name in names}

    def get_alg(self, name: str) -> JWSAlgModel:
        """The algorithm of this name. Raises KeyError where it was not declared."""
        return self._declared[name]

    def accepts(self, name: object) -> bool:
        """Whether it was declared."""
        return isinstance(name, str) and name in self._declared

    def fits(self, name: str, key: Key) -> bool:
        """Whether signatures by this algorithm can be verified with this key."""
        try:
            self._declared[name].check_key(key)
        except JoseError:
            return False
        return True


class PublicKeys:
    """Those keys of a JWKS that are of use for these algorithms.

    Args:
        body: the JWKS as JSON.
        algorithms: the issuer's.

    Attributes:
        digest: the same for the same keys.

    Raises:
        ValueError: it is no JWKS.
    """

    def __init__(self, body: bytes, algorithms: Algorithms) -> None:
        members = [_public(each) for each in _listed(body)]
        self._algorithms = algorithms
        self._keys = [key for each in members for key in _imported(each) if self._is_of_use(key)]
        told = json.dumps(sorted(json.dumps(each, sort_keys=True) for each in members))
        self.digest = sha256(told.encode()).hexdigest()

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key of this id. Without one, the only key that fits; None where there is none, or a choice.

        Args:
            kid: as the token's header says.
            algorithm: one of the issuer's.
        """
        fitting = [key for key in self._keys if self._algorithms.fits(algorithm, key)]
        if kid is not None:
            fitting = [key for key in fitting if key.kid == kid]
        return fitting[0] if len(fitting) == 1 or (fitting and kid is not None) else None

    def _is_of_use(self, key: Key) -> bool:
        return any(self._algorithms.fits(name, key) for name in self._algorithms.allowed or ())


def _listed(body: bytes) -> list[Mapping[str, Any]]:
    try:
        keys = msgspec.json.decode(body)["keys"]
    except (ValueError, TypeError, LookupError, RecursionError):
        keys = None
    # Raised out here, so that no cause shows the body.
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ValueError("not a JWKS")
    return [each for each in keys if isinstance(each, dict)]


def _public(jwk: Mapping[str, Any]) -> dict[str, Any]:
    return {name: jwk[name] for name in _MEMBERS if jwk.get(name) is not None}


def _imported(jwk: dict[str, Any]) -> Iterator[Key]:
    """The key; none where it is of a kind that is not known, or too weak."""
    try:
        if jwk.get("kty") == "RSA" and not MIN_RSA_BITS <= _bits(jwk["n"]) <= MAX_RSA_BITS:
            return
        key = JWKRegistry.import_key(jwk)
    except _UNUSABLE:
        return
    if not isinstance(key, OctKey):
        yield key


def _bits(number: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(f"{number}==")).bit_length()
