"""Fields of one response key: whether they can be one field of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    StringValueNode,
    VariableNode,
    is_leaf_type,
    type_from_ast,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLSchema, SelectionSetNode, ValueNode


class Field:
    """A field where it stands.

    Attributes:
        parent: the object type that it is a field of; None for any other, which may be any object's.
        type: what it returns; None where the schema does not say.
    """

    __slots__ = ("_signature", "node", "parent", "type")

    def __init__(self, node: FieldNode, parent: Any) -> None:
        has_fields = isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        definition = parent.fields.get(node.name.value) if has_fields else None
        self.node = node
        self.parent = parent if isinstance(parent, GraphQLObjectType) else None
        self.type: Any = definition.type if definition is not None else None
        self._signature: tuple[object, ...] | None = None

    @property
    def signature(self) -> tuple[object, ...]:
        """Equal for the same field with the same arguments."""
        if self._signature is None:
            arguments = self.node.arguments or ()
            given = frozenset((each.name.value, _comparable(each.value)) for each in arguments)
            self._signature = (self.node.name.value, len(arguments), given)
        return self._signature

    @property
    def streams(self) -> bool:
        """Whether it has @stream."""
        return any(directive.name.value == "stream" for directive in self.node.directives or ())


class Selections:
    """A selection set with its inline fragments: its fields by response key, and the fragments it spreads."""

    __slots__ = ("fields", "spreads")

    def __init__(self, selection_set: SelectionSetNode, parent: Any, schema: GraphQLSchema) -> None:
        self.fields: list[tuple[str, Field]] = []
        self.spreads: dict[str, None] = {}
        pending = [(selection_set, parent)]
        # The list grows while it is read.
        for each, within in pending:
            for node in each.selections:
                if isinstance(node, FieldNode):
                    self.fields.append(((node.alias or node.name).value, Field(node, within)))
                elif isinstance(node, FragmentSpreadNode):
                    self.spreads[node.name.value] = None
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    inner = within if condition is None else type_from_ast(schema, condition)
                    pending.append((node.selection_set, inner))


def differing(fields: Sequence[Field]) -> tuple[str, list[FieldNode]] | None:
    """Why these fields of one object are not one field, and two of them that show it."""
    first = fields[0]
    for other in fields[1:]:
        if first.node.name.value != other.node.name.value:
            names = f"'{first.node.name.value}' and '{other.node.name.value}' are different fields"
            return names, [first.node, other.node]
        if (first.node.arguments or other.node.arguments) and first.signature != other.signature:
            return "they have differing arguments", [first.node, other.node]
    return None


def shapes_differing(fields: Sequence[Field]) -> tuple[str, list[FieldNode]] | None:
    """Why the values of these fields cannot stand at one place of an answer, and two that show it."""
    first: Field | None = None
    for number, field in enumerate(fields):
        if field.streams:
            other = next(each for index, each in enumerate(fields) if index != number)
            return "they have overlapping stream directives", [field.node, other.node]
        if field.type is None:
            continue
        if first is None:
            first = field
        elif first.type is not field.type and _shape(first.type) != _shape(field.type):
            types = f"they return conflicting types '{first.type}' and '{field.type}'"
            return types, [first.node, field.node]
    return None


def _shape(type_: Any) -> tuple[object, ...]:
    """Equal for types whose values look alike as far as they themselves say; their fields are looked at."""
    wraps: list[object] = []
    while isinstance(type_, GraphQLList | GraphQLNonNull):
        wraps.append(type(type_))
        type_ = type_.of_type
    return (*wraps, type_ if is_leaf_type(type_) else None)


def _comparable(value: ValueNode) -> object:
    """Equal for the same values; for variables, for the same variable."""
    if isinstance(value, VariableNode):
        return value.kind, value.name.value
    if isinstance(value, ListValueNode):
        return value.kind, tuple(_comparable(each) for each in value.values)
    if isinstance(value, ObjectValueNode):
        fields = [(field.name.value, _comparable(field.value)) for field in value.fields]
        return value.kind, frozenset(fields), len(fields)
    if isinstance(value, StringValueNode):
        return value.kind, value.value, value.block is True
    return value.kind, getattr(value, "value", None)
