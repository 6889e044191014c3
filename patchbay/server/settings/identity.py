"""Who may ask, and what of the server is for whom."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from patchbay.server.settings.values import Audience, Names


class IdentitySettings(BaseSettings):
    """Who may ask, and what of the server is for whom."""

    anonymous: bool | None = Field(
        default=None,
        alias="PATCHBAY_ANONYMOUS",
        description="whether clients without credentials may ask; left out: while no identity is configured",
    )
    api_keys: bool = Field(
        default=False,
        alias="PATCHBAY_API_KEYS",
        description="accept the API keys that `patchbay keys create` makes",
    )
    jwt_issuer: str | None = Field(
        default=None,
        alias="PATCHBAY_JWT_ISSUER",
        description="accept this issuer's tokens (JWT), such as https://accounts.google.com",
    )
    jwt_audience: Names = Field(
        default=(),
        alias="PATCHBAY_JWT_AUDIENCE",
        description="the audiences, one of which a token must be for; separated by commas",
    )
    jwt_jwks_url: str | None = Field(
        default=None,
        alias="PATCHBAY_JWT_JWKS_URL",
        description="where the issuer's public keys are; left out: where its discovery document says",
    )
    jwt_algorithms: Names = Field(
        default=("RS256",),
        alias="PATCHBAY_JWT_ALGORITHMS",
        description="how tokens may be signed: algorithms of one family, separated by commas",
    )
    jwt_scopes_claim: str = Field(
        default="scope",
        alias="PATCHBAY_JWT_SCOPES_CLAIM",
        description="the claim with a token's scopes: a text with spaces between them, or a list",
    )
    jwt_leeway_seconds: int = Field(
        default=30,
        ge=0,
        le=60,
        alias="PATCHBAY_JWT_LEEWAY_SECONDS",
        description="how far the issuer's clock and this one may differ",
    )
    introspection: Audience = Field(
        default="auto",
        alias="PATCHBAY_INTROSPECTION",
        description="who may ask for the schema: everyone, authenticated, scope:NAME or nobody; auto is "
        "everyone while no identity is configured, and authenticated with one",
    )
    graphiql: Audience = Field(
        default="everyone",
        alias="PATCHBAY_GRAPHIQL",
        description="to whom GraphiQL is served: everyone, authenticated, scope:NAME or nobody",
    )
    suggestions: bool | None = Field(
        default=None,
        alias="PATCHBAY_SUGGESTIONS",
        description="whether errors name fields that were perhaps meant; left out: to who may introspect",
    )

    @property
    def knows_identities(self) -> bool:
        """Whether clients can prove who they are."""
        return self.api_keys or self.jwt_issuer is not None

    @property
    def allows_anonymous(self) -> bool:
        """Whether clients without credentials may ask."""
        return not self.knows_identities if self.anonymous is None else self.anonymous
