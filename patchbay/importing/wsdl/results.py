"""What an operation answers: its response without the wrappers that say nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patchbay.importing.model import (
    BodyKind,
    ListOf,
    Named,
    ObjectType,
    Result,
    Scalar,
    SoapMessage,
    TypeRef,
    XmlField,
    XmlType,
)
from patchbay.importing.naming import pascal
from patchbay.importing.wsdl.fields import FieldNames, field_of, typed
from patchbay.importing.wsdl.schemas import Definition
from patchbay.importing.wsdl.types import ARRAY_ITEM, Types

if TYPE_CHECKING:
    from patchbay.importing.wsdl.members import Member
    from patchbay.importing.wsdl.messages import Shape

MAX_LEVELS = 20
"""Wrappers, one in the other."""

NOTHING = Result(BodyKind.NOTHING, Named(Scalar.BOOLEAN))


@dataclass(frozen=True, slots=True)
class Answer:
    """A result, its message, the wire names that lead to it, and how it is written."""

    result: Result
    message: SoapMessage
    path: tuple[str, ...] = ()
    xml: XmlField | None = None


def answer_of(shape: Shape, types: Types, operation: str) -> Answer:
    """What a response of this shape is to clients.

    Args:
        shape: of its body.
        types: makes what it needs.
        operation: the operation's name.
    """
    xml = (
        None
        if shape.content is None
        else XmlType(shape.top.name if shape.top else "", ordered=shape.content.ordered)
    )
    message = SoapMessage(shape.element, xml, shape.bare)
    if not shape.members:
        return Answer(NOTHING, message)
    if shape.bare and len(shape.members) == 1:
        return _walked(message, shape.members[0], types, ())
    if len(shape.members) == 1 and not shape.members[0].attribute and not shape.members[0].any:
        member = shape.members[0]
        return _walked(message, member, types, (member.wire,))
    if shape.top is not None:
        return Answer(_result(Named(types.name(shape.top, is_input=False))), message)
    return Answer(_result(Named(_of_parts(shape, types, operation))), message)


def _walked(message: SoapMessage, member: Member, types: Types, path: tuple[str, ...]) -> Answer:
    """Go down while a level has one element and nothing else, and is no list itself."""
    while not member.many and isinstance(member.use, Definition) and len(path) < MAX_LEVELS:
        content = types.contents.of(member.use)
        if content.item is not None:
            ref = types.ref(content.item, is_input=False)
            # An array of arrays stays as it is: nobody could tell its levels apart.
            if isinstance(ref, ListOf):
                break
            return Answer(_result(ListOf(ref, nullable_items=True)), message, (*path, ARRAY_ITEM))
        is_only = content.text is None and not content.mixed and len(content.members) == 1
        if not is_only or types.concrete(member.use) or types.extended(member.use):
            break
        (inner,) = content.members
        if inner.attribute or inner.any:
            break
        member = inner
        path = (*path, member.wire)
    ref, xml = typed(member, types.ref(member.use, is_input=False), is_input=False)
    return Answer(_result(ref), message, path, xml)


def _result(ref: TypeRef) -> Result:
    return Result(BodyKind.XML, ref)


def _of_parts(shape: Shape, types: Types, operation: str) -> str:
    """An object of a message's parts."""
    name = types.names.claim(f"{pascal(operation)}Response", f"{pascal(operation)}Result")
    names = FieldNames()
    fields = tuple(
        field_of(member, types.ref(member.use, is_input=False), names, is_input=False)
        for member in shape.members
    )
    types.made[name] = ObjectType(name, fields, xml=XmlType(ordered=False))
    return name
