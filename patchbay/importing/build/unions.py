"""Unions whose members are told by the marks of their records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strawberry.types.union import StrawberryUnion

from patchbay.errors import UpstreamBadData
from patchbay.importing.build.fields import definition_of
from patchbay.importing.record_marks import TypeMark, mark_of

if TYPE_CHECKING:
    from graphql import GraphQLAbstractType, GraphQLResolveInfo, GraphQLTypeResolver
    from strawberry.schema.types.concrete_type import TypeMap


class OfModel:
    """The `is_type_of` of an imported type: whether a value is one of its records, narrow ones as well.

    Args:
        marks: of these types of models.
    """

    __slots__ = ("marks",)

    def __init__(self, *marks: TypeMark) -> None:
        self.marks = frozenset(marks)

    @property
    def narrows(self) -> bool:
        """As of IsRecord: records of several upstreams have different attributes."""
        return len(self.marks) == 1

    def __call__(self, value: object, info: object) -> bool:
        """What graphql-core asks of a value."""
        del info
        return self.knows(type(value))

    def knows(self, kind: type) -> bool:
        """Whether all values of this class are such records."""
        return mark_of(kind) in self.marks


class ImportedUnion(StrawberryUnion):
    """A union of imported types.

    Args:
        name: in the graph.
        members: classes.
        description: for the schema.
        upstream: for errors.
    """

    def __init__(self, name: str, members: tuple[type, ...], description: str | None, upstream: str) -> None:
        super().__init__(name, description=description)
        self._members: Any = members
        self._upstream = upstream

    @property
    def types(self) -> Any:
        """The members' classes."""
        return self._members

    @property
    def is_graphql_generic(self) -> bool:
        """Nothing of it is."""
        return False

    def get_type_resolver(self, type_map: TypeMap) -> GraphQLTypeResolver:
        """What tells the name of a record's type."""
        del type_map
        names: dict[TypeMark | None, str] = {}
        for member in self._members:
            definition = definition_of(member)
            if isinstance(definition.is_type_of, OfModel):
                names.update(dict.fromkeys(definition.is_type_of.marks, definition.name))

        def resolve(value: Any, info: GraphQLResolveInfo[Any], type_: GraphQLAbstractType) -> str:
            del info, type_
            found = names.get(mark_of(type(value)))
            if found is None:
                raise UpstreamBadData(self._upstream, f"a value of no type of {self.graphql_name}")
            return found

        return resolve
