"""Fields of the model, out of a type's members."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from patchbay.importing.model import Field, ListOf, Named, Scalar, TypeRef, XmlField, XmlKind
from patchbay.importing.naming import Taken, attribute, camel
from patchbay.importing.wsdl.members import Member
from patchbay.importing.wsdl.names import description_of
from patchbay.importing.wsdl.simple import Simple
from patchbay.importing.wsdl.type_names import namespace_word

_NUMBERS = frozenset((Scalar.INT, Scalar.SAFE_INT, Scalar.FLOAT))


class FieldNames:
    """The names of one type's fields, in GraphQL and in Python."""

    __slots__ = ("_attributes", "_names")

    def __init__(self) -> None:
        self._names = Taken()
        self._attributes = Taken()

    def claim(self, wire: str, *more: str) -> tuple[str, str]:
        """Name and attribute; `more` are words to tell apart by, where the name alone is taken."""
        name, python_name = _spelled(wire)
        if name in self._names or python_name in self._attributes:
            wanted = [_spelled(f"{wire} {word}") for word in more if word]
        else:
            wanted = []
        return (
            self._names.claim(name, *(each[0] for each in wanted)),
            self._attributes.claim(python_name, *(each[1] for each in wanted)),
        )


@lru_cache(8192)
def _spelled(wire: str) -> tuple[str, str]:
    """In GraphQL and in Python; services use the same few names over and over."""
    return camel(wire), attribute(wire)


def field_of(member: Member, ref: TypeRef, names: FieldNames, *, is_input: bool) -> Field:
    """The field of an element or attribute; `ref` is the type of one value."""
    type_, xml = typed(member, ref, is_input=is_input)
    words = ("attribute",) if member.attribute else (namespace_word(member.namespace), "element")
    name, python_name = names.claim(member.wire or "any", *words)
    return Field(
        name=name,
        attribute=python_name,
        wire=member.wire or "#any",
        type=type_,
        required=is_required(member, type_, is_input=is_input),
        description=description_of(member.node),
        default=default_of(member.node, type_) if is_input else None,
        xml=xml,
    )


def text_field(text: Simple, ref: TypeRef, names: FieldNames) -> Field:
    """The field of an element's own text."""
    name, python_name = names.claim("value")
    xml = XmlField(kind=XmlKind.TEXT, spaced=text.spaced, type_name=text.name)
    # No name of an element or attribute, as there may be one called "value" beside it.
    return Field(name, python_name, "#text", ref, xml=xml)


def typed(member: Member, ref: TypeRef, *, is_input: bool) -> tuple[TypeRef, XmlField]:
    """The type of all of an element's values, and how they are written."""
    spaced = isinstance(member.use, Simple) and member.use.spaced
    if member.many:
        if spaced:
            # A list of lists of texts would help nobody: each is handed over as it is written.
            ref, spaced = Named(Scalar.STRING), False
        ref = ListOf(ref, nullable_items=member.nillable, most=None if is_input else member.most)
    kind = XmlKind.ATTRIBUTE if member.attribute else XmlKind.ANY if member.any else XmlKind.ELEMENT
    is_needed = member.required and member.nillable and kind is XmlKind.ELEMENT and not member.many
    xml = XmlField(kind, member.namespace, member.nillable, member.many, spaced, member.type_name, is_needed)
    return ref, xml


def is_required(member: Member, ref: TypeRef, *, is_input: bool) -> bool:
    """Whether a value is always there, and never null."""
    if not member.required or (member.nillable and not member.many):
        return False
    # An element that may hold anything may hold nothing, which is null.
    return is_input or ref != Named(Scalar.JSON)


def default_of(node: Any, ref: TypeRef) -> str | None:
    """The default that a schema names, as JSON; None where there is none."""
    value = node.get("default", node.get("fixed"))
    if value is None or not isinstance(ref, Named):
        return None
    if ref.name in _NUMBERS:
        try:
            return msgspec.json.encode(
                msgspec.json.decode(value.strip().lstrip("+"), type=int | float)
            ).decode()
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None
    if ref.name == Scalar.BOOLEAN:
        return {"true": "true", "1": "true", "false": "false", "0": "false"}.get(value.strip())
    return msgspec.json.encode(value).decode()
