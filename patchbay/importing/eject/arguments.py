"""The arguments of an ejected operation, in the words of `written`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patchbay.importing.eject.annotations import WRITTEN
from patchbay.importing.eject.python import Expression, Group, Item, Text, call
from patchbay.importing.model import BodyKind, Place
from patchbay.importing.naming import attribute

if TYPE_CHECKING:
    from patchbay.importing.eject.imports import Imports
    from patchbay.importing.model import Argument, Body

_USUAL: Final = {
    BodyKind.JSON: "application/json",
    BodyKind.FORM: "application/x-www-form-urlencoded",
}


def said_argument(argument: Argument, body: Body | None, imports: Imports) -> Expression:
    """Where an argument goes, as `query("limit")`; `body` is the request's."""
    if argument.place is Place.BODY:
        return _body(argument, body, imports)
    function = imports.add(WRITTEN, str(argument.place))
    name = Text(argument.attribute) if argument.attribute != attribute(argument.wire) else None
    items = [Item(Text(argument.wire))]
    if name is not None:
        items.append(Item(name))
    usual = {Place.PATH: ("simple", False), Place.QUERY: ("form", True), Place.COOKIE: ("form", True)}
    style, explode = usual.get(argument.place, (argument.style, False))
    if argument.style != style and argument.place is not Place.COOKIE:
        items.append(Item(Text(argument.style), "style="))
    if argument.explode != explode:
        items.append(Item(str(argument.explode), "explode="))
    if argument.allow_reserved and argument.place is Place.QUERY:
        items.append(Item("True", "allow_reserved="))
    if argument.content_type and argument.place is not Place.PATH:
        items.append(Item(Text(argument.content_type), "content_type="))
    return Group(f"{function}(", tuple(items))


def _body(argument: Argument, body: Body | None, imports: Imports) -> Expression:
    function = imports.add(WRITTEN, "body")
    items = [Item(Text(argument.attribute))] if argument.attribute != "body" else []
    if body is None:
        return Group(f"{function}(", tuple(items))
    if body.kind is not BodyKind.JSON:
        items.append(Item(Text(str(body.kind)), "kind="))
    if body.content_type not in ("", _USUAL.get(body.kind, "")):
        items.append(Item(Text(body.content_type), "content_type="))
    if body.parts:
        part = imports.add(WRITTEN, "part")
        parts = [
            call(
                part,
                Text(each.wire),
                content_type=Text(each.content_type) if each.content_type else None,
                style=Text(each.style) if each.style else None,
                explode=None if each.explode else "False",
                is_file="True" if each.is_file else None,
            )
            for each in body.parts
        ]
        tail = ",)" if len(parts) == 1 else ")"
        items.append(Item(Group("(", tuple(map(Item, parts)), tail), "parts="))
    return Group(f"{function}(", tuple(items))
