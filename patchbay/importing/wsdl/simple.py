"""What a simple type holds, and which type a reference means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from patchbay.importing.model import Scalar
from patchbay.importing.wsdl import schemas as xsd
from patchbay.importing.wsdl.builtins import LISTS, SCALARS
from patchbay.importing.wsdl.names import SOAP_ENCODING, XSDS, split, xsd_children, xsd_local
from patchbay.importing.wsdl.schemas import Definition, Schemas

if TYPE_CHECKING:
    from patchbay.importing.wsdl.names import Source
    from patchbay.importing.wsdl.notes import Notes

MAX_DERIVED: Final = 100
"""How many types may be derived one from the other."""


@dataclass(frozen=True, slots=True)
class Simple:
    """A text: as what scalar, or of which enumeration; `spaced` when it is a list of them."""

    scalar: Scalar
    spaced: bool = False
    enumeration: Definition | None = None
    name: str = ""


ANYTHING: Final = Simple(Scalar.JSON)
TEXT: Final = Simple(Scalar.STRING)

Use: TypeAlias = Simple | Definition
"""What an element holds: a text, or a complex type."""


@dataclass(slots=True)
class TypeReferences:
    """References to types, followed."""

    schemas: Schemas
    notes: Notes
    _simple: dict[tuple[Any, Source], Simple] = field(default_factory=dict)
    _depth: int = 0

    def named(self, text: str, source: Source, node: Any) -> Use:
        """The type that a reference means ("tns:Order"); anything, with a problem, where there is none."""
        name = source.qualified(node, text)
        namespace, local = split(name)
        if namespace in XSDS and local in SCALARS:
            return Simple(SCALARS[local], local in LISTS, None, name)
        if namespace in SOAP_ENCODING and local in SCALARS:
            return Simple(SCALARS[local], local in LISTS, None, name)
        definition = self.schemas.find(xsd.TYPE, name, source, node)
        if definition is not None:
            return self.of(definition)
        if local in SCALARS:
            self.notes.note(source, node, f"refers to {name}, which is not there; takes XML Schema's {local}")
            return Simple(SCALARS[local], local in LISTS)
        self.notes.weaker(source, node, f"refers to the type {name}, which is not there")
        return ANYTHING

    def of(self, definition: Definition) -> Use:
        """The type that a definition is."""
        if xsd_local(definition.node.tag) != "simpleType":
            return definition
        key = (definition.node, definition.source)
        if key not in self._simple:
            # What a broken document defines by itself is a text.
            self._simple[key] = TEXT
            if self._depth >= MAX_DERIVED:
                self.notes.weaker(definition.source, definition.node, "is derived through too many types")
                return TEXT
            self._depth += 1
            self._simple[key] = self._followed(definition)
            self._depth -= 1
        return self._simple[key]

    def of_element(self, node: Any, source: Source, hint: tuple[str, ...]) -> Use:
        """The type of an element or an attribute, which stands in an attribute or inside of it."""
        for _ in range(MAX_DERIVED):
            if text := node.get("type"):
                return self.named(text, source, node)
            for kind, child in xsd_children(node):
                if kind in {"complexType", "simpleType"}:
                    return self.of(Definition(child, source, "", hint))
            head = node.get("substitutionGroup")
            found = head and self.schemas.find(xsd.ELEMENT, source.qualified(node, head), source, node)
            if not found:
                break
            node, source, hint = found.node, found.source, found.hint
        return TEXT if xsd_local(node.tag) == "attribute" else ANYTHING

    def _followed(self, definition: Definition) -> Simple:
        node, source = definition.node, definition.source
        for kind, child in xsd_children(node):
            if kind == "list":
                item = self._inner(definition, child, "itemType")
                spaced = not item.spaced and item.scalar is not Scalar.JSON
                return Simple(item.scalar, spaced, item.enumeration, definition.name)
            if kind == "union":
                return Simple(Scalar.STRING, name=definition.name)
            if kind == "restriction":
                base = self._inner(definition, child, "base")
                if base.scalar is Scalar.STRING and not base.spaced and _enumerates(child):
                    return Simple(Scalar.STRING, enumeration=definition, name=definition.name)
                scalar = Scalar.STRING if base.scalar is Scalar.JSON else base.scalar
                return Simple(scalar, base.spaced, base.enumeration, definition.name)
        self.notes.note(source, node, "is a simple type without content; taken for a text")
        return TEXT

    def _inner(self, definition: Definition, node: Any, attribute: str) -> Simple:
        """The type that a list or a restriction is of."""
        source = definition.source
        text = node.get(attribute)
        if text is None:
            for kind, child in xsd_children(node):
                if kind == "simpleType":
                    return self._followed(Definition(child, source, "", definition.hint))
            return TEXT
        if definition.original is not None and source.qualified(node, text) == definition.name:
            return self._followed(definition.original)
        base = self.named(text, source, node)
        return base if isinstance(base, Simple) else TEXT


def _enumerates(restriction: Any) -> bool:
    return any(kind == "enumeration" for kind, _ in xsd_children(restriction))
