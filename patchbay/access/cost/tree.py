"""An operation as it is reckoned: the objects that it selects, each selection once however often it is met.

Fields are merged by their response keys, as they are run. The same selection on the same type is one node,
so that fragments in fragments make the tree no larger than the document, and not as large as the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import FieldNode, FragmentSpreadNode, IntValueNode, VariableNode, value_from_ast_untyped
from graphql.pyutils import Undefined

from patchbay.lengths import DEFAULT_LIST_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from graphql import (
        FragmentDefinitionNode,
        GraphQLObjectType,
        OperationDefinitionNode,
        SelectionNode,
        SelectionSetNode,
    )

    from patchbay.access.cost.rules import CostRules, FieldRule

MAX_STEPS: Final = 100_000
"""Selections that are looked at for one operation; what comes to more is beyond reckoning."""


class TooManySteps(Exception):
    """The operation is beyond reckoning."""


class Selected:
    """A field with its response key.

    Args:
        key: the response key.
        rule: of the field.
        nodes: the field in the document, as often as it stands there.
        above: the field whose objects it is of; None for a field of the root.

    Attributes:
        length: of its lists; None where it is none, or where nothing says it.
        teller: the field whose arguments say that length: itself, or the one above.
        objects: what it leads to, one node for each type with the weight of such an object.
    """

    __slots__ = ("key", "length", "nodes", "objects", "rule", "teller")

    def __init__(self, key: str, rule: FieldRule, nodes: list[FieldNode], above: Selected | None) -> None:
        self.key = key
        self.rule = rule
        self.nodes = nodes
        self.length = rule.length
        self.teller = self
        self.objects: list[tuple[int, Objects]] = []
        if rule.depth and self.length is None and above is not None:
            self.length = above.rule.sized.get(nodes[0].name.value)
            self.teller = above

    def size(self, variables: Mapping[str, Any]) -> int:
        """How many items a value comes to at most; 1 where it is no list. Raises InputError."""
        if not self.rule.depth:
            return 1
        size = None if self.length is None else self.length.most(self.teller.arguments(variables))
        return int((DEFAULT_LIST_SIZE if size is None else size) ** self.rule.depth)

    def arguments(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Those that are given, none of them checked."""
        known: Any = variables
        return {
            argument.name.value: value
            for argument in self.nodes[0].arguments or ()
            if (value := value_from_ast_untyped(argument.value, known)) is not Undefined
        }

    def depends_on(self) -> Iterator[str]:
        """The variables in its arguments."""
        pending: list[Any] = [argument.value for argument in self.nodes[0].arguments or ()]
        while pending:
            value = pending.pop()
            if isinstance(value, VariableNode):
                yield value.name.value
            elif not isinstance(value, IntValueNode):
                pending += getattr(value, "values", None) or ()
                pending += [field.value for field in getattr(value, "fields", None) or ()]


class Objects:
    """What is selected on objects of one type."""

    __slots__ = ("fields", "place", "type", "typename_key")

    def __init__(self, type_: GraphQLObjectType) -> None:
        self.type = type_
        self.fields: list[Selected] = []
        self.typename_key: str | None = None
        self.place = -1


class Tree:
    """All nodes of an operation.

    Args:
        rules: of the schema.
        operation: a valid one.
        fragments: of its document, by name.
        shape: variable of @skip and @include -> its value; where one is not told, what it is about is
            counted as selected.

    Attributes:
        order: the nodes, each behind those that it leads to; the operation's own is the last.
        shaping: the variables of @skip and @include.
        is_incremental: whether @defer or @stream occurs.

    Raises:
        TooManySteps: it is beyond reckoning.
    """

    def __init__(
        self,
        rules: CostRules,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        shape: Mapping[str, bool],
    ) -> None:
        self.shaping: set[str] = set()
        self.is_incremental = False
        self._rules = rules
        self._fragments = fragments
        self._shape = shape
        self._steps = 0
        self._nodes: dict[Any, Objects] = {}
        self._applies: dict[tuple[str, str], bool] = {}
        root_type = rules.schema.get_root_type(operation.operation)
        if root_type is None:
            raise ValueError(f"the schema has no {operation.operation.value}")
        root = Objects(root_type)
        pending: list[tuple[Objects, list[SelectionSetNode], Selected | None]]
        pending = [(root, [operation.selection_set], None)]
        while pending:
            self._fill(*pending.pop(), pending)
        self.order = _ordered(root)

    def _fill(
        self,
        objects: Objects,
        sets: list[SelectionSetNode],
        above: Selected | None,
        pending: list[Any],
    ) -> None:
        """Add the fields of a node, and note the nodes that are met for the first time.

        Args:
            objects: the node.
            sets: selection sets that are merged in it.
            above: the field that leads to it; None for the root.
            pending: nodes to be filled.
        """
        for key, nodes in self._collected(objects.type, sets).items():
            name = nodes[0].name.value
            if name == "__typename":
                objects.typename_key = key
                continue
            rule = self._rules.field(objects.type, name)
            if rule is None:
                continue
            selected = Selected(key, rule, nodes, above)
            objects.fields.append(selected)
            inner = [node.selection_set for node in nodes if node.selection_set is not None]
            for type_, weight in rule.types.items():
                # The same nodes with another rule can be longer or shorter.
                place = (type_.name, id(rule), frozenset(map(id, nodes)))
                found = self._nodes.get(place)
                if found is None:
                    found = self._nodes[place] = Objects(type_)
                    pending.append((found, inner, selected))
                selected.objects.append((0 if rule.weight is not None else weight, found))

    def _collected(
        self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """Response key -> its fields, as graphql-core collects them; each fragment once."""
        found: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        pending: list[SelectionNode] = [each for each_set in sets for each in each_set.selections]
        while pending:
            selection = pending.pop()
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise TooManySteps
            if selection.directives and not self._is_selected(selection):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                found.setdefault(key, []).append(selection)
                continue
            fragment: Any = selection
            if isinstance(selection, FragmentSpreadNode):
                if selection.name.value in visited:
                    continue
                visited.add(selection.name.value)
                fragment = self._fragments.get(selection.name.value)
            condition = None if fragment is None else fragment.type_condition
            if fragment is not None and (condition is None or self._fits(type_, condition.name.value)):
                pending.extend(fragment.selection_set.selections)
        return found

    def _fits(self, type_: GraphQLObjectType, condition: str) -> bool:
        """Whether a fragment on this type is for such objects."""
        if condition == type_.name:
            return True
        found = self._applies.get((condition, type_.name))
        if found is None:
            schema = self._rules.schema
            abstract: Any = schema.get_type(condition)
            found = hasattr(abstract, "resolve_type") and schema.is_sub_type(abstract, type_)
            self._applies[condition, type_.name] = found
        return found

    def _is_selected(self, selection: SelectionNode) -> bool:
        """What @skip and @include say, as far as it is known."""
        is_selected = True
        for directive in selection.directives or ():
            name = directive.name.value
            if name in {"defer", "stream"}:
                self.is_incremental = True
            elif name in {"skip", "include"}:
                for argument in directive.arguments or ():
                    value: Any = argument.value
                    if isinstance(value, VariableNode):
                        self.shaping.add(value.name.value)
                        value = self._shape.get(value.name.value)
                    else:
                        value = getattr(value, "value", None)
                    if isinstance(value, bool) and value == (name == "skip"):
                        is_selected = False
        return is_selected


def _ordered(root: Objects) -> list[Objects]:
    """Every node behind those that it leads to."""
    order: list[Objects] = []
    pending: list[tuple[Objects, Iterator[Objects]]] = [(root, _below(root))]
    seen = {id(root)}
    while pending:
        node, below = pending[-1]
        for each in below:
            if id(each) not in seen:
                seen.add(id(each))
                pending.append((each, _below(each)))
                break
        else:
            pending.pop()
            node.place = len(order)
            order.append(node)
    return order


def _below(objects: Objects) -> Iterator[Objects]:
    return (node for field in objects.fields for _, node in field.objects)
