"""Who asks: from what a client presents to its identity.

headers, proof -> presented -> API key -> kept, or the database
                            -> token   -> kept, or verified with its issuer's public keys
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from patchbay.access.identity import NOBODY, Identity
from patchbay.access.proofs.api_keys import ApiKeys
from patchbay.access.proofs.issuer import Issuer
from patchbay.access.proofs.key_store import KeyStore
from patchbay.access.proofs.presented import presented
from patchbay.access.proofs.tokens import Tokens
from patchbay.access.proofs.unauthenticated import Unauthenticated, missing
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.access.proofs.presented import Headers
    from patchbay.inbox.database import Database


class IdentitySettings(Protocol):
    """What the server's settings say of identities."""

    @property
    def api_keys(self) -> bool:
        """Whether API keys are accepted."""

    @property
    def jwt_issuer(self) -> str | None:
        """See Issuer."""

    @property
    def jwt_audience(self) -> tuple[str, ...]:
        """See Issuer."""

    @property
    def jwt_jwks_url(self) -> str | None:
        """See Issuer."""

    @property
    def jwt_algorithms(self) -> tuple[str, ...]:
        """See Issuer."""

    @property
    def jwt_scopes_claim(self) -> str:
        """See Issuer."""

    @property
    def jwt_leeway_seconds(self) -> int:
        """See Issuer."""

    @property
    def anonymous(self) -> bool | None:
        """Whether clients without credentials may ask; None: as long as nothing of that is set."""


class Authenticator:
    """Knows clients. Open and close it in the event loop that uses it.

    Where neither keys nor issuers are accepted, everybody is NOBODY, and credentials in headers are left
    alone: they may be meant for upstreams.

    Args:
        issuers: whose tokens are accepted.
        api_keys: whether API keys are.
        anonymous: whether clients without credentials are.

    Raises:
        ConfigurationError: one issuer is named twice, or nobody could ask.
    """

    def __init__(
        self, *, issuers: Sequence[Issuer] = (), api_keys: bool = False, anonymous: bool = True
    ) -> None:
        if len({each.issuer for each in issuers}) < len(issuers):
            raise ConfigurationError("JWT issuer: one is declared twice")
        if not (issuers or api_keys or anonymous):
            raise ConfigurationError(
                "PATCHBAY_ANONYMOUS is off, and neither API keys nor a JWT issuer are set: nobody could ask"
            )
        self._issuers = tuple(issuers)
        self._accepts_keys = api_keys
        self._anonymous = anonymous
        self._is_open = False
        self._keys: ApiKeys | None = None
        self._tokens = Tokens(())

    @classmethod
    def of(cls, settings: IdentitySettings, issuers: Sequence[Issuer] = ()) -> Authenticator:
        """As the settings say.

        Args:
            settings: the server's.
            issuers: further ones.

        Raises:
            ConfigurationError: a setting cannot be meant, or one is missing.
        """
        issuers = (*_issuers_of(settings), *issuers)
        knows = bool(issuers) or settings.api_keys
        return cls(
            issuers=issuers,
            api_keys=settings.api_keys,
            anonymous=not knows if settings.anonymous is None else settings.anonymous,
        )

    @property
    def knows_identities(self) -> bool:
        """Whether clients can prove who they are."""
        return self._accepts_keys or bool(self._issuers)

    async def open(self, database: Database) -> None:
        """Get ready. Nothing is fetched yet: an issuer that is down is fine.

        Args:
            database: where API keys are; open for as long as this is.
        """
        if self._accepts_keys:
            self._keys = ApiKeys(KeyStore(database))
        self._tokens = Tokens(self._issuers)
        self._is_open = True

    async def close(self) -> None:
        """Give back connections. Harmless when not open."""
        keys, tokens = self._keys, self._tokens
        self._keys, self._tokens, self._is_open = None, Tokens(()), False
        await tokens.close()
        if keys is not None:
            await keys.close()

    def known(self, headers: Headers) -> Identity | None:
        """Who asks, where that can be said at once; None where `identify` has to be asked."""
        if not self.knows_identities:
            return NOBODY
        try:
            credential = presented(headers)
        except Unauthenticated:
            return None
        if credential is None:
            return NOBODY if self._anonymous else None
        if not ApiKeys.is_one(credential):
            return self._tokens.known(credential)
        return None if self._keys is None else self._keys.known(credential)

    async def identify(self, headers: Headers, proof: Mapping[str, Any] | None = None) -> Identity:
        """Who asks. It has not expired.

        Args:
            headers: of the request.
            proof: the payload of a WebSocket's connection_init.

        Raises:
            Unauthenticated: the credentials prove nothing, whether or not some are needed; or there are none,
                and some are.
            IdentityUnavailable: nobody can tell now.
        """
        if not self.knows_identities:
            return NOBODY
        credential = presented(headers, proof)
        if credential is None:
            if self._anonymous:
                return NOBODY
            raise missing()
        if not ApiKeys.is_one(credential):
            if not self._issuers:
                raise Unauthenticated("the credential is no API key, and tokens are not accepted here")
            return await self._tokens.identify(credential)
        if self._keys is None:
            raise Unauthenticated("API keys are not accepted here")
        return await self._keys.identify(credential)


def _issuers_of(settings: IdentitySettings) -> tuple[Issuer, ...]:
    """The one that the settings name, if they do."""
    if settings.jwt_issuer is None:
        given = {
            "PATCHBAY_JWT_AUDIENCE": settings.jwt_audience,
            "PATCHBAY_JWT_JWKS_URL": settings.jwt_jwks_url,
        }
        for name, value in given.items():
            if value:
                raise ConfigurationError(f"{name} is set, and PATCHBAY_JWT_ISSUER is not")
        return ()
    if not settings.jwt_audience:
        problem = "a token for anybody else would be accepted"
        raise ConfigurationError(f"PATCHBAY_JWT_ISSUER is set, and PATCHBAY_JWT_AUDIENCE is not: {problem}")
    issuer = Issuer(
        settings.jwt_issuer,
        settings.jwt_audience,
        settings.jwt_algorithms,
        settings.jwt_jwks_url,
        settings.jwt_scopes_claim,
        settings.jwt_leeway_seconds,
    )
    return (issuer,)
