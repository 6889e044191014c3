"""Where the webhook inbox is, and what it keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings

from patchbay.environment import Secret
from patchbay.inbox import InboxOptions
from patchbay.inbox.location import URL_SETTING, file_problem, url_problem
from patchbay.inbox.options import MIN_KEEP_DAYS

MIN_TOKEN_CHARACTERS = 16


class InboxSettings(BaseSettings):
    """Where the webhook inbox is, and what it keeps."""

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
