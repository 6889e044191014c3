"""The model's types, made as operations reach them."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from patchbay.importing.model import (
    EnumType,
    Field,
    InputType,
    ListOf,
    Member,
    Named,
    ObjectType,
    Scalar,
    Type,
    TypeRef,
    UnionType,
    XmlField,
    XmlKind,
    XmlType,
)
from patchbay.importing.wsdl.enums import values_of
from patchbay.importing.wsdl.fields import FieldNames, field_of, text_field
from patchbay.importing.wsdl.members import widest
from patchbay.importing.wsdl.names import description_of, split, truth
from patchbay.importing.wsdl.schemas import Definition
from patchbay.importing.wsdl.simple import Simple, Use
from patchbay.importing.wsdl.type_names import TypeNames

if TYPE_CHECKING:
    from patchbay.importing.wsdl import members
    from patchbay.importing.wsdl.content import Content, ContentReader
    from patchbay.importing.wsdl.names import Source
    from patchbay.importing.wsdl.notes import Notes
    from patchbay.importing.wsdl.substitutes import Substitutes

_log = logging.getLogger(__name__)

MAX_ALTERNATIVES = 50_000
"""Of all types together: a small document can have types that all stand for each other."""

MAX_MERGED = 300
"""Fields that an object shows of the types that extend it."""

XSI_TYPE = "xsi:type"
"""The member of a value that says which alternative of a `one_of` input it is."""

ARRAY_ITEM = "*"
"""The wire name of a SOAP-encoded array's items: in replies these have any name."""


@dataclass(slots=True)
class Types:
    """Types by name; `ref` makes those that it meets, `finish` what these refer to."""

    contents: ContentReader
    substitutes: Substitutes
    notes: Notes
    names: TypeNames = field(default_factory=TypeNames)
    made: dict[str, Type] = field(default_factory=dict)
    _given: dict[tuple[Any, Source, bool], str] = field(default_factory=dict)
    _concrete: dict[str, list[Definition]] = field(default_factory=dict)
    _left: int = MAX_ALTERNATIVES
    _waiting: deque[tuple[Definition, str, bool]] = field(default_factory=deque)

    def ref(self, use: Use, *, is_input: bool) -> TypeRef:
        """A reference to the type of what an element holds; of a spaced list, to the list."""
        if isinstance(use, Simple):
            item = Named(use.scalar if use.enumeration is None else self._enum(use.enumeration))
            return ListOf(item) if use.spaced else item
        content = self.contents.of(use)
        if content.item is None:
            if content.text is not None and not content.members:
                return self.ref(content.text, is_input=is_input)
            if (not content.members and not self.concrete(use)) or _is_free(content):
                return Named(Scalar.JSON)
        return Named(self.name(use, is_input=is_input))

    def name(self, definition: Definition, *, is_input: bool) -> str:
        """The name of a complex type's object or input, which is made if it is not there yet."""
        key = (definition.node, definition.source, is_input)
        if key not in self._given:
            name = self.names.of(definition, is_input=is_input, kind="Type")
            self._given[key] = name
            self._waiting.append((definition, name, is_input))
        return self._given[key]

    def finish(self) -> None:
        """Make all types that have been referred to."""
        while self._waiting:
            definition, name, is_input = self._waiting.popleft()
            try:
                self.made[name] = self._made(definition, name, is_input=is_input)
            except Exception as error:  # noqa: BLE001 - a broken document can fail anywhere
                # Others refer to it already, so that something has to be there.
                _log.debug("cannot map %s", name, exc_info=True)
                reason = f"type {name} cannot be mapped ({type(error).__name__})"
                self.notes.weaker(definition.source, definition.node, reason)
                self.made[name] = _unknown(name, is_input=is_input)

    def concrete(self, definition: Definition) -> list[Definition]:
        """The types that can stand for an abstract one, or one that holds nothing; none for all others."""
        content = self.contents.of(definition)
        is_empty = not content.members and content.text is None and content.item is None
        if not definition.name or not (content.abstract or is_empty):
            return []
        if definition.name not in self._concrete:
            found = self.substitutes.derived(definition.name)
            concrete = [derived for derived in found if not truth(derived.node.attrib, "abstract")]
            self._concrete[definition.name] = concrete if self._may_spend(len(concrete), definition) else []
        return self._concrete[definition.name]

    def _may_spend(self, count: int, definition: Definition) -> bool:
        """Whether so many alternatives or merged fields may still be made."""
        if count > self._left:
            reason = "is extended by more types than can be told one by one"
            self.notes.weaker(definition.source, definition.node, reason)
            return False
        self._left -= count
        return True

    def extended(self, definition: Definition) -> bool:
        """Whether other types extend a concrete one, so that replies may hold more than it has."""
        return bool(definition.name) and bool(self.substitutes.derived(definition.name))

    def fields(self, content: Content, *, is_input: bool) -> tuple[Field, ...]:
        """The fields of a type: its text, its elements, its attributes."""
        names = FieldNames()
        wires: set[str] = set()
        found = []
        if content.text is not None or (content.mixed and content.members) or not content.members:
            text = content.text or Simple(Scalar.STRING)
            found.append(text_field(text, self.ref(text, is_input=is_input), names))
        for member in content.members:
            if is_input and member.wire in wires:
                # Values of inputs go by the names on the wire alone.
                self.notes.weaker(
                    member.source,
                    member.node,
                    f"has {member.wire} twice, as element, attribute or of two namespaces",
                )
                continue
            wires.add(member.wire)
            ref = self.ref(member.use, is_input=is_input)
            found.append(field_of(member, ref, names, is_input=is_input))
        return tuple(found)

    def _made(self, definition: Definition, name: str, *, is_input: bool) -> Type:
        content = self.contents.of(definition)
        description = description_of(definition.node)
        if content.item is not None:
            return self._array(definition, content, name, is_input=is_input)
        if alternatives := self.concrete(definition):
            if is_input:
                return self._one_of(definition, alternatives, name, description)
            return self._union(definition, alternatives, name, description)
        xml = XmlType(name=definition.name, ordered=content.ordered, abstract=content.abstract)
        if is_input:
            if others := len(self.substitutes.derived(definition.name)) if definition.name else 0:
                reason = f"takes {name} itself, and not the types that extend it ({others})"
                self.notes.note(definition.source, definition.node, reason)
            return InputType(name, self.fields(content, is_input=True), description, xml=xml)
        return ObjectType(
            name, self.fields(self._merged(definition, content), is_input=False), description, xml=xml
        )

    def _merged(self, definition: Definition, content: Content) -> Content:
        """The content with what the types add that extend it: replies may hold these in its place."""
        derived = self.substitutes.derived(definition.name) if definition.name else []
        if not derived:
            return content
        added: list[members.Member] = []
        own = [replace(member) for member in content.members]
        known = {member.wire: member for member in own}
        for other in derived:
            for member in self.contents.of(other).members:
                if there := known.get(member.wire):
                    there.most = widest(there.most, member.most)
                elif len(added) < MAX_MERGED:
                    known[member.wire] = member.optional()
                    added.append(known[member.wire])
        if not self._may_spend(len(added), definition):
            return content
        return content.with_members([*own, *added])

    def _union(
        self, definition: Definition, alternatives: list[Definition], name: str, description: str | None
    ) -> UnionType:
        subtypes = {found.name: self.name(found, is_input=False) for found in alternatives}
        members = tuple(Member(member, (xml_name,)) for xml_name, member in subtypes.items())
        xml = XmlType(name=definition.name, subtypes=subtypes, abstract=True)
        return UnionType(name, members, description=description, xml=xml)

    def _one_of(
        self, definition: Definition, alternatives: list[Definition], name: str, description: str | None
    ) -> InputType:
        subtypes = {found.name: self.name(found, is_input=True) for found in alternatives}
        names = FieldNames()
        fields = []
        for xml_name, input_name in subtypes.items():
            local = split(xml_name)[1]
            field_name, python_name = names.claim(local)
            xml = XmlField(type_name=xml_name)
            fields.append(
                Field(field_name, python_name, local, Named(input_name), tag=(XSI_TYPE, xml_name), xml=xml)
            )
        xml_type = XmlType(name=definition.name, subtypes=subtypes, abstract=True)
        return InputType(name, tuple(fields), description, one_of=True, xml=xml_type)

    def _array(self, definition: Definition, content: Content, name: str, *, is_input: bool) -> Type:
        """An object with the items as its only field."""
        item = content.item
        ref = Named(Scalar.JSON) if item is None else self.ref(item, is_input=is_input)
        if isinstance(ref, ListOf):
            ref = Named(Scalar.STRING)
        xml = XmlField(nillable=True, many=True, type_name=content.item_name)
        items = Field("items", "items", ARRAY_ITEM, ListOf(ref, nullable_items=True), required=True, xml=xml)
        about = XmlType(name=definition.name, array_of=content.item_name or _ANY_TYPE)
        description = description_of(definition.node)
        if is_input:
            return InputType(name, (items,), description, xml=about)
        return ObjectType(name, (items,), description, xml=about)

    def _enum(self, definition: Definition) -> str:
        key = (definition.node, definition.source, False)
        if key not in self._given:
            name = self.names.of(definition, is_input=False, kind="Enum")
            self._given[key] = name
            self.made[name] = EnumType(name, values_of(definition), description_of(definition.node))
        return self._given[key]


def _unknown(name: str, *, is_input: bool) -> Type:
    value = Field("value", "value", "value", Named(Scalar.JSON), xml=XmlField(kind=XmlKind.ANY))
    return (InputType if is_input else ObjectType)(name, (value,), xml=XmlType(ordered=False))


_ANY_TYPE = "{http://www.w3.org/2001/XMLSchema}anyType"


def _is_free(content: Content) -> bool:
    """Whether it is mixed text with any elements between: nothing is known of it."""
    return content.mixed and all(member.any for member in content.members)
