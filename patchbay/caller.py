"""Who asks: the client of one request, as far as its headers and its proofs tell."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from patchbay.access.identity import NOBODY, Identity

if TYPE_CHECKING:
    from collections.abc import Sequence

CREDENTIAL_HEADERS = (b"authorization", b"cookie", b"proxy-authorization", b"x-api-key")
"""Headers by which clients prove who they are."""


class Caller:
    """The client of one request.

    Nothing of it is printed: its headers are credentials.

    Args:
        headers: ASGI's: names in lower case, values as they came.
        identity: who it has proven to be.
        proof: by what, where that is no header: what a WebSocket's first message holds.
    """

    __slots__ = ("_digest", "_headers", "_proof", "identity")

    def __init__(
        self,
        headers: Sequence[tuple[bytes, bytes]] = (),
        identity: Identity = NOBODY,
        proof: str | None = None,
    ) -> None:
        self.identity = identity
        self._headers = headers
        self._proof = proof
        self._digest: str | None = None

    @property
    def digest(self) -> str:
        """Of its credentials, empty where it has none; part of every key of shared answers."""
        if self._digest is None:
            proofs: list[object] = [*sorted(pair for pair in self._headers if pair[0] in CREDENTIAL_HEADERS)]
            if self._proof is not None:
                proofs.append(self._proof)
            self._digest = sha256(repr(proofs).encode()).hexdigest() if proofs else ""
        return self._digest

    def header(self, name: str) -> str | None:
        """The value of the first header of this name, in any case; None where there is none."""
        wanted = name.lower().encode("latin-1")
        return next((value.decode("latin-1") for key, value in self._headers if key == wanted), None)


ANONYMOUS = Caller()
"""Nobody in particular: health checks, refreshes, clients without credentials."""
