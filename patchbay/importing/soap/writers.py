"""From values to elements: what writes a type of the model, made once and used for each value of it.

Values are builtins by wire names: texts, numbers, booleans, lists and dicts. What is not given is not
written; an explicit null is `xsi:nil` where the schema allows that, and else not written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from lxml import etree

from patchbay.importing.model import EnumType, InputType, ListOf, MapOf, Named, Scalar, XmlField, XmlKind
from patchbay.importing.soap.anything import write_json, write_members
from patchbay.importing.soap.arrays import write_array
from patchbay.importing.soap.choices import one_of
from patchbay.importing.soap.names import ANY_NAME, HEX, MAP, XSD, XSI_NIL, XSI_TYPE, tagged
from patchbay.importing.soap.texts import Unwritable, base64_as_hex, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patchbay.importing.model import Argument, Field, SoapVersion, Type, TypeRef

    Content: TypeAlias = Callable[[Any, Any], None]
    """Makes a value the content of an element; raises Unwritable."""
    Member: TypeAlias = Callable[[Any, Any], None]
    """Puts a value into the element that it is a member of; raises Unwritable."""

_PLAIN = XmlField()
_XSD_NAMES: dict[str, str] = {
    Scalar.INT: "int",
    Scalar.SAFE_INT: "long",
    Scalar.BIG_INT: "integer",
    Scalar.FLOAT: "double",
    Scalar.BOOLEAN: "boolean",
    Scalar.DECIMAL: "decimal",
    Scalar.DATE_TIME: "dateTime",
    Scalar.DATE: "date",
    Scalar.TIME: "time",
    Scalar.DURATION: "duration",
    Scalar.BASE64: "base64Binary",
}


class Writers:
    """The writers of one model's types.

    Args:
        types: the model's.
        version: of the envelope.
        encoded: whether each value says its type, as in messages whose use is encoded.
    """

    def __init__(self, types: Mapping[str, Type], version: SoapVersion, *, encoded: bool = False) -> None:
        self._types = types
        self._version = version
        self._encoded = encoded
        self._made: dict[str, list[tuple[str, Member, bool]]] = {}

    def member(self, field: Field | Argument) -> Member:
        """What puts a value into its parent, as an element, an attribute or otherwise."""
        xml = field.xml or _PLAIN
        if xml.kind is XmlKind.ANY:
            return _any
        if xml.kind is XmlKind.ELEMENT:
            return self._element(field, xml)
        write = self._text_of(field.type, xml)
        if xml.kind is XmlKind.TEXT:
            return lambda parent, value: _set_text(parent, write(value))
        key = tagged(xml.namespace, field.wire)
        return lambda parent, value: None if value is None else parent.set(key, write(value))

    def members(self, type_: InputType) -> list[tuple[str, Member, bool]]:
        """Those of an input type, by wire name, in the schema's order; and whether each has to be there."""
        made = self._made.get(type_.name)
        if made is None:
            # Types refer to themselves: the list is there before it is filled.
            made = self._made[type_.name] = []
            made += [(field.wire, self.member(field), is_needed(field)) for field in type_.fields]
        return made

    def _element(self, field: Field | Argument, xml: XmlField) -> Member:
        # Items of an encoded array have any name; this is the usual one.
        tag = "item" if field.wire == ANY_NAME else tagged(xml.namespace, field.wire)
        item = field.type.item if isinstance(field.type, ListOf) and xml.many else field.type
        content = self._content(item, xml)
        # In SOAP's encoding whatever has a value may have none.
        nillable = xml.nillable or self._encoded

        def write_one(parent: Any, value: Any) -> None:
            if value is not None:
                content(etree.SubElement(parent, tag), value)
            elif nillable:
                etree.SubElement(parent, tag).set(XSI_NIL, "true")

        def write_many(parent: Any, value: Any) -> None:
            for each in value if isinstance(value, (list, tuple)) else (value,):
                write_one(parent, each)

        return write_many if xml.many else write_one

    def _content(self, ref: TypeRef, xml: XmlField) -> Content:
        if isinstance(ref, ListOf):
            return self._list(ref, xml)
        if isinstance(ref, MapOf):
            return self._map(ref)
        type_ = self._types.get(ref.name)
        if isinstance(type_, InputType):
            if type_.one_of:
                contents = [self._content(field.type, field.xml or _PLAIN) for field in type_.fields]
                return one_of(type_, self._types, contents)
            return self._object(type_, xml)
        if ref.name == Scalar.JSON:
            return self._json
        write = self._text_of(ref, xml)
        typed = self._type_of(ref, xml) if self._encoded else None

        def scalar(element: Any, value: Any) -> None:
            if typed is not None:
                element.set(XSI_TYPE, typed)
            element.text = write(value)

        return scalar

    def _object(self, type_: InputType, xml: XmlField) -> Content:
        if type_.xml is not None and type_.xml.array_of and len(type_.fields) == 1:
            return self._array(type_)
        name = (type_.xml.name if type_.xml is not None else "") or xml.type_name
        typed = etree.QName(name) if self._encoded and name else None
        members = self.members(type_)

        def content(element: Any, value: Any) -> None:
            if typed is not None:
                element.set(XSI_TYPE, typed)
            write_object(element, value, members)

        return content

    def _array(self, type_: InputType) -> Content:
        (field,) = type_.fields
        # What a SOAP-encoded array holds is written as items, and their type stands at the array.
        member = self._element(field, field.xml or XmlField(many=True))
        name = "" if type_.xml is None else type_.xml.array_of

        def content(element: Any, value: Any) -> None:
            items = value.get(field.wire) if isinstance(value, dict) else value
            write_array(element, items or [], member, name, self._version)

        return content

    def _list(self, ref: ListOf, xml: XmlField) -> Content:
        if xml.spaced:
            write = self._text_of(ref, xml)
            return lambda element, value: _set_text(element, write(value))
        content = self._content(ref.item, _PLAIN)

        def items(element: Any, value: Any) -> None:
            for each in value if isinstance(value, (list, tuple)) else (value,):
                item = etree.SubElement(element, "item")
                if each is None:
                    item.set(XSI_NIL, "true")
                else:
                    content(item, each)

        if not self._encoded:
            return items
        name = xml.type_name or self._name_of_items(ref.item)
        return lambda element, value: write_array(element, value, items, name, self._version)

    def _json(self, element: Any, value: Any) -> None:
        if self._encoded and isinstance(value, list):
            write_array(element, value, self._json_items, "", self._version)
        else:
            write_json(element, value)

    def _json_items(self, element: Any, items: list[Any]) -> None:
        for each in items:
            self._json(etree.SubElement(element, "item"), each)

    def _map(self, ref: MapOf) -> Content:
        content = self._content(ref.value, _PLAIN)

        def entries(element: Any, value: Any) -> None:
            if self._encoded:
                element.set(XSI_TYPE, etree.QName(MAP))
            for name, each in value.items():
                item = etree.SubElement(element, "item")
                write_json(etree.SubElement(item, "key"), name, typed=self._encoded)
                if each is not None:
                    content(etree.SubElement(item, "value"), each)

        return entries

    def _text_of(self, ref: TypeRef, xml: XmlField) -> Callable[[Any], str]:
        if isinstance(ref, ListOf):
            item = self._text_of(ref.item, xml)
            return lambda value: " ".join(map(item, value if isinstance(value, (list, tuple)) else (value,)))
        name = ref.name if isinstance(ref, Named) else ""
        if name == Scalar.BASE64 and xml.type_name == HEX:
            return base64_as_hex
        # Values of an enum are texts, or else written as what they are.
        scalar = Scalar.STRING if isinstance(self._types.get(name), EnumType) else name
        return lambda value: written(scalar, value)

    def _type_of(self, ref: Named, xml: XmlField) -> etree.QName:
        return etree.QName(xml.type_name or f"{{{XSD}}}{_XSD_NAMES.get(ref.name, 'string')}")

    def _name_of_items(self, ref: TypeRef) -> str:
        type_ = self._types.get(_name_of(ref))
        if isinstance(type_, InputType):
            return type_.xml.name if type_.xml is not None else ""
        return f"{{{XSD}}}{_XSD_NAMES.get(_name_of(ref), 'string')}"


def write_object(element: Any, value: Any, members: list[tuple[str, Member, bool]]) -> None:
    """Write the members of a value into an element, in the schema's order. Raises Unwritable."""
    if not isinstance(value, dict):
        raise Unwritable("is not an object where the upstream takes one")
    for wire, write, needed in members:
        if needed or wire in value:
            write(element, value.get(wire))


def is_needed(field: Field | Argument) -> bool:
    """Whether its element has to be there, though it may hold nothing."""
    return field.xml is not None and field.xml.needed


def _any(parent: Any, value: Any) -> None:
    for each in value if isinstance(value, list) else (value,):
        if isinstance(each, dict):
            write_members(parent, each)
        elif each is not None:
            raise Unwritable("is not an object, whose members become elements")


def _set_text(element: Any, text: str) -> None:
    element.text = text


def _name_of(ref: TypeRef) -> str:
    return ref.name if isinstance(ref, Named) else ""
