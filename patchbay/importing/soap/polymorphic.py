"""Which of several types an element is of: `xsi:type` says it, or else the one that was declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.model import ObjectType, UnionType
from patchbay.importing.soap.message import Wrong
from patchbay.importing.soap.names import XSI_TYPE, is_nil, local, type_of

if TYPE_CHECKING:
    from patchbay.importing.soap.message import Message
    from patchbay.importing.soap.objects import ObjectReader
    from patchbay.importing.soap.readers import Readers


class Chooser:
    """Reads an element of a type in whose place others may stand.

    Args:
        readers: makes theirs.
        type_: a union, or an object type with subtypes.
        attributes: of the record that are wanted; None for all.
    """

    __slots__ = ("_attributes", "_by_name", "_declared", "_readers", "_type")

    def __init__(
        self, readers: Readers, type_: ObjectType | UnionType, attributes: frozenset[str] | None
    ) -> None:
        self._readers = readers
        self._type = type_
        self._attributes = attributes
        self._by_name: dict[str, ObjectReader] | None = None
        self._declared: ObjectReader | None = None

    def __call__(self, element: Any, message: Message) -> Any:
        """The record. Raises Wrong."""
        by_name = self._by_name
        if by_name is None:
            by_name = self._prepare()
        if element.get(XSI_TYPE) is not None:
            full, name = type_of(element)
            read = by_name.get(full) or by_name.get(name)
            if read is not None:
                return read(element, message)
        if self._declared is None:
            if not len(element) and is_nil(element):
                return None
            raise Wrong("a value of no declared type")
        return self._declared(element, message)

    def _prepare(self) -> dict[str, ObjectReader]:
        if isinstance(self._type, UnionType):
            named = self._members(self._type)
        else:
            # An attribute may be of a subtype alone; what is not there is not narrowed.
            named = {} if self._type.xml is None else dict(self._type.xml.subtypes)
        by_name: dict[str, ObjectReader] = {}
        for full, type_name in named.items():
            type_ = self._readers.types.get(type_name)
            if isinstance(type_, ObjectType):
                read = by_name[full] = self._readers.exactly(type_, self._wanted(type_))
                # Services err in namespaces: the name alone is enough where it is the only one.
                by_name.setdefault(local(full), read)
        self._declared = self._of_no_type()
        self._by_name = by_name
        return by_name

    def _members(self, union: UnionType) -> dict[str, str]:
        named: dict[str, str] = {}
        for member in union.members:
            type_ = self._readers.types.get(member.type)
            xml = type_.xml if isinstance(type_, ObjectType) else None
            for name in (*member.values, *([xml.name] if xml is not None and xml.name else ())):
                named.setdefault(name, member.type)
        return named

    def _of_no_type(self) -> ObjectReader | None:
        """What reads an element without xsi:type, or with one that nobody has declared."""
        if isinstance(self._type, ObjectType):
            is_abstract = self._type.xml is not None and self._type.xml.abstract
            return None if is_abstract else self._readers.exactly(self._type, self._wanted(self._type))
        for member in self._type.members:
            type_ = self._readers.types.get(member.type)
            if isinstance(type_, ObjectType) and not (type_.xml is not None and type_.xml.abstract):
                return self._readers.exactly(type_, self._wanted(type_))
        return None

    def _wanted(self, type_: ObjectType) -> frozenset[str] | None:
        if self._attributes is None:
            return None
        own = {field.attribute for field in type_.fields}
        return frozenset(each for each in self._attributes if each.partition(".")[0] in own)
