"""For how long a read's records are kept, and what they are good for meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patchbay.calls.cache.store import Kept


class Use(Enum):
    """What an entry is good for at its age."""

    ANSWER = "served"
    REFRESH = "served, and asked for anew in the background"
    FALLBACK = "asked for anew, and served where that fails"
    NONE = "asked for anew"


@dataclass(frozen=True)
class Ttl:
    """How long a read's records are kept, in seconds.

        0        seconds          + stale_while_revalidate_seconds      + stale_if_error_seconds
        ├─ served ──┼─ served, and asked for in the background ──┼─ asked for; served if that fails ──┤

    Both further times count from the moment when a record is no longer fresh.

    Args:
        seconds: served without asking.
        stale_while_revalidate_seconds: beyond that: served at once, and asked for anew in the background.
        stale_if_error_seconds: beyond that: served where the upstream cannot answer, with a warning.
        missing_seconds: how long it is believed that the upstream does not know a key; 0 asks each time.
        shared: the answers do not depend on who asks, so that all callers share them.
    """

    seconds: float
    stale_while_revalidate_seconds: float = 0.0
    stale_if_error_seconds: float = 0.0
    missing_seconds: float = 0.0
    shared: bool = False

    def problems(self) -> list[str]:
        """What cannot be meant."""
        pairs = {
            "cache.seconds must be more than 0": self.seconds > 0,
        }
        others = ("stale_while_revalidate_seconds", "stale_if_error_seconds", "missing_seconds")
        pairs |= {f"cache.{name} must be at least 0": getattr(self, name) >= 0 for name in others}
        return [problem for problem, is_well in pairs.items() if not is_well]

    @property
    def lifetime_seconds(self) -> float:
        """How long an entry can be of use."""
        stale = max(self.stale_while_revalidate_seconds, self.stale_if_error_seconds)
        return max(self.seconds + stale, self.missing_seconds)

    def use_of(self, kept: Kept[Any], now: float) -> Use:
        """What it is good for now."""
        age = now - kept.at
        if kept.value is None:
            return Use.ANSWER if age < self.missing_seconds else Use.NONE
        stale_seconds = age - self.seconds
        if stale_seconds < 0:
            return Use.ANSWER
        if stale_seconds < self.stale_while_revalidate_seconds:
            return Use.REFRESH
        return Use.FALLBACK if stale_seconds < self.stale_if_error_seconds else Use.NONE
