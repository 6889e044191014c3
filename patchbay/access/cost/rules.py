"""What a schema says of cost: of each type its weight, of each field its weight, length and calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

from patchbay.access.cost.calls import calls_of_field, scatters
from patchbay.access.cost.introspection import introspection_lengths
from patchbay.costs import POINT, directive_among, thousandths_of
from patchbay.lengths import STRAWBERRY, declared_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import GraphQLField, GraphQLNamedType, GraphQLSchema

    from patchbay.access.cost.calls import Calls
    from patchbay.lengths import Length

INTROSPECTION_WEIGHT: Final = 1
"""Of an object of introspection, in thousandths of a point: no upstream is asked for it."""


class FieldRule:
    """What one field of an object type comes to.

    Args:
        rules: of the schema.
        parent: the object type.
        name: of the field.
        definition: the field.

    Attributes:
        weight: its own, in thousandths of a point; None where its type's counts.
        length: of its lists; None where nothing says it.
        sized: of lists of the object that it returns: field -> length.
        depth: how many lists stand in each other; 0 where it is none.
        calls: that it makes.
        scatters: see patchbay.access.cost.calls.
        arguments: those that weigh something or may hold what does: name -> weight and type.
        leaf_weight: of a value, where it returns no objects.
        types: the object types that it may come to, with their weight.
    """

    __slots__ = (
        "arguments", "calls", "depth", "leaf_weight", "length", "scatters", "sized", "types", "weight",
    )  # fmt: skip

    def __init__(
        self, rules: CostRules, parent: GraphQLObjectType, name: str, definition: GraphQLField
    ) -> None:
        type_ = get_named_type(definition.type)
        declared = declared_by(definition)
        # What a subscription waits for comes to it.
        is_event = parent is rules.schema.subscription_type
        self.weight = _declared(definition)
        self.length = declared.own or rules.introspection.get((parent.name, name))
        self.sized: Mapping[str, Length] = declared.of_fields
        self.depth = _list_depth(definition.type)
        self.calls: tuple[Calls, ...] = () if is_event else calls_of_field(definition)
        self.scatters = not is_event and scatters(definition)
        self.arguments: dict[str, tuple[int, Any]] = {
            argument: (_declared(each) or 0, each.type)
            for argument, each in definition.args.items()
            if _declared(each) or rules.weighs_inside(get_named_type(each.type))
        }
        self.types = {each: rules.weight(each) for each in rules.object_types(type_)}
        self.leaf_weight = 0 if self.types else rules.weight(type_)


class CostRules:
    """The rules of a schema, each made when it is asked for first.

    Args:
        schema: graphql-core's, made by Strawberry.

    Attributes:
        inputs: (input type, field) -> weight of those that have one.
        introspection: see introspection_lengths.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.introspection = introspection_lengths(schema)
        self.inputs = dict(_input_weights(schema))
        self._fields: dict[tuple[str, str], FieldRule | None] = {}

    def field(self, parent: GraphQLObjectType, name: str) -> FieldRule | None:
        """The rule of a field; None where the type has no such field."""
        key = (parent.name, name)
        if key not in self._fields:
            definition = self.schema.get_field(parent, name)
            self._fields[key] = None if definition is None else FieldRule(self, parent, name, definition)
        return self._fields[key]

    def weight(self, type_: GraphQLNamedType) -> int:
        """Of an object or a value of this type, in thousandths of a point."""
        declared = _declared(type_)
        if declared is not None:
            return declared
        if not is_composite_type(type_):
            return 0
        return INTROSPECTION_WEIGHT if type_.name.startswith("__") else POINT

    def object_types(self, type_: GraphQLNamedType) -> tuple[GraphQLObjectType, ...]:
        """The types of which an object of this type may be; none for a leaf."""
        if isinstance(type_, GraphQLObjectType):
            return (type_,)
        return tuple(self.schema.get_possible_types(type_)) if is_abstract_type(type_) else ()

    def weighs_inside(self, type_: GraphQLNamedType) -> bool:
        """Whether a value of this input type may hold something that weighs."""
        return bool(self.inputs) and is_input_object_type(type_)


def unsized_lists(schema: GraphQLSchema) -> list[str]:
    """Lists whose length is a guess: "Order.items", or "Query.orders.edges" where `orders` does not say it.

    Lists of values that weigh nothing are left out: they add nothing, however long they are.
    """
    rules = CostRules(schema)
    fields = list(_fields(rules))
    leading_to: dict[GraphQLObjectType, list[tuple[GraphQLObjectType, str, FieldRule]]] = {}
    for each in fields:
        for type_ in each[2].types:
            leading_to.setdefault(type_, []).append(each)
    found: dict[str, None] = {}
    for owner, name, rule in fields:
        if not rule.depth or rule.length is not None or not (rule.types or rule.leaf_weight):
            continue
        leading = leading_to.get(owner, [])
        silent = [f"{type_.name}.{field}.{name}" for type_, field, of in leading if name not in of.sized]
        if len(silent) == len(leading):
            silent = [f"{owner.name}.{name}"]
        found.update(dict.fromkeys(silent))
    return list(found)


def _fields(rules: CostRules) -> Iterator[tuple[GraphQLObjectType, str, FieldRule]]:
    """Every field of every object type of the graph."""
    for type_ in rules.schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name in type_.fields:
                rule = rules.field(type_, name)
                if rule is not None:
                    yield type_, name, rule


def _declared(definition: Any) -> int | None:
    """The weight that a type, a field or an argument declares, in thousandths of a point."""
    strawberry = definition.extensions.get(STRAWBERRY)
    directive = directive_among(getattr(strawberry, "directives", None), "cost")
    return None if directive is None else thousandths_of(directive.weight)


def _input_weights(schema: GraphQLSchema) -> Iterator[tuple[tuple[str, str], int]]:
    for type_ in schema.type_map.values():
        if is_input_object_type(type_):
            for name, field in type_.fields.items():
                weight = _declared(field)
                if weight:
                    yield (type_.name, name), weight


def _list_depth(type_: Any) -> int:
    depth = 0
    while is_list_type(type_) or is_non_null_type(type_):
        depth += is_list_type(type_)
        type_ = type_.of_type
    return depth
