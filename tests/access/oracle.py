"""What a client should be told, by a rule that is as plain as can be: the whole answer, walked and cut.

The rules are written down a second time here, in Python, so that nothing is shared with what is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    parse,
)

from patchbay.access.identity import Identity

Rule = Callable[[Identity], bool]

TYPENAME_KEY: Final = "t"
"""Under which each object of the whole answer tells its type."""


def _known(who: Identity) -> bool:
    return who.is_authenticated and not who.has_expired


def _scoped(*lists: str) -> Rule:
    return lambda who: _known(who) and any(set(each.split()) <= who.scopes for each in lists)


def _sees_account(who: Identity) -> bool:
    return _scoped("finance:read accounts:read", "admin")(who)


def _sees_file(who: Identity) -> bool:
    claims = who.claims if _known(who) else {}
    return bool(claims.get("auditor") or (claims.get("clerk") and claims.get("on_duty")))


TYPES: Final[Mapping[str, Rule]] = {
    "Account": _sees_account,
    "AccountUpdate": _sees_account,
    "File": _sees_file,
    "FileEdge": _sees_file,
    "FileConnection": _sees_file,
    "Parcel": _known,
    "Grade": _known,
    "Iban": _scoped("finance:read", "admin"),
}
FIELDS: Final[Mapping[tuple[str, str], Rule]] = {
    ("Customer", "email"): _known,
    ("Customer", "regionNote"): lambda who: (
        _scoped("notes:read")(who) and bool(who.claims.get("same_region"))
    ),
    ("Customer", "taxNumber"): _scoped("admin"),
    ("Customer", "referrer"): _scoped("referrals:read"),
    ("Order", "price"): _scoped("prices:read", "admin"),
}


class _Null(Exception):
    """Null stands where the schema has none."""


class Oracle:
    """Cuts whole answers.

    Args:
        schema: of the graph.
        who: the client.
    """

    def __init__(self, schema: GraphQLSchema, who: Identity) -> None:
        self._schema = schema
        self._who = who
        self._fragments: dict[str, Any] = {}
        self.denied = 0
        """How often something was cut."""

    def cut(self, query: str, whole: dict[str, Any]) -> dict[str, Any] | None:
        """What the client should be told, of what somebody who may see everything was told."""
        document = parse(query)
        (operation,) = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
        fragments = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
        self._fragments = {each.name.value: each for each in fragments}
        try:
            return self._object("Query", operation.selection_set, whole)
        except _Null:
            return None

    def _sees_type(self, type_: Any) -> bool:
        if is_abstract_type(type_):
            return any(map(self._sees_type, self._schema.get_possible_types(type_)))
        rule = TYPES.get(type_.name)
        return rule is None or rule(self._who)

    def _object(
        self, type_name: str, selections: SelectionSetNode | None, value: dict[str, Any]
    ) -> dict[str, Any]:
        type_: Any = self._schema.get_type(type_name)
        told: dict[str, Any] = {}
        for node in self._fields(type_, selections):
            key = node.alias.value if node.alias else node.name.value
            name = node.name.value
            if name == "__typename":
                told[key] = value[key]
                continue
            definition = type_.fields[name]
            rule = FIELDS.get((type_name, name))
            if (rule is None or rule(self._who)) and self._sees_type(get_named_type(definition.type)):
                told[key] = self._value(definition.type, node, value[key])
            else:
                self.denied += 1
                if is_non_null_type(definition.type):
                    raise _Null
                told[key] = None
        return told

    def _value(self, type_: Any, node: FieldNode, value: Any) -> Any:
        if is_non_null_type(type_):
            inner = self._value(type_.of_type, node, value)
            if inner is None:
                raise _Null
            return inner
        if value is None or (node.selection_set is None and not is_list_type(type_)):
            return value
        try:
            if is_list_type(type_):
                return [self._value(type_.of_type, node, each) for each in value]
            name = type_.name if is_object_type(type_) else value[TYPENAME_KEY]
            if not self._sees_type(self._schema.get_type(name)):
                self.denied += 1
                return None
            return self._object(name, node.selection_set, value)
        except _Null:
            return None

    def _fields(self, type_: Any, selections: SelectionSetNode | None) -> Iterator[FieldNode]:
        for each in selections.selections if selections else ():
            if isinstance(each, FieldNode):
                yield each
                continue
            node: Any = self._fragments[each.name.value] if isinstance(each, FragmentSpreadNode) else each
            on = node.type_condition
            wanted: Any = self._schema.get_type(on.name.value) if on else type_
            if wanted is type_ or (is_abstract_type(wanted) and self._schema.is_sub_type(wanted, type_)):
                yield from self._fields(type_, node.selection_set)
