"""Plans that are kept: one for each document, operation and shape."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from graphql import (
    FragmentSpreadNode,
    GraphQLDeferDirective,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    GraphQLStreamDirective,
    VariableNode,
)
from graphql.pyutils import Undefined

from patchbay.access.authorization.rules import rules_of
from patchbay.access.authorization.touched import conditions_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphql import DirectiveNode, SelectionSetNode

    from patchbay.access.authorization.requirements import Condition
    from patchbay.access.authorization.rules import AccessRules
    from patchbay.execution.executor import CompiledExecutor
    from patchbay.execution.plan import Selection

MAX_OPERATIONS = 512
"""How many have their plans kept. The least recently used goes first."""

MAX_SHAPES = 64
"""How many plans of one operation are kept. The oldest goes first."""

MAX_KEPT_CHARACTERS = 8_192
"""Of a document whose plan is kept: a plan takes some hundred times its text."""

_SHAPING = (GraphQLSkipDirective.name, GraphQLIncludeDirective.name)
_INCREMENTAL = (GraphQLDeferDirective.name, GraphQLStreamDirective.name)


class OperationPlans:
    """The plans of one operation: one for each way in which variables, and what the client may see, shape it.

    Args:
        executor: of the operation.
        is_exclusive: whether all executors that ask for plans differ in nothing but their variables, context
            and root value.

    `incremental` tells whether @defer or @stream occurs; `rules` are those of the schema, where there is one.
    """

    __slots__ = (
        "_asked_by",
        "_by_shape",
        "_conditions",
        "_is_exclusive",
        "_only",
        "_shaping",
        "incremental",
        "is_kept",
        "operation",
        "rules",
    )

    def __init__(self, executor: CompiledExecutor, *, is_exclusive: bool = False) -> None:
        self.operation = executor.operation
        self.incremental = False
        shaping: set[str] = set()
        for directive in _directives(executor):
            if directive.name.value in _INCREMENTAL:
                self.incremental = True
            elif directive.name.value in _SHAPING:
                shaping.update(
                    argument.value.name.value
                    for argument in directive.arguments or ()
                    if isinstance(argument.value, VariableNode)
                )
        self._shaping = tuple(sorted(shaping))
        self._by_shape: OrderedDict[Any, Any] = OrderedDict()
        self._is_exclusive = is_exclusive
        self._only: Selection | None = None
        self.rules = rules_of(executor.schema) if is_exclusive else None
        self._asked_by: AccessRules | None = None
        self._conditions: tuple[Condition, ...] = ()
        location = executor.operation.loc
        self.is_kept = (
            location is not None
            and len(location.source.body) <= MAX_KEPT_CHARACTERS
            # What fragments take as arguments changes from spread to spread, and with the variables.
            and not any(fragment.variable_signatures for fragment in executor.fragments.values())
        )

    def plan(self, executor: CompiledExecutor, compile_: Callable[[], Selection]) -> Selection:
        """The plan, kept or compiled. Raises what compiling raises."""
        if self._only is not None:
            return self._only
        if not self.is_kept:
            return compile_()
        conditions = self._asked(executor)
        if self._is_exclusive and not self._shaping and not conditions:
            self._only = compile_()
            return self._only
        coerced = executor.variable_values.coerced
        middleware = executor.middleware_manager
        holds = executor.grants.holds if executor.grants is not None else bool
        shape = (
            executor.field_resolver,
            executor.hide_suggestions,
            middleware is not None and bool(middleware.middlewares),
            *[coerced.get(name, Undefined) for name in self._shaping],
            *[holds(condition) for condition in conditions],
        )
        schema = executor.schema
        # The schema is kept with its plan, so that another cannot take its id.
        found = self._by_shape.get((id(schema), shape))
        if found is not None and found[0] is schema:
            plan: Selection = found[1]
            return plan
        selection = compile_()
        _keep(self._by_shape, (id(schema), shape), (schema, selection), MAX_SHAPES)
        return selection

    def _asked(self, executor: CompiledExecutor) -> tuple[Condition, ...]:
        """The conditions that the operation touches: plans differ by which of them the client meets."""
        if executor.grants is None:
            return ()
        rules = executor.grants.rules
        if self._asked_by is not rules:
            fragments = {name: each.definition for name, each in executor.fragments.items()}
            self._conditions = conditions_in(rules, self.operation, fragments)
            self._asked_by = rules
        return self._conditions


_kept: OrderedDict[int, OperationPlans] = OrderedDict()


def plans_of(executor: CompiledExecutor) -> OperationPlans:
    """The plans of the executor's operation, which are kept with it."""
    operation = executor.operation
    found = _kept.get(id(operation))
    if found is not None and found.operation is operation:
        _kept.move_to_end(id(operation))
        return found
    plans = OperationPlans(executor)
    if plans.is_kept:
        _keep(_kept, id(operation), plans, MAX_OPERATIONS)
    return plans


def _keep(kept: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
    kept[key] = value
    if len(kept) > most:
        kept.popitem(last=False)


def _directives(executor: CompiledExecutor) -> Iterator[DirectiveNode]:
    """Every directive on a selection that the operation can reach; each fragment is visited once."""
    pending: list[SelectionSetNode] = [executor.operation.selection_set]
    visited: set[str] = set()
    while pending:
        for selection in pending.pop().selections:
            yield from selection.directives or ()
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                fragment = executor.fragments.get(name)
                if fragment is not None and name not in visited:
                    visited.add(name)
                    pending.append(fragment.definition.selection_set)
            else:
                inner: SelectionSetNode | None = getattr(selection, "selection_set", None)
                if inner is not None:
                    pending.append(inner)
