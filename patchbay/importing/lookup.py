"""What stands where in the types of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.importing.model import Field, InputType, ListOf, MapOf, Named, ObjectType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.model import Type, TypeRef


def fields_of(types: Mapping[str, Type], ref: TypeRef | None) -> tuple[Field, ...]:
    """The fields of an object or input type; () for anything else."""
    found = types.get(ref.name) if isinstance(ref, Named) else None
    return found.fields if isinstance(found, ObjectType | InputType) else ()


def field_of(types: Mapping[str, Type], ref: TypeRef | None, name: str) -> Field | None:
    """The field of that name: on the wire, else in Python, else in GraphQL; None where there is none."""
    fields = fields_of(types, ref)
    for spelling in ("wire", "attribute", "name"):
        for field in fields:
            if getattr(field, spelling) == name:
                return field
    return None


def type_at(types: Mapping[str, Type], ref: TypeRef, path: Sequence[str]) -> TypeRef | None:
    """The type at wire names from a type's top; None where nothing is declared there."""
    for member in path:
        if isinstance(ref, MapOf):
            ref = ref.value
            continue
        found = next((field.type for field in fields_of(types, ref) if field.wire == member), None)
        if found is None:
            return None
        ref = found
    return ref


def row_at(types: Mapping[str, Type], ref: TypeRef, path: Sequence[str]) -> TypeRef | None:
    """The type of the rows of the list there; None where no list is there."""
    found = type_at(types, ref, path)
    return found.item if isinstance(found, ListOf) else None
