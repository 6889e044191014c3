"""The scope of one operation: its deadline, what it has read, and a tally of its upstream calls.

A query or mutation has one scope; a subscription has one that is renewed for each event. It travels in a
ContextVar, so an adapter's function needs no extra argument, and every task started under an operation sees
the same scope. Outside any operation (health checks, WSDL loading) each use gets a scope of its own.
"""

from __future__ import annotations

import time
from collections import Counter
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable

    from patchbay.loading import Reads


class Scope:
    """State of one operation. Its deadline, in time.monotonic()'s seconds, is None until its clock starts."""

    __slots__ = ("calls", "deadline", "reads")

    def __init__(self) -> None:
        self.deadline: float | None = None
        self.calls: dict[tuple[str, str], int] = {}
        """(upstream, operation) -> how often it was called."""
        self.reads: dict[Hashable, Reads[Any]] = {}

    def count(self, source: str, operation: str) -> None:
        """Note one call of an upstream's operation."""
        key = (source, operation)
        self.calls[key] = self.calls.get(key, 0) + 1

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
