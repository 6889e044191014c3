"""Operations: what can be done once for a document is done once, and what is left is run."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import ExecutionResult
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues, get_variable_values
from graphql.type.directives import GraphQLDisableErrorPropagationDirective
from strawberry.execution import optimized_is_awaitable
from strawberry.types.graphql import OperationType

from patchbay.caller import ANONYMOUS, Caller
from patchbay.execution import CompiledExecutor, OperationPlans
from patchbay.scope import Scope, enter_scope
from patchbay.server.audience import asks_for_schema
from patchbay.server.client_errors import client_error
from patchbay.server.operation_log import OperationLog, is_logged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from graphql import FragmentDefinitionNode, GraphQLError, GraphQLSchema, OperationDefinitionNode

    from patchbay.access.cost.model import CostModel
    from patchbay.server.cache_policy import CachePolicies
    from patchbay.server.documents import Document

MAX_VARIABLE_ERRORS = 50

NO_VARIABLES = VariableValues({}, {})


class Request(msgspec.Struct):
    """What one request asks of an operation, and who asks.

    Args:
        values: its variables, coerced.
        context: for resolvers; see start_clock.
        root: the root value.
        extensions: of the request, for resolvers.
        caller: the client.
        while_waiting: entered where the operation has to wait for something, and left when it has ended.
    """

    values: VariableValues
    context: Any
    root: Any = None
    extensions: Mapping[str, Any] | None = None
    caller: Caller = ANONYMOUS
    while_waiting: AbstractContextManager[object] | None = None


class Operation:
    """One operation of a valid document, ready to run.

    Args:
        policies: of its schema.
        costs: of its schema.
        node: the operation.
        fragments: of its document, by name.

    Attributes:
        policy: for how long its answers may be kept; None where they may not.
        cost: what it may come to.
        asks_for_schema: whether it introspects.
    """

    __slots__ = (
        "asks_for_schema",
        "constant",
        "cost",
        "fragments",
        "name",
        "node",
        "policy",
        "type",
        "variables",
    )

    def __init__(
        self,
        policies: CachePolicies,
        costs: CostModel,
        node: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
    ) -> None:
        self.node = node
        self.fragments = fragments
        self.name = node.name.value if node.name else None
        self.type = OperationType(node.operation.value)
        self.variables = node.variable_definitions or ()
        self.policy = policies.of(node, fragments)
        self.cost = costs.of(node, fragments)
        self.asks_for_schema = asks_for_schema(node, fragments)
        self.constant: dict[str, Any] = {
            "schema": policies.schema,
            "operation": node,
            "fragment_definitions": fragments,
            "fragments": {name: FragmentDetails(fragment) for name, fragment in fragments.items()},
            "is_awaitable": optimized_is_awaitable,
            "error_propagation": not any(
                directive.name.value == GraphQLDisableErrorPropagationDirective.name
                for directive in node.directives or ()
            ),
        }

    @property
    def plans(self) -> OperationPlans:
        """Of this operation; they tell whether anything in it is delivered incrementally."""
        found: OperationPlans | None = self.constant.get("plans")
        if found is None:
            executor = CompiledExecutor.ready(self.constant, variable_values=NO_VARIABLES)
            found = self.constant["plans"] = OperationPlans(executor, is_exclusive=True)
        return found


class Operations:
    """Prepares and runs the operations of one schema.

    Args:
        policies: of that schema.
        costs: of that schema.
    """

    def __init__(self, policies: CachePolicies, costs: CostModel) -> None:
        self.policies = policies
        self._costs = costs
        self._schema: GraphQLSchema = policies.schema

    def prepare(self, document: Document, name: str | None) -> Operation | None:
        """An operation of a valid document, which keeps it; None where it has none of this name."""
        found: Operation | None = document.prepared.get(name)
        if found is None:
            node = document.operation(name)
            if node is not None:
                # Names of nothing are not kept: clients can think of any number of them.
                found = document.prepared[name] = Operation(
                    self.policies, self._costs, node, document.fragments
                )
        return found

    def values(
        self, operation: Operation, variables: Mapping[str, Any] | None, *, suggest: bool = True
    ) -> VariableValues | Sequence[GraphQLError]:
        """Its variables, coerced; or what is wrong with them, as clients may see it."""
        if not operation.variables:
            return NO_VARIABLES
        values = get_variable_values(
            self._schema, operation.variables, dict(variables or {}), MAX_VARIABLE_ERRORS, not suggest
        )
        if isinstance(values, list):
            return [client_error(error, executed=True) for error in values]
        return values

    async def run(self, operation: Operation, request: Request) -> ExecutionResult:
        """Run a query or a mutation in a scope of its own, with a log line at its end.

        What the operation would like to be delivered later comes with the rest.

        Returns:
            The data, errors as clients may see them, and extensions; the latter two are None where there are
            none.
        """
        scope = Scope(request.caller)
        enter_scope(scope)
        if is_logged():
            result = await self._logged(operation, request, scope)
        else:
            result = await self._execute(operation, request, scope)
        if scope.stale:
            result.extensions = {"warnings": scope.warnings()}
        return result

    async def _logged(self, operation: Operation, request: Request, scope: Scope) -> ExecutionResult:
        log = OperationLog()
        outcome, result = "broken off", None
        try:
            result = await self._execute(operation, request, scope)
            outcome = "completed"
        finally:
            log.note_errors(result.errors if result is not None else None)
            log.write(scope, name=operation.name, type_=operation.type.value, outcome=outcome)
        return result

    def _execute(self, operation: Operation, request: Request, scope: Scope) -> Awaitable[ExecutionResult]:
        start_clock(scope, request.context)
        executor = CompiledExecutor.ready(
            operation.constant,
            root_value=request.root,
            context_value=request.context,
            variable_values=request.values,
            operation_extensions=request.extensions,
            answers_whole=True,
        )
        if executor.plans is None:
            executor.plans = operation.plans
        return _told(executor.execute_operation(), request.while_waiting)


async def _told(result: Any, while_waiting: AbstractContextManager[object] | None) -> ExecutionResult:
    """The result, awaited if need be, with errors as clients may see them."""
    if type(result) is not ExecutionResult and isawaitable(result):
        if while_waiting is None:
            result = await result
        else:
            with while_waiting:
                result = await result
    if result.errors:
        result.errors = [client_error(error, executed=True) for error in result.errors]
    executed: ExecutionResult = result
    return executed


def start_clock(scope: Scope, context: Any) -> None:
    """Start the clock of a query or mutation, where its context has `operation_deadline_seconds`."""
    if isinstance(context, dict):
        seconds = dict.get(context, "operation_deadline_seconds")
        if seconds is not None:
            scope.start_clock(seconds)
