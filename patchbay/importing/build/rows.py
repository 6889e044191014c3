"""What stands at member names inside of an operation's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.importing.model import ListOf, MapOf, Named, ObjectType, UnionType

if TYPE_CHECKING:
    from patchbay.importing.model import Model, TypeRef


def ref_at(model: Model, ref: TypeRef, at: tuple[str, ...]) -> TypeRef | None:
    """The type at these member names; None where nothing is declared there."""
    for name in at:
        if not isinstance(ref, Named):
            return None
        type_ = model.types.get(ref.name)
        fields = type_.fields if isinstance(type_, ObjectType) else ()
        found = next((field.type for field in fields if field.wire == name), None)
        if found is None:
            return None
        ref = found
    return ref


def row_of(ref: TypeRef | None) -> TypeRef | None:
    """What a row is, where a list of rows or one row stands."""
    return ref.item if isinstance(ref, ListOf) else ref


def has_attributes(model: Model, ref: TypeRef) -> bool:
    """Whether values of this type are records, or lists of them, that can be narrowed."""
    while isinstance(ref, ListOf):
        ref = ref.item
    type_ = None if isinstance(ref, MapOf) else model.types.get(ref.name)
    return isinstance(type_, ObjectType) and not type_.is_value and bool(type_.fields)


def is_object(model: Model, ref: TypeRef | None) -> bool:
    """Whether it is an object or a union, to which an edge can lead."""
    return isinstance(ref, Named) and isinstance(model.types.get(ref.name), ObjectType | UnionType)
