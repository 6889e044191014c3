"""A WSDL's own definitions, with those of the WSDLs that it imports."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.wsdl.names import WSDL, Source, first_wsdl, split, wsdl_children, xsd_local

if TYPE_CHECKING:
    from patchbay.importing.wsdl.documents import Document, Documents
    from patchbay.importing.wsdl.notes import Notes
    from patchbay.importing.wsdl.schemas import Schemas

MESSAGE: Final = "message"
PORT_TYPE: Final = "portType"
BINDING: Final = "binding"
SERVICE: Final = "service"

_KINDS: Final = (MESSAGE, PORT_TYPE, BINDING, SERVICE)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A message, a port type, a binding or a service: its element, where it stands, its qualified name."""

    node: Any
    source: Source
    name: str

    @property
    def local(self) -> str:
        """Its name in its namespace."""
        return split(self.name)[1]

    def refers(self, text: str) -> str:
        """The qualified name that a reference in it means."""
        return self.source.qualified(self.node, text)


@dataclass(slots=True)
class Definitions:
    """All of them, by kind and qualified name."""

    documents: Documents
    schemas: Schemas
    notes: Notes
    _known: dict[str, dict[str, Found]] = field(default_factory=lambda: {kind: {} for kind in _KINDS})
    _by_local: dict[str, dict[str, list[Found]]] = field(default_factory=dict)
    _waiting: deque[Document] = field(default_factory=deque)
    _seen: set[Any] = field(default_factory=set)

    def read(self, document: Document) -> None:
        """Take a WSDL and all that it imports."""
        self._waiting.append(document)
        while self._waiting:
            taken = self._waiting.popleft()
            if taken.root not in self._seen:
                self._seen.add(taken.root)
                self._take(taken)
        self.schemas.finish()

    def all_of(self, kind: str) -> list[Found]:
        """In the order of the documents."""
        return list(self._known[kind].values())

    def find(self, kind: str, name: str) -> Found | None:
        """By qualified name; or by its local name, where only one has it."""
        if (found := self._known[kind].get(name)) is not None:
            return found
        if kind not in self._by_local:
            by_local: dict[str, list[Found]] = {}
            for definition in self._known[kind].values():
                by_local.setdefault(definition.local, []).append(definition)
            self._by_local[kind] = by_local
        like = self._by_local[kind].get(split(name)[1], [])
        return like[0] if len(like) == 1 else None

    def _take(self, document: Document) -> None:
        root = document.root
        source = Source(document.file, root.get("targetNamespace", "").strip())
        for node in wsdl_children(root, "import"):
            self._import(document, source, node)
        for types in wsdl_children(root, "types"):
            for schema in types:
                if xsd_local(schema.tag) == "schema":
                    self.schemas.add(document, schema)
        for kind in _KINDS:
            for node in wsdl_children(root, kind):
                local = node.get("name", "").strip()
                found = Found(node, source, source.own(local))
                self._known[kind].setdefault(found.name, found)

    def _import(self, document: Document, source: Source, node: Any) -> None:
        location = node.get("location", "") or node.get("schemaLocation", "")
        namespace = node.get("namespace", "").strip()
        try:
            loaded = self.documents.imported(document, location, namespace)
        except DescriptionError as error:
            self.notes.weaker(source, node, f"imports what cannot be read: {error}")
            return
        if loaded is None:
            return
        if loaded.root.tag == f"{{{WSDL}}}definitions":
            self._waiting.append(loaded)
        elif xsd_local(loaded.root.tag) == "schema":
            self.schemas.add(loaded, loaded.root)
        else:
            self.notes.weaker(source, node, "imports what is neither a WSDL nor a schema")


def title_of(document: Document, definitions: Definitions) -> str:
    """What the whole is called: the name of its definitions, of its first service, or its file's."""
    root = document.root
    services = list(wsdl_children(root, SERVICE))
    named = [root.get("name", ""), *(service.get("name", "") for service in services)]
    ports = [found.local for found in definitions.all_of(PORT_TYPE)]
    return next((name.strip() for name in (*named, *ports) if name.strip()), document.file)


__all__ = ["BINDING", "MESSAGE", "PORT_TYPE", "SERVICE", "Definitions", "Found", "first_wsdl", "title_of"]
