"""What the inbox can be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InboxOptions:
    """How events are tried and how long they are kept.

    Args:
        attempts: how often an event's handlers are tried before it becomes a dead letter.
        first_backoff_seconds: after the first failure; doubled with each further one.
        max_backoff_seconds: at most.
    """

    attempts: int = 5
    first_backoff_seconds: float = 1.0
    max_backoff_seconds: float = 300.0

    def backoff_seconds(self, attempts: int) -> float:
        """How long to wait after so many failures in a row."""
        return min(self.max_backoff_seconds, self.first_backoff_seconds * 2.0 ** (attempts - 1))
