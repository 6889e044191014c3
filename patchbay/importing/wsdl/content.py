"""What a complex type holds: elements, attributes and text, with those of the types it is derived from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from patchbay.importing.model import Scalar
from patchbay.importing.wsdl.attributes import AttributeReader
from patchbay.importing.wsdl.members import Member
from patchbay.importing.wsdl.names import SOAP_ENCODING, split, truth, xsd_children, xsd_local
from patchbay.importing.wsdl.particles import ParticleReader
from patchbay.importing.wsdl.schemas import Definition
from patchbay.importing.wsdl.simple import ANYTHING, MAX_DERIVED, TEXT, Simple, TypeReferences, Use

if TYPE_CHECKING:
    from patchbay.importing.wsdl.names import Source
    from patchbay.importing.wsdl.notes import Notes
    from patchbay.importing.wsdl.schemas import Schemas
    from patchbay.importing.wsdl.substitutes import Substitutes


@dataclass(slots=True)
class Content:
    """What a complex type holds.

    Args:
        members: elements in their order, then attributes.
        text: of simple content; None where there is none.
        mixed: whether text may stand between the elements.
        ordered: whether the elements come in this order.
        abstract: whether no value is of this type itself.
        item: what a SOAP-encoded array has items of; None for what is no array.
        item_name: "{namespace}name" of their type.
    """

    members: list[Member] = field(default_factory=list)
    text: Simple | None = None
    mixed: bool = False
    ordered: bool = True
    abstract: bool = False
    item: Use | None = None
    item_name: str = ""

    @property
    def elements(self) -> list[Member]:
        """The members that are no attributes."""
        return [member for member in self.members if not member.attribute]

    def with_members(self, members: list[Member]) -> Content:
        """The same, with other members, which come in any order."""
        return replace(self, members=members, ordered=False)


@dataclass(slots=True)
class ContentReader:
    """Contents of complex types, each read once."""

    schemas: Schemas
    references: TypeReferences
    notes: Notes
    substitutes: Substitutes
    _known: dict[tuple[Any, Source], Content] = field(default_factory=dict)

    def of(self, definition: Definition) -> Content:
        """The content of a complex type."""
        key = (definition.node, definition.source)
        if key not in self._known:
            self._known[key] = self._read(definition)
        return self._known[key]

    def _read(self, definition: Definition) -> Content:
        content = Content(
            mixed=truth(definition.node.attrib, "mixed"), abstract=truth(definition.node.attrib, "abstract")
        )
        particles = ParticleReader(self.schemas, self.references, self.notes, self.substitutes)
        attributes = AttributeReader(self.schemas, self.references, self.notes)
        for part, derivation in self._chain(definition, content):
            body = part.node if derivation is None else derivation
            if derivation is not None and xsd_local(derivation.tag) == "restriction":
                self._restrict(content, part, derivation, particles)
            particles.read(body, part.source, part.hint)
            attributes.read(body, part.source, part.hint)
        content.ordered = particles.ordered
        content.members = [*particles.members.values(), *attributes.members.values()]
        if _is_encoded_array(definition.name):
            content.item = ANYTHING
        if content.item is ANYTHING and len(elements := content.elements) == 1 and not elements[0].any:
            content.item, content.item_name = elements[0].use, elements[0].type_name
        return content

    def _chain(self, definition: Definition, content: Content) -> list[tuple[Definition, Any]]:
        """The types that this one is made of, the base first, each with its extension or restriction."""
        chain: list[tuple[Definition, Any]] = []
        seen: set[Any] = set()
        current: Definition | None = definition
        while current is not None:
            if current.node in seen or len(chain) >= MAX_DERIVED:
                self.notes.weaker(definition.source, definition.node, "is derived from itself, or too often")
                break
            seen.add(current.node)
            derivation = _derivation(current.node, content)
            chain.append((current, derivation))
            current = None if derivation is None else self._base(current, derivation, content)
        chain.reverse()
        return chain

    def _base(self, part: Definition, derivation: Any, content: Content) -> Definition | None:
        text = derivation.get("base")
        if not text:
            return None
        name = part.source.qualified(derivation, text)
        if part.original is not None and name == part.name:
            return part.original
        if _is_encoded_array(name):
            content.item = content.item or ANYTHING
            return None
        base = self.references.named(text, part.source, derivation)
        if not isinstance(base, Simple):
            return base
        if base.scalar is not Scalar.JSON:
            content.text = base
        elif xsd_local(derivation.getparent().tag) == "simpleContent":
            content.text = TEXT
        return None

    def _restrict(self, content: Content, part: Definition, node: Any, particles: ParticleReader) -> None:
        """A restriction says all elements anew; of simple content, its own type may stand in it."""
        if xsd_local(node.getparent().tag) == "simpleContent":
            for kind, child in xsd_children(node):
                if kind == "simpleType":
                    inner = self.references.of(Definition(child, part.source, "", part.hint))
                    content.text = inner if isinstance(inner, Simple) else TEXT
            return
        particles.clear()
        self._array(content, part, node)

    def _array(self, content: Content, part: Definition, node: Any) -> None:
        """What a SOAP-encoded array has items of: wsdl:arrayType beside soapenc:arrayType."""
        for _, child in xsd_children(node):
            if xsd_local(child.tag) != "attribute":
                continue
            name = part.source.qualified(child, child.get("ref", ""))
            said = child.get("{http://schemas.xmlsoap.org/wsdl/}arrayType")
            if split(name)[0] in SOAP_ENCODING and said:
                item = said.split("[", 1)[0].strip()
                content.item_name = part.source.qualified(child, item)
                content.item = self.references.named(item, part.source, child)
                # Two pairs of brackets, or a comma between, mean arrays of arrays.
                if said.count("[") > 1 or "," in said:
                    content.item = ANYTHING


def _is_encoded_array(name: str) -> bool:
    namespace, local = split(name)
    return local == "Array" and namespace in SOAP_ENCODING


def _derivation(node: Any, content: Content) -> Any | None:
    """The extension or restriction of a complex type; None where it has content of its own."""
    for kind, child in xsd_children(node):
        if kind in {"complexContent", "simpleContent"}:
            content.mixed = content.mixed or truth(child.attrib, "mixed")
            for inner, derivation in xsd_children(child):
                if inner in {"extension", "restriction"}:
                    return derivation
            return None
        # The schemas of 1999 put these into the type itself.
        if kind in {"extension", "restriction"}:
            return child
    return None
