"""From elements to values: what reads a type of the model, made once and used for each element of it.

A reader takes an element and the message that it belongs to. It answers None where the element says that it
stands for nothing, and raises Wrong where its content is not as declared. Elements are told by their
namespace and name, and else by their name alone: many services get namespaces wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from patchbay.importing.model import (
    EnumType,
    InputType,
    ListOf,
    MapOf,
    Named,
    ObjectType,
    Scalar,
    UnionType,
)
from patchbay.importing.soap.anything import json_of
from patchbay.importing.soap.message import NO_VALUE, Wrong
from patchbay.importing.soap.names import HEX, is_nil
from patchbay.importing.soap.objects import ObjectReader
from patchbay.importing.soap.polymorphic import Chooser
from patchbay.importing.soap.texts import TEXTUAL, hex_as_base64, reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from patchbay.importing.model import Type, TypeRef, XmlField
    from patchbay.importing.runtime import RecordTypes
    from patchbay.importing.soap.message import Message

    Read: TypeAlias = Callable[[Any, Message], Any]
    ReadText: TypeAlias = Callable[[str], Any]


class Readers:
    """The readers of one model's types.

    Args:
        records: of the model.
        encoded: whether elements may refer to others, as in messages whose use is encoded.
    """

    def __init__(self, records: RecordTypes, *, encoded: bool = False) -> None:
        self.records = records
        self.types = records.model.types
        self._encoded = encoded
        self._made: dict[tuple[str, frozenset[str] | None], Read] = {}

    def of(self, ref: TypeRef, attributes: frozenset[str] | None = None, xml: XmlField | None = None) -> Read:
        """What reads one element.

        Args:
            ref: what it holds; of elements that repeat, what one of them does.
            attributes: of the record that stands there: those that are wanted; None for all.
            xml: how it is written.
        """
        read = self._of(ref, attributes, xml)
        if not self._encoded:
            return read
        # References are followed in front of everything else, since even texts can be shared.
        return lambda element, message: read(message.target(element), message)

    def text(self, ref: TypeRef, xml: XmlField | None = None) -> ReadText:
        """What reads a text, of an attribute or of simple content. It raises ValueError and Wrong."""
        if isinstance(ref, ListOf):
            item = self.text(ref.item, xml)
            return lambda text: [item(part) for part in text.split()]
        name = ref.name if isinstance(ref, Named) else ""
        type_ = self.types.get(name)
        if isinstance(type_, EnumType):
            return _enum(type_)
        if name == Scalar.BASE64 and xml is not None and xml.type_name == HEX:
            return hex_as_base64
        return reader(name)

    def _of(self, ref: TypeRef, attributes: frozenset[str] | None, xml: XmlField | None) -> Read:
        if isinstance(ref, ListOf):
            if xml is not None and xml.spaced:
                return _spaced(self.text(ref, xml))
            return _items(self.of(ref.item, attributes), nullable=ref.nullable_items)
        if isinstance(ref, MapOf):
            return _map(self.of(ref.value))
        type_ = self.types.get(ref.name)
        if isinstance(type_, UnionType) or (isinstance(type_, ObjectType) and type_.fields):
            return self._named(type_, attributes)
        # GraphQL has no object without a field: it is anything.
        if ref.name == Scalar.JSON or isinstance(type_, (ObjectType, InputType)):
            return json_of
        return self._scalar(ref, xml)

    def _scalar(self, ref: Named, xml: XmlField | None) -> Read:
        if ref.name in TEXTUAL:
            return _textual
        if ref.name == Scalar.BASE64:
            return _binary(self.text(ref, xml))
        return _scalar(self.text(ref, xml))

    def _named(self, type_: ObjectType | UnionType, attributes: frozenset[str] | None) -> Read:
        key = (type_.name, attributes)
        if key not in self._made:
            # Types refer to themselves: what reads one is there before it knows its members.
            is_choice = isinstance(type_, UnionType) or (type_.xml is not None and type_.xml.subtypes)
            self._made[key] = (
                Chooser(self, type_, attributes) if is_choice else self.exactly(type_, attributes)
            )
        return self._made[key]

    def exactly(self, type_: Any, attributes: frozenset[str] | None = None) -> ObjectReader:
        """What reads an object type, whatever `xsi:type` says."""
        return ObjectReader(self, type_, attributes)

    def type(self, name: str) -> Type | None:
        """A type of the model."""
        return self.types.get(name)


def _textual(element: Any, message: Message) -> Any:
    text = element.text
    if text is None:
        if is_nil(element):
            return None
        return message.attached(element) or ""
    if text.startswith("cid:"):
        return message.attached(element) or text
    return text


def _scalar(read: ReadText) -> Read:
    def scalar(element: Any, _: Message) -> Any:
        text = element.text
        # Services write an empty element where they have no number and no date.
        if text is None or text.isspace():
            return None
        try:
            return read(text)
        except ValueError:
            raise Wrong from None

    return scalar


def _binary(read: ReadText) -> Read:
    def binary(element: Any, message: Message) -> Any:
        attached = message.attached(element)
        if attached is not None:
            return attached
        if element.text is None:
            return None if is_nil(element) else ""
        try:
            return read(element.text)
        except ValueError:
            raise Wrong from None

    return binary


def _spaced(read: ReadText) -> Read:
    def spaced(element: Any, _: Message) -> Any:
        if element.text is None and is_nil(element):
            return None
        try:
            return read(element.text or "")
        except ValueError:
            raise Wrong from None

    return spaced


def _items(read: Read, *, nullable: bool) -> Read:
    """Every element inside of one is an item, whatever its name."""

    def items(element: Any, message: Message) -> Any:
        if not len(element) and is_nil(element):
            return None
        return read_all(read, element, message, nullable=nullable)

    return items


def read_all(read: Read, elements: Iterable[Any], message: Message, *, nullable: bool) -> list[Any]:
    """What each of several elements holds.

    Raises:
        Wrong: one is wrong; where the message repairs, an error stands in its place.
    """
    if message.repairs:
        return [
            message.repaired(read, each, f"[{index}]", nullable=nullable)
            for index, each in enumerate(elements)
        ]
    values = [read(each, message) for each in elements]
    if not nullable and None in values:
        raise Wrong(NO_VALUE)
    return values


def _map(read: Read) -> Read:
    def entries(element: Any, message: Message) -> Any:
        if not len(element) and is_nil(element):
            return None
        found: dict[str, Any] = {}
        for item in element:
            key, value = item.find("{*}key"), item.find("{*}value")
            if key is not None:
                name = message.target(key).text or ""
                found[name] = None if value is None else read(value, message)
        return found

    return entries


def _enum(type_: EnumType) -> ReadText:
    values = {_as_text(each.value): each.value for each in type_.values}

    def value(text: str) -> Any:
        if text in values:
            return values[text]
        stripped = " ".join(text.split())
        if stripped not in values:
            raise ValueError("none of the declared values")
        return values[stripped]

    return value


def _as_text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
