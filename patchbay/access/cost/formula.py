"""A tree as a formula over the variables that it depends on: points from below, calls from above."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql.pyutils import Undefined

from patchbay.access.cost.inputs import given_weight
from patchbay.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.access.cost.calls import Calls
    from patchbay.access.cost.tree import Objects, Selected, Tree

BEYOND: Final = 10**15
"""Where reckoning ends: what is more counts as this."""

MAX_KEPT: Final = 32
"""Results that are kept, by the values of the variables they depend on."""


class _Constant(NamedTuple):
    """What a field comes to that depends on no variable: size, weight of arguments, factor of calls."""

    size: int
    arguments: int
    repeats: tuple[int, ...]


class _Term:
    """One field: what it leads to, and what of it is known beforehand."""

    __slots__ = (
        "_constant",
        "_inputs",
        "_selected",
        "below",
        "calls",
        "leaf",
        "own",
        "scatters",
        "variables",
    )

    def __init__(self, selected: Selected, inputs: Mapping[tuple[str, str], int]) -> None:
        rule = selected.rule
        self._selected = selected
        self._inputs = inputs
        self.below = [(weight, node.place) for weight, node in selected.objects]
        self.calls: tuple[Calls, ...] = rule.calls
        self.own = rule.weight or 0
        self.leaf = 0 if rule.weight is not None else rule.leaf_weight
        self.scatters = rule.scatters
        self.variables: set[str] = set()
        if rule.arguments or any(each.twice_for for each in rule.calls):
            self.variables.update(selected.depends_on())
        if selected.length is not None and selected.length.slicing:
            self.variables.update(selected.teller.depends_on())
        self._constant: _Constant | None = None
        if not self.variables:
            try:
                self._constant = self._values({})
            except InputError:
                # Told to whoever runs it.
                self._constant = None

    @property
    def counts(self) -> bool:
        """Whether it comes to anything at all."""
        return bool(self.below or self.calls or self.own or self.leaf or self._selected.rule.arguments)

    def values(self, variables: Mapping[str, Any]) -> _Constant:
        """Raises InputError."""
        return self._values(variables) if self._constant is None else self._constant

    def _values(self, variables: Mapping[str, Any]) -> _Constant:
        selected = self._selected
        rule = selected.rule
        if not rule.arguments and not rule.calls:
            return _Constant(selected.size(variables), 0, ())
        given = selected.arguments(variables)
        repeats = tuple(
            2 if each.twice_for and given.get(each.twice_for) is not None else 1 for each in rule.calls
        )
        return _Constant(selected.size(variables), given_weight(rule, given, self._inputs), repeats)


class Formula:
    """Points and calls of one tree.

    Args:
        tree: the tree.
        inputs: see CostRules.
    """

    __slots__ = ("_is_incremental", "_kept", "_nodes", "_variables", "root")

    def __init__(self, tree: Tree, inputs: Mapping[tuple[str, str], int]) -> None:
        self.root: Objects = tree.order[-1]
        self._nodes: list[list[_Term]] = []
        self._is_incremental = tree.is_incremental
        for node in tree.order:
            terms = [_Term(field, inputs) for field in node.fields]
            self._nodes.append([term for term in terms if term.counts])
        every = {name for terms in self._nodes for term in terms for name in term.variables}
        self._variables = tuple(sorted(every))
        self._kept: OrderedDict[Any, tuple[int, int]] = OrderedDict()

    def most(self, variables: Mapping[str, Any]) -> tuple[int, int]:
        """Thousandths of a point, and calls, each at most. Raises InputError."""
        key = tuple([variables.get(name, Undefined) for name in self._variables])
        try:
            found = self._kept.get(key)
        except TypeError:
            # An input object, as clients send it.
            return self._reckon(variables)
        if found is None:
            found = self._kept[key] = self._reckon(variables)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return found

    def _reckon(self, variables: Mapping[str, Any]) -> tuple[int, int]:
        values = [[term.values(variables) for term in terms] for terms in self._nodes]
        return self._points(values), self._calls(values)

    def _points(self, values: list[list[_Constant]]) -> int:
        points: list[int] = []
        for terms, of_terms in zip(self._nodes, values, strict=True):
            total = 0
            for term, value in zip(terms, of_terms, strict=True):
                each = max((weight + points[place] for weight, place in term.below), default=term.leaf)
                total += term.own + value.arguments + value.size * each
            points.append(min(total, BEYOND))
        return points[-1]

    def _calls(self, values: list[list[_Constant]]) -> int:
        """Objects are resolved in columns: all of one field's together, as a rule.

        Those of a resolver that has to be waited for may come for one parent after the other, and with @defer
        and @stream each by itself.
        """
        columns, rows = [0] * len(values), [0] * len(values)
        columns[-1] = rows[-1] = 1
        total = 0
        for place in reversed(range(len(values))):
            own_columns, own_rows = columns[place], rows[place]
            for term, value in zip(self._nodes[place], values[place], strict=True):
                items = min(BEYOND, own_rows * value.size)
                for calls, repeats in zip(term.calls, value.repeats, strict=True):
                    total += repeats * calls.most(own_columns, own_rows, items)
                together = own_rows if term.scatters else own_columns
                if self._is_incremental:
                    together = items
                for _, below in term.below:
                    columns[below] = min(BEYOND, columns[below] + together)
                    rows[below] = min(BEYOND, rows[below] + items)
        return min(total, BEYOND)
