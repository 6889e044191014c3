"""Discriminators: which member of an object tells what it is, and which value stands for which schema."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from patchbay.errors import PatchbayError
from patchbay.importing.documents.location import Location
from patchbay.importing.openapi.shape import Placed, Shape
from patchbay.importing.openapi.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_MOST_VALUES = 20
"""An enum with more values than these tells nothing apart."""


class Discriminator(NamedTuple):
    """A discriminator as it is used.

    Attributes:
        member: the property that tells.
        mapping: value -> what the document says of it: a reference or a name.
    """

    member: str
    mapping: dict[str, str]


def discriminator_of(declared: Any) -> Discriminator | None:
    """What a document declares; Swagger's plain name as well. None where that is nothing to go by."""
    if isinstance(declared, str) and declared:
        return Discriminator(declared, {})
    if not isinstance(declared, dict):
        return None
    member, mapping = declared.get("propertyName"), declared.get("mapping")
    if not isinstance(member, str) or not member:
        return None
    pairs = mapping.items() if isinstance(mapping, dict) else ()
    return Discriminator(member, {str(key): value for key, value in pairs if isinstance(value, str)})


class Children:
    """Which of a document's schemas extend which, by `allOf`: looked for once, when somebody asks.

    Args:
        documents: what resolves references.
        components: the document's own schemas.
    """

    def __init__(self, documents: Any, components: Iterable[Placed]) -> None:
        self._documents = documents
        self._components = components
        self._known: dict[Location, list[Placed]] | None = None

    def of(self, at: Location) -> list[Placed]:
        """The schemas that extend this one, their own children behind them; not itself."""
        known = self._all()
        found: dict[Location, Placed] = {}
        waiting = list(known.get(at, ()))
        while waiting:
            child = waiting.pop(0)
            if child.at != at and child.at not in found:
                found[child.at] = child
                waiting += known.get(child.at, ())
        return list(found.values())

    def _all(self) -> dict[Location, list[Placed]]:
        if self._known is None:
            self._known = defaultdict(list)
            for component in self._components:
                for base in self._bases(component):
                    self._known[base].append(component)
        return self._known

    def _bases(self, component: Placed) -> set[Location]:
        parts = component.node.get("allOf") if isinstance(component.node, dict) else None
        found = set()
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(part, dict) and isinstance(part.get("$ref"), str):
                try:
                    found.add(self._documents.resolve(part, component.at / "allOf" / index)[1])
                except PatchbayError:
                    continue
        return found


def mapped(documents: Any, told: Discriminator, at: Location) -> dict[Location, list[str]]:
    """The values that the mapping has for each schema.

    Args:
        documents: what resolves references.
        told: the discriminator.
        at: where it stands.
    """
    found: dict[Location, list[str]] = defaultdict(list)
    for value, ref in told.mapping.items():
        for spelling in (ref, f"#/components/schemas/{ref}", f"#/definitions/{ref}"):
            try:
                _, target = documents.resolve({"$ref": spelling}, at)
            except PatchbayError:
                continue
            found[target].append(value)
            break
    return found


def targets(documents: Any, told: Discriminator, at: Location) -> list[Placed]:
    """The schemas that the mapping names, each once."""
    found: dict[Location, Placed] = {}
    for location in mapped(documents, told, at):
        if location not in found:
            node, _ = documents.resolve({"$ref": f"#{location.pointer}"}, location)
            found[location] = Placed(node, location)
    return list(found.values())


def told_values(shapes: Shapes, shape: Shape, member: str) -> list[str]:
    """The few texts that a schema allows for a member; [] where any is possible."""
    said = shape.members.get(member)
    if said is None or len(said) != 1:
        return []
    node = said[0].node
    if not isinstance(node, dict):
        return []
    if "enum" not in node and "const" not in node:
        if "$ref" not in node and "allOf" not in node:
            return []
        enum = shapes.shape(said[0]).enum
    else:
        enum = [node["const"]] if "const" in node else node["enum"]
    if not isinstance(enum, list) or len(enum) > _MOST_VALUES:
        return []
    values = [value for value in enum if value is not None]
    return values if all(isinstance(value, str) for value in values) else []


def inferred(shapes: Shapes, objects: Sequence[Shape]) -> Discriminator | None:
    """A member that all of these have, with values that no two share; None where there is none."""
    if len(objects) <= 1:
        return None
    for member in objects[0].members:
        if all(member in shape.members for shape in objects):
            told = [told_values(shapes, shape, member) for shape in objects]
            count = sum(len(values) for values in told)
            if all(told) and len({value for values in told for value in values}) == count:
                return Discriminator(member, {})
    return None
