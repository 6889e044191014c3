"""Values of which there are several types, told apart by `xsi:type`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from patchbay.importing.model import InputType, Named
from patchbay.importing.soap.names import XSI_TYPE
from patchbay.importing.soap.texts import Unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patchbay.importing.model import Field, Type


def one_of(
    type_: InputType, types: Mapping[str, Type], contents: Sequence[Callable[[Any, Any], None]]
) -> Callable[[Any, Any], None]:
    """What makes a value of one of several types an element's content, and says which type it is.

    Args:
        type_: with a field for each of them.
        types: the model's.
        contents: what writes each.
    """
    alternatives = [(field, _input(types, field)) for field in type_.fields]

    def content(element: Any, value: Any) -> None:
        index = alternative_of(alternatives, value)
        field, chosen = alternatives[index]
        name = chosen.xml.name if chosen is not None and chosen.xml is not None else ""
        name = name or (field.xml.type_name if field.xml is not None else "")
        if name:
            element.set(XSI_TYPE, etree.QName(name))
        if field.tag is not None:
            value = {key: each for key, each in value.items() if key != field.tag[0]}
        contents[index](element, value)

    return content


def alternative_of(alternatives: list[tuple[Field, InputType | None]], value: Any) -> int:
    """Which alternative a value is of: what its tag says, else the first that has all of its members."""
    if isinstance(value, dict):
        for index, (field, _) in enumerate(alternatives):
            if field.tag is not None and value.get(field.tag[0]) == field.tag[1]:
                return index
        for index, (_, type_) in enumerate(alternatives):
            if type_ is not None and value.keys() <= {each.wire for each in type_.fields}:
                return index
    raise Unwritable("is of none of the types that the upstream takes")


def _input(types: Mapping[str, Type], field: Field) -> InputType | None:
    type_ = types.get(field.type.name) if isinstance(field.type, Named) else None
    return type_ if isinstance(type_, InputType) else None
