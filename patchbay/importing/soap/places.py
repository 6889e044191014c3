"""What of a response is read, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.model import ListOf
from patchbay.importing.soap.names import ANY_NAME, local
from patchbay.importing.soap.readers import read_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.importing.model import SoapCall, TypeRef
    from patchbay.importing.soap.message import Message
    from patchbay.importing.soap.readers import Readers


class ResultPlace:
    """What of a response is read.

    Args:
        path: wire names from the response element.
        ref: what stands there.
        attributes: of its record that are wanted; None for all.
    """

    def __init__(self, path: Sequence[str], ref: TypeRef, attributes: frozenset[str] | None = None) -> None:
        self.path = tuple(path)
        self.prefix = ".".join(("$", *path))
        """Where it stands, as "$.Levels.Level"."""
        self._ref = ref
        self._attributes = attributes

    def reader(self, readers: Readers, call: SoapCall) -> Callable[[Any, Message], Any]:
        """What reads it out of the response element."""
        steps = [_Step(name, is_first=not index, call=call) for index, name in enumerate(self.path)]
        ref, xml = self._ref, call.result_xml if self.path == call.result_path else None
        if not isinstance(ref, ListOf) or not steps or (xml is not None and not xml.many):
            read = readers.of(ref, self._attributes, xml)
            return lambda top, message: _one(_walk(top, steps, message), read, message)
        item, nullable = readers.of(ref.item, self._attributes), ref.nullable_items
        return lambda top, message: read_all(item, _walk(top, steps, message), message, nullable=nullable)


class _Step:
    """One step from an element into those inside of it that have a name."""

    def __init__(self, name: str, *, is_first: bool, call: SoapCall) -> None:
        self._name = name
        self._may_be_any = call.rpc and is_first

    def __call__(self, elements: list[Any], message: Message) -> list[Any]:
        name = self._name
        inside = [child for each in elements for child in message.target(each)]
        found = [child for child in inside if name in (ANY_NAME, local(child.tag))]
        if found or not self._may_be_any or not inside:
            return found
        # The first part of an RPC response is its result, whatever its name.
        return inside[:1]


def _walk(top: Any, steps: list[_Step], message: Message) -> list[Any]:
    elements = [top]
    for step in steps:
        elements = step(elements, message)
    return elements


def _one(found: list[Any], read: Callable[[Any, Message], Any], message: Message) -> Any:
    return read(found[0], message) if found else None
