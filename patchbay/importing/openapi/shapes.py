"""What a schema says, whatever it is written as: references followed, `allOf` merged, null told apart.

    {allOf: [{$ref: Base}, {properties: {...}}], nullable: true}  ->  Shape

Whatever has the wrong type is read as if it were not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from patchbay.importing.documents.location import Location
from patchbay.errors import PatchbayError
from patchbay.importing.openapi.kinds import kinds_of, only_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.openapi.nodes import Problems

MOST_REFERENCES: Final = 64
MOST_MERGED: Final = 400
"""Schemas that one `allOf` brings together, those of its members' included."""

_STRUCTURE: Final = frozenset(
    "type properties items prefixItems enum const oneOf anyOf allOf required additionalProperties "
    "patternProperties discriminator format $ref $dynamicRef $recursiveRef".split()
)
"""What makes a schema more than a remark on another."""
_SIBLINGS: Final = frozenset(("properties", "allOf", "oneOf", "anyOf", "additionalProperties"))
"""What is looked at beside a `$ref`; a type, say, adds nothing to what the reference leads to."""
_LAST_WINS: Final = ("title", "description", "format", "minimum", "maximum", "contentEncoding", "x-ms-enum")


class Placed(NamedTuple):
    """A schema, and where it stands. It may be anything that JSON can say."""

    node: Any
    at: Location


@dataclass(slots=True, eq=False)
class Shape:
    """A schema's meaning.

    Args:
        node: the schema itself.
        at: where it stands, after references.
        kinds: "object", "array", "string", "integer", "number", "boolean", as far as it says; else empty.
        nullable: whether null may stand there.
        members: name -> what is said of it; of several, all are possible.
        required: names of members.
        extra: what other members hold; True where the schema allows them, without saying more.
        items: what a list holds; of several, all are possible.
        tuple_items: what its first items are, where each is something else.
        choices: the alternatives of each oneOf and anyOf.
        enum: the values, without null; None where any is possible.
        discriminator: as the document has it.
        inherited: that of a base, and where it stands.
        words: the texts and bounds of the schema.
        is_never: nothing is valid.
        is_unclear: it says more than what could be read.
    """

    node: Any
    at: Location
    kinds: set[str] = field(default_factory=set)
    nullable: bool = False
    members: dict[str, tuple[Placed, ...]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    extra: Placed | bool = False
    items: tuple[Placed, ...] = ()
    tuple_items: list[Placed] = field(default_factory=list)
    choices: list[list[Placed]] = field(default_factory=list)
    enum: list[Any] | None = None
    discriminator: Any = None
    inherited: tuple[Any, Location] | None = None
    words: dict[str, Any] = field(default_factory=dict)
    is_never: bool = False
    is_unclear: bool = False


class Shapes:
    """Reads schemas.

    Args:
        documents: what resolves references.
        problems: takes those that lead nowhere.
        same: where a schema stands that says what another does -> that one, to be read in its place.
    """

    def __init__(
        self, documents: Any, problems: Problems, same: Mapping[Location, Placed] | None = None
    ) -> None:
        self._same = same or {}
        self._documents = documents
        self._problems = problems
        self._told = set[Location]()
        self._known: dict[Location, Shape] = {}

    def resolved(self, schema: Placed) -> Placed | None:
        """The schema behind references; None where they lead nowhere, which is noted."""
        current = schema
        for _ in range(MOST_REFERENCES):
            ref = reference(current.node)
            if ref is None:
                return current
            try:
                node, at = self._documents.resolve(ref, current.at)
            except PatchbayError as exc:
                self._lost(current.at, str(exc))
                return None
            if node is current.node:
                break
            current = self._same.get(at) or Placed(node, at)
        self._lost(schema.at, "a reference leads to itself")
        return None

    def _lost(self, at: Location, reason: str) -> None:
        if at not in self._told:
            self._told.add(at)
            self._problems.weaker(at, reason)

    def target(self, schema: Placed) -> tuple[Placed | None, bool]:
        """The schema that this one only points to, by `$ref` or as the only one of an `allOf`, and whether a
        remark on the way says that null may stand there.

        (None, ...) where a reference leads nowhere.
        """
        nullable = False
        for _ in range(MOST_REFERENCES):
            node = schema.node
            if not isinstance(node, dict):
                return schema, nullable
            if reference(node) is not None and _SIBLINGS.isdisjoint(node):
                nullable = nullable or says_null(node)
                found = self.resolved(schema)
                if found is None:
                    return None, nullable
                schema = found
                continue
            only = self._only_part(schema)
            if only is None:
                return schema, nullable
            nullable = nullable or says_null(node) or any(says_null(part) for part in node["allOf"])
            schema = only
        return None, nullable

    def _only_part(self, schema: Placed) -> Placed | None:
        """The one part of an `allOf` that is more than a remark, where nothing else is said beside it."""
        parts = schema.node.get("allOf")
        if not isinstance(parts, list) or not 1 <= len(parts) <= MOST_MERGED:
            return None
        if not _only_remarks(schema.node, parts):
            return None
        found = [index for index, part in enumerate(parts) if isinstance(part, dict) and _is_structure(part)]
        if len(found) != 1:
            return None
        at = schema.at / "allOf" / found[0]
        # A part without a name says what this schema is: a name and a description stand out here.
        return Placed(parts[found[0]], at) if "$ref" in parts[found[0]] else None

    def shape(self, schema: Placed) -> Shape:
        """The meaning of a schema, references followed: the same object each time, not to be changed."""
        if reference(schema.node) is not None and _SIBLINGS.isdisjoint(schema.node):
            schema = self.resolved(schema) or schema
        known = self._known.get(schema.at)
        if known is not None:
            return known
        found = Shape(schema.node, schema.at)
        self._merge(found, schema, set())
        if not found.kinds:
            found.kinds = kinds_of(found)
        self._known[schema.at] = found
        return found

    def _merge(self, shape: Shape, schema: Placed, seen: set[Location]) -> None:
        """Add what a schema says; what comes later wins."""
        if len(seen) > MOST_MERGED:
            shape.is_unclear = True
            return
        node = schema.node
        if reference(node) is not None:
            target = self.resolved(schema)
            if target is None:
                shape.is_unclear = True
            elif target.at not in seen:
                self._merge(shape, target, seen)
                # What tells a base's children apart does not make a child a base.
                if shape.discriminator is not None:
                    shape.inherited = (shape.discriminator, target.at)
                shape.discriminator = None
                shape.nullable = shape.nullable or says_null(node)
            if _SIBLINGS.isdisjoint(node):
                return
        seen.add(schema.at)
        if not isinstance(node, dict):
            shape.is_never = shape.is_never or node is False
            shape.is_unclear = shape.is_unclear or not isinstance(node, bool)
            return
        parts = node.get("allOf")
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            self._merge(shape, Placed(part, schema.at / "allOf" / index), seen)
        _add_type(shape, node)
        self._add_members(shape, node, schema.at)
        _add_list(shape, node, schema.at)
        self._add_choices(shape, node, schema.at, seen)
        for word in _LAST_WINS:
            if node.get(word) is not None:
                shape.words[word] = node[word]

    def _add_members(self, shape: Shape, node: dict[str, Any], at: Location) -> None:
        members = Placed(node.get("properties"), at / "properties") if "properties" in node else None
        if members is not None and reference(members.node) is not None:
            members = self.resolved(members)
        if members is not None and isinstance(members.node, dict):
            for name, member in members.node.items():
                key = name if isinstance(name, str) else str(name)
                if key not in shape.members or _is_said(member):
                    shape.members[key] = (Placed(member, members.at / key),)
        required = node.get("required")
        if isinstance(required, list):
            shape.required.update(name for name in required if isinstance(name, str))
        _add_extra(shape, node, at)

    def _add_choices(self, shape: Shape, node: dict[str, Any], at: Location, seen: set[Location]) -> None:
        for keyword in ("oneOf", "anyOf"):
            choices = node.get(keyword)
            if isinstance(choices, list) and choices:
                placed = [Placed(choice, at / keyword / index) for index, choice in enumerate(choices)]
                # A base that lists its children says nothing to a child that extends it.
                if not (len(seen) > 1 and self._lead_back(placed, seen)):
                    shape.choices.append(placed)
        if node.get("discriminator") is not None:
            shape.discriminator = node["discriminator"]

    def _lead_back(self, choices: list[Placed], seen: set[Location]) -> bool:
        for choice in choices:
            if isinstance(choice.node, dict) and "$ref" in choice.node:
                target = self.resolved(choice)
                if target is not None and target.at in seen:
                    return True
        return False


def reference(node: Any) -> dict[str, Any] | None:
    """The node, if it is a reference; a dynamic one is read as if it were a plain one."""
    if type(node) is not dict:
        return None
    if type(node.get("$ref")) is str:
        return node
    for word in ("$dynamicRef", "$recursiveRef"):
        if type(node.get(word)) is str:
            return {"$ref": node[word]}
    return None


def says_null(node: Any) -> bool:
    """Whether a schema itself says that null may stand there."""
    if not isinstance(node, dict):
        return False
    if node.get("nullable") is True or node.get("x-nullable") is True:
        return True
    if node.get("const", 0) is None:
        return True
    kind = node.get("type")
    if kind == "null" or (isinstance(kind, list) and "null" in kind):
        return True
    values = node.get("enum")
    return isinstance(values, list) and None in values


def _is_structure(node: dict[str, Any]) -> bool:
    return not _STRUCTURE.isdisjoint(node)


def _is_said(member: Any) -> bool:
    """Whether it says more than a remark on the member of the same name that an `allOf` has brought."""
    return not isinstance(member, dict) or _is_structure(member)


def _only_remarks(node: dict[str, Any], parts: list[Any]) -> bool:
    """Whether a schema adds nothing to its `allOf`; `type: object` beside it is only repeated."""
    beside = _STRUCTURE.intersection(node) - {"allOf"}
    if beside - {"type", "required"}:
        return False
    return not node.get("required") and all(isinstance(part, dict | bool) for part in parts)


def _add_type(shape: Shape, node: dict[str, Any]) -> None:
    shape.nullable = shape.nullable or says_null(node)
    kinds = only_kinds(node.get("type"), shape.words)
    if kinds:
        # Both have to hold; where that is impossible, the more specific schema comes later.
        shape.kinds = (shape.kinds & kinds) or kinds
    values = node.get("enum")
    if "const" in node:
        values = [node["const"]]
    if isinstance(values, list):
        values = [value for value in values if value is not None]
        shape.enum = values if shape.enum is None else [one for one in shape.enum if one in values] or values
        for word in ("x-enum-varnames", "x-enumNames", "x-enum-descriptions", "x-enumDescriptions"):
            if word in node:
                shape.words[word] = node[word]


def _add_extra(shape: Shape, node: dict[str, Any], at: Location) -> None:
    extra = node.get("additionalProperties")
    if isinstance(extra, dict):
        shape.extra = Placed(extra, at / "additionalProperties") if extra else True
    elif extra is True and shape.extra is False:
        shape.extra = True
    patterns = node.get("patternProperties")
    if isinstance(patterns, dict) and len(patterns) == 1 and not isinstance(shape.extra, Placed):
        pattern, value = next(iter(patterns.items()))
        shape.extra = Placed(value, at / "patternProperties" / pattern) if isinstance(value, dict) else True
    elif isinstance(patterns, dict) and patterns and shape.extra is False:
        shape.extra = shape.is_unclear = True


def _add_list(shape: Shape, node: dict[str, Any], at: Location) -> None:
    items, first = node.get("items"), node.get("prefixItems")
    if isinstance(items, list):
        items, first = None, items
    if isinstance(first, list) and first:
        place = at / ("prefixItems" if "prefixItems" in node else "items")
        shape.tuple_items = [Placed(item, place / index) for index, item in enumerate(first)]
    if isinstance(items, dict):
        shape.items = (Placed(items, at / "items"),)
