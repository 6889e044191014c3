"""The line of a link, as it stands in patchbay.toml and in Python.

    shop.Order.customer -> crm.customers(ids: customerId) match id max 100
    shop.Order.shipments -> carrier.listShipments(orders: id) match orderId many at data.items
    shop.Shipment.weather -> weather.current(latitude: lat, longitude: lon, units: "metric")
    shop.Shipment.weather -> weather.current(latitude, longitude) key (lat, lon)

In front of the arrow: upstream, type, and the name of the field that the type gets. Behind it: upstream,
operation, and which argument takes which field of the type; what is no field's name is given as it stands.

    match NAME    the argument takes a list of keys; the row's field that holds the key
    max NUMBER    keys in one call
    many          all rows of a key, as a list
    at PATH       where the rows stand in the answer, as "data.items"
    key NAMES     the fields for the arguments that stand without one, in their order
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.importing.build.edits import Link
from patchbay.importing.project.lines import Line

if TYPE_CHECKING:
    from collections.abc import Callable

CLAUSES: Final = ("match", "max", "many", "at", "key")
_WORDS: Final = {"true": True, "false": False}


def parse_link(text: str, where: str = "a link") -> Link:
    """The link of a line.

    Args:
        text: the line.
        where: where it stands, for the error.

    Raises:
        ConfigurationError: with the line, a caret and what was expected.
    """
    line = Line(text, where)
    upstream, type_, field = line.name("upstream.Type.field", 3)
    line.sign("->")
    to, operation = line.name("upstream.operation", 2)
    open_arguments, keys, given = _arguments(line)
    clauses = _clauses(line)
    start = line.text.index("(")
    named = clauses.pop("key", ())
    if len(named) != len(open_arguments):
        problem = (
            f"{', '.join(open_arguments) or 'no argument'} without a field, and 'key' names {len(named)}"
        )
        line.fail(problem, start)
    keys = (*keys, *zip(open_arguments, named, strict=True))
    if not keys:
        line.fail("no argument takes a field of the type", start)
    if "match" not in clauses and (wrong := {"max", "many"} & clauses.keys()):
        line.fail(f"'{min(wrong)}' is for an operation that takes many keys: say 'match' as well", start)
    if "match" in clauses and len(keys) > 1:
        line.fail("'match' is for one argument that takes a list of keys; there are several", start)
    return Link(
        upstream=upstream,
        type=type_,
        field=field,
        to=to,
        operation=operation,
        keys=keys,
        given=given,
        match=clauses.get("match", ""),
        most=clauses.get("max"),
        many=clauses.get("many", False),
        at=clauses.get("at", ()),
    )


def _arguments(line: Line) -> tuple[list[str], tuple[tuple[str, str], ...], dict[str, Any]]:
    """Those without a field, those with one, and those that are given a value."""
    line.sign("(")
    bare: list[str] = []
    keys: list[tuple[str, str]] = []
    given: dict[str, Any] = {}
    seen: set[str] = set()
    while not line.takes(")"):
        if seen:
            line.sign(",")
        column = line.next.column
        (argument,) = line.name("an argument's name" if seen else "an argument's name or ')'")
        if argument in seen:
            line.fail(f"'{argument}' stands twice", column)
        seen.add(argument)
        if not line.takes(":"):
            bare.append(argument)
            continue
        value = _value(line)
        if isinstance(value, _FieldName):
            keys.append((argument, value.name))
        else:
            given[argument] = value
    return bare, tuple(keys), given


class _FieldName(msgspec.Struct, frozen=True):
    name: str


def _value(line: Line) -> Any:
    """A field's name, or what is given each time."""
    token = line.next
    if token.kind == "name":
        line.take()
        return _WORDS.get(token.text, _FieldName(token.text))
    if token.kind in ("number", "text"):
        line.take()
        try:
            return msgspec.json.decode(token.text)
        except msgspec.DecodeError:
            line.fail("this is no text or number as JSON has it", token.column)
    return line.fail('expected a field\'s name, a text in "quotes", a number, true or false')


def _clauses(line: Line) -> dict[str, Any]:
    """The clauses, each at most once."""
    readers: dict[str, Callable[[], Any]] = {
        "match": lambda: line.name("the row's field")[0],
        "max": lambda: line.number("a number of keys, from 1 on"),
        "many": lambda: True,
        "at": lambda: line.name("member names, as data.items", None),
        "key": lambda: _names(line),
    }
    found: dict[str, Any] = {}
    while not line.is_done:
        word = line.next
        if word.text not in readers:
            line.fail(f"expected one of {', '.join(CLAUSES)}, or the end")
        if word.text in found:
            line.fail(f"'{word.text}' stands twice")
        line.take()
        found[word.text] = readers[word.text]()
    return found


def _names(line: Line) -> tuple[str, ...]:
    """`name`, or `(name, name)`."""
    if not line.takes("("):
        return line.name("a field's name, or several in brackets")
    names = list(line.name("a field's name"))
    while not line.takes(")"):
        line.sign(",")
        names += line.name("a field's name")
    return tuple(names)
