"""The parts of a message: which go where, and what each holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patchbay.importing.wsdl import schemas as xsd
from patchbay.importing.wsdl.definitions import MESSAGE, Definitions, Found
from patchbay.importing.wsdl.members import Member
from patchbay.importing.wsdl.names import qualified, split, truth, wsdl_children
from patchbay.importing.wsdl.schemas import Definition
from patchbay.importing.wsdl.simple import ANYTHING, TypeReferences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.importing.wsdl.content import Content, ContentReader
    from patchbay.importing.wsdl.notes import Notes
    from patchbay.importing.wsdl.schemas import Schemas
    from patchbay.importing.wsdl.types import Types


class Unmapped(Exception):
    """An operation cannot be mapped; the reason is a sentence's part."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the body of a message looks like.

    Args:
        element: see SoapMessage.
        bare: see SoapMessage.
        members: what the body, or the element in it, holds.
        top: the complex type whose members these are; None where there is none.
        content: of `top`.
    """

    element: str = ""
    bare: bool = False
    members: tuple[Member, ...] = ()
    top: Definition | None = None
    content: Content | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """How a binding writes one message of an operation: the SOAP elements in its input or output.

    Args:
        node: the binding's input or output; None where there is none.
        soap: the namespace of SOAP's elements in it.
    """

    node: Any | None
    soap: str

    def element(self, local: str) -> Any | None:
        """The first of SOAP's elements with that name, also inside of MIME's."""
        if self.node is None:
            return None
        return next(self.node.iter(f"{{{self.soap}}}{local}"), None)

    def headers(self) -> Iterable[Any]:
        """Its headers."""
        return [] if self.node is None else list(self.node.iter(f"{{{self.soap}}}header"))


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages, read as members."""

    definitions: Definitions
    schemas: Schemas
    references: TypeReferences
    contents: ContentReader
    types: Types
    notes: Notes

    def message(self, owner: Found, node: Any) -> Found:
        """The message that an input, output, fault or header names. Raises Unmapped."""
        name = owner.refers(node.get("message", ""))
        found = self.definitions.find(MESSAGE, name) if name else None
        if found is None:
            raise Unmapped(f"refers to the message {name}, which is not there")
        return found

    def parts(self, message: Found, binding: Binding) -> list[Any]:
        """The parts that go into the body: those that the binding names, or all that are no headers."""
        parts = list(wsdl_children(message.node, "part"))
        body = binding.element("body")
        named = None if body is None else body.get("parts")
        if named is not None and (wanted := named.replace(",", " ").split()):
            return [part for part in parts if part.get("name") in wanted] or parts
        away = {header.get("part") for header in binding.headers() if self._is_of(header, message, binding)}
        if attached := self._attached(binding):
            self.notes.note(
                message.source, binding.node, "has attachments beside the envelope, which are left out"
            )
            away |= attached
        return [part for part in parts if part.get("name") not in away]

    def member(self, message: Found, part: Any, *, by_part: bool) -> Member:
        """A part as a member: its element, or (`by_part`) an element with its name. Raises Unmapped."""
        name = part.get("name", "").strip()
        source = message.source
        if element := part.get("element"):
            found = self.schemas.find(xsd.ELEMENT, source.qualified(part, element), source, part)
            if found is None:
                return self._missing(message, part, element)
            namespace, local = ("", name) if by_part else split(found.name)
            use = self.references.of_element(found.node, found.source, found.hint)
            nillable = truth(found.node.attrib, "nillable")
            return Member(
                local,
                namespace,
                use,
                found.node,
                found.source,
                required=True,
                nillable=nillable,
                type_name=use.name,
            )
        text = part.get("type", "")
        use = self.references.named(text, source, part) if text else ANYTHING
        if not name:
            raise Unmapped("has a message with a part without a name")
        return Member(name, "", use, part, source, required=True, type_name=use.name)

    def shape(self, message: Found, binding: Binding, *, rpc: bool, operation: str) -> Shape:
        """What the body of a message looks like. Raises Unmapped."""
        parts = self.parts(message, binding)
        members = tuple(self.member(message, part, by_part=rpc) for part in parts)
        if rpc:
            body = binding.element("body")
            # A binding that names none means none; other clients take it so as well.
            namespace = message.source.namespace if body is None else body.get("namespace", "")
            # What is not given is null to most services, and an error to none that knows it is optional.
            return Shape(qualified(namespace.strip(), operation), bare=False, members=members)
        if not members:
            return Shape()
        if len(members) > 1:
            return Shape(bare=True, members=members)
        (member,) = members
        element = qualified(member.namespace, member.wire)
        if isinstance(member.use, Definition):
            content = self.contents.of(member.use)
            if self._is_wrapper(member.use, content):
                return Shape(element, members=tuple(content.members), top=member.use, content=content)
        if member.namespace == "" and parts[0].get("element") is None:
            self.notes.note(message.source, parts[0], "is of document style with a part that names a type")
        return Shape(element, bare=True, members=members)

    def _is_wrapper(self, definition: Definition, content: Content) -> bool:
        """Whether an element's members can be told one by one."""
        if content.text is not None or content.item is not None or self.types.concrete(definition):
            return False
        return not (content.mixed and all(member.any for member in content.members))

    def _missing(self, message: Found, part: Any, element: str) -> Member:
        name = message.source.qualified(part, element)
        self.notes.weaker(message.source, part, f"refers to the element {name}, which is not there")
        namespace, local = split(name)
        if not local:
            raise Unmapped("has a message with a part without an element")
        return Member(local, namespace, ANYTHING, part, message.source, required=True)

    def _is_of(self, header: Any, message: Found, binding: Binding) -> bool:
        named = header.get("message", "")
        return not named or named.strip().rpartition(":")[2] == message.local or binding.node is None

    def _attached(self, binding: Binding) -> set[str | None]:
        """The parts that MIME sends beside the envelope."""
        if binding.node is None:
            return set()
        return {
            node.get("part")
            for node in binding.node.iter("{http://schemas.xmlsoap.org/wsdl/mime/}content")
            if node.get("part")
        }
