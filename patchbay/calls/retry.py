"""Making a safe call again: after a pause of random length, and never so often that it adds to an outage."""

from __future__ import annotations

import random
from dataclasses import dataclass
from http import HTTPStatus

AGAIN = frozenset((HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT))
"""Answers after which the same call may well succeed."""


@dataclass(frozen=True)
class Retry:
    """How safe calls are made again when they failed.

    Args:
        attempts: how often one call is made at most, the first time included.
        budget: retries as a share of all calls: the load that retries may add to an upstream.
        burst: retries that a time without failures saves up.
        pause_seconds: the longest pause before the second attempt; it doubles with each further one, and the
            real one is a random part of it (full jitter), or what the upstream says in Retry-After.
        max_pause_seconds: the longest pause of all.
    """

    attempts: int = 3
    budget: float = 0.2
    burst: float = 5.0
    pause_seconds: float = 0.05
    max_pause_seconds: float = 1.0

    def problems(self) -> list[str]:
        """What cannot be meant."""
        pairs = {
            "retry.attempts must be at least 1": self.attempts >= 1,
            "retry.budget must be from 0 to 1": 0 <= self.budget <= 1,
            "retry.burst must be at least 1": self.burst >= 1,
            "retry.pause_seconds must be at least 0": self.pause_seconds >= 0,
            "retry.max_pause_seconds must be at least 0": self.max_pause_seconds >= 0,
        }
        return [problem for problem, is_well in pairs.items() if not is_well]


class Budget:
    """What one upstream's calls have saved up for retries.

    Args:
        retry: see Retry.
    """

    __slots__ = ("_retry", "left")

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self.left = retry.burst

    def save(self) -> None:
        """A call is made for the first time."""
        if self.left < self._retry.burst:
            self.left += self._retry.budget

    def pause_seconds(self, attempt: int) -> float | None:
        """How long to wait after this attempt, counted from 1; None where it was the last one.

        A retry that is allowed is paid for.
        """
        retry = self._retry
        if attempt >= retry.attempts or self.left < 1:
            return None
        self.left -= 1
        longest = min(retry.max_pause_seconds, retry.pause_seconds * 2 ** (attempt - 1))
        return random.uniform(0, longest)  # noqa: S311 - spreads callers; nobody gains by guessing it
