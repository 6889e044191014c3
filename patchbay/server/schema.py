"""The Strawberry schema of a graph: its operations' scope, their log line, and the shape of their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import strawberry
from graphql.execution.values import VariableValues
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from patchbay.access.authorization.rules import protect
from patchbay.access.cost.model import CostModel
from patchbay.access.limits.checks import Limits
from patchbay.caller import ANONYMOUS, Caller
from patchbay.execution import CompiledExecutor
from patchbay.scope import Scope, enter_scope
from patchbay.server.cache_policy import CachePolicies
from patchbay.server.client_errors import client_error
from patchbay.server.documents import DocumentReader, Documents
from patchbay.server.operation_log import OperationLog
from patchbay.server.operations import Operations, Request, start_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from graphql import GraphQLError, GraphQLSchema
    from strawberry.types import ExecutionContext, StreamExecutionResult

    from patchbay.access.authorization.requirements import PolicyFunction


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
        self._scope.last_event_id = getattr(context, "last_event_id", None)
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
        policies: name -> function of an identity, for @policy (patchbay.access.authorization.directives).
        default_max_age_seconds: for how long answers may be kept where no hint says (patchbay.hints).
        types: as for strawberry.Schema: `query`, `mutation`, `subscription`, `types` and so on.
    """

    def __init__(
        self,
        *,
        extensions: Iterable[Any] = (),
        policies: Mapping[str, PolicyFunction] | None = None,
        default_max_age_seconds: int = 0,
        **types: Any,
    ) -> None:
        self._reader = reader = DocumentReader(Limits())
        given = list(extensions)
        super().__init__(
            extensions=[OperationLifecycle, lambda: Documents(reader.read), *given],
            execution_context_class=CompiledExecutor,
            **types,
        )
        self.access = protect(self._schema, policies or {})
        self.cache_policies = CachePolicies(self._schema, default_max_age_seconds)
        self.has_extensions = bool(given)
        self.cost_model = CostModel(self._schema)
        self.operations = Operations(self.cache_policies, self.cost_model)

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """graphql-core's, which Strawberry offers under no public name."""
        return self._schema

    async def execute(self, query: str | None, **named: Any) -> ExecutionResult:  # type: ignore[override] # Strawberry passes the rest by name
        """As Strawberry's, but not for subscriptions, which it would run as queries; `stream` runs them.

        Raises:
            InvalidOperationTypeError: it is a subscription, or another type that is not allowed.
        """
        allowed = set(named.pop("allowed_operation_types", None) or OperationType)
        allowed.discard(OperationType.SUBSCRIPTION)
        result = None if self.has_extensions or not query else await self._directly(query, allowed, named)
        if result is not None:
            return ExecutionResult(data=result.data, errors=result.errors, extensions=result.extensions)
        return await super().execute(query, allowed_operation_types=allowed, **named)

    async def _directly(self, query: str, allowed: set[OperationType], named: dict[str, Any]) -> Any:
        """The result without Strawberry's way around it; None where there is something to say first."""
        document = self._reader.read(query)
        if document.errors(self._schema, suggest=True):
            return None
        operation = self.operations.prepare(document, named.get("operation_name"))
        if operation is None or operation.type not in allowed or operation.plans.incremental:
            return None
        values = self.operations.values(operation, named.get("variable_values"))
        if not isinstance(values, VariableValues):
            return None
        context = named.get("context_value")
        request = Request(
            values,
            context,
            root=named.get("root_value"),
            extensions=named.get("operation_extensions"),
            caller=caller_of(context),
        )
        return await self.operations.run(operation, request)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Replace each error by what a client may see. Called once with the errors of every result."""
        executed = execution_context is not None and execution_context.result is not None
        errors[:] = [client_error(error, executed=executed) for error in errors]


def caller_of(context: Any) -> Caller:
    """Who asks, by the server's context; or by the request in a context of Strawberry's shape."""
    caller = getattr(context, "caller", None)
    if isinstance(caller, Caller):
        return caller
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
