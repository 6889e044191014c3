"""What an operation may come to, before it runs: points and upstream calls, by the weights of the schema.

    model = CostModel(graphql_schema)
    cost = model.of(operation, fragments)      # once, kept with the operation
    cost.bound(variables)                      # for each request: Bound(points=..., calls=...)
    cost.actual(data, variables)               # what the answer has come to

    points of a field = its weight and that of its arguments
                        + the length of its lists x (weight of an object + points of what is selected on it)

The bound holds as far as lists keep to their declared length (patchbay.execution.sizes) and resolvers to
their declared calls (patchbay.costs). Of an interface's or a union's types the dearest counts for points, and
all for calls, as objects of several types may stand in one list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import value_from_ast_untyped

from patchbay.access.cost.actual import thousandths_in
from patchbay.access.cost.formula import BEYOND, Formula
from patchbay.access.cost.rules import CostRules
from patchbay.access.cost.tree import TooManySteps, Tree
from patchbay.costs import POINT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode

MAX_SHAPES: Final = 32
"""Ways in which @skip and @include shape an operation that are reckoned; in others all counts as selected."""


class Bound(NamedTuple):
    """What an operation comes to at most.

    Args:
        points: of cost.
        calls: to upstreams, those that are made again after a failure left out.
    """

    points: int
    calls: int


class CostModel:
    """Reckons the operations of one schema.

    Args:
        schema: graphql-core's, made by Strawberry.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._rules = CostRules(schema)

    def of(
        self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> OperationCost:
        """The cost of a valid operation.

        Args:
            operation: the operation.
            fragments: of its document, by name.
        """
        return OperationCost(self._rules, operation, fragments)


class OperationCost:
    """The cost of one operation, kept with it.

    Args:
        rules, operation, fragments: see CostModel.
    """

    __slots__ = ("_defaults", "_formulas", "_fragments", "_operation", "_rules", "_shaping", "_whole")

    def __init__(
        self,
        rules: CostRules,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self._rules = rules
        self._operation = operation
        self._fragments = fragments
        self._defaults: dict[str, Any] = {
            each.variable.name.value: value_from_ast_untyped(each.default_value)
            for each in operation.variable_definitions or ()
            if each.default_value is not None
        }
        self._shaping: tuple[str, ...] = ()
        self._whole = self._formula({})
        self._formulas: dict[tuple[bool | None, ...], Formula | None] = {}

    def bound(self, variables: Mapping[str, Any] | None = None) -> Bound:
        """What it comes to at most with these variables, coerced or as the client sent them.

        Points and calls that are beyond reckoning are BEYOND.

        Raises:
            InputError: a list's length has to be given, and is not.
        """
        given = self._given(variables)
        formula = self._formula_for(given)
        if formula is None:
            return Bound(BEYOND, BEYOND)
        thousandths, calls = formula.most(given)
        return Bound(BEYOND if thousandths >= BEYOND else -(-thousandths // POINT), calls)

    def actual(self, data: Mapping[str, Any] | None, variables: Mapping[str, Any] | None = None) -> int:
        """The points that an answer has come to, by the same weights.

        Args:
            data: the answer's.
            variables: those of the request.
        """
        given = self._given(variables)
        formula = self._formula_for(given)
        if formula is None or data is None:
            return 0
        return -(-thousandths_in(data, formula.root, given, self._rules.inputs) // POINT)

    def _given(self, variables: Mapping[str, Any] | None) -> Mapping[str, Any]:
        if not self._defaults:
            return variables or {}
        return self._defaults if not variables else {**self._defaults, **variables}

    def _formula_for(self, given: Mapping[str, Any]) -> Formula | None:
        """That of the shape which these variables give the operation."""
        if not self._shaping:
            return self._whole
        values = [given.get(name) for name in self._shaping]
        shape = tuple(value if isinstance(value, bool) else None for value in values)
        if shape not in self._formulas:
            if len(self._formulas) >= MAX_SHAPES:
                return self._whole
            known = zip(self._shaping, shape, strict=True)
            self._formulas[shape] = self._formula({name: value for name, value in known if value is not None})
        return self._formulas[shape]

    def _formula(self, shape: Mapping[str, bool]) -> Formula | None:
        """None where it is beyond reckoning."""
        try:
            tree = Tree(self._rules, self._operation, self._fragments, shape)
        except TooManySteps:
            return None
        if not shape:
            self._shaping = tuple(sorted(tree.shaping))
        return Formula(tree, self._rules.inputs)
