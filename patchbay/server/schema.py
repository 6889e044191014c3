"""The Strawberry schema of a graph: its operations' scope, their log line, and the shape of their errors."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import strawberry
import structlog
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from patchbay.scope import Scope, enter_scope
from patchbay.server.client_errors import client_error
from patchbay.server.documents import Documents, document_reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLError
    from strawberry.types import ExecutionContext, ExecutionResult, StreamExecutionResult

LOGGED = ("code", "source", "status", "fault")
"""What the log line tells of an error: whose it is and why, and nothing that a client wrote."""

_log = structlog.get_logger("patchbay.operations")


class OperationLifecycle(SchemaExtension):
    """Gives each operation its scope, and logs one line when it has ended.

    The deadline of queries and mutations is `operation_deadline_seconds` of the context, which the server
    sets. A subscription has none: each of its events starts with nothing loaded, and every upstream call has
    a deadline of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._scope = Scope()
        self._events: int | None = None
        self._errors: Counter[tuple[tuple[str, Any], ...]] = Counter()

    def on_operation(self) -> Iterator[None]:
        """Around everything, parsing included; also where the client goes away."""
        started = time.perf_counter()
        enter_scope(self._scope)
        outcome = "broken off"
        try:
            yield
            outcome = "completed"
        finally:
            self._note_errors(self.execution_context.result)
            _log.info("operation", **self._line(time.perf_counter() - started, outcome))

    def on_execute(self) -> Iterator[None]:
        """The clock starts when the document is known to be good."""
        context: Any = self.execution_context.context
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            self._events = 0
        elif isinstance(context, dict) and "operation_deadline_seconds" in context:
            self._scope.start_clock(context["operation_deadline_seconds"])
        yield

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Around handing one result of a subscription to the client."""
        if self._events is not None:
            self._events += 1
        self._note_errors(result)
        self._scope.forget()
        yield

    def _note_errors(self, result: Any) -> None:
        for error in getattr(result, "errors", None) or ():
            extensions = error.extensions or {}
            self._errors[tuple((name, extensions[name]) for name in LOGGED if name in extensions)] += 1

    def _line(self, seconds: float, outcome: str) -> dict[str, object]:
        name, type_ = _name_and_type(self.execution_context)
        line: dict[str, object] = {
            "operation": name,
            "type": type_,
            "outcome": outcome,
            "duration_ms": round(seconds * 1000, 2),
            "calls": self._scope.calls_by_source(),
            "errors": [{**dict(kind), "count": count} for kind, count in self._errors.items()],
        }
        if self._events is not None:
            line["events"] = self._events
        return line


class GraphSchema(strawberry.Schema):
    """A Strawberry schema that runs operations in a scope and answers coded errors.

    Args:
        types: as for strawberry.Schema: `query`, `mutation`, `subscription`, `types` and so on.
    """

    def __init__(self, **types: Any) -> None:
        read = document_reader()
        super().__init__(extensions=[OperationLifecycle, lambda: Documents(read)], **types)

    async def execute(self, query: str | None, **named: Any) -> ExecutionResult:  # type: ignore[override] # Strawberry passes the rest by name
        """As Strawberry's, but not for subscriptions, which it would run as queries; `stream` runs them.

        Raises:
            InvalidOperationTypeError: it is a subscription, or another type that is not allowed.
        """
        allowed = set(named.pop("allowed_operation_types", None) or OperationType)
        allowed.discard(OperationType.SUBSCRIPTION)
        return await super().execute(query, allowed_operation_types=allowed, **named)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Replace each error by what a client may see. Called once with the errors of every result."""
        executed = execution_context is not None and execution_context.result is not None
        errors[:] = [client_error(error, executed=executed) for error in errors]


def _name_and_type(context: ExecutionContext) -> tuple[str | None, str | None]:
    """The operation's name and type, as far as the document tells."""
    if context.graphql_document is None:
        return None, None
    try:
        return context.operation_name, context.operation_type.value
    except RuntimeError:
        return None, None
