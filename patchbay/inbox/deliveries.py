"""What has become of the deliveries of one upstream."""

from __future__ import annotations

from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["stored", "duplicate", "replayed", "challenge", "unavailable"]
Refusal: TypeAlias = Literal["malformed", "signature", "timestamp", "too_long", "broken_off"]


class Deliveries:
    """Counters since the server has started.

    Attributes:
        received: all that came.
        outcomes: of those that were accepted, or could not be for a reason of our own.
        refused: by reason.
        repeats: stored, with the very same body as an event before.
        differs: of a known event id, with another body than before.
    """

    __slots__ = ("differs", "outcomes", "received", "refused", "repeats")

    def __init__(self) -> None:
        self.received = self.repeats = self.differs = 0
        self.outcomes: dict[Outcome, int] = dict.fromkeys(
            ("stored", "duplicate", "replayed", "challenge", "unavailable"), 0
        )
        self.refused: dict[Refusal, int] = dict.fromkeys(
            ("malformed", "signature", "timestamp", "too_long", "broken_off"), 0
        )

    def status(self) -> dict[str, object]:
        """All of them by name, as JSON."""
        return {
            "received": self.received,
            "stored": self.outcomes["stored"],
            "duplicates": self.outcomes["duplicate"],
            "replayed": self.outcomes["replayed"],
            "challenges": self.outcomes["challenge"],
            "unavailable": self.outcomes["unavailable"],
            "refused": dict(self.refused),
            "repeats": self.repeats,
            "differs": self.differs,
        }
