"""What a pipeline has done so far."""

from __future__ import annotations


class Counts:
    """Counters since the upstream was opened.

    Attributes:
        answered: requests with an answer, of whatever status.
        failed: requests without one, or with one that tells of a failure.
        retried: attempts after the first.
        shared: calls that were answered by another's.
        waited: calls that waited for a place or a slot.
    """

    __slots__ = ("answered", "failed", "retried", "shared", "waited")

    def __init__(self) -> None:
        self.answered = self.failed = self.retried = self.shared = self.waited = 0

    def status(self) -> dict[str, int]:
        """All of them by name."""
        return {name: getattr(self, name) for name in self.__slots__}
