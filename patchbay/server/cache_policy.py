"""What a response says of caching: the hints of all that an operation selects, as Cache-Control.

The rules are Apollo's. The age is the smallest of all fields that have one. A field's age is its own hint's,
or else its type's; without either it is the default (0, unless the schema sets one) for fields of the root
and for fields that return objects, and its parent's for all others. A field behind @skip or @include counts
as selected, and so does each type that an interface or a union may turn out to be, as an operation's policy
is found once for all its requests. What is not for everybody (patchbay/access) makes an answer private,
whatever its hints say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    OperationType,
    get_named_type,
    is_abstract_type,
    is_object_type,
)

from patchbay.access.authorization.rules import rules_of
from patchbay.access.authorization.touched import conditions_in
from patchbay.caller import CREDENTIAL_HEADERS
from patchbay.hints import PRIVATE, PUBLIC, CacheControl, hint_among

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from graphql import (
        FragmentDefinitionNode,
        GraphQLNamedType,
        GraphQLSchema,
        InlineFragmentNode,
        OperationDefinitionNode,
        SelectionSetNode,
    )

    from patchbay.caller import Caller

    Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

STRAWBERRY: Final = "strawberry-definition"
"""Under this name GraphQL's types and fields carry Strawberry's, which have the directives."""

NO_STORE: Final[Headers] = ((b"cache-control", b"no-store"),)
"""Of every answer that may not be kept."""

_VARY: Final = (b"vary", b", ".join((b"accept", *CREDENTIAL_HEADERS)))
_VARY_BY_FORM: Final = (b"vary", b"accept")
"""The same address answers JSON or a stream."""


class CachePolicy(msgspec.Struct, frozen=True):
    """The headers of an operation's answers that may be kept.

    Args:
        anonymous: where the request has no credentials.
        with_credentials: where it has.
    """

    anonymous: Headers
    with_credentials: Headers


class CachePolicies:
    """The policies of one schema's operations.

    Args:
        schema: graphql-core's, made by Strawberry.
        default_max_age_seconds: of fields without a hint that do not take their parent's age.
    """

    def __init__(self, schema: GraphQLSchema, default_max_age_seconds: int = 0) -> None:
        self.schema = schema
        self.default_max_age_seconds = default_max_age_seconds
        self._may_be_kept = default_max_age_seconds > 0 or any(_hints(schema))

    def of(
        self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> CachePolicy | None:
        """The policy of a valid operation; None where its answers may not be kept."""
        root = self.schema.query_type
        if not self._may_be_kept or operation.operation is not OperationType.QUERY or root is None:
            return None
        found = _Found()
        if conditions_in(rules_of(self.schema), operation, fragments):
            found.restrict(None, PRIVATE)
        for parent, field in _selected(self.schema, root, operation.selection_set, fragments):
            self._take(found, parent, field)
            if found.max_age == 0:
                break
        return found.policy()

    def _take(self, found: _Found, parent: GraphQLObjectType, field: FieldNode) -> None:
        """What one field, of an object of this type, says."""
        definition = parent.fields.get(field.name.value)
        if definition is None:
            # Of introspection: __schema and __type, as __typename says nothing.
            found.restrict(self.default_max_age_seconds, None)
            return
        own = _hint_of(definition)
        type_ = get_named_type(definition.type)
        is_root = parent is self.schema.query_type
        for of_type in self._type_hints(type_):
            age = _first(own and own.max_age, of_type and of_type.max_age)
            scope = _first(own and own.scope, of_type and of_type.scope)
            inherits = any(hint is not None and hint.inherit_max_age for hint in (own, of_type))
            if age is None and (is_root or (field.selection_set is not None and not inherits)):
                age = self.default_max_age_seconds
            found.restrict(age, scope)

    def _type_hints(self, type_: GraphQLNamedType) -> Iterator[CacheControl | None]:
        """The hint of a type; of each that it may turn out to be, where it is abstract."""
        hint = _hint_of(type_)
        if not is_abstract_type(type_):
            yield hint
            return
        for possible in self.schema.get_possible_types(type_):
            yield _hint_of(possible) or hint


class _Found:
    """What the fields so far come to."""

    def __init__(self) -> None:
        self.max_age: int | None = None
        self._is_private = False
        self._is_public = True

    def restrict(self, age: int | None, scope: object) -> None:
        if age is not None:
            self.max_age = age if self.max_age is None else min(age, self.max_age)
            self._is_public = self._is_public and scope is PUBLIC
        self._is_private = self._is_private or scope is PRIVATE

    def policy(self) -> CachePolicy | None:
        if not self.max_age:
            return None
        public = (b"cache-control", b"max-age=%d, public" % self.max_age)
        private = (b"cache-control", b"max-age=%d, private" % self.max_age)
        if self._is_private:
            return CachePolicy((private, _VARY), (private, _VARY))
        if self._is_public:
            return CachePolicy((public, _VARY_BY_FORM), (public, _VARY_BY_FORM))
        return CachePolicy((public, _VARY), (private, _VARY))


def cache_headers(policy: CachePolicy | None, result: Any, caller: Caller) -> Headers:
    """The headers of an answer.

    Args:
        policy: its operation's.
        result: the answer; with errors or warnings it may not be kept.
        caller: who asked.
    """
    if policy is None or result.errors or (result.extensions and "warnings" in result.extensions):
        return NO_STORE
    return policy.with_credentials if caller.digest else policy.anonymous


def _selected(
    schema: GraphQLSchema,
    root: GraphQLObjectType,
    selections: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Iterator[tuple[GraphQLObjectType, FieldNode]]:
    """Each field with each type of object that it may be asked of; each selection once with each type."""
    seen: set[tuple[str, int]] = set()
    waiting: list[tuple[GraphQLObjectType, SelectionSetNode]] = [(root, selections)]
    while waiting:
        parent, selections = waiting.pop()
        if (parent.name, id(selections)) in seen:
            continue
        seen.add((parent.name, id(selections)))
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                if selection.name.value == "__typename":
                    continue
                yield parent, selection
                definition = parent.fields.get(selection.name.value)
                if definition is not None and selection.selection_set is not None:
                    type_ = get_named_type(definition.type)
                    waiting += ((each, selection.selection_set) for each in _objects(schema, type_))
                continue
            node = _fragment(selection, fragments)
            condition = node.type_condition
            if condition is None or parent in _objects(schema, schema.type_map[condition.name.value]):
                waiting.append((parent, node.selection_set))


def _fragment(
    selection: Any, fragments: Mapping[str, FragmentDefinitionNode]
) -> FragmentDefinitionNode | InlineFragmentNode:
    """The fragment that a selection spreads or is."""
    if isinstance(selection, FragmentSpreadNode):
        return fragments[selection.name.value]
    inline: InlineFragmentNode = selection
    return inline


def _objects(schema: GraphQLSchema, type_: GraphQLNamedType) -> Iterable[GraphQLObjectType]:
    """The types of object that a type stands for."""
    if is_object_type(type_):
        return (type_,)
    return schema.get_possible_types(type_) if is_abstract_type(type_) else ()


def _hints(schema: GraphQLSchema) -> Iterator[bool]:
    """Whether there is a hint, at each place where one can stand."""
    for type_ in schema.type_map.values():
        yield _hint_of(type_) is not None
        for field in getattr(type_, "fields", {}).values():
            yield _hint_of(field) is not None


def _hint_of(definition: Any) -> CacheControl | None:
    strawberrys = (definition.extensions or {}).get(STRAWBERRY)
    return hint_among(getattr(strawberrys, "directives", None))


def _first(*values: Any) -> Any:
    """The first that is set; None where none is. Strawberry's UNSET and None are not."""
    return next((value for value in values if value or value == 0), None)
