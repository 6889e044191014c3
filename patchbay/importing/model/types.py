"""The types of a model: what answers and requests hold."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from patchbay.importing.model.references import TypeRef


class XmlKind(StrEnum):
    """What a field is in XML."""

    ELEMENT = "element"
    ATTRIBUTE = "attribute"
    TEXT = "text"
    """The text of an element that has attributes beside it (simple content)."""
    ANY = "any"
    """Whatever an `xs:any` holds: a JSON value to clients."""


class XmlField(msgspec.Struct, frozen=True):
    """How a field is written in XML.

    Args:
        kind: see XmlKind.
        namespace: of the element or attribute; "" for none.
        nillable: whether `xsi:nil` may stand for the value.
        many: the element may occur more than once; the field's type is a ListOf then.
        spaced: one text holds a list, with spaces between (xs:list).
        type_name: "{namespace}name" of the declared type, for xsi:type in encoded messages; "" if unnamed.
        needed: the element has to be there: with `xsi:nil` where nothing is given.
    """

    kind: XmlKind = XmlKind.ELEMENT
    namespace: str = ""
    nillable: bool = False
    many: bool = False
    spaced: bool = False
    type_name: str = ""
    needed: bool = False


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field of an object or input type.

    Args:
        name: in GraphQL.
        attribute: of the record, a Python identifier.
        wire: the JSON member's or the XML element's local name.
        type: see TypeRef.
        required: the description promises that it is there and not null (GraphQL's `!`); of an input: it has
            to be given.
        description: for the schema; None where there is none.
        deprecated: the reason; None where it is not.
        default: of an input, as JSON in a text; None where there is none. For the description alone: what is
            not given is not sent.
        tag: of an alternative of a `one_of` input: (member, value) that the wire's object has beside what is
            given, as its discriminator.
        xml: how it is written in XML; None for JSON.
    """

    name: str
    attribute: str
    wire: str
    type: TypeRef
    required: bool = False
    description: str | None = None
    deprecated: str | None = None
    default: str | None = None
    tag: tuple[str, str] | None = None
    xml: XmlField | None = None


class XmlType(msgspec.Struct, frozen=True, omit_defaults=True):
    """What XML needs to know of a type.

    Args:
        name: "{namespace}name", or "" for an unnamed type.
        subtypes: "{namespace}name" of each type that may stand in its place by xsi:type -> the model's type.
        abstract: no value is of this type itself.
        ordered: elements come in the fields' order (xs:sequence); else in any.
        array_of: of a SOAP-encoded array: "{namespace}name" of its items; "" for all others.
            Such a type has one field, which is a list; its wire name is "*": elements of any name in a
            reply, and `item` in a request.
    """

    name: str = ""
    subtypes: dict[str, str] = {}
    abstract: bool = False
    ordered: bool = True
    array_of: str = ""


class ObjectType(msgspec.Struct, frozen=True, omit_defaults=True, tag="object"):
    """An object that answers hold. `is_value`: on the wire it is the bare value of its only field, `value`.

    Unions cannot hold scalars and lists, so that these are wrapped.
    """

    name: str
    fields: tuple[Field, ...]
    description: str | None = None
    is_value: bool = False
    xml: XmlType | None = None


class InputType(msgspec.Struct, frozen=True, omit_defaults=True, tag="input"):
    """An object that requests hold. `one_of`: exactly one field is given; its value alone is the wire's."""

    name: str
    fields: tuple[Field, ...]
    description: str | None = None
    one_of: bool = False
    xml: XmlType | None = None


class EnumValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """One value: its name in GraphQL, and what stands for it on the wire."""

    name: str
    value: str | int | float | bool
    description: str | None = None
    deprecated: str | None = None


class EnumType(msgspec.Struct, frozen=True, omit_defaults=True, tag="enum"):
    """An enum, for answers and requests alike."""

    name: str
    values: tuple[EnumValue, ...]
    description: str | None = None


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a union: an object type, and the discriminator's values that tell it."""

    type: str
    values: tuple[str, ...] = ()


class UnionType(msgspec.Struct, frozen=True, omit_defaults=True, tag="union"):
    """One of several object types.

    Args:
        discriminator: the JSON member that tells which; None where it has to be told by what is there: the
            member type whose required members are all there, and of several the one that knows most members.
        xml: of SOAP: `subtypes` has the member for each `xsi:type`; each member's `values` holds that name.
    """

    name: str
    members: tuple[Member, ...]
    discriminator: str | None = None
    description: str | None = None
    xml: XmlType | None = None


Type: TypeAlias = ObjectType | InputType | EnumType | UnionType
