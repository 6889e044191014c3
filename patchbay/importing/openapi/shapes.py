"""Reads schemas: references followed, `allOf` merged, null told apart.

{allOf: [{$ref: Base}, {properties: {...}}], nullable: true}  ->  Shape
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from patchbay.errors import PatchbayError
from patchbay.importing.documents.location import Location
from patchbay.importing.openapi.kinds import kinds_of
from patchbay.importing.openapi.shape import (
    Placed,
    Shape,
    add_extra,
    add_list,
    add_type,
    add_words,
    is_said,
    is_structure,
    only_remarks,
    reference,
    says_null,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.openapi.nodes import Problems

MOST_REFERENCES: Final = 64
MOST_MERGED: Final = 400
"""Schemas that one `allOf` brings together, those of its members' included."""
_SIBLINGS: Final = frozenset(("properties", "allOf", "oneOf", "anyOf", "additionalProperties"))
"""What is looked at beside a `$ref`; a type, say, adds nothing to what the reference leads to."""


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
        if not only_remarks(schema.node, parts):
            return None
        found = [index for index, part in enumerate(parts) if isinstance(part, dict) and is_structure(part)]
        if len(found) != 1:
            return None
        only = Placed(parts[found[0]], schema.at / "allOf" / found[0])
        # A part without a name says what this schema is: a name and a description stand out here.
        if "$ref" not in only.node:
            return None
        is_bound = any(isinstance(each, dict) and "maxItems" in each for each in (schema.node, *parts))
        return None if is_bound and "array" in self.shape(only).kinds else only

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
            self._lost(schema.at, "is one of too many schemas that are brought together")
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
        if isinstance(node, dict):
            self._merge_keywords(shape, node, schema.at, seen)
        else:
            shape.is_never = shape.is_never or node is False
            shape.is_unclear = shape.is_unclear or not isinstance(node, bool)

    def _merge_keywords(self, shape: Shape, node: dict[str, Any], at: Location, seen: set[Location]) -> None:
        parts = node.get("allOf")
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            self._merge(shape, Placed(part, at / "allOf" / index), seen)
        add_type(shape, node)
        self._add_members(shape, node, at)
        add_list(shape, node, at)
        self._add_choices(shape, node, at, seen)
        add_words(shape, node)

    def _add_members(self, shape: Shape, node: dict[str, Any], at: Location) -> None:
        members = Placed(node.get("properties"), at / "properties") if "properties" in node else None
        if members is not None and reference(members.node) is not None:
            members = self.resolved(members)
        if members is not None and isinstance(members.node, dict):
            for name, member in members.node.items():
                key = name if isinstance(name, str) else str(name)
                if key not in shape.members or is_said(member):
                    shape.members[key] = (Placed(member, members.at / key),)
        required = node.get("required")
        if isinstance(required, list):
            shape.required.update(name for name in required if isinstance(name, str))
        add_extra(shape, node, at)

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
