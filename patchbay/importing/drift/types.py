"""What has changed in the types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.importing.drift.changes import Breaks, Change
from patchbay.importing.drift.signatures import signature
from patchbay.importing.model import EnumType, Field, InputType, ObjectType, Type, UnionType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KINDS = {ObjectType: "an object", InputType: "an input", EnumType: "an enum", UnionType: "a union"}


def type_changes(before: Mapping[str, Type], after: Mapping[str, Type]) -> Iterator[Change]:
    """Between two models' types, in the order of the old one; new types last."""
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            yield Change(Breaks.CLIENTS, name, "is gone")
        elif type(new) is not type(old):
            yield Change(Breaks.CLIENTS, name, f"was {_KINDS[type(old)]}, and is {_KINDS[type(new)]}")
        else:
            yield from _of_one(old, new)
    for name in after.keys() - before.keys():
        yield Change(Breaks.NOBODY, name, "is new")


def _of_one(old: Type, new: Type) -> Iterator[Change]:
    if isinstance(old, ObjectType) and isinstance(new, ObjectType):
        yield from _object(old, new)
    elif isinstance(old, InputType) and isinstance(new, InputType):
        yield from _input(old, new)
    elif isinstance(old, EnumType) and isinstance(new, EnumType):
        yield from _enum(old, new)
    elif isinstance(old, UnionType) and isinstance(new, UnionType):
        yield from _names(old.name, [each.type for each in old.members], [each.type for each in new.members])


def _object(old: ObjectType, new: ObjectType) -> Iterator[Change]:
    fields = {each.name: each for each in new.fields}
    for field in old.fields:
        at = f"{old.name}.{field.name}"
        now = fields.pop(field.name, None)
        if now is None:
            yield Change(Breaks.CLIENTS, at, "is gone")
            continue
        was_type, is_type = signature(field.type), signature(now.type)
        if was_type != is_type:
            yield Change(Breaks.CLIENTS, at, f"was {was_type}, and is {is_type}")
        elif field.required and not now.required:
            yield Change(Breaks.CLIENTS, at, "can be null now")
        elif now.required and not field.required:
            yield Change(Breaks.NOBODY, at, "is never null any more")
        yield from _wire(at, field, now)
    for name in fields:
        yield Change(Breaks.NOBODY, f"{old.name}.{name}", "is new")


def _input(old: InputType, new: InputType) -> Iterator[Change]:
    if old.one_of != new.one_of:
        now = "takes exactly one member now" if new.one_of else "takes several members now"
        yield Change(Breaks.CLIENTS if new.one_of else Breaks.NOBODY, old.name, now)
    fields = {each.name: each for each in new.fields}
    for field in old.fields:
        at = f"{old.name}.{field.name}"
        now_field = fields.pop(field.name, None)
        if now_field is None:
            yield Change(Breaks.CLIENTS, at, "is gone")
            continue
        was_type, is_type = signature(field.type), signature(now_field.type)
        if was_type != is_type:
            yield Change(Breaks.CLIENTS, at, f"took {was_type}, and takes {is_type}")
        if now_field.required and not field.required:
            yield Change(Breaks.CLIENTS, at, "has to be given now")
        elif field.required and not now_field.required:
            yield Change(Breaks.NOBODY, at, "can be left out now")
        yield from _wire(at, field, now_field)
    for field in fields.values():
        at = f"{old.name}.{field.name}"
        if field.required:
            yield Change(Breaks.CLIENTS, at, "is new, and has to be given")
        else:
            yield Change(Breaks.NOBODY, at, "is new")


def _enum(old: EnumType, new: EnumType) -> Iterator[Change]:
    yield from _names(old.name, [each.name for each in old.values], [each.name for each in new.values])
    wire = {each.name: each.value for each in new.values}
    for value in old.values:
        if wire.get(value.name, value.value) != value.value:
            now = f"was {value.value!r} to the upstream, and is {wire[value.name]!r}"
            yield Change(Breaks.CALLS, f"{old.name}.{value.name}", now)


def _names(owner: str, old: list[str], new: list[str]) -> Iterator[Change]:
    """Values of an enum, or members of a union."""
    for name in old:
        if name not in new:
            yield Change(Breaks.CLIENTS, f"{owner}.{name}", "is gone")
    for name in new:
        if name not in old:
            yield Change(Breaks.NOBODY, f"{owner}.{name}", "is new")


def _wire(at: str, old: Field, new: Field) -> Iterator[Change]:
    if old.wire != new.wire:
        yield Change(Breaks.CALLS, at, f"was '{old.wire}' to the upstream, and is '{new.wire}'")
    elif old.xml != new.xml:
        yield Change(Breaks.CALLS, at, "is written in another way in XML")
