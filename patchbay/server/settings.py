"""The server's settings, from environment variables. Upstreams' addresses and credentials are no settings."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from patchbay.environment import Environment, Secret
from patchbay.errors import ConfigurationError
from patchbay.inbox import InboxOptions
from patchbay.inbox.location import FILE_SETTING, URL_SETTING, both_given, file_problem, url_problem
from patchbay.inbox.options import MIN_KEEP_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFIX = "PATCHBAY_"
AUDIENCES = ("auto", "everyone", "authenticated", "nobody")
"""Beside `scope:NAME`."""

MIN_TOKEN_CHARACTERS = 16


def _names(value: Any) -> Any:
    """A text with commas as a tuple."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return value


def _audience(value: Any) -> Any:
    """One of AUDIENCES, or scope:NAME. Yes and no are taken for everyone and nobody."""
    text = str(value).strip()
    text = {"true": "everyone", "1": "everyone", "on": "everyone"}.get(text.lower(), text)
    text = {"false": "nobody", "0": "nobody", "off": "nobody"}.get(text.lower(), text)
    if text not in AUDIENCES and not text.removeprefix("scope:").strip():
        text = ""
    if text not in AUDIENCES and not text.startswith("scope:"):
        raise PydanticCustomError("audience", "must be everyone, authenticated, scope:NAME or nobody")
    return text


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
Audience = Annotated[str, BeforeValidator(_audience)]


class Settings(BaseSettings):
    """What the server can be told; each field is the environment variable of its alias.

    A secret can be given as NAME_FILE as well, see patchbay.environment.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_file=None)

    host: str = Field(default="127.0.0.1", alias="PATCHBAY_HOST", description="address to listen on")
    port: int = Field(default=8000, ge=1, le=65535, alias="PORT", description="port to listen on")
    database: Path = Field(
        default=Path(".data/patchbay.sqlite3"),
        alias="PATCHBAY_DATABASE",
        description="file of the webhook inbox",
    )
    database_url: SecretStr | None = Field(
        default=None,
        alias="PATCHBAY_DATABASE_URL",
        description="PostgreSQL of the webhook inbox in place of a file, as postgresql://user:password@host:5432/name",
    )
    inbox_keep_days: int = Field(
        default=30,
        ge=MIN_KEEP_DAYS,
        le=36_500,
        alias="PATCHBAY_INBOX_KEEP_DAYS",
        description="how long webhooks' events, their ids and the log of changes are kept; at least 7",
    )
    inbox_max_megabytes: int | None = Field(
        default=None,
        ge=1,
        alias="PATCHBAY_INBOX_MAX_MEGABYTES",
        description="size cap of the stored events' bodies; beyond it those that nothing needs are dropped",
    )
    inbox_attempts: int = Field(
        default=5,
        ge=1,
        le=100,
        alias="PATCHBAY_INBOX_ATTEMPTS",
        description="how often an event that cannot be applied is tried before it is a dead letter",
    )
    operator_token: SecretStr | None = Field(
        default=None,
        alias="PATCHBAY_OPERATOR_TOKEN",
        description="bearer token for operators, who see and mend the inbox at /inbox; none: nothing there",
    )
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
    trusted_documents: Path | None = Field(
        default=None,
        alias="PATCHBAY_TRUSTED_DOCUMENTS",
        description="manifest of the documents that front ends were built with, a JSON file of Relay, Apollo "
        "or GraphQL Code Generator; or a folder of them",
    )
    trusted_only: bool = Field(
        default=False,
        alias="PATCHBAY_TRUSTED_ONLY",
        description="run the documents of the manifest and no others",
    )
    persisted_queries: bool = Field(
        default=True,
        alias="PATCHBAY_PERSISTED_QUERIES",
        description="automatic persisted queries: a document may be sent once, and then named by its SHA-256",
    )
    cors_origins: Names = Field(
        default=(),
        alias="PATCHBAY_CORS_ORIGINS",
        description="origins whose pages may ask, such as https://app.example.com; separated by commas",
    )
    csrf_guard: bool = Field(
        default=True,
        alias="PATCHBAY_CSRF_GUARD",
        description="refuse requests that a foreign page can make a browser send",
    )
    trusted_proxies: Names = Field(
        default=(),
        alias="PATCHBAY_TRUSTED_PROXIES",
        description="addresses or networks whose X-Forwarded-For is believed; separated by commas",
    )
    rate_per_identity: float | None = Field(
        default=None,
        gt=0,
        alias="PATCHBAY_RATE_PER_IDENTITY",
        description="operations a second of one identity; left out: no limit",
    )
    rate_per_address: float | None = Field(
        default=None,
        gt=0,
        alias="PATCHBAY_RATE_PER_ADDRESS",
        description="operations a second of one address; left out: no limit",
    )
    max_operation_bytes: int = Field(
        default=128 * 1024,
        ge=1024,
        alias="PATCHBAY_MAX_OPERATION_BYTES",
        description="size cap of a request with an operation, and of a message of a WebSocket",
    )
    max_header_bytes: int = Field(
        default=32 * 1024,
        ge=1024,
        alias="PATCHBAY_MAX_HEADER_BYTES",
        description="size cap of a request's headers together",
    )
    max_url_bytes: int = Field(
        default=16 * 1024,
        ge=256,
        alias="PATCHBAY_MAX_URL_BYTES",
        description="size cap of a request's path and query string",
    )
    max_tokens: int = Field(
        default=4000, ge=10, alias="PATCHBAY_MAX_TOKENS", description="lexical tokens of a document"
    )
    max_depth: int = Field(
        default=20, ge=1, le=100, alias="PATCHBAY_MAX_DEPTH", description="how deep fields may be nested"
    )
    max_aliases: int = Field(
        default=50,
        ge=0,
        alias="PATCHBAY_MAX_ALIASES",
        description="aliases in an operation, fragments included",
    )
    max_root_fields: int = Field(
        default=25, ge=1, alias="PATCHBAY_MAX_ROOT_FIELDS", description="fields at the root of an operation"
    )
    max_directives: int = Field(
        default=50, ge=0, alias="PATCHBAY_MAX_DIRECTIVES", description="directives in an operation"
    )
    max_list_items: int = Field(
        default=1000,
        ge=1,
        alias="PATCHBAY_MAX_LIST_ITEMS",
        description="items of one list among an operation's arguments and variables",
    )
    max_batch: int = Field(
        default=1,
        ge=1,
        le=100,
        alias="PATCHBAY_MAX_BATCH",
        description="operations in one request; 1 takes no batches",
    )
    max_cost: int = Field(
        default=50_000,
        ge=1,
        alias="PATCHBAY_MAX_COST",
        description="static cost of an operation at most, see @cost and @listSize",
    )
    max_upstream_calls: int = Field(
        default=2_000,
        ge=1,
        alias="PATCHBAY_MAX_UPSTREAM_CALLS",
        description="upstream calls that an operation may come to at most",
    )
    cost_per_minute: int | None = Field(
        default=None,
        ge=1,
        alias="PATCHBAY_COST_PER_MINUTE",
        description="cost that one identity may spend in a minute; left out: no limit",
    )
    max_subscriptions: int = Field(
        default=100,
        ge=1,
        alias="PATCHBAY_MAX_SUBSCRIPTIONS",
        description="operations under way on one WebSocket or one SSE connection",
    )
    drain_seconds: int = Field(
        default=10,
        ge=1,
        le=600,
        alias="PATCHBAY_DRAIN_SECONDS",
        description="how long requests and sockets may take to end after a signal to stop",
    )
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto",
        alias="PATCHBAY_LOG_FORMAT",
        description="json or text lines; auto is text on a terminal",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", alias="PATCHBAY_LOG_LEVEL", description="debug, info, warning or error"
    )
    operation_deadline_seconds: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        alias="PATCHBAY_OPERATION_DEADLINE_SECONDS",
        description="how long one query or mutation may take",
    )
    single_flight: bool = Field(
        default=True,
        alias="PATCHBAY_SINGLE_FLIGHT",
        description="run identical queries of one identity once while they are under way",
    )
    load_shedding: bool = Field(
        default=True,
        alias="PATCHBAY_LOAD_SHEDDING",
        description="refuse operations with SERVER_BUSY while more come in than the process can do",
    )
    max_operations: int = Field(
        default=1000,
        ge=1,
        le=1_000_000,
        alias="PATCHBAY_MAX_OPERATIONS",
        description="how many operations may be under way at once; the next are refused with SERVER_BUSY",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        alias="PATCHBAY_REDIS_URL",
        description="Redis or Valkey where replicas share quotas and kept answers, as redis://host:6379/0",
    )
    replicas: int = Field(
        default=1,
        ge=1,
        le=1000,
        alias="PATCHBAY_REPLICAS",
        description="processes that serve this graph; each takes its share of a quota while Redis is away",
    )
    max_request_bytes: int = Field(
        default=1024 * 1024,
        ge=1024,
        alias="PATCHBAY_MAX_REQUEST_BYTES",
        description="size cap of a webhook's and an operator's body",
    )

    @field_validator("database", mode="before")
    @classmethod
    def _is_a_path(cls, value: Any) -> Any:
        """Refuse a database's address, which would otherwise become the name of a folder."""
        problem = file_problem(str(value))
        if problem is not None:
            raise PydanticCustomError("not_a_path", "{problem}", {"problem": problem})
        return value

    @field_validator("database_url", mode="before")
    @classmethod
    def _is_postgresql(cls, value: Any) -> Any:
        """Refuse another database's address here, in a sentence without it: it can hold a password."""
        problem = None if value is None else url_problem(str(value))
        if problem is not None:
            raise PydanticCustomError("not_postgresql", "{problem}", {"problem": problem})
        return value

    @field_validator("operator_token", mode="before")
    @classmethod
    def _is_long_enough(cls, value: Any) -> Any:
        """Refuse what could be guessed, and what no header carries."""
        text = "" if value is None else str(value)
        if value is not None and not (
            len(text) >= MIN_TOKEN_CHARACTERS and text.isascii() and text.isprintable()
        ):
            raise PydanticCustomError(
                "weak_token",
                "PATCHBAY_OPERATOR_TOKEN must have at least 16 printable ASCII characters",
            )
        return value

    @field_validator("redis_url", mode="before")
    @classmethod
    def _is_redis(cls, value: Any) -> Any:
        """Refuse another database's address here, in a sentence without it: it can hold a password."""
        if value is not None and not str(value).startswith(("redis://", "rediss://", "unix://")):
            raise PydanticCustomError(
                "not_redis", "PATCHBAY_REDIS_URL must start with redis://, rediss:// or unix://"
            )
        return value

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """The settings in these variables.

        Raises:
            ConfigurationError: naming every variable that is unknown or has an unusable value.
        """
        known = [field.alias for field in cls.model_fields.values() if field.alias]
        files = [f"{name}_FILE" for name in cls.secret_names()]
        problems = [
            _unknown(name, known)
            for name in sorted(environment)
            if name.startswith(PREFIX) and name not in known and name not in files
        ]
        given = {name: environment[name] for name in known if environment.get(name, "").strip()}
        for name in cls.secret_names():
            if any(environment.get(each, "").strip() for each in (name, f"{name}_FILE")):
                try:
                    given[name] = Environment(environment).text(name)
                except ConfigurationError as error:
                    problems.append(str(error))
        if FILE_SETTING in given and URL_SETTING in given:
            problems.append(str(both_given()))
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            settings = None
            problems += [_unusable(str(problem["loc"][0]), problem["msg"]) for problem in error.errors()]
        if settings is None or problems:
            raise ConfigurationError("\n".join(problems))
        return settings

    @classmethod
    def secret_names(cls) -> list[str]:
        """The variables that hold secrets."""
        fields = cls.model_fields.values()
        return [str(field.alias) for field in fields if SecretStr in get_args(field.annotation)]

    @property
    def knows_identities(self) -> bool:
        """Whether clients can prove who they are."""
        return self.api_keys or self.jwt_issuer is not None

    @property
    def allows_anonymous(self) -> bool:
        """Whether clients without credentials may ask."""
        return not self.knows_identities if self.anonymous is None else self.anonymous

    @property
    def location(self) -> Path | Secret:
        """Where the inbox is."""
        url = self.database_url
        return self.database if url is None else Secret(url.get_secret_value(), URL_SETTING)

    @property
    def inbox_options(self) -> InboxOptions:
        """How events are tried and kept."""
        megabytes = self.inbox_max_megabytes
        return InboxOptions(
            attempts=self.inbox_attempts,
            keep_days=self.inbox_keep_days,
            max_body_bytes=None if megabytes is None else megabytes * 1_000_000,
        )

    @classmethod
    def help_lines(cls) -> list[str]:
        """One line per variable: name, meaning, default."""
        fields = cls.model_fields.values()
        width = max(len(field.alias or "") for field in fields)
        return [
            f"  {field.alias:<{width}}  {field.description} (default: {default_text(field.default)})"
            for field in fields
        ]


def default_text(default: object) -> str:
    """A default as it could stand in a variable; `none` where there is nothing in it."""
    if default is None or default == ():
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)


def _unusable(name: str, message: str) -> str:
    """Messages of our own begin with the variable already."""
    return message if message.startswith(name) else f"{name}: {message}"


def _unknown(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "")
