"""Where it listens, what it tells, and how it shares a machine and a network with others."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings

from patchbay.server.settings.values import Names


class ServingSettings(BaseSettings):
    """Where it listens, what it tells, and how it shares a machine and a network with others."""

    host: str = Field(default="127.0.0.1", alias="PATCHBAY_HOST", description="address to listen on")
    port: int = Field(default=8000, ge=1, le=65535, alias="PORT", description="port to listen on")
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
    legacy_websocket: bool = Field(
        default=False,
        alias="PATCHBAY_LEGACY_WEBSOCKET",
        description="also speak graphql-ws, the WebSocket protocol of subscriptions-transport-ws",
    )
    trusted_proxies: Names = Field(
        default=(),
        alias="PATCHBAY_TRUSTED_PROXIES",
        description="addresses or networks whose X-Forwarded-For is believed; separated by commas",
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

    @field_validator("redis_url", mode="before")
    @classmethod
    def _is_redis(cls, value: Any) -> Any:
        """Refuse another database's address here, in a sentence without it: it can hold a password."""
        if value is not None and not str(value).startswith(("redis://", "rediss://", "unix://")):
            raise PydanticCustomError(
                "not_redis", "PATCHBAY_REDIS_URL must start with redis://, rediss:// or unix://"
            )
        return value
