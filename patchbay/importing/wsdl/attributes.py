"""The attributes of a complex type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.wsdl import schemas as xsd
from patchbay.importing.wsdl.members import Member
from patchbay.importing.wsdl.names import SOAP_ENCODING, WSDL, XML, split, xsd_children
from patchbay.importing.wsdl.simple import TEXT, Simple, TypeReferences

if TYPE_CHECKING:
    from patchbay.importing.wsdl.names import Source
    from patchbay.importing.wsdl.notes import Notes
    from patchbay.importing.wsdl.schemas import Schemas

MAX_ATTRIBUTES: Final = 500
"""Of one type."""

MAX_GROUPS: Final = 50
"""One in the other."""


@dataclass(slots=True)
class AttributeReader:
    """Gathers the attributes of one complex type; what a derived type says stands for what its base did."""

    schemas: Schemas
    references: TypeReferences
    notes: Notes
    members: dict[tuple[str, str], Member] = field(default_factory=dict)
    _left: int = MAX_ATTRIBUTES

    def read(self, node: Any, source: Source, hint: tuple[str, ...], depth: int = 0) -> None:
        """Add the attributes of a type's own, an extension's or a group's."""
        for kind, child in xsd_children(node):
            if kind not in {"attribute", "attributeGroup"}:
                continue
            self._left -= 1
            if self._left <= 0:
                self.notes.weaker(
                    source, child, "is of a type with too many attributes; the rest is left out"
                )
                return
            if kind == "attribute":
                self._attribute(child, source, hint)
            else:
                self._group(child, source, depth)

    def _group(self, node: Any, source: Source, depth: int) -> None:
        name = source.qualified(node, node.get("ref", ""))
        found = self.schemas.find(xsd.ATTRIBUTE_GROUP, name, source, node)
        if found is not None and found.original is not None and found.node in node.iterancestors():
            found = found.original
        if found is None or depth > MAX_GROUPS:
            self.notes.weaker(
                source, node, f"refers to the attribute group {name}, which is not there, or holds itself"
            )
            return
        self.read(found.node, found.source, found.hint, depth + 1)

    def _attribute(self, node: Any, source: Source, hint: tuple[str, ...]) -> None:
        declared, where = node, source
        if reference := node.get("ref"):
            name = source.qualified(node, reference)
            namespace, local = split(name)
            if namespace in SOAP_ENCODING or namespace == WSDL:
                return
            found = self.schemas.find(xsd.ATTRIBUTE, name, source, node)
            if found is not None:
                declared, where = found.node, found.source
                namespace, local = split(found.name)
            elif namespace != XML:
                self.notes.weaker(source, node, f"refers to the attribute {name}, which is not there")
        else:
            local = node.get("name", "").strip()
            form = node.get("form", "").strip()
            is_qualified = form == "qualified" or (not form and source.attributes)
            namespace = source.namespace if is_qualified else ""
        self._put(node, declared, where, (namespace, local), (*hint, local))

    def _put(
        self, node: Any, declared: Any, source: Source, name: tuple[str, str], hint: tuple[str, ...]
    ) -> None:
        namespace, local = name
        how = node.get("use", "").strip()
        if how == "prohibited":
            self.members.pop(name, None)
        if how == "prohibited" or not local:
            return
        use = self.references.of_element(declared, source, hint)
        if not isinstance(use, Simple):
            use = TEXT
        self.members[name] = Member(
            local,
            namespace,
            use,
            declared,
            source,
            required=how == "required",
            attribute=True,
            type_name=use.name,
        )
