"""The scope of one operation: who asks, its deadline, what it has read, and a tally of its upstream calls.

A query or mutation has one scope; a subscription has one that is renewed for each event. It travels in a
ContextVar, so an adapter's function needs no extra argument, and every task started under an operation sees
the same scope. Outside any operation (health checks, WSDL loading) each use gets a scope of its own.
"""

from __future__ import annotations

import time
from collections import Counter
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from patchbay.caller import ANONYMOUS, Caller

if TYPE_CHECKING:
    from collections.abc import Hashable

    from patchbay.access.authorization.grants import Grants
    from patchbay.loading import Reads


class Scope:
    """State of one operation. Its deadline, in time.monotonic()'s seconds, is None until its clock starts.

    Args:
        caller: who asks.
        background: nobody waits for it, so that its calls come after those of others.
    """

    __slots__ = (
        "background",
        "caller",
        "calls",
        "correlation_id",
        "cursor",
        "deadline",
        "grants",
        "last_event_id",
        "reads",
        "stale",
        "writes",
    )

    def __init__(self, caller: Caller = ANONYMOUS, *, background: bool = False) -> None:
        self.caller = caller
        self.background = background
        self.deadline: float | None = None
        self.grants: Grants | None = None
        """What the caller may see of the schema; None where everybody may see everything."""
        self.correlation_id: str | None = None
        """Made when something breaks; see patchbay.server.correlation."""
        self.cursor: str | None = None
        """Of a subscription: that of the update which is told now; see patchbay.updates."""
        self.last_event_id: str | None = None
        """Of a subscription over SSE: the cursor that a client which was there before comes back with."""
        self.stale: dict[str, float] = {}
        """Upstream -> seconds of age of the oldest answer that was kept and served in place of a new one."""
        self.calls: dict[tuple[str, str], int] = {}
        """(upstream, operation) -> how often it was called."""
        self.reads: dict[Hashable, Reads[Any]] = {}
        self.writes = 0
        """Calls that change something, were sent and were not refused: what may have been carried out."""

    def count(self, source: str, operation: str) -> None:
        """Note one call of an upstream's operation."""
        key = (source, operation)
        self.calls[key] = self.calls.get(key, 0) + 1

    def warn_stale(self, source: str, age_seconds: float) -> None:
        """Note that an answer of this age was served, as no new one could be had in time."""
        self.stale[source] = max(age_seconds, self.stale.get(source, 0.0))

    def warnings(self) -> list[dict[str, object]]:
        """What the answer's `extensions.warnings` says: one object for each upstream with stale answers."""
        return [
            {"code": "STALE", "source": source, "age_seconds": round(age, 3)}
            for source, age in self.stale.items()
        ]

    def calls_by_source(self) -> dict[str, int]:
        """Upstream -> number of calls so far."""
        totals: Counter[str] = Counter()
        for (source, _), number in self.calls.items():
            totals[source] += number
        return dict(totals)

    def start_clock(self, deadline_seconds: float) -> None:
        """Set the deadline, counted from now."""
        self.deadline = time.monotonic() + deadline_seconds

    def remaining_seconds(self) -> float | None:
        """Seconds until the deadline, 0 when it has passed; None when there is none."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def allowance_seconds(self, limit_seconds: float) -> float:
        """How long a call may take: its own limit, or what is left of the operation where that is less.

        0 when nothing is left. Such a call must not be started at all: a timeout of 0 s fires only where the
        call first waits, and by then it may have been sent.
        """
        remaining = self.remaining_seconds()
        return limit_seconds if remaining is None else min(limit_seconds, remaining)

    def forget(self) -> None:
        """Drop everything loaded so far: after a write, and before the next event of a subscription."""
        self.reads.clear()


_current: ContextVar[Scope] = ContextVar("patchbay_scope")


def current_scope() -> Scope:
    """The scope of the running operation, or a fresh one outside of any."""
    scope = _current.get(None)
    return Scope() if scope is None else scope


def enter_scope(scope: Scope) -> None:
    """Make it the scope of this task and of the tasks that it starts."""
    _current.set(scope)
