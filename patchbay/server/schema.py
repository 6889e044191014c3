"""The Strawberry schema of a graph: its operations' scope, their log line, and the shape of their errors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import strawberry
import structlog
from graphql import DefinitionNode, GraphQLError, OperationDefinitionNode
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.types.graphql import OperationType

from patchbay.scope import Scope, enter_scope
from patchbay.server.client_errors import client_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strawberry.types import ExecutionContext, StreamExecutionResult

DOCUMENT_CACHE_SIZE = 512
"""Parsed and validated documents that are kept."""

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
        self._codes: set[str] = set()

    def on_operation(self) -> Iterator[None]:
        """Around everything, parsing included."""
        started = time.perf_counter()
        enter_scope(self._scope)
        yield
        result = self.execution_context.result
        self._note_errors(result)
        _log.info("operation", **self._line(time.perf_counter() - started))

    def on_validate(self) -> Iterator[None]:
        """Refuse a document of which nobody can say what to run; Strawberry would run its first operation."""
        context = self.execution_context
        document = context.graphql_document
        operations = [] if document is None else filter(_is_operation, document.definitions)
        # Whether the client named one is told nowhere else.
        if context._provided_operation_name is None and len(list(operations)) > 1:  # noqa: SLF001
            raise GraphQLError("the document holds several operations: name one in 'operationName'")
        yield

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
            self._codes.add(str((error.extensions or {}).get("code", "")))

    def _line(self, seconds: float) -> dict[str, object]:
        name, type_ = _name_and_type(self.execution_context)
        line: dict[str, object] = {
            "operation": name,
            "type": type_,
            "duration_ms": round(seconds * 1000, 2),
            "calls": self._scope.calls_by_source(),
            "errors": sorted(self._codes),
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
        extensions = [
            OperationLifecycle,
            lambda: ParserCache(maxsize=DOCUMENT_CACHE_SIZE),
            lambda: ValidationCache(maxsize=DOCUMENT_CACHE_SIZE),
        ]
        super().__init__(extensions=extensions, **types)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Replace each error by what a client may see. Called once with the errors of every result."""
        executed = execution_context is not None and execution_context.result is not None
        errors[:] = [client_error(error, executed=executed) for error in errors]


def _is_operation(definition: DefinitionNode) -> bool:
    return isinstance(definition, OperationDefinitionNode)


def _name_and_type(context: ExecutionContext) -> tuple[str | None, str | None]:
    """The operation's name and type, as far as the document tells."""
    if context.graphql_document is None:
        return None, None
    try:
        return context.operation_name, context.operation_type.value
    except RuntimeError:
        return None, None
