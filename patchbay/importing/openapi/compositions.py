"""What alternatives become: one type, the widest scalar, one enum, a union, or a choice in requests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.model import ListOf, Named, Scalar
from patchbay.importing.openapi.enums import values_of
from patchbay.importing.openapi.mapped import JSON, WEAKER, Mapped
from patchbay.importing.openapi.one_of import one_of
from patchbay.importing.openapi.scalars import scalar_of, widest
from patchbay.importing.openapi.unions import union_of

if TYPE_CHECKING:
    from patchbay.importing.openapi.alternatives import Alternatives
    from patchbay.importing.openapi.names import Hint
    from patchbay.importing.openapi.shape import Shape
    from patchbay.importing.openapi.side import Side

_BARE: Final = ("string", "integer", "number", "boolean")


@dataclass(slots=True)
class Groups:
    """Alternatives by kind.

    Args:
        objects: each a type of its own.
        lists, maps: of each kind.
        scalars: likewise.
        has_free: anything may stand there as well.
    """

    objects: list[Shape]
    lists: list[Shape]
    maps: list[Shape]
    scalars: list[Shape]
    has_free: bool


def composition(side: Side, found: Alternatives, hint: Hint, whole: Shape | None) -> Mapped:
    """What the alternatives are together.

    Args:
        side: whose.
        found: the alternatives.
        hint: for what has no name.
        whole: the schema that has them; None for several schemas that no other holds.
    """
    shapes = _without_unsetting(side, found.shapes) if side.is_input else found.shapes
    if not shapes:
        return WEAKER if found.is_unclear else Mapped(JSON, nullable=True)
    if len(shapes) == 1:
        mapped = side.plain(shapes[0], _hint(side, hint, whole))
    else:
        mapped = _several(side, replace(found, shapes=shapes), hint, whole)
    return mapped._replace(nullable=mapped.nullable or found.nullable)


def _without_unsetting(side: Side, shapes: list[Shape]) -> list[Shape]:
    """The alternatives without an empty text, which unsets a value: it would turn each into a choice."""
    kept = [shape for shape in shapes if shape.enum != [""]]
    if not kept or len(kept) == len(shapes):
        return shapes
    common = side.common
    if not common.has_told_of_unsetting:
        common.has_told_of_unsetting = True
        at = next(shape.at for shape in shapes if shape.enum == [""])
        common.problems.note(at, "an empty text that unsets a value cannot be given, here and elsewhere")
    return kept


def _several(side: Side, found: Alternatives, hint: Hint, whole: Shape | None) -> Mapped:
    groups = _grouped(side, found.shapes)
    is_bare = not (groups.objects or groups.lists or groups.maps or groups.has_free)
    if is_bare:
        return scalars(side, groups.scalars, hint, whole)
    hint = _hint(side, hint, whole)
    if not (groups.objects or groups.lists or groups.maps):
        return Mapped(JSON, nullable=True)
    only_one = not groups.scalars and not groups.has_free
    if only_one and len(groups.objects) == 1 and not (groups.lists or groups.maps):
        return side.plain(groups.objects[0], hint)
    if only_one and not groups.objects and not (groups.lists and groups.maps):
        return lists(side, groups.lists, hint) if groups.lists else side.plain(groups.maps[0], hint)
    if side.is_input:
        return _list_of_one(side, groups, hint) or one_of(side, found, groups, hint, whole)
    return union_of(side, found, groups, hint, whole)


def _hint(side: Side, hint: Hint, whole: Shape | None) -> Hint:
    """The name of the schema around, for what has none."""
    own = side.common.names.own(whole.at) if whole is not None else ""
    return hint._replace(names=(own,), root=own, trail=(), member="") if own else hint


def _grouped(side: Side, shapes: list[Shape]) -> Groups:
    groups = Groups([], [], [], [], has_free=False)
    for shape in shapes:
        kind = side.kind(shape)
        if kind in _BARE:
            groups.scalars.append(shape)
        elif kind == "object":
            groups.objects.append(shape)
        elif kind == "array":
            groups.lists.append(shape)
        elif kind == "map":
            groups.maps.append(shape)
        else:
            groups.has_free = True
    return groups


def lists(side: Side, shapes: list[Shape], hint: Hint) -> Mapped:
    """Several lists as one: of what any of them may hold."""
    if len(shapes) == 1:
        return side.list_of(shapes[0], hint)
    schemas = tuple(item for shape in shapes for item in (shape.items or shape.tuple_items))
    if not schemas:
        return Mapped(ListOf(JSON, nullable_items=True, most=side.most(shapes)))
    item = side.any_of(schemas, hint.item())
    ref = ListOf(item.ref, nullable_items=item.nullable, most=side.most(shapes))
    return Mapped(ref, is_weaker=item.is_weaker)


def scalars(side: Side, shapes: list[Shape], hint: Hint, whole: Shape | None) -> Mapped:
    """Texts, numbers and truth values: an enum of all values, or the scalar that holds all."""
    if len(shapes) == 1:
        return side.plain(shapes[0], hint)
    first = whole if whole is not None else shapes[0]
    kinds = {kind for shape in shapes for kind in shape.kinds}
    if len(kinds) == 1 and "boolean" not in kinds and all(shape.enum for shape in shapes):
        values = [value for shape in shapes for value in values_of(shape) or ()]
        merged = replace(first, enum=values, kinds=kinds, choices=[], words=_words(shapes, values))
        return side.scalar(merged, hint)
    is_input = side.is_input
    found = widest(
        scalar_of(kind, shape.words, is_input=is_input) for shape in shapes for kind in shape.kinds
    )
    if found is None and kinds == {"number", "string"} and all(map(_is_of_digits, shapes)):
        found = Scalar.DECIMAL
    return WEAKER._replace(nullable=False) if found is None else Mapped(Named(found))


def _is_of_digits(shape: Shape) -> bool:
    """Whether a text can only be a number, as of exact ones that come as either."""
    pattern = shape.node.get("pattern") if isinstance(shape.node, dict) else None
    return shape.kinds == {"number"} or (isinstance(pattern, str) and r"\d" in pattern)


def _words(shapes: list[Shape], values: list[Any]) -> dict[str, Any]:
    """Titles and descriptions of alternatives that are one value each, as those of an enum's values."""
    if len(values) != len(shapes):
        return {}
    return {
        "x-enum-varnames": [shape.words.get("title") for shape in shapes],
        "x-enum-descriptions": [shape.words.get("description") for shape in shapes],
    }


def _list_of_one(side: Side, groups: Groups, hint: Hint) -> Mapped | None:
    """In requests, one value or a list of such: the list, as GraphQL takes one value for a list of it."""
    if groups.objects or groups.maps or groups.has_free or not groups.lists:
        return None
    mapped = lists(side, groups.lists, hint)
    item = mapped.ref.item if isinstance(mapped.ref, ListOf) else None
    if not isinstance(item, Named):
        return None
    bare = scalars(side, groups.scalars, hint, None).ref
    if bare == item or {bare, item} == {Named(Scalar.STRING), Named(Scalar.ID)}:
        return mapped
    is_text = bare == Named(Scalar.STRING) and item.name in side.common.types
    return mapped._replace(ref=ListOf(bare)) if is_text else None
