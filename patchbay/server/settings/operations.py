"""What may be asked, how much of it, and how often."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class OperationSettings(BaseSettings):
    """What may be asked, how much of it, and how often."""

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
    uploads: bool = Field(
        default=False,
        alias="PATCHBAY_UPLOADS",
        description="take files, by GraphQL multipart requests (multipart/form-data)",
    )
    max_upload_bytes: int = Field(
        default=10 * 1024 * 1024,
        ge=1024,
        alias="PATCHBAY_MAX_UPLOAD_BYTES",
        description="size cap of a request with files, all of it",
    )
    max_upload_files: int = Field(
        default=10,
        ge=1,
        le=1000,
        alias="PATCHBAY_MAX_UPLOAD_FILES",
        description="files of one request",
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
