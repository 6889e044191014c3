"""The server's settings, from environment variables. Upstreams' addresses and credentials are no settings."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFIX = "PATCHBAY_"


class Settings(BaseSettings):
    """What the server can be told; each field is the environment variable of its alias."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_file=None)

    host: str = Field(default="127.0.0.1", alias="PATCHBAY_HOST", description="address to listen on")
    port: int = Field(default=8000, ge=1, le=65535, alias="PORT", description="port to listen on")
    database: Path = Field(
        default=Path(".data/patchbay.sqlite3"),
        alias="PATCHBAY_DATABASE",
        description="file of the webhook inbox",
    )
    graphiql: bool = Field(default=True, alias="PATCHBAY_GRAPHIQL", description="serve GraphiQL to browsers")
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
        description="size cap of a request's body",
    )

    @field_validator("database", mode="before")
    @classmethod
    def _is_a_path(cls, value: Any) -> Any:
        """Refuse a database's address, which would otherwise become the name of a folder."""
        text = str(value)
        if "://" in text or text.lower().startswith("sqlite:"):
            raise PydanticCustomError("not_a_path", "PATCHBAY_DATABASE must be the path of a file")
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
        problems = [
            _unknown(name, known)
            for name in sorted(environment)
            if name.startswith(PREFIX) and name not in known
        ]
        given = {name: environment[name] for name in known if environment.get(name, "").strip()}
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            settings = None
            problems += [_unusable(str(problem["loc"][0]), problem["msg"]) for problem in error.errors()]
        if settings is None or problems:
            raise ConfigurationError("\n".join(problems))
        return settings

    @classmethod
    def help_lines(cls) -> list[str]:
        """One line per variable: name, meaning, default."""
        fields = cls.model_fields.values()
        width = max(len(field.alias or "") for field in fields)
        return [
            f"  {field.alias:<{width}}  {field.description} (default: {field.default})" for field in fields
        ]


def _unusable(name: str, message: str) -> str:
    """Messages of our own begin with the variable already."""
    return message if message.startswith(name) else f"{name}: {message}"


def _unknown(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "")
