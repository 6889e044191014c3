"""The log line of an operation."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import structlog

from patchbay.server.logs import goes_to_standard_logging

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.scope import Scope

LOGGED = ("code", "source", "status", "fault")
"""What the log line tells of an error: whose it is and why, and nothing that a client wrote."""

NAME = "patchbay.operations"

_log = structlog.get_logger(NAME)
_standard = logging.getLogger(NAME)


def is_logged() -> bool:
    """Whether a line would be written at all; asked first where each microsecond counts."""
    return _standard.isEnabledFor(logging.INFO) or not goes_to_standard_logging()


class OperationLog:
    """Gathers what one operation's line says, and writes it."""

    __slots__ = ("_errors", "_started")

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._errors: Counter[tuple[tuple[str, Any], ...]] = Counter()

    def note_errors(self, errors: Iterable[Any] | None) -> None:
        """Count the errors of one result."""
        for error in errors or ():
            extensions = error.extensions or {}
            self._errors[tuple((name, extensions[name]) for name in LOGGED if name in extensions)] += 1

    def write(
        self, scope: Scope, *, name: str | None, type_: str | None, outcome: str, events: int | None = None
    ) -> None:
        """One line.

        Args:
            scope: the operation's; counts its calls.
            name: the operation's, if it has one.
            type_: query, mutation or subscription; None where nobody can say.
            outcome: completed, shared (with another that asked the same), or broken off.
            events: of a subscription, how many results went out.
        """
        line: dict[str, object] = {
            "operation": name,
            "type": type_,
            "outcome": outcome,
            "duration_ms": round((time.perf_counter() - self._started) * 1000, 2),
            "calls": scope.calls_by_source(),
            "errors": [{**dict(kind), "count": count} for kind, count in self._errors.items()],
        }
        if events is not None:
            line["events"] = events
        if scope.correlation_id is not None:
            line["correlation_id"] = scope.correlation_id
        _log.info("operation", **line)
