"""What the inbox can be told."""

from __future__ import annotations

from dataclasses import dataclass

from patchbay.errors import ConfigurationError

MIN_KEEP_DAYS = 7
"""Vendors deliver an event again for some days; as long, its id must be known."""


@dataclass(frozen=True)
class InboxOptions:
    """How events are tried and how long they are kept.

    Args:
        attempts: how often an event's handlers are tried before it becomes a dead letter.
        first_backoff_seconds: after the first failure; doubled with each further one.
        max_backoff_seconds: at most.
        handler_seconds: how long an event's handlers may take before the event has failed.
        keep_days: how long events, their ids and the log of changes are kept; at least MIN_KEEP_DAYS.
        max_body_bytes: of all stored bodies together; None sets no limit.

    Raises:
        ConfigurationError: a number is out of its range.
    """

    attempts: int = 5
    first_backoff_seconds: float = 1.0
    max_backoff_seconds: float = 300.0
    handler_seconds: float = 30.0
    keep_days: float = 30.0
    max_body_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.keep_days < MIN_KEEP_DAYS:
            raise ConfigurationError(f"events must be kept for at least {MIN_KEEP_DAYS} days")
        if self.attempts < 1:
            raise ConfigurationError("events must be tried at least once")

    def backoff_seconds(self, attempts: int) -> float:
        """How long to wait after so many failures in a row."""
        return min(self.max_backoff_seconds, self.first_backoff_seconds * 2.0 ** (attempts - 1))
