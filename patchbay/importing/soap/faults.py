"""SOAP faults: their name, and what the WSDL declares of their detail."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from patchbay.errors import SoapFault
from patchbay.importing.details import declared, detail_of
from patchbay.importing.model import EnumType, ListOf, Named, ObjectType, UnionType, XmlField, XmlKind
from patchbay.importing.soap.message import Wrong
from patchbay.importing.soap.names import local, type_of
from patchbay.importing.soap.texts import reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.importing.model import ErrorAnswer, Field, Model, TypeRef
    from patchbay.importing.soap.message import Message

_NAME = re.compile(r"[\w.-]{1,100}")
"""What may stand in a fault's name: a service can write anything into a fault code, and clients see it."""

_MAX_DEPTH = 4
_MAX_ITEMS = 50
_PLAIN = XmlField()


def fault_in(body: Any) -> Any:
    """The fault that a body holds, or None."""
    for child in body:
        if local(child.tag) == "Fault":
            return child
    return None


class FaultReader:
    """Reads the faults of one operation.

    Args:
        source: the upstream's name.
        model: whose types the details are of.
        errors: the operation's.
        withheld: texts that no client may see.
    """

    def __init__(
        self, source: str, model: Model, errors: Sequence[ErrorAnswer], withheld: Sequence[str] = ()
    ) -> None:
        self._source = source
        self._model = model
        self._withheld = withheld
        self._by_tag: dict[str, ErrorAnswer] = {}
        for each in errors:
            if each.xml_name:
                self._by_tag.setdefault(each.xml_name, each)
                self._by_tag.setdefault(local(each.xml_name), each)

    def read(self, fault: Any, message: Message) -> SoapFault | None:
        """The error; None where the fault has no code."""
        element, answer = self._declared_in(fault)
        code = local(answer.xml_name) if answer is not None else _code(fault)
        if code is None:
            return None
        error = SoapFault(self._source, code)
        if answer is not None and answer.type is not None:
            error.detail = self._detail(element, answer.type, message)
        return error

    def _declared_in(self, fault: Any) -> tuple[Any, ErrorAnswer | None]:
        for detail in (*fault.iterchildren("{*}detail"), *fault.iterchildren("{*}Detail")):
            for child in detail.iterchildren("{*}*"):
                answer = self._by_tag.get(child.tag) or self._by_tag.get(local(child.tag))
                if answer is not None:
                    return child, answer
        return None, None

    def _detail(self, element: Any, ref: TypeRef, message: Message) -> dict[str, object] | None:
        try:
            value = _told(self._model, ref, element, message, _MAX_DEPTH)
        except Wrong:
            return None
        shape = declared(self._model, ref)
        if not shape and not isinstance(value, dict):
            # An element that is but a text.
            value, shape = {"value": value}, {"value": ("value", None)}
        return detail_of(value, shape, self._withheld)


def _code(fault: Any) -> str | None:
    """The most specific fault code, without its namespace; None where there is none."""
    codes = [fault.findtext("{*}faultcode"), *(value.text for value in fault.iterfind("{*}Code//{*}Value"))]
    for code in reversed(codes):
        name = (code or "").strip().rpartition(":")[2].rpartition("}")[2]
        if _NAME.fullmatch(name):
            return name
    return None


def _told(model: Model, ref: TypeRef, element: Any, message: Message, depth: int) -> Any:
    """What is declared of an element: a scalar, or members by wire name. What is wrong is left out."""
    element = message.target(element)
    if isinstance(ref, ListOf):
        return [_told(model, ref.item, each, message, depth - 1) for each in element[:_MAX_ITEMS]]
    type_ = model.types.get(ref.name) if isinstance(ref, Named) else None
    if isinstance(type_, UnionType):
        type_ = _member(model, type_, element)
    if isinstance(type_, ObjectType):
        return _members(model, type_, element, message, depth) if depth else None
    if isinstance(ref, Named) and not len(element):
        return _scalar(model, ref, element.text)
    return None


def _member(model: Model, union: UnionType, element: Any) -> Any:
    name = type_of(element)[1]
    types = [model.types.get(member.type) for member in union.members]
    named = [each for each in types if isinstance(each, ObjectType) and each.xml is not None]
    return next((each for each in named if each.xml is not None and local(each.xml.name) == name), None) or (
        types[0] if types else None
    )


def _members(
    model: Model, type_: ObjectType, element: Any, message: Message, depth: int
) -> dict[str, object]:
    told: dict[str, object] = {}
    for field in type_.fields:
        xml = field.xml or _PLAIN
        if xml.kind is XmlKind.ELEMENT:
            told[field.wire] = _child(model, field, element, message, depth)
        elif xml.kind is XmlKind.ATTRIBUTE:
            told[field.wire] = _scalar(model, field.type, element.get(field.wire))
        elif xml.kind is XmlKind.TEXT:
            told[field.wire] = _scalar(model, field.type, element.text)
    return told


def _child(model: Model, field: Field, element: Any, message: Message, depth: int) -> object:
    found = list(element.iterchildren(f"{{*}}{field.wire}"))[:_MAX_ITEMS]
    if not found:
        return None
    if isinstance(field.type, ListOf) and (field.xml or _PLAIN).many:
        return [_told(model, field.type.item, each, message, depth - 1) for each in found]
    return _told(model, field.type, found[0], message, depth - 1)


def _scalar(model: Model, ref: TypeRef, text: str | None) -> object:
    if text is None or not isinstance(ref, Named):
        return None
    try:
        value = text if isinstance(model.types.get(ref.name), EnumType) else reader(ref.name)(text)
    except ValueError:
        return None
    return str(value) if isinstance(value, Decimal) else value
