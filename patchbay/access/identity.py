"""Who a client has proven to be."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A client, proven.

    Args:
        kind: how it is proven: by an API key, or by a token (a JWT); anonymous where it proves nothing.
        subject: an API key's id, or a token's `sub`; empty of anonymous clients.
        issuer: of a token.
        scopes: what it may do.
        claims: a token's, for policies.
        expires_at: Unix time in seconds at which the proof ends; None where it does not.
    """

    kind: Literal["anonymous", "key", "token"] = "anonymous"
    subject: str = ""
    issuer: str = ""
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = msgspec.field(default_factory=dict)
    expires_at: float | None = None

    @property
    def is_authenticated(self) -> bool:
        """Whether it has proven anything."""
        return self.kind != "anonymous"

    @property
    def has_expired(self) -> bool:
        """Whether its proof has ended."""
        return self.expires_at is not None and time.time() >= self.expires_at

    @property
    def key(self) -> str:
        """A digest of who it is, the same for each proof of the same subject; empty of anonymous clients."""
        if self.kind == "anonymous":
            return ""
        return sha256(repr((self.kind, self.issuer, self.subject)).encode()).hexdigest()


NOBODY = Identity()
"""A client that proves nothing."""
