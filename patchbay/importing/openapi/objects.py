"""Objects: a schema's members as fields, each with a name that GraphQL allows and one that Python does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from patchbay.importing.model import Field, InputType, Named, ObjectType, Scalar
from patchbay.importing.naming import Taken, attribute, camel
from patchbay.importing.openapi.enums import unsayable
from patchbay.importing.openapi.scalars import as_id
from patchbay.importing.openapi.shape import Placed
from patchbay.importing.openapi.visible import shown_members

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.importing.openapi.names import Hint
    from patchbay.importing.openapi.shape import Shape
    from patchbay.importing.openapi.side import Side

_DEPRECATED = "Deprecated."


def object_of(side: Side, shape: Shape, hint: Hint, role: str = "object") -> str:
    """The name of a schema's object or input type; the type is made later."""
    known = side.made.get((shape.at, role))
    if known is not None:
        return known
    names = side.common.names
    if role != "object":
        own = names.own(shape.at) or hint.base
        suffix = f"{role}Input" if side.is_input else role
        name, is_known = names.wrapper(*(f"{base}{suffix}" for base in (own, *hint.names))), False
    else:
        name, is_known = (names.input if side.is_input else names.object)(shape.node, shape.at, hint)
    side.made[shape.at, role] = name
    if not is_known:
        below = hint.named(name.removesuffix("Input") if side.is_input else name)
        side.common.later.append((name, lambda: _make(side, name, shape, below)))
    return name


def _make(side: Side, name: str, shape: Shape, below: Hint) -> None:
    if isinstance(shape.extra, Placed):
        side.common.problems.note(shape.extra.at, "further members of the object are left out")
    fields = fields_of(side, shape, below)
    description = described(shape.words.get("description"))
    make = InputType if side.is_input else ObjectType
    side.common.types[name] = make(name, fields, description)


def fields_of(side: Side, shape: Shape, below: Hint) -> tuple[Field, ...]:
    """The fields of an object, in the members' order."""
    members = shown_members(side, shape)
    names = field_names(members)
    attributes = attribute_names(members, names)
    made = []
    for wire, name, python_name in zip(members, names, attributes, strict=True):
        said = members[wire]
        mapped = side.simple(said) or side.any_of(said, below.below(wire))
        ref = mapped.ref
        if wire == "id" and isinstance(ref, Named):
            ref = Named(as_id(wire, Scalar(ref.name))) if ref.name in set(Scalar) else ref
        required = wire in shape.required and not mapped.nullable
        node = said[-1].node if isinstance(said[-1].node, dict) else {}
        side.common.fallbacks.count(ref, is_weaker=mapped.is_weaker, is_input=side.is_input)
        made.append(
            Field(
                name=name,
                attribute=python_name,
                wire=wire,
                type=ref,
                required=required,
                description=described(node.get("description")),
                # GraphQL lets nobody deprecate what has to be given.
                deprecated=None if side.is_input and required else deprecation(node),
                default=default_text(node) if side.is_input else None,
            )
        )
    return tuple(made)


def described(text: Any) -> str | None:
    """A description, trimmed; None where there is none."""
    return (text.strip() or None) if isinstance(text, str) else None


def deprecation(node: dict[str, Any]) -> str | None:
    """Why something is deprecated; None where it is not."""
    told = node.get("x-deprecated", node.get("x-deprecation-reason"))
    if isinstance(told, str) and told.strip():
        return told.strip()
    return _DEPRECATED if node.get("deprecated") is True or told is True else None


def default_text(node: dict[str, Any]) -> str | None:
    """The default as JSON; None where there is none."""
    if "default" not in node:
        return None
    try:
        return orjson.dumps(node["default"]).decode()
    except TypeError:
        return None


def field_names(wires: Iterable[str]) -> list[str]:
    """A name for each member, each another."""
    wires = list(wires)
    return _apart(wires, [camel(wire) for wire in wires], _spelled)


def attribute_names(wires: Iterable[str], names: list[str]) -> list[str]:
    """A Python identifier for each member, each another."""
    plain = [attribute(wire) or attribute(name) for wire, name in zip(wires, names, strict=True)]
    return _apart(names, plain, attribute)


def _apart(wires: list[str], plain: list[str], otherwise: Any) -> list[str]:
    """The plain names, where no two are the same; who spells it just so keeps a name that others want."""
    if len(set(plain)) == len(plain) and all(plain):
        return plain
    taken = Taken()
    made = ["" for _ in wires]
    for index, wire in enumerate(wires):
        if wire == plain[index] and wire not in taken:
            made[index] = taken.claim(wire)
    for index, wire in enumerate(wires):
        if not made[index]:
            made[index] = taken.claim(plain[index], otherwise(wire) or unsayable(wire).lower())
    return made


def _spelled(wire: str) -> str:
    """A member's name as it stands, with underscores for what no name can hold: "@type" -> "_type"."""
    name = re.sub(r"\W", "_", wire, flags=re.ASCII)
    name = re.sub(r"^_+", "_", name)
    if name[:1].isdigit():
        name = f"_{name}"
    return name if name.strip("_") else ""
