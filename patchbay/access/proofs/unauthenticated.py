"""How a client is told that it is not who it says, or that nobody can tell now."""

from __future__ import annotations

from typing import ClassVar

from patchbay.errors import PatchbayError

REALM = "patchbay"


class Unauthenticated(PatchbayError):
    """The credentials prove nothing, or there are none where some are needed.

    Args:
        problem: a sentence without anything of the credentials.
        error: the challenge's word for it (RFC 6750); None where there were no credentials.

    Attributes:
        status: HTTP's.
        challenge: the value of WWW-Authenticate.
    """

    code = "UNAUTHENTICATED"
    status: ClassVar[int] = 401

    def __init__(self, problem: str, error: str | None = "invalid_token") -> None:
        super().__init__(problem)
        self._error = error

    @property
    def challenge(self) -> str:
        """See the class."""
        scheme = f'Bearer realm="{REALM}"'
        return (
            scheme if self._error is None else f'{scheme}, error="{self._error}", error_description="{self}"'
        )


class TokenExpired(Unauthenticated):
    """The token was right, and its time is over: the client can fetch another one."""

    code = "TOKEN_EXPIRED"

    def __init__(self) -> None:
        super().__init__("the token has expired")


class IdentityUnavailable(PatchbayError):
    """Nobody can tell now who asks: the database of keys or the issuer of tokens is away.

    Attributes:
        status: HTTP's.
        retry_after_seconds: when it may be worth asking again.
    """

    code = "IDENTITY_UNAVAILABLE"
    status: ClassVar[int] = 503
    retry_after_seconds: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__("credentials cannot be verified now")


def missing() -> Unauthenticated:
    """There are no credentials."""
    return Unauthenticated("credentials are needed: an API key or a token", error=None)
