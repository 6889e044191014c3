"""Unions: what answers may hold, as one of several object types; what is no object is wrapped in one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from patchbay.importing.model import Field, Member, Named, ObjectType, Scalar, UnionType
from patchbay.importing.naming import pascal
from patchbay.importing.openapi import compositions
from patchbay.importing.openapi.discriminators import Discriminator, inferred, mapped, told_values
from patchbay.importing.openapi.labels import labels
from patchbay.importing.openapi.mapped import JSON, Mapped
from patchbay.importing.openapi.objects import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.importing.openapi.alternatives import Alternatives
    from patchbay.importing.openapi.compositions import Groups
    from patchbay.importing.openapi.names import Hint
    from patchbay.importing.openapi.shape import Shape
    from patchbay.importing.openapi.side import Side


def union_of(side: Side, found: Alternatives, groups: Groups, hint: Hint, whole: Shape | None) -> Mapped:
    """The union of alternatives, of which there are several kinds or several objects."""
    first = whole if whole is not None else groups.objects[0] if groups.objects else found.shapes[0]
    node = whole.node if whole is not None else [shape.node for shape in found.shapes]
    at = first.at if whole is not None else first.at / "or"
    name, is_known = side.common.names.object(node, at, hint)
    if is_known:
        return side.alone.get(name, Mapped(Named(name)))
    below = hint.named(name)
    told = found.told or inferred(side.common.shapes, groups.objects)
    members = [*_objects(side, found, groups, below, told), *_wrapped(side, groups, below)]
    kept = {member.type: member for member in reversed(members)}
    if len(kept) == 1:
        return side.alone.setdefault(name, Mapped(Named(members[0].type)))
    side.common.types[name] = UnionType(
        name,
        tuple(kept[kind] for kind in dict.fromkeys(member.type for member in members)),
        told.member if told is not None and any(member.values for member in members) else None,
        described(whole.words.get("description")) if whole is not None else None,
    )
    return Mapped(Named(name))


def named_objects(
    side: Side, found: Alternatives, groups: Groups, below: Hint
) -> list[tuple[Shape, str, str]]:
    """Each object alternative, its label and the name of its type; those that nothing tells apart are one."""
    told = labels(side, groups.objects)
    made, unlabeled = [], []
    for shape, label in zip(groups.objects, told, strict=True):
        if not label:
            unlabeled.append(shape)
            continue
        role = "Base" if shape.at in found.bases else "object"
        hint = below.below(label)._replace(member="")
        kind = side.plain(shape, hint, role).ref
        if isinstance(kind, Named):
            made.append((shape, label, kind.name))
    if unlabeled:
        rest = _one(side, unlabeled)
        label = "Other" if made else ""
        kind = side.plain(rest, below.below(label or "Data")).ref
        if isinstance(kind, Named):
            made.append((rest, label or "Data", kind.name))
    return made


def values_by_type(
    side: Side, found: Alternatives, told: Discriminator, objects: list[tuple[Shape, str, str]]
) -> dict[str, tuple[str, ...]]:
    """Type -> the discriminator's values for it: what is mapped, else what the schema says, else its name."""
    at = found.told_at
    declared = mapped(side.common.documents, told, at) if at is not None else {}
    values: dict[str, tuple[str, ...]] = {}
    for shape, _, kind in objects:
        own = declared.get(shape.at) or told_values(side.common.shapes, shape, told.member)
        if not own and at is not None and side.common.names.own(shape.at):
            own = [shape.at.last]
        values[kind] = tuple(own)
    # A value that two have tells neither.
    count: dict[str, int] = {}
    for told_by in values.values():
        for value in told_by:
            count[value] = count.get(value, 0) + 1
    return {kind: tuple(one for one in told_by if count[one] == 1) for kind, told_by in values.items()}


def _objects(
    side: Side, found: Alternatives, groups: Groups, below: Hint, told: Discriminator | None
) -> list[Member]:
    objects = named_objects(side, found, groups, below)
    values = values_by_type(side, found, told, objects) if told is not None else {}
    return [Member(kind, values.get(kind, ())) for _, _, kind in objects]


def _one(side: Side, shapes: list[Shape]) -> Shape:
    """One object that stands for all of these."""
    if len(shapes) == 1:
        return shapes[0]
    empty = replace(shapes[0], members={}, required=set(), choices=[])
    joined = side.common.splitting.joined(empty, shapes)
    return replace(joined, node=[shape.node for shape in shapes], at=shapes[0].at / "or")


def _wrapped(side: Side, groups: Groups, below: Hint) -> list[Member]:
    """A member for each kind of value that is no object."""
    made = []
    if groups.lists:
        made.append(_later(side, below, "List", lambda: compositions.lists(side, groups.lists, below)))
    if groups.maps:
        made.append(_later(side, below, "Map", lambda: side.plain(groups.maps[0], below)))
    by_kind: dict[str, list[Shape]] = {}
    for shape in groups.scalars:
        kind = next(iter(shape.kinds))
        by_kind.setdefault("number" if kind == "integer" else kind, []).append(shape)
    made += [_scalar(side, shapes, below) for shapes in by_kind.values()]
    if groups.has_free:
        made.append(_value(side, JSON.name))
    return [Member(name) for name in made]


def _later(side: Side, below: Hint, suffix: str, make: Callable[[], Mapped]) -> str:
    """A wrapper of its own, whose value is mapped later: it may hold the union."""
    name = side.common.names.wrapper(f"{below.base}{suffix}", f"{below.base}{suffix}Value")

    def build() -> None:
        side.common.types[name] = _wrapper(name, make())

    side.common.later.append((name, build))
    return name


def _scalar(side: Side, shapes: list[Shape], below: Hint) -> str:
    mapped = compositions.scalars(side, shapes, below.below("Option"), None)
    assert isinstance(mapped.ref, Named)  # noqa: S101 - scalars and enums have names
    return _value(side, mapped.ref.name)


def _value(side: Side, of: str) -> str:
    """The wrapper of a scalar or an enum, the same for all unions."""
    known = side.wrappers.get(of)
    if known is None:
        shown = "Any" if of == Scalar.JSON else pascal(of)
        known = side.wrappers[of] = side.common.names.wrapper(f"{shown}Value", f"{shown}ScalarValue")
        side.common.types[known] = _wrapper(known, Mapped(Named(of)))
    return known


def _wrapper(name: str, value: Mapped) -> ObjectType:
    field: Any = Field("value", "value", "value", value.ref, required=not value.nullable)
    return ObjectType(name, (field,), is_value=True)
