"""What may stand in the place of an element or a type: substitution groups, and derived types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.wsdl import schemas as xsd
from patchbay.importing.wsdl.names import truth, xsd_children

if TYPE_CHECKING:
    from patchbay.importing.wsdl.schemas import Definition, Schemas

MAX_SUBSTITUTES: Final = 500
"""For one element or type."""


@dataclass(slots=True)
class Substitutes:
    """Found in one pass over all global definitions, when they are asked for first."""

    schemas: Schemas
    _elements: dict[str, list[Definition]] | None = field(default=None)
    _types: dict[str, list[Definition]] | None = field(default=None)
    _reached: dict[str, list[Definition]] = field(default_factory=dict)

    def of(self, element: Definition) -> list[Definition]:
        """The elements that may stand where this global one is declared, itself among them if it is concrete.

        Where there is none at all, itself.
        """
        if self._elements is None:
            self._elements = self._grouped()
        if element.name not in self._elements:
            return [element]
        every = [element, *_reached(self._elements, element.name)]
        return [found for found in every if not truth(found.node.attrib, "abstract")] or [element]

    def derived(self, name: str) -> list[Definition]:
        """The complex types that are derived from this one, also through others; abstract ones as well."""
        if self._types is None:
            self._types = self._derived()
        if name not in self._types:
            return []
        if name not in self._reached:
            self._reached[name] = _reached(self._types, name)
        return self._reached[name]

    def _grouped(self) -> dict[str, list[Definition]]:
        grouped: dict[str, list[Definition]] = {}
        for definition in self.schemas.all_of(xsd.ELEMENT).values():
            for head in definition.node.get("substitutionGroup", "").split():
                name = definition.source.qualified(definition.node, head)
                grouped.setdefault(name, []).append(definition)
        return grouped

    def _derived(self) -> dict[str, list[Definition]]:
        derived: dict[str, list[Definition]] = {}
        for definition in self.schemas.all_of(xsd.TYPE).values():
            base = _base_of(definition.node)
            if base is not None:
                name = definition.source.qualified(*base)
                derived.setdefault(name, []).append(definition)
        return derived


def _base_of(node: Any) -> tuple[Any, str] | None:
    """(extension or restriction, the base it names) of a complex type with complex content."""
    for kind, child in xsd_children(node):
        if kind != "complexContent":
            continue
        for inner, derivation in xsd_children(child):
            if inner in {"extension", "restriction"} and (base := derivation.get("base")):
                return derivation, base
    return None


def _reached(edges: dict[str, list[Definition]], start: str) -> list[Definition]:
    found: dict[str, Definition] = {}
    waiting = [start]
    while waiting and len(found) < MAX_SUBSTITUTES:
        for definition in edges.get(waiting.pop(), ()):
            if len(found) >= MAX_SUBSTITUTES:
                break
            if definition.name not in found and definition.name != start:
                found[definition.name] = definition
                waiting.append(definition.name)
    return list(found.values())
