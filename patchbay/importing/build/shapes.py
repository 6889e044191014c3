"""What clients get of mappings: a list of entries, as GraphQL has no objects with any fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.model import ListOf, MapOf, ObjectType

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.importing.model import TypeRef
    from patchbay.importing.records import Records


def shape_of(ref: TypeRef, records: Records) -> Callable[[Any], Any] | None:
    """What makes a value of this type ready for clients; None where it is as it stands."""
    if isinstance(ref, ListOf):
        inner = shape_of(ref.item, records)
        return None if inner is None else _each(inner)
    if isinstance(ref, MapOf):
        entry = records.model.types.get(ref.entry)
        return _entries(entry, records) if isinstance(entry, ObjectType) and entry.fields else None
    return None


def _each(shape: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda values: [
        each if each is None or isinstance(each, Exception) else shape(each) for each in values
    ]


def _entries(entry: ObjectType, records: Records) -> Callable[[Any], Any]:
    attributes = {field.name: field.attribute for field in entry.fields}
    key, value = attributes.get("key", "key"), attributes.get("value", "value")

    def shape(mapping: dict[str, Any]) -> list[Any]:
        record: Any = records.struct(entry.name)
        return [record(**{key: name, value: each}) for name, each in mapping.items()]

    return shape
