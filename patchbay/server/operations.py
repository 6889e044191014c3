"""The direct way of queries and mutations: what can be done once for a document is done once.

Whatever is unusual about an operation (it cannot be parsed or validated, it is a subscription, it names none)
is not prepared: such operations take Strawberry's way, which knows what to say about them.
"""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import ExecutionResult, FragmentDefinitionNode, OperationDefinitionNode, specified_rules
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues, get_variable_values
from graphql.type.directives import GraphQLDisableErrorPropagationDirective
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import validate_document
from strawberry.types.graphql import OperationType

from patchbay.caller import ANONYMOUS, Caller
from patchbay.execution import CompiledExecutor, OperationPlans
from patchbay.scope import Scope, enter_scope
from patchbay.server.client_errors import client_error
from patchbay.server.documents import MAX_KEPT_CHARACTERS
from patchbay.server.operation_log import OperationLog, is_logged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from contextlib import AbstractContextManager

    from patchbay.server.cache_policy import CachePolicies
    from patchbay.server.documents import Document

_RULES = tuple(specified_rules)

_NO_VARIABLES = VariableValues({}, {})


class Request(msgspec.Struct):
    """What one request asks of an operation, and who asks.

    Args:
        variables: as the client sent them.
        context: for resolvers; see start_clock.
        root: the root value.
        extensions: of the request, for resolvers.
        caller: the client.
        while_waiting: entered where the operation has to wait for something, and left when it has ended.
    """

    variables: Mapping[str, Any] | None
    context: Any
    root: Any = None
    extensions: Mapping[str, Any] | None = None
    caller: Caller = ANONYMOUS
    while_waiting: AbstractContextManager[object] | None = None


class Operation:
    """One operation of a valid document, ready to run.

    Args:
        policies: of its schema.
        node: the operation.
        fragments: of its document, by name.

    Attributes:
        policy: for how long its answers may be kept; None where they may not.
    """

    __slots__ = ("constant", "name", "policy", "type", "variables")

    def __init__(
        self,
        policies: CachePolicies,
        node: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
    ) -> None:
        self.name = node.name.value if node.name else None
        self.type = OperationType(node.operation.value)
        self.variables = node.variable_definitions or ()
        self.policy = policies.of(node, fragments)
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


class Operations:
    """Prepares and runs the operations of one schema.

    Args:
        policies: of that schema.
        read: text -> Document; see patchbay.server.documents. Raises what parsing raises.
    """

    def __init__(self, policies: CachePolicies, read: Callable[[str], Document]) -> None:
        self.policies = policies
        self._schema = policies.schema
        self._read = read

    def prepare(self, query: str, name: str | None) -> Operation | None:
        """The query or mutation to run; None where it is none, or there is something to say about it."""
        if len(query) > MAX_KEPT_CHARACTERS:
            # Not kept, so that nothing is done once for it.
            return None
        try:
            document = self._read(query)
            if name in document.prepared:
                found: Operation | None = document.prepared[name]
                return found
            if document.errors is None:
                document.errors = validate_document(self._schema, document.node, _RULES)
        except Exception:  # noqa: BLE001 - met again, and told, on the other way
            return None
        operation = None if document.errors else _operation(self.policies, document, name)
        if operation is not None:
            # Names of nothing are not kept: clients can think of any number of them.
            document.prepared[name] = operation
        return operation

    async def run(self, operation: Operation, request: Request) -> ExecutionResult:
        """Run it in a scope of its own, with a log line at its end.

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
        values: Any = _NO_VARIABLES
        if operation.variables:
            values = get_variable_values(
                self._schema, operation.variables, dict(request.variables or {}), max_errors=50
            )
            if isinstance(values, list):
                return _told(ExecutionResult(None, values), None)
        start_clock(scope, request.context)
        executor = CompiledExecutor.ready(
            operation.constant,
            root_value=request.root,
            context_value=request.context,
            variable_values=values,
            operation_extensions=request.extensions,
        )
        if executor.plans is None:
            operation.constant["plans"] = executor.plans = OperationPlans(executor, is_exclusive=True)
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


def _operation(policies: CachePolicies, document: Document, name: str | None) -> Operation | None:
    """The operation of this name, or the only one; None where it is a subscription or not to be found."""
    if name is None and document.operations != 1:
        return None
    fragments: dict[str, FragmentDefinitionNode] = {}
    found = None
    for definition in document.node.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            if definition.variable_definitions:
                return None
            fragments[definition.name.value] = definition
        elif isinstance(definition, OperationDefinitionNode) and (
            name is None or (definition.name is not None and definition.name.value == name)
        ):
            found = definition
    if found is None or found.operation.value == OperationType.SUBSCRIPTION.value:
        return None
    return Operation(policies, found, fragments)
