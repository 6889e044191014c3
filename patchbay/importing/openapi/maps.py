"""Maps: objects with any member names, as lists of entries with a key and a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from patchbay.importing.model import Field, InputType, MapOf, Named, ObjectType, Scalar, unbounded
from patchbay.importing.openapi.mapped import JSON, Mapped
from patchbay.importing.openapi.shape import Placed

if TYPE_CHECKING:
    from patchbay.importing.model import TypeRef
    from patchbay.importing.openapi.names import Hint
    from patchbay.importing.openapi.shape import Shape
    from patchbay.importing.openapi.side import Side


def map_of(side: Side, shape: Shape, hint: Hint) -> Mapped:
    """The map of a schema whose `additionalProperties` say what its values are."""
    extra = shape.extra
    assert isinstance(extra, Placed)  # noqa: S101 - side.kind has seen to it
    own = side.common.names.own(shape.at)
    if own:
        hint = hint._replace(names=(own,), root=own, trail=(), member="")
    value = side.map(extra, hint.below("Value"))
    if value.ref == JSON:
        return Mapped(JSON, shape.nullable, value.is_weaker)
    entry = _entry(side, value, hint)
    return Mapped(MapOf(value.ref, entry), shape.nullable, value.is_weaker)


def _entry(side: Side, value: Mapped, hint: Hint) -> str:
    """The name of the entries' type; entries of the same name and value share one."""
    suffix = "EntryInput" if side.is_input else "Entry"
    fields = _fields(value.ref, value)
    make = InputType if side.is_input else ObjectType
    types = side.common.types
    wanted = [f"{name}{suffix}" for name in hint.candidates()]
    for name in wanted:
        known = types.get(name)
        if not isinstance(known, make) or len(known.fields) != len(fields):
            continue
        if known.fields == fields:
            return name
        # Lists of another length are no other values: what each promises does not hold for both.
        plain = _fields(unbounded(value.ref), value)
        if plain == (known.fields[0], replace(known.fields[1], type=unbounded(known.fields[1].type))):
            types[name] = make(name, plain)
            return name
    name = side.common.names.wrapper(*wanted)
    types[name] = make(name, fields)
    return name


def _fields(ref: TypeRef, value: Mapped) -> tuple[Field, ...]:
    return (
        Field("key", "key", "key", Named(Scalar.STRING), required=True),
        Field("value", "value", "value", ref, required=not value.nullable),
    )
