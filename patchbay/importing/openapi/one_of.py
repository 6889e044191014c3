"""What requests may hold, as an input type of which exactly one field is given (GraphQL's @oneOf)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from patchbay.importing.model import Field, InputType, Named, TypeRef
from patchbay.importing.naming import Taken, attribute, camel
from patchbay.importing.openapi import compositions, unions
from patchbay.importing.openapi.discriminators import Discriminator, inferred
from patchbay.importing.openapi.mapped import JSON, Mapped
from patchbay.importing.openapi.objects import described

if TYPE_CHECKING:
    from patchbay.importing.openapi.alternatives import Alternatives
    from patchbay.importing.openapi.compositions import Groups
    from patchbay.importing.openapi.names import Hint
    from patchbay.importing.openapi.shape import Shape
    from patchbay.importing.openapi.side import Side

Choice: TypeAlias = tuple[str, TypeRef, tuple[str, str] | None, str | None]
"""What a field is called, its type, its tag and its description."""
_KIND_NAMES: Final = {"string": "text", "integer": "number", "number": "number", "boolean": "boolean"}


def one_of(side: Side, found: Alternatives, groups: Groups, hint: Hint, whole: Shape | None) -> Mapped:
    """The input type of alternatives, of which there are several kinds or several objects."""
    first = whole if whole is not None else found.shapes[0]
    node = whole.node if whole is not None else [shape.node for shape in found.shapes]
    at = first.at if whole is not None else first.at / "or"
    name, is_known = side.common.names.input(node, at, hint)
    if is_known:
        return Mapped(Named(name))
    below = hint.named(name.removesuffix("Input"))
    choices = _objects(side, found, groups, below)
    # Lists and maps may hold this very type, and so wait for their turn.
    side.common.later.append((name, lambda: _make(side, name, choices, groups, below, whole)))
    return Mapped(Named(name))


def _objects(side: Side, found: Alternatives, groups: Groups, below: Hint) -> list[Choice]:
    """For each object alternative: what its field is called, its type, its tag and its description."""
    told = found.told or inferred(side.common.shapes, groups.objects)
    objects = unions.named_objects(side, found, groups, below)
    values = unions.values_by_type(side, found, told, objects) if told is not None else {}
    made: list[Choice] = []
    for shape, label, kind in objects:
        tag = _tag(told, values.get(kind, ()))
        if tag is not None:
            side.loose.setdefault(kind, set()).add(tag[0])
        text = described(shape.words.get("description"))
        made.append((label, Named(kind), tag, text))
    return made


def _tag(told: Discriminator | None, values: tuple[str, ...]) -> tuple[str, str] | None:
    """What is written beside the alternative; None where it has no value, or has to say which."""
    return (told.member, values[0]) if told is not None and len(values) == 1 else None


def _make(
    side: Side,
    name: str,
    objects: list[Choice],
    groups: Groups,
    below: Hint,
    whole: Shape | None,
) -> None:
    choices = [*objects, *_others(side, groups, below)]
    names, attributes = Taken(), Taken()
    fields = []
    for label, ref, tag, text in choices:
        field_name = names.claim(camel(label), f"{camel(label)}Value")
        python_name = attributes.claim(attribute(field_name), attribute(f"{field_name}_value"))
        fields.append(Field(field_name, python_name, field_name, ref, description=text, tag=tag))
    description = described(whole.words.get("description")) if whole is not None else None
    side.common.types[name] = InputType(name, tuple(fields), description, one_of=True)


def _others(side: Side, groups: Groups, below: Hint) -> list[Choice]:
    """Alternatives that are no objects: one for each kind of value."""
    made: list[Choice] = []
    if groups.lists:
        made.append(("list", compositions.lists(side, groups.lists, below).ref, None, None))
    if groups.maps:
        made.append(("map", side.plain(groups.maps[0], below).ref, None, None))
    by_kind: dict[str, list[Shape]] = {}
    for shape in groups.scalars:
        by_kind.setdefault(_KIND_NAMES[next(iter(shape.kinds))], []).append(shape)
    for kind, shapes in by_kind.items():
        mapped = compositions.scalars(side, shapes, below.below("Option"), None)
        made.append((kind, mapped.ref, None, None))
    if groups.has_free:
        made.append(("json", JSON, None, None))
    return made
