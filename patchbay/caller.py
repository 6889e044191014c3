"""Who asks: the client of one request, as far as its headers tell."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CREDENTIAL_HEADERS = (b"authorization", b"cookie", b"proxy-authorization", b"x-api-key")
"""Headers by which clients prove who they are."""


class Caller:
    """The client of one request.

    Nothing of it is printed: its headers are credentials.

    Args:
        headers: ASGI's: names in lower case, values as they came.
    """

    __slots__ = ("_headers", "_identity")

    def __init__(self, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        self._headers = headers
        self._identity: str | None = None

    @property
    def identity(self) -> str:
        """A digest of its credentials, empty where it has none; part of every key of shared answers."""
        if self._identity is None:
            proofs = sorted(pair for pair in self._headers if pair[0] in CREDENTIAL_HEADERS)
            self._identity = sha256(repr(proofs).encode()).hexdigest() if proofs else ""
        return self._identity

    def header(self, name: str) -> str | None:
        """The value of the first header of this name, in any case; None where there is none."""
        wanted = name.lower().encode("latin-1")
        return next((value.decode("latin-1") for key, value in self._headers if key == wanted), None)


ANONYMOUS = Caller()
"""Nobody in particular: health checks, refreshes, clients without credentials."""
