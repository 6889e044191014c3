"""The Strawberry schema of a graph: its operations' scope, their log line, and the shape of their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.utils.operation import get_operation_type

from patchbay.caller import ANONYMOUS, Caller
from patchbay.execution import CompiledExecutor
from patchbay.scope import Scope, enter_scope
from patchbay.server.cache_policy import CachePolicies
from patchbay.server.client_errors import client_error
from patchbay.server.documents import Documents, document_reader
from patchbay.server.operation_log import OperationLog
from patchbay.server.operations import Operation, Operations, Request, start_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graphql import GraphQLError
    from strawberry.types import ExecutionContext, StreamExecutionResult


class OperationLifecycle(SchemaExtension):
    """Gives each operation its scope, tells its warnings, and logs one line when it has ended.

    The deadline of queries and mutations is `operation_deadline_seconds` of the context, which the server
    sets. A subscription has none: each of its events starts with nothing loaded and no warnings, and every
    upstream call has a deadline of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._scope = Scope()
        self._log = OperationLog()
        self._events: int | None = None

    def on_operation(self) -> Iterator[None]:
        """Around everything, parsing included; also where the client goes away."""
        context = self.execution_context.context
        self._scope.caller = caller_of(context)
        if isinstance(context, dict):
            self._scope.last_event_id = context.get("last_event_id")
        enter_scope(self._scope)
        outcome = "broken off"
        try:
            yield
            outcome = "completed"
        finally:
            self._log.note_errors(getattr(self.execution_context.result, "errors", None))
            name, type_ = _name_and_type(self.execution_context)
            self._log.write(self._scope, name=name, type_=type_, outcome=outcome, events=self._events)

    def on_execute(self) -> Iterator[None]:
        """The clock starts when the document is known to be good."""
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            self._events = 0
        else:
            start_clock(self._scope, self.execution_context.context)
        yield

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Around handing one result of a subscription to the client."""
        if self._events is not None:
            self._events += 1
        self._log.note_errors(getattr(result, "errors", None))
        self._scope.forget()
        self._scope.stale.clear()
        yield

    def get_results(self) -> dict[str, Any]:
        """The extensions of a result, which is told next."""
        return {"warnings": self._scope.warnings()} if self._scope.stale else {}


class GraphSchema(strawberry.Schema):
    """A Strawberry schema that runs operations in a scope, by compiled plans, and answers coded errors.

    Args:
        extensions: Strawberry's, run around each operation. Without any, queries and mutations take a direct
            way, which costs a fraction (see patchbay.server.operations).
        default_max_age_seconds: for how long answers may be kept where no hint says (patchbay.hints).
        types: as for strawberry.Schema: `query`, `mutation`, `subscription`, `types` and so on.
    """

    def __init__(
        self, *, extensions: Iterable[Any] = (), default_max_age_seconds: int = 0, **types: Any
    ) -> None:
        self._read = read = document_reader()
        given = list(extensions)
        super().__init__(
            extensions=[OperationLifecycle, lambda: Documents(read), *given],
            execution_context_class=CompiledExecutor,
            **types,
        )
        policies = CachePolicies(self._schema, default_max_age_seconds)
        self.operations = None if given else Operations(policies, read)

    async def execute(self, query: str | None, **named: Any) -> ExecutionResult:  # type: ignore[override] # Strawberry passes the rest by name
        """As Strawberry's, but not for subscriptions, which it would run as queries; `stream` runs them.

        Raises:
            InvalidOperationTypeError: it is a subscription, or another type that is not allowed.
        """
        allowed = set(named.pop("allowed_operation_types", None) or OperationType)
        allowed.discard(OperationType.SUBSCRIPTION)
        operation = self.prepared(query, named.get("operation_name"))
        if self.operations is not None and operation is not None and operation.type in allowed:
            context = named.get("context_value")
            request = Request(
                variables=named.get("variable_values"),
                context=context,
                root=named.get("root_value"),
                extensions=named.get("operation_extensions"),
                caller=caller_of(context),
            )
            result = await self.operations.run(operation, request)
            return ExecutionResult(data=result.data, errors=result.errors, extensions=result.extensions)
        return await super().execute(query, allowed_operation_types=allowed, **named)

    def prepared(self, query: str | None, name: str | None) -> Operation | None:
        """The operation, where it takes the direct way; see Operations.prepare."""
        return self.operations.prepare(query, name) if self.operations is not None and query else None

    def operation_type(self, query: str | None, name: str | None) -> OperationType | None:
        """What kind of operation it is; None where nobody can say."""
        try:
            return get_operation_type(self._read(query or "").node, name)
        except Exception:  # noqa: BLE001 - met again, and told, by who runs it
            return None

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Replace each error by what a client may see. Called once with the errors of every result."""
        executed = execution_context is not None and execution_context.result is not None
        errors[:] = [client_error(error, executed=executed) for error in errors]


def caller_of(context: Any) -> Caller:
    """Who asks, by the request or the WebSocket in Strawberry's context."""
    connection = context.get("request") if isinstance(context, dict) else None
    scope = getattr(connection, "scope", None)
    return ANONYMOUS if scope is None else Caller(scope["headers"])


def _name_and_type(context: ExecutionContext) -> tuple[str | None, str | None]:
    """The operation's name and type, as far as the document tells."""
    if context.graphql_document is None:
        return None, None
    try:
        return context.operation_name, context.operation_type.value
    except RuntimeError:
        return None, None
