"""One side of the mapping: what answers hold, or what requests hold.

    schema -> target -> Shape -> one thing: object, list, map, enum, scalar    -> Mapped
                              -> several:   union (answers), @oneOf (requests)

Objects and wrappers get their names at once and their fields later, from a queue: cycles are no trouble, and
names go to what is near the top first.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.importing.documents.location import Location
from patchbay.importing.model import InputType, ListOf, Named
from patchbay.importing.openapi.compositions import composition
from patchbay.importing.openapi.enums import enum_type, values_of
from patchbay.importing.openapi.fallbacks import Fallbacks
from patchbay.importing.openapi.mapped import JSON, WEAKER, Mapped
from patchbay.importing.openapi.maps import map_of
from patchbay.importing.openapi.objects import object_of
from patchbay.importing.openapi.scalars import scalar_of
from patchbay.importing.openapi.visible import shows_any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.importing.model import Type
    from patchbay.importing.openapi.alternatives import Splitting
    from patchbay.importing.openapi.names import Hint, Names
    from patchbay.importing.openapi.nodes import Problems
    from patchbay.importing.openapi.shape import Placed, Shape
    from patchbay.importing.openapi.shapes import Shapes

MOST_NESTED: Final = 24
"""Lists and maps in each other."""


@dataclass
class Common:
    """What both sides share.

    Args:
        documents: what resolves references.
        shapes, splitting, names: see there.
        problems: takes what could not be mapped.
        types: the model's types, as they are made.
        later: what is still to be made: (type, what makes it).
        enums: where a schema stands -> its enum.
        fallbacks: see there.
        has_told_of_unsetting: the problem is noted once.
    """

    documents: Any
    shapes: Shapes
    splitting: Splitting
    names: Names
    problems: Problems
    types: dict[str, Type] = field(default_factory=dict)
    later: deque[tuple[str, Callable[[], None]]] = field(default_factory=deque)
    enums: dict[Location, str] = field(default_factory=dict)
    fallbacks: Fallbacks = field(default_factory=Fallbacks)
    has_told_of_unsetting: bool = False


class Side:
    """Maps schemas, each once.

    Args:
        common: see Common.
        is_input: whether it is for what requests hold.

    Attributes:
        made: (where it stands, as what) -> the name of the type that was made of it.
        loose: input types whose discriminator is written by what holds them -> the member.
        alone: names of unions that have turned out to be one type -> what they are.
        wrappers: a scalar's or an enum's name -> the object that wraps its values in unions.
    """

    def __init__(self, common: Common, *, is_input: bool) -> None:
        self.common = common
        self.is_input = is_input
        self.made: dict[tuple[Location, str], str] = {}
        self.loose: dict[str, set[str]] = {}
        self.alone: dict[str, Mapped] = {}
        self.wrappers: dict[str, str] = {}
        self._known: dict[Location, Mapped] = {}
        self._open = set[Location]()

    def loosen(self) -> None:
        """Let discriminators be left out that the choice around writes."""
        types = self.common.types
        for name, members in self.loose.items():
            kind = types.get(name)
            if isinstance(kind, InputType):
                fields = tuple(
                    msgspec.structs.replace(field, required=field.required and field.wire not in members)
                    for field in kind.fields
                )
                types[name] = msgspec.structs.replace(kind, fields=fields)
        self.loose.clear()

    def map(self, schema: Placed, hint: Hint) -> Mapped:
        """What a schema is. Whatever is wrong with it, it is something: JSON, and a problem."""
        simple = _simple(schema.node, is_input=self.is_input)
        if simple is not None:
            return simple
        target, nullable = self.common.shapes.target(schema)
        if target is None:
            return WEAKER
        mapped = self._known.get(target.at)
        if mapped is None:
            mapped = self._mapped(target, hint)
        return mapped._replace(nullable=True) if nullable and not mapped.nullable else mapped

    def _mapped(self, target: Placed, hint: Hint) -> Mapped:
        at = target.at
        if at in self._open or len(self._open) > MOST_NESTED:
            is_circle = at in self._open
            reason = "holds itself without an object in between" if is_circle else "is nested too deeply"
            self.common.problems.weaker(at, reason)
            return WEAKER
        self._open.add(at)
        try:
            mapped = self.of_shape(self.common.shapes.shape(target), hint)
        finally:
            self._open.discard(at)
        self._known[at] = mapped
        return mapped

    def any_of(self, schemas: tuple[Placed, ...], hint: Hint) -> Mapped:
        """What stands where each of these may stand."""
        if len(schemas) == 1:
            return self.map(schemas[0], hint)
        return composition(self, self.common.splitting.of(schemas), hint, None)

    def simple(self, schemas: tuple[Placed, ...]) -> Mapped | None:
        """What `any_of` makes of a scalar that is written as most are; None for all else."""
        return _simple(schemas[0].node, is_input=self.is_input) if len(schemas) == 1 else None

    def of_shape(self, shape: Shape, hint: Hint) -> Mapped:
        """What a schema is, by its meaning."""
        splitting = self.common.splitting
        settled = splitting.settled(shape)
        alternatives = splitting.split(settled)
        if alternatives is None:
            return self.plain(settled, hint)
        return composition(self, alternatives, hint, settled)

    def kind(self, shape: Shape) -> str:
        """Of a schema without alternatives: "object", "map", "free" for anything, or the JSON kind."""
        kind = next(iter(shape.kinds), "")
        if kind != "object":
            return kind or "free"
        if shows_any(self, shape):
            return "object"
        return "free" if isinstance(shape.extra, bool) else "map"

    def plain(self, shape: Shape, hint: Hint, role: str = "object") -> Mapped:
        """What a schema without alternatives is. `role` tells objects of one schema apart."""
        kind = self.kind(shape)
        if kind == "object":
            return Mapped(Named(object_of(self, shape, hint, role)), shape.nullable)
        if kind == "map":
            return map_of(self, shape, hint)
        if kind == "array":
            return self.list_of(shape, hint)
        if kind == "free":
            is_weaker = shape.is_unclear or bool(shape.members)
            return Mapped(JSON, shape.nullable or not shape.kinds, is_weaker)
        return self.scalar(shape, hint)

    def list_of(self, shape: Shape, hint: Hint) -> Mapped:
        """A list; of tuples, what may stand at any of their places."""
        schemas = shape.items or tuple(shape.tuple_items)
        if not schemas:
            return Mapped(ListOf(JSON, nullable_items=True, most=self.most((shape,))), shape.nullable)
        item = self.any_of(schemas, self._item_hint(shape, hint))
        ref = ListOf(item.ref, nullable_items=item.nullable, most=self.most((shape,)))
        return Mapped(ref, shape.nullable, item.is_weaker)

    def most(self, lists: Sequence[Shape]) -> int | None:
        """How many items there are at most in any of these lists; None where one of them does not say it."""
        told = [shape.most for shape in lists if shape.most is not None]
        return None if self.is_input or len(told) < len(lists) else max(told)

    def _item_hint(self, shape: Shape, hint: Hint) -> Hint:
        own = self.common.names.own(shape.at)
        return (hint._replace(names=(own,), root=own, trail=(), member="") if own else hint).item()

    def scalar(self, shape: Shape, hint: Hint) -> Mapped:
        """An enum or a scalar. One value alone is no enum, unless the schema has a name or is asked for."""
        values = values_of(shape) if shape.enum else None
        is_named = bool(self.common.names.own(shape.at))
        if values and shape.kinds != {"boolean"} and (len(values) > 1 or is_named or self.is_input):
            return Mapped(Named(self.enum(shape, values, hint)), shape.nullable)
        kind = next(iter(shape.kinds))
        if kind not in ("string", "integer", "number", "boolean"):
            return WEAKER
        return Mapped(Named(scalar_of(kind, shape.words, is_input=self.is_input)), shape.nullable)

    def enum(self, shape: Shape, values: list[Any], hint: Hint) -> str:
        """The name of an enum; answers and requests share it."""
        known = self.common.enums.get(shape.at)
        if known is None:
            name, is_known = self.common.names.enum(values, shape.node, shape.at, hint)
            if not is_known:
                self.common.types[name] = enum_type(name, values, shape)
            known = self.common.enums[shape.at] = name
        return known


_BARE: Final = frozenset(("string", "integer", "number", "boolean"))
_NOT_SIMPLE: Final = frozenset(("$ref", "enum", "const", "allOf", "oneOf", "anyOf"))


def _simple(node: Any, *, is_input: bool) -> Mapped | None:
    """A scalar that is written as most are: the short way to what the long one would find."""
    if type(node) is not dict:
        return None
    kind = node.get("type")
    if type(kind) is not str or kind not in _BARE or not _NOT_SIMPLE.isdisjoint(node):
        return None
    nullable = node.get("nullable") is True or node.get("x-nullable") is True
    return Mapped(Named(scalar_of(kind, node, is_input=is_input)), nullable)
