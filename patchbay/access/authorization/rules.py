"""What a schema's directives come to: for each type and field, who may see it.

A field asks what it says itself, what the same field of its parent's interfaces says, and what its type asks.
A type asks what it and its interfaces say. A connection, its edges and a subscription's updates ask what
their nodes' type asks: how many there are is not told to those who may see none. An interface or a union can
be seen by those who may see one of the types that it can turn out to be.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary, ref

import msgspec
from graphql import get_named_type, is_abstract_type, is_input_object_type

from patchbay.access.authorization.directives import directives_of, requirement_among
from patchbay.access.authorization.requirements import NOTHING, Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import GraphQLNamedType, GraphQLSchema

    from patchbay.access.authorization.requirements import PolicyFunction

_rules: WeakKeyDictionary[GraphQLSchema, AccessRules] = WeakKeyDictionary()
"""Those of each schema. Not among its extensions: copies have these as well, and may have other types."""

_NO_POLICIES: Final[Mapping[str, PolicyFunction]] = MappingProxyType({})


class TypeGuard(msgspec.Struct, frozen=True):
    """Who may see a type.

    Args:
        own: has to be met.
        one_of: groups of names of types, of each of which one has to be seen.
    """

    own: Requirement = NOTHING
    one_of: tuple[tuple[str, ...], ...] = ()


class FieldGuard(msgspec.Struct, frozen=True):
    """Who may see a field.

    Args:
        own: has to be met.
        types: names of types, all of which have to be seen.
    """

    own: Requirement
    types: tuple[str, ...]


class AccessRules:
    """The rules of one schema. Nothing in it depends on who asks.

    Args:
        schema: graphql-core's, made by Strawberry.
        policies: name -> function, for @policy. A policy that is not among them is fulfilled by nobody.

    Attributes:
        types: guards by the type's name, of those that ask something or lead to one that does.
        fields: guards by (type's name, field's name); the same.
        mentioned: (type's name, field's name) -> all that may be asked for the field, whatever its value
            turns out to be; of interfaces, on any type that implements them.
        guards_anything: whether anything is not for everybody.
    """

    def __init__(self, schema: GraphQLSchema, policies: Mapping[str, PolicyFunction] = _NO_POLICIES) -> None:
        self._schema = ref(schema)
        self.policies = policies
        asked = {type_.name: _said(type_) for type_ in types_of(schema)}
        guards = {type_.name: self._type_guard(type_, asked) for type_ in types_of(schema)}
        mentioned = {name: _mentioned(name, guards) for name in guards}
        self.types = {name: guard for name, guard in guards.items() if mentioned[name]}
        self.fields: dict[tuple[str, str], FieldGuard] = {}
        self.mentioned: dict[tuple[str, str], Requirement] = {}
        for type_ in types_of(schema):
            for name in fields_of(type_):
                self._guard_field(type_, name, mentioned)
        for type_ in types_of(schema):
            self._gather_from_implementations(type_)
        self.guards_anything = bool(self.fields)

    @property
    def schema(self) -> GraphQLSchema:
        """Whose rules these are. It is not held by them, as it is what keeps them."""
        schema = self._schema()
        assert schema is not None  # noqa: S101 - who asks by its rules has it
        return schema

    # ------------------------------------------------------------------------------------------------- guards

    def _type_guard(self, type_: GraphQLNamedType, said: Mapping[str, Requirement]) -> TypeGuard:
        own = said[type_.name].union(*(said[each.name] for each in _interfaces(type_)))
        if is_abstract_type(type_):
            return TypeGuard(own, (tuple(each.name for each in self.schema.get_possible_types(type_)),))
        return TypeGuard(own, tuple((name,) for name in self._carried(type_)))

    def _carried(self, type_: GraphQLNamedType) -> Iterator[str]:
        """The types of which a connection, an edge or an update is nothing but the envelope."""
        fields = fields_of(type_)
        if type_ in _roots(self.schema):
            return
        names = ("edges", "nodes") if "pageInfo" in fields else ("edges",)
        for name in (*names, "node") if "cursor" in fields else names:
            if name in fields:
                yield get_named_type(fields[name].type).name

    def _guard_field(self, type_: GraphQLNamedType, name: str, mentioned: Mapping[str, Requirement]) -> None:
        fields = [fields_of(each)[name] for each in (type_, *_interfaces(type_)) if name in fields_of(each)]
        own = NOTHING.union(*map(_said, fields))
        root = (type_.name,) if type_ in _roots(self.schema) else ()
        types = (*root, *(get_named_type(field.type).name for field in fields))
        all_of_it = own.union(*(mentioned[each] for each in types))
        if all_of_it:
            self.mentioned[type_.name, name] = all_of_it
            guarded = tuple(dict.fromkeys(each for each in types if each in self.types))
            self.fields[type_.name, name] = FieldGuard(own, guarded)

    def _gather_from_implementations(self, type_: GraphQLNamedType) -> None:
        """Fields of an interface are asked of the objects that implement it."""
        if not is_abstract_type(type_):
            return
        for name in fields_of(type_):
            every = [
                self.mentioned.get((each.name, name), NOTHING)
                for each in self.schema.get_possible_types(type_)
            ]
            found = self.mentioned.get((type_.name, name), NOTHING).union(*every)
            if found:
                self.mentioned[type_.name, name] = found


def protect(schema: GraphQLSchema, policies: Mapping[str, PolicyFunction] = _NO_POLICIES) -> AccessRules:
    """Give a schema its policies. Without it, the directives are enforced, and @policy lets nobody pass.

    Args:
        schema: graphql-core's, made by Strawberry.
        policies: see AccessRules.
    """
    rules = _rules[schema] = AccessRules(schema, policies)
    return rules


def rules_of(schema: GraphQLSchema) -> AccessRules:
    """The rules of a schema, made when they are asked for first."""
    return _rules.get(schema) or protect(schema)


def _mentioned(name: str, guards: Mapping[str, TypeGuard]) -> Requirement:
    """All that a type may ask, whatever its values turn out to be."""
    found = NOTHING
    pending, seen = [name], {name}
    while pending:
        guard = guards[pending.pop()]
        found |= guard.own
        fresh = {each for group in guard.one_of for each in group} - seen
        seen |= fresh
        pending += fresh
    return found


def types_of(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    """All but those of introspection, which is shown to everybody whom it is shown to at all."""
    return [type_ for name, type_ in schema.type_map.items() if not name.startswith("__")]


def _roots(schema: GraphQLSchema) -> tuple[object, ...]:
    return (schema.query_type, schema.mutation_type, schema.subscription_type)


def fields_of(type_: GraphQLNamedType) -> dict[str, Any]:
    """An object's or an interface's fields."""
    fields: dict[str, Any] = {} if is_input_object_type(type_) else getattr(type_, "fields", {})
    return fields


def _interfaces(type_: GraphQLNamedType) -> list[Any]:
    """All interfaces of a type, theirs among them."""
    found: dict[str, Any] = {}
    pending = list(getattr(type_, "interfaces", ()))
    while pending:
        each = pending.pop()
        if each.name not in found:
            found[each.name] = each
            pending += each.interfaces
    return list(found.values())


def _said(definition: Any) -> Requirement:
    """What stands at a definition itself."""
    return requirement_among(directives_of(definition))
