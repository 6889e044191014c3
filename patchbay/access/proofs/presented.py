"""Which credential a client presents: in its headers, or in what a WebSocket begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from patchbay.access.proofs.key_store import PREFIX
from patchbay.access.proofs.unauthenticated import Unauthenticated

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
"""ASGI's: names in lower case, values as they came."""

MAX_BYTES = 8 * 1024
"""Of a credential."""

_SCHEMES = ("bearer", "apikey")
_HEADERS = (b"authorization", b"x-api-key")
_MEMBERS = {"authorization": "authorization", "x-api-key": "x-api-key", "apikey": "x-api-key"}
"""Of a proof, in lower case -> the header that they stand for."""


def presented(headers: Headers, proof: Mapping[str, Any] | None = None) -> str | None:
    """The one credential, an API key or a token; None where there is none.

    Args:
        headers: of the request.
        proof: the payload of a WebSocket's connection_init.

    Raises:
        Unauthenticated: there are several, or what stands there is none.
    """
    in_headers = _in_headers(headers) if headers else {}
    in_proof = _in_proof(proof) if proof else {}
    if in_headers and in_proof:
        raise _several()
    # Mostly there is one.
    found = {_credential(name, text) for name, text in (in_headers or in_proof).items()}
    if len(found) > 1:
        raise _several()
    return found.pop() if found else None


def _in_headers(headers: Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        if name in _HEADERS:
            key = name.decode("ascii")
            if key in found:
                raise _several()
            found[key] = value.decode("latin-1")
    return found


def _in_proof(proof: Mapping[str, Any]) -> dict[str, str]:
    """A member that is null counts as left out: so do clients that have nobody signed in."""
    found: dict[str, str] = {}
    inner = proof.get("headers")
    for members in (proof, inner if isinstance(inner, Mapping) else {}):
        for member, value in members.items():
            name = _MEMBERS.get(member.lower()) if isinstance(member, str) else None
            if name is None or value is None:
                continue
            if not isinstance(value, str):
                raise Unauthenticated("a credential must be text")
            if found.setdefault(name, value) != value:
                raise _several()
    return found


def _credential(name: str, text: str) -> str:
    if len(text) > MAX_BYTES:
        raise Unauthenticated(f"a credential has at most {MAX_BYTES} bytes")
    if name == "authorization":
        scheme, _, text = text.strip().partition(" ")
        if scheme.lower() not in _SCHEMES:
            raise Unauthenticated("Authorization must be Bearer and a token or an API key")
    text = text.strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise Unauthenticated("the credential is empty or malformed")
    if name == "x-api-key" and not text.startswith(PREFIX):
        raise Unauthenticated("X-Api-Key must be an API key")
    return text


def _several() -> Unauthenticated:
    return Unauthenticated("more than one credential was sent", "invalid_request")
