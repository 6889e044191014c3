"""Alternatives: what `oneOf`, `anyOf`, a list of types or a base with children allow, told apart by kind.

anyOf: [string, {$ref: Card}, {oneOf: [{$ref: Bank}, null]}]  ->  string | Card | Bank, or null
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from patchbay.importing.documents.location import Location
from patchbay.importing.openapi.discriminators import Children, Discriminator, discriminator_of, targets
from patchbay.importing.openapi.kinds import kind_of
from patchbay.importing.openapi.shape import Placed, Shape
from patchbay.importing.openapi.shapes import Shapes

MOST_NESTED: Final = 24
_ORDER: Final = ("object", "array", "string", "number", "integer", "boolean")
_NUMBERS: Final = frozenset(("integer", "number"))


@dataclass(slots=True)
class Alternatives:
    """What may stand somewhere.

    Args:
        shapes: the alternatives, each once; compositions in them are taken apart.
        nullable: null is one as well.
        told: the discriminator that is declared.
        told_at: where.
        bases: of the alternatives, those that others extend: they stand for themselves here.
        is_unclear: one could not be read.
    """

    shapes: list[Shape] = field(default_factory=list)
    nullable: bool = False
    told: Discriminator | None = None
    told_at: Location | None = None
    bases: set[Location] = field(default_factory=set)
    is_unclear: bool = False


class Splitting:
    """Takes compositions apart.

    Args:
        documents: what resolves references.
        shapes: what reads schemas.
        children: see Children.
    """

    def __init__(self, documents: Any, shapes: Shapes, children: Children) -> None:
        self._documents = documents
        self._shapes = shapes
        self._children = children

    def split(self, shape: Shape) -> Alternatives | None:
        """The alternatives of a schema; None where it is one thing, of which all is known."""
        if not self._is_composed(shape):
            return None
        found = Alternatives()
        self._add(found, shape, {shape.at}, 0)
        _inherit(found)
        return found

    def of(self, schemas: tuple[Placed, ...]) -> Alternatives:
        """The alternatives where each of these may stand."""
        found = Alternatives()
        seen = set[Location]()
        for schema in schemas:
            self._add_schema(found, schema, set(), seen, 1)
        _inherit(found)
        return found

    def descendants(self, shape: Shape) -> list[Placed]:
        """The schemas that may stand in a base's place, without itself; [] where it is no base."""
        told = discriminator_of(shape.discriminator)
        if told is None or not shape.members or shape.choices:
            return []
        found = {child.at: child for child in self._children.of(shape.at)}
        for target in targets(self._documents, told, shape.at):
            found.setdefault(target.at, target)
        found.pop(shape.at, None)
        return list(found.values())

    def _is_composed(self, shape: Shape) -> bool:
        if shape.choices or len(shape.kinds) > 1:
            return True
        return shape.discriminator is not None and bool(self.descendants(shape))

    def _add(self, found: Alternatives, shape: Shape, seen: set[Location], depth: int) -> None:
        """Add what a schema may be; of a composition, each alternative."""
        found.nullable = found.nullable or shape.nullable
        if depth > MOST_NESTED:
            found.is_unclear = True
            return
        told = discriminator_of(shape.discriminator)
        below = self.descendants(shape) if not shape.choices else []
        if told is not None and found.told is None and (below or shape.choices):
            found.told, found.told_at = told, shape.at
        if below:
            found.bases.add(shape.at)
            found.shapes.append(shape)
            for child in below:
                self._add_schema(found, child, shape.kinds, seen, depth + 1)
        elif shape.choices:
            for group in shape.choices[:1]:
                for choice in group:
                    self._add_schema(found, choice, shape.kinds, seen, depth + 1)
        else:
            found.shapes += _by_kind(shape)

    def _add_schema(
        self, found: Alternatives, schema: Placed, kinds: set[str], seen: set[Location], depth: int
    ) -> None:
        target, nullable = self._shapes.target(schema)
        found.nullable = found.nullable or nullable
        if target is None:
            found.is_unclear = True
            return
        if target.at in seen:
            return
        seen.add(target.at)
        shape = self._shapes.shape(target)
        if shape.is_never:
            return
        if not shape.kinds and not shape.choices:
            if shape.nullable and not shape.is_unclear and _is_null(shape.node):
                found.nullable = True
                return
            shape = replace(shape, kinds=set(kinds))
        settled = self.settled(shape)
        self._add(found, settled, seen, depth)

    def settled(self, shape: Shape) -> Shape:
        """A schema that has members and alternatives, as one thing or the other.

        - Alternatives that only say which members are required, or nothing new: it is an object.
        - Each alternative has all its members: it is the alternatives.
        - Else it is an object with all members of all alternatives; which of them come together is not said.
        """
        if not shape.choices:
            return shape
        own = shape.members
        groups = [self._read(group) for group in shape.choices]
        useful = [group for group in groups if any(_says_more(choice, shape) for choice in group)]
        if not useful:
            return replace(shape, choices=[])
        is_plain = not own and not shape.items and not isinstance(shape.extra, Placed)
        if len(useful) == 1:
            chosen = [shape.choices[groups.index(useful[0])]]
            if is_plain or (own and all(_has(choice, own) for choice in useful[0])):
                return replace(shape, choices=chosen, members={}, extra=False, enum=None)
        if not own and any(choice.kinds - {"object"} for group in useful for choice in group):
            return replace(shape, choices=[shape.choices[groups.index(useful[0])]])
        return self.joined(shape, [choice for group in useful for choice in group])

    def joined(self, shape: Shape, choices: list[Shape]) -> Shape:
        """An object with the members of all; those that not all have may be missing."""
        members = dict(shape.members)
        seen = {shape.at}
        for choice in choices:
            for name, said in self._flat(choice, seen).items():
                known = members.get(name, ())
                if not any(one.node == other.node for one in said for other in known):
                    members[name] = (*known, *said)
        required = set(shape.required)
        if not shape.members and choices:
            required |= set.intersection(*(choice.required for choice in choices))
        extra = shape.extra or any(choice.extra for choice in choices)
        return replace(
            shape,
            members=members,
            required=required,
            choices=[],
            kinds={"object"},
            extra=extra,
            discriminator=None,
            enum=None,
        )

    def _flat(self, shape: Shape, seen: set[Location], depth: int = 0) -> dict[str, tuple[Placed, ...]]:
        """The members of a schema, and of its alternatives."""
        if not shape.choices or depth > MOST_NESTED or shape.at in seen:
            return shape.members
        seen.add(shape.at)
        members = dict(shape.members)
        for group in shape.choices:
            for choice in self._read(group):
                for name, said in self._flat(choice, seen, depth + 1).items():
                    members.setdefault(name, said)
        return members

    def _read(self, group: list[Placed]) -> list[Shape]:
        return [self._shapes.shape(choice) for choice in group]


def _inherit(found: Alternatives) -> None:
    """Take the discriminator of the base that all alternatives extend, where they have none of their own."""
    inherited = {shape.inherited[1] for shape in found.shapes if shape.inherited is not None}
    if found.told is None and len(inherited) == 1 and all(shape.inherited for shape in found.shapes):
        declared, at = found.shapes[0].inherited or (None, None)
        found.told, found.told_at = discriminator_of(declared), at


def _says_more(choice: Shape, shape: Shape) -> bool:
    """Whether an alternative says more than what the schema around it says already."""
    if choice.choices or choice.items or choice.tuple_items or choice.enum is not None:
        return True
    if isinstance(choice.extra, Placed) or choice.members.keys() - shape.members.keys():
        return True
    if choice.members and not shape.members:
        return True
    if not isinstance(choice.node, dict):
        return choice.is_unclear
    return not choice.kinds <= shape.kinds or (not shape.members and "$ref" in choice.node)


def _has(choice: Shape, own: dict[str, tuple[Placed, ...]]) -> bool:
    return own.keys() <= choice.members.keys()


def _is_null(node: Any) -> bool:
    """Whether a schema stands for null and nothing else."""
    if not isinstance(node, dict):
        return False
    kind = node.get("type")
    if kind in ("null", ["null"]):
        return True
    if "const" in node or isinstance(node.get("enum"), list):
        return True
    return node.keys() <= {"nullable", "x-nullable", "description", "title"}


def _by_kind(shape: Shape) -> list[Shape]:
    """A schema with several types, as one for each; whole numbers are numbers."""
    kinds = set(shape.kinds)
    if kinds >= _NUMBERS:
        kinds.discard("integer")
    if len(kinds) <= 1:
        return [replace(shape, kinds=kinds)]
    return [_only(shape, kind) for kind in sorted(kinds, key=_ORDER.index)]


def _only(shape: Shape, kind: str) -> Shape:
    """What a schema says of one kind."""
    enum = shape.enum
    if enum is not None:
        told = {kind, "integer"} if kind == "number" else {kind}
        enum = [value for value in enum if kind_of(value) in told] or None
    is_object, is_list = kind == "object", kind == "array"
    return replace(
        shape,
        kinds={kind},
        members=shape.members if is_object else {},
        extra=shape.extra if is_object else False,
        items=shape.items if is_list else (),
        tuple_items=shape.tuple_items if is_list else [],
        enum=enum,
    )
