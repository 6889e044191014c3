"""The global definitions of all XML schemas that a WSDL holds, imports or means."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.wsdl import catalogue
from patchbay.importing.wsdl.names import WSDL, Source, qualified, split, wsdl_children, xsd_local

if TYPE_CHECKING:
    from patchbay.importing.wsdl.documents import Document, Documents
    from patchbay.importing.wsdl.notes import Notes

ELEMENT: Final = "element"
TYPE: Final = "type"
GROUP: Final = "group"
ATTRIBUTE: Final = "attribute"
ATTRIBUTE_GROUP: Final = "attributeGroup"

_KINDS: Final = {
    "element": ELEMENT,
    "complexType": TYPE,
    "simpleType": TYPE,
    "group": GROUP,
    "attribute": ATTRIBUTE,
    "attributeGroup": ATTRIBUTE_GROUP,
}
_LOADING: Final = frozenset(("include", "import", "redefine", "override"))


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """An element, a type or a group: where it stands, and what it is called.

    Args:
        node: its element.
        source: the schema.
        name: "{namespace}name" of a global one; "" for one that stands inside of another.
        hint: names from the outermost to this one, to name what has no name by.
        original: what this one redefines.
    """

    node: Any
    source: Source
    name: str = ""
    hint: tuple[str, ...] = ()
    original: Definition | None = None


@dataclass(slots=True)
class _Work:
    document: Document
    schema: Any
    namespace: str
    """That it gets, where it has none."""


@dataclass(slots=True)
class Schemas:
    """All of them; `add` what a WSDL has, then `finish`."""

    documents: Documents
    notes: Notes
    _known: dict[str, dict[str, Definition]] = field(
        default_factory=lambda: {kind: {} for kind in set(_KINDS.values())}
    )
    _work: deque[_Work] = field(default_factory=deque)
    _seen: set[tuple[Any, str]] = field(default_factory=set)
    _redefined: list[tuple[str, Definition]] = field(default_factory=list)
    _by_local: dict[str, dict[str, list[Definition]]] = field(default_factory=dict)

    def add(self, document: Document, schema: Any, namespace: str = "") -> None:
        """Take a schema and all that it imports."""
        self._work.append(_Work(document, schema, namespace))
        while self._work:
            self._take(self._work.popleft())

    def finish(self) -> None:
        """Let redefinitions stand for what they redefine, once all is there."""
        for kind, definition in self._redefined:
            original = self._known[kind].get(definition.name)
            self._known[kind][definition.name] = Definition(
                definition.node, definition.source, definition.name, definition.hint, original
            )
        self._redefined.clear()
        self._by_local.clear()

    def all_of(self, kind: str) -> dict[str, Definition]:
        """Name -> definition, of one kind."""
        return self._known[kind]

    def find(self, kind: str, name: str, source: Source, node: Any) -> Definition | None:
        """The definition that a reference means; None where there is none, with nothing noted."""
        known = self._known[kind]
        if (found := known.get(name)) is not None:
            return found
        namespace, local = split(name)
        file = catalogue.find(namespace)
        if file is not None and self._add_standard(file) and (found := known.get(name)) is not None:
            return found
        # Where prefixes are forgotten or wrong, the schema's own namespace is meant, or the only such name.
        found = known.get(qualified(source.namespace, local)) or self._only(kind, local)
        if found is not None:
            self.notes.note(source, node, f"refers to {name}, which is not there; takes {found.name}")
        return found

    def _only(self, kind: str, local: str) -> Definition | None:
        if kind not in self._by_local:
            by_local: dict[str, list[Definition]] = {}
            for name, definition in self._known[kind].items():
                by_local.setdefault(split(name)[1], []).append(definition)
            self._by_local[kind] = by_local
        found = self._by_local[kind].get(local, [])
        return found[0] if len(found) == 1 else None

    def _add_standard(self, file: str) -> bool:
        document = self.documents.standard(file)
        if (document.root, "") in self._seen:
            return False
        self._add_root(document, "")
        while self._work:
            self._take(self._work.popleft())
        self._by_local.clear()
        return True

    def _add_root(self, document: Document, namespace: str) -> None:
        """A document that an import leads to: a schema, or a WSDL that holds some."""
        if xsd_local(document.root.tag) == "schema":
            self._work.append(_Work(document, document.root, namespace))
        elif document.root.tag == f"{{{WSDL}}}definitions":
            for types in wsdl_children(document.root, "types"):
                for schema in types:
                    if xsd_local(schema.tag) == "schema":
                        self._work.append(_Work(document, schema, ""))

    def _take(self, work: _Work) -> None:
        attributes = work.schema.attrib
        target = attributes.get("targetNamespace", "").strip()
        chameleon = not target and bool(work.namespace)
        namespace = target or work.namespace
        if (work.schema, namespace if chameleon else "") in self._seen:
            return
        self._seen.add((work.schema, namespace if chameleon else ""))
        source = Source(
            file=work.document.file,
            namespace=namespace,
            chameleon=chameleon,
            elements=attributes.get("elementFormDefault", "").strip() == "qualified",
            attributes=attributes.get("attributeFormDefault", "").strip() == "qualified",
        )
        for node in work.schema:
            kind = xsd_local(node.tag)
            if kind in _LOADING:
                self._load(work.document, source, node, kind)
            elif kind in _KINDS:
                self._define(_KINDS[kind], node, source)

    def _define(self, kind: str, node: Any, source: Source, *, again: bool = False) -> None:
        local = node.get("name", "").strip()
        if not local:
            return
        definition = Definition(node, source, source.own(local), (local,))
        if again:
            self._redefined.append((kind, definition))
        else:
            self._known[kind].setdefault(definition.name, definition)

    def _load(self, document: Document, source: Source, node: Any, kind: str) -> None:
        location = node.get("schemaLocation", "") or node.get("location", "")
        namespace = node.get("namespace", "").strip() if kind == "import" else ""
        try:
            loaded = self.documents.imported(document, location, namespace)
        except DescriptionError as error:
            self.notes.weaker(source, node, f"{kind}s what cannot be read: {error}")
            loaded = None
        if loaded is not None:
            self._add_root(loaded, source.namespace if kind != "import" else "")
        if kind in {"redefine", "override"}:
            for child in node:
                if (defined := xsd_local(child.tag)) in _KINDS:
                    self._define(_KINDS[defined], child, source, again=True)
