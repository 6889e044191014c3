"""Strawberry inputs -> values as an upstream takes them.

    @strawberry.input
    class NewOrder:
        customer: str = wire("customer_id")
        labels: list[Label] | None = wire("labels", kind="map", default=None)

What a client leaves out is not sent; a null that it gives is.
"""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any, Final, Literal

import strawberry

Kind = Literal["", "map", "one"]

_MISSING: Final = object()
_WIRE: Final = "wire"
_KIND: Final = "wire kind"


def wire(
    name: str,
    *,
    kind: Kind = "",
    tag: tuple[str, str] | None = None,
    default: Any = _MISSING,
    graphql: str | None = None,
    description: str | None = None,
    deprecated: str | None = None,
) -> Any:
    """A field of an input.

    Args:
        name: the member's, to the upstream.
        kind: "map" for a list of objects with `key` and `value`, which are the members of one object;
            "one" for an alternative: its value stands for the whole input.
        tag: of an alternative: (member, value) that the upstream's object has beside what is given.
        default: where the client gives none; strawberry.UNSET where nothing is sent then.
        graphql: the field's name, where it is not the attribute's.
        description, deprecated: for the schema.
    """
    more: dict[str, Any] = {} if default is _MISSING else {"default": default}
    return strawberry.field(
        name=graphql,
        description=description,
        deprecation_reason=deprecated,
        metadata={_WIRE: name, _KIND: (kind, tag)},
        **more,
    )


def to_wire(value: Any) -> Any:
    """The value as the upstream takes it: texts, numbers, lists, and dicts by the upstream's names."""
    if isinstance(value, list | tuple):
        return [to_wire(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    members: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        given = getattr(value, field.name)
        if given is strawberry.UNSET:
            continue
        kind, tag = field.metadata.get(_KIND, ("", None))
        sent = to_wire(given)
        if kind == "one":
            return {tag[0]: tag[1], **sent} if tag and isinstance(sent, dict) else sent
        if kind == "map" and isinstance(sent, list):
            sent = {each["key"]: each["value"] for each in sent}
        members[field.metadata.get(_WIRE, field.name)] = sent
    return members


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that a client gave, as the upstream takes them."""
    return {name: to_wire(value) for name, value in arguments.items() if value is not strawberry.UNSET}
