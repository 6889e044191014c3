"""Members of records: what kinds of values they hold, how they are called, and which of them are wanted."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from patchbay.importing.model import Scalar, XmlKind
from patchbay.scalars import Integer, SafeInteger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from patchbay.importing.model import Field

SCALARS: Final[dict[str, Any]] = {
    Scalar.ID: str | int,
    Scalar.INT: Integer,
    Scalar.SAFE_INT: SafeInteger,
    Scalar.BIG_INT: int,
    Scalar.FLOAT: float,
    Scalar.BOOLEAN: bool,
    Scalar.DECIMAL: Decimal,
    Scalar.JSON: Any,
    **dict.fromkeys(
        (
            Scalar.STRING,
            Scalar.DATE_TIME,
            Scalar.DATE,
            Scalar.TIME,
            Scalar.DURATION,
            Scalar.UUID,
            Scalar.BASE64,
            Scalar.UPLOAD,
        ),
        str,
    ),
}


Wanted: TypeAlias = "Mapping[str, frozenset[str]]"
"""Attribute -> which attributes of the records in it are wanted; all of them where it is not there."""

ALL: Final[Wanted] = {}


def wanted_inside(attributes: frozenset[str]) -> Wanted:
    """Of "customer.name" and the like, what is wanted of each attribute; all of it where "*" is."""
    found: dict[str, set[str]] = {}
    for each in attributes:
        name, dot, inside = each.partition(".")
        if dot:
            found.setdefault(name, set()).add(inside)
    return {name: frozenset(inside) for name, inside in found.items() if "*" not in inside}


def optional(type_: Any) -> Any:
    """The type, or None."""
    return Any if type_ is Any else type_ | None


def wrapped(annotation: Any, at: tuple[str, ...]) -> Any:
    """The type of a body in which the value stands at these member names."""
    for name in reversed(at):
        annotation = (
            msgspec.defstruct(
                "Body",
                [("value", optional(annotation), None)],
                rename={"value": member(name)},
                frozen=True,
                gc=False,
            )
            | None
        )
    return annotation


def told_apart(fields: Iterable[Field]) -> list[Field]:
    """The fields without those that have the attribute or the member of one before them."""
    attributes: set[str] = set()
    wires: set[str] = set()
    found: list[Field] = []
    for field in fields:
        wire = wire_of(field)
        if field.attribute not in attributes and wire not in wires:
            attributes.add(field.attribute)
            wires.add(wire)
            found.append(field)
    return found


def wire_of(field: Field) -> str:
    """What tells a member from others of its name: in XML they may be of another namespace, or attributes."""
    if field.xml is None:
        return field.wire
    kind = "" if field.xml.kind is XmlKind.ELEMENT else field.xml.kind
    return f"{kind} {field.xml.namespace} {field.wire}".strip()


def member(name: str) -> str:
    """A member's name as msgspec takes it: with quotes and control characters it is one that never occurs."""
    if name.isprintable() and '"' not in name and "\\" not in name:
        return name
    return "".join(sign if sign.isalnum() else "\ufffd" for sign in name)
