"""Where the members of an object type stand in an element, and what reads each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from patchbay.importing.model import ListOf, XmlField, XmlKind
from patchbay.importing.record_members import ALL, wanted_inside
from patchbay.importing.soap.names import local, tagged

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.importing.model import Field, ObjectType
    from patchbay.importing.soap.message import Message
    from patchbay.importing.soap.readers import Readers

    Slot: TypeAlias = tuple[str, Callable[[Any, Message], Any], bool, bool]
    """Attribute, reader, whether it gathers a list, and whether null may stand in that."""

UNKNOWN: Any = object()

_MAX_NAMES = 1_000
"""Names that are remembered though they are not as declared; a service can make up any number."""

_ELEMENT = XmlField()


class Slots:
    """What is declared of an object type.

    Args:
        readers: makes those of its members.
        type_: the type.
        attributes: of its record that are wanted, with those inside of them as "customer.name"; None for all.

    Attributes:
        struct: the record.
        blank: attribute -> what it is where nothing is said.
        lists: the attributes whose values are lists.
        by_tag: tag -> slot; None for what is declared and not wanted.
        attributes: (attribute, tag, wire name, reader of the text) of each XML attribute.
        text: (attribute, reader) of the element's text; None where it has none.
        any: (attribute, whether it is a list) of what is not declared; None where that is left out.
        bare: (attribute, reader) where the element is itself the value of the only member.
        has_texts: whether there are XML attributes or a text.
    """

    def __init__(self, readers: Readers, type_: ObjectType, attributes: frozenset[str] | None) -> None:
        self.struct: Any = readers.records.struct(type_.name, attributes)
        self.blank: dict[str, Any] = {}
        self.lists: list[str] = []
        self.by_tag: dict[str, Slot | None] = {}
        self.attributes: list[tuple[str, str, str, Callable[[str], Any]]] = []
        self.text: tuple[str, Callable[[str], Any]] | None = None
        self.any: tuple[str, bool] | None = None
        self.bare: tuple[str, Callable[[Any, Message], Any]] | None = None
        self._by_local: dict[str, Slot | None] = {}
        self._every: Slot | None = None
        # A record may lack a field whose names another one has taken.
        kept = frozenset(self.struct.__struct_fields__)
        self._inside = ALL if attributes is None else wanted_inside(attributes)
        for field in type_.fields:
            xml = field.xml or _ELEMENT
            if xml.kind is XmlKind.ELEMENT:
                self._add_element(readers, field, xml, is_wanted=field.attribute in kept)
            elif field.attribute in kept:
                self._add_other(readers, field, xml)
        if type_.is_value and type_.fields:
            only = type_.fields[0]
            self.bare = (only.attribute, readers.of(only.type, None, only.xml))
        if type_.xml is not None and type_.xml.array_of and len(type_.fields) == 1:
            # Items of an encoded array are items, whatever they are called.
            self._every = next(iter(self.by_tag.values()), None)
        self.has_texts = bool(self.attributes) or self.text is not None

    def find(self, tag: Any) -> Slot | None:
        """The slot of an element, whatever its namespace; None for one that is not declared or not wanted."""
        found = self.by_tag.get(tag, UNKNOWN)
        if found is not UNKNOWN:
            known: Slot | None = found
            return known
        slot = self._by_local.get(local(tag)) if self._every is None else self._every
        if slot is not None and len(self.by_tag) < _MAX_NAMES:
            self.by_tag[tag] = slot
        return slot

    def is_other(self, tag: Any) -> bool:
        """Whether an element without a slot is one that nothing was declared about."""
        return local(tag) not in self._by_local

    def _add_element(self, readers: Readers, field: Field, xml: XmlField, *, is_wanted: bool) -> None:
        slot: Slot | None = None
        if is_wanted:
            is_list = isinstance(field.type, ListOf)
            gathers = is_list and xml.many
            item = field.type.item if isinstance(field.type, ListOf) and gathers else field.type
            nullable = isinstance(field.type, ListOf) and field.type.nullable_items
            read = readers.of(item, self._inside.get(field.attribute), xml)
            slot = (field.attribute, read, gathers, nullable)
            self._blank(field)
        self.by_tag[tagged(xml.namespace, field.wire)] = slot
        self._by_local.setdefault(field.wire, slot)

    def _add_other(self, readers: Readers, field: Field, xml: XmlField) -> None:
        self._blank(field)
        if xml.kind is XmlKind.ANY:
            self.any = (field.attribute, isinstance(field.type, ListOf))
        elif xml.kind is XmlKind.TEXT:
            self.text = (field.attribute, readers.text(field.type, xml))
        else:
            key = tagged(xml.namespace, field.wire)
            self.attributes.append((field.attribute, key, field.wire, readers.text(field.type, xml)))

    def _blank(self, field: Field) -> None:
        self.blank[field.attribute] = None
        if isinstance(field.type, ListOf):
            self.lists.append(field.attribute)
