"""The values of an enumeration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.importing.model import EnumValue
from patchbay.importing.naming import Taken, enum_name
from patchbay.importing.wsdl.names import description_of, xsd_children

if TYPE_CHECKING:
    from patchbay.importing.wsdl.schemas import Definition


def values_of(definition: Definition) -> tuple[EnumValue, ...]:
    """Each value once, in the order of the schema."""
    taken = Taken()
    values: dict[str, EnumValue] = {}
    for kind, restriction in xsd_children(definition.node):
        if kind != "restriction":
            continue
        for inner, node in xsd_children(restriction):
            value = node.get("value", "")
            if inner == "enumeration" and value not in values:
                name = taken.claim(enum_name(value) or ("EMPTY" if not value.strip() else "VALUE"))
                values[value] = EnumValue(name, value, description_of(node))
    return tuple(values.values())
