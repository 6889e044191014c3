"""From an element with members to a record.

A reply is read fast, and raises Wrong at the first value that is not as declared. It is then read a second
time, with an error in the place of each wrong value: descriptions and services err in some member often
enough that a whole answer should not be lost for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.soap.anything import members_of
from patchbay.importing.soap.message import NO_VALUE, TooMuch, Wrong
from patchbay.importing.soap.names import is_nil, local
from patchbay.importing.soap.slots import UNKNOWN, Slots

if TYPE_CHECKING:
    from patchbay.importing.model import ObjectType
    from patchbay.importing.soap.message import Message
    from patchbay.importing.soap.readers import Readers


class ObjectReader:
    """Reads one object type.

    Args:
        readers: makes those of its members.
        type_: the type.
        attributes: of its record that are wanted; None for all.
    """

    __slots__ = ("_attributes", "_readers", "_slots", "_type")

    def __init__(self, readers: Readers, type_: ObjectType, attributes: frozenset[str] | None) -> None:
        self._readers = readers
        self._type = type_
        self._attributes = attributes
        self._slots: Slots | None = None

    def __call__(self, element: Any, message: Message) -> Any:
        """The record; None where the element says that it stands for nothing. Raises Wrong."""
        slots = self._slots
        if slots is None:
            # Not before it is asked for: most types of a large service never are.
            slots = self._slots = Slots(self._readers, self._type, self._attributes)
        if not len(element) and is_nil(element):
            return None
        if slots.bare is not None:
            attribute, read = slots.bare
            return slots.struct(**{attribute: read(element, message)})
        values = slots.blank.copy()
        for attribute in slots.lists:
            values[attribute] = []
        if message.repairs:
            others = _repaired(element, slots, values, message)
        else:
            others = _fast(element, slots, values, message)
        if slots.any is not None and others:
            _take_others(slots.any, values, others, message)
        if slots.has_texts:
            _take_texts(slots, values, element, message)
        return slots.struct(**values)


def _fast(element: Any, slots: Slots, values: dict[str, Any], message: Message) -> list[Any]:
    """Fill in what the children hold; the children that nothing was declared about. Raises Wrong."""
    others: list[Any] = []
    by_tag = slots.by_tag
    for child in element:
        tag = child.tag
        slot = by_tag.get(tag, UNKNOWN)
        if slot is UNKNOWN:
            slot = slots.find(tag)
        if slot is None:
            if slots.any is not None and slots.is_other(tag):
                others.append(child)
            continue
        attribute, read, gathers, nullable = slot
        value = read(child, message)
        if not gathers:
            values[attribute] = value
        elif value is not None or nullable:
            values[attribute].append(value)
        else:
            raise Wrong(NO_VALUE)
    return others


def _repaired(element: Any, slots: Slots, values: dict[str, Any], message: Message) -> list[Any]:
    """As `_fast`, with an error in place of each wrong value."""
    others: list[Any] = []
    for child in element:
        slot = slots.find(child.tag)
        if slot is None:
            if slots.any is not None and slots.is_other(child.tag):
                others.append(child)
            continue
        attribute, read, gathers, nullable = slot
        at = f"{local(child.tag)[:100]}[{len(values[attribute])}]" if gathers else local(child.tag)[:100]
        value = message.repaired(read, child, at, nullable=nullable or not gathers)
        if gathers:
            values[attribute].append(value)
        else:
            values[attribute] = value
    return others


def _take_others(
    place: tuple[str, bool], values: dict[str, Any], others: list[Any], message: Message
) -> None:
    attribute, gathers = place
    try:
        if gathers:
            values[attribute] = [members_of((each,), message) for each in others]
        else:
            values[attribute] = members_of(others, message)
    except TooMuch:
        raise
    except Wrong as wrong:
        if not message.repairs:
            raise
        values[attribute] = message.error(wrong)


def _take_texts(slots: Slots, values: dict[str, Any], element: Any, message: Message) -> None:
    for attribute, key, name, read in slots.attributes:
        text = element.get(key)
        if text is None:
            text = element.get(name)
        if text is not None:
            values[attribute] = _of_text(read, text, f"@{name}", message)
    if slots.text is not None:
        attribute, read = slots.text
        if element.text is not None or not is_nil(element):
            values[attribute] = _of_text(read, element.text or "", "", message)


def _of_text(read: Any, text: str, at: str, message: Message) -> Any:
    try:
        return read(text)
    except ValueError:
        # An empty one says nothing, except where it is a text.
        if not text.strip():
            return None
        wrong = Wrong()
        if not message.repairs:
            raise wrong from None
        return message.error(wrong, at)
