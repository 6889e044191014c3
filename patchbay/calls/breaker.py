"""The circuit breaker: an upstream that fails too often is left alone, and asked again once a second.

closed ── too many of the last calls failed ──> open ── a probe may go ──> half-open
   ^                                              ^                           │
   └────────── a probe succeeded ─────────────────┼───────────────────────────┤
                                                  └──────── it failed ────────┘
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patchbay.errors import CircuitOpen

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Breaker:
    """When an upstream is left alone.

    Args:
        failures: the share of the last calls, above 0 and up to 1, from which on it is. Where a third of them
            fails, retries still bring most of the answers, and leaving it alone would bring none.
        calls: how many calls that share is taken of, and how many it takes at least.
        seconds: calls that ended longer ago say nothing any more.
        probe_seconds: after a failure, how long until one call is let through to see.
    """

    failures: float = 0.8
    calls: int = 20
    seconds: float = 10.0
    probe_seconds: float = 1.0

    def problems(self) -> list[str]:
        """What cannot be meant."""
        pairs = {
            "breaker.failures must be above 0 and at most 1": 0 < self.failures <= 1,
            "breaker.calls must be at least 1": self.calls >= 1,
            "breaker.seconds must be more than 0": self.seconds > 0,
            "breaker.probe_seconds must be more than 0": self.probe_seconds > 0,
        }
        return [problem for problem, is_well in pairs.items() if not is_well]


class Circuit:
    """The breaker of one upstream, at work.

    Whoever calls asks `admit` first, and then says `succeeded`, `failed` or `abandoned`, whichever it was.

    Args:
        source: the upstream's name.
        breaker: see Breaker.
        clock: seconds that only grow.
    """

    __slots__ = (
        "_breaker",
        "_clock",
        "_failures",
        "_outcomes",
        "_probe_at",
        "_probing",
        "_source",
        "is_open",
    )

    def __init__(self, source: str, breaker: Breaker, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._breaker = breaker
        self._clock = clock
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=breaker.calls)
        """When a call ended, and whether it failed; the latest last."""
        self._failures = 0
        self._probe_at = 0.0
        self._probing = False
        self.is_open = False

    @property
    def state(self) -> str:
        """closed, open or half-open."""
        return "half-open" if self._probing else "open" if self.is_open else "closed"

    def admit(self) -> bool:
        """Let a call through; whether it is the probe of an open circuit. Raises CircuitOpen."""
        if not self.is_open:
            return False
        now = self._clock()
        if self._probing or now < self._probe_at:
            raise CircuitOpen(self._source)
        self._probing = True
        # Also where a probe is given up, the next one keeps its distance.
        self._probe_at = now + self._breaker.probe_seconds
        return True

    def succeeded(self) -> None:
        """A call was answered."""
        if self.is_open:
            self._close()
        elif self._failures:
            self._note(failed=False)

    def failed(self) -> None:
        """A call was not."""
        if self.is_open:
            # The probe, or a call that was under way before.
            self._open()
            return
        self._note(failed=True)
        if len(self._outcomes) == self._breaker.calls:
            oldest = self._clock() - self._breaker.seconds
            recent = [failed for at, failed in self._outcomes if at >= oldest]
            if len(recent) == self._breaker.calls and sum(recent) >= self._breaker.failures * len(recent):
                self._open()

    def abandoned(self) -> None:
        """A call ended without saying anything of the upstream: it was cancelled, or refused on our side."""
        self._probing = False

    def _note(self, *, failed: bool) -> None:
        outcomes = self._outcomes
        if len(outcomes) == outcomes.maxlen:
            self._failures -= outcomes[0][1]
        outcomes.append((self._clock(), failed))
        self._failures += failed

    def _open(self) -> None:
        self.is_open = True
        self._probing = False
        self._probe_at = self._clock() + self._breaker.probe_seconds

    def _close(self) -> None:
        self.is_open = self._probing = False
        self._outcomes.clear()
        self._failures = 0
