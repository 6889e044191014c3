"""Answers kept as HTTP says (RFC 9111)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HttpCache:
    """Keep an upstream's answers as their headers allow."""

    def problems(self) -> list[str]:
        """What cannot be meant."""
        return []
