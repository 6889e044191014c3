"""Enums: values that GraphQL does not allow get names that it does, and stay what they are on the wire."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.model import EnumType, EnumValue
from patchbay.importing.naming import Taken, enum_name, shortened
from patchbay.importing.openapi.kinds import kind_of

if TYPE_CHECKING:
    from patchbay.importing.openapi.shape import Shape

_SCALARS: Final = frozenset(("string", "integer", "number", "boolean"))
_NOT_FOR_ENUMS: Final = ("true", "false", "null")
Value = str | int | float | bool


def values_of(shape: Shape) -> list[Value] | None:
    """The values, each once, of the kind that the schema declares; None where they make no enum."""
    found: dict[tuple[str, Any], Value] = {}
    for value in shape.enum or ():
        kind = kind_of(value)
        if kind not in _SCALARS:
            return None
        converted = _converted(value, shape.kinds)
        found.setdefault((kind_of(converted), converted), converted)
    return list(found.values())


def enum_type(name: str, values: list[Value], shape: Shape) -> EnumType:
    """The enum of these values."""
    names, texts = _labels(shape, values)
    taken = Taken(*_NOT_FOR_ENUMS)
    made = []
    for index, value in enumerate(values):
        text = _text(value)
        wanted = names[index] if index < len(names) else ""
        plain = shortened(enum_name(wanted) or enum_name(text))
        if plain and plain not in taken:
            name_of_value = taken.claim(plain)
        else:
            name_of_value = taken.claim(plain, enum_name(text), _as_it_stands(text), unsayable(text))
        described = texts[index] if index < len(texts) else ""
        made.append(
            EnumValue(
                name=name_of_value,
                value=value,
                description=described.strip() or None,
            )
        )
    description = shape.words.get("description")
    return EnumType(
        name=name,
        values=tuple(made),
        description=(description.strip() or None) if isinstance(description, str) else None,
    )


def _converted(value: Any, kinds: set[str]) -> Any:
    """A value as the declared type has it: YAML reads texts without quotes as numbers and truth values."""
    if kinds == {"string"} and not isinstance(value, str):
        return _text(value)
    if isinstance(value, str) and kinds and kinds <= {"integer", "number"}:
        try:
            return int(value)
        except ValueError:
            return value
    if isinstance(value, float) and kinds == {"integer"} and value.is_integer():
        return int(value)
    return value


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_it_stands(text: str) -> str:
    """The value itself where it can be a name: it tells "asc" from "ASC"."""
    name = re.sub(r"\W", "_", text, flags=re.ASCII)
    is_name = re.fullmatch(r"_?[A-Za-z0-9]\w*", name, re.ASCII) and not name[:1].isdigit()
    return name if is_name else ""


def unsayable(text: str) -> str:
    """A name for a value without a letter that a name can hold."""
    if not text:
        return "EMPTY"
    codes = "_".join(f"{ord(sign):X}" for sign in text[:8])
    return f"U_{codes}"


def _labels(shape: Shape, values: list[Value]) -> tuple[list[str], list[str]]:
    """Names and descriptions that generators have put beside the values; [] where there are none."""
    words = shape.words
    extended = words.get("x-ms-enum")
    listed = extended.get("values") if isinstance(extended, dict) else None
    if isinstance(listed, list) and len(listed) == len(values):
        entries = [entry if isinstance(entry, dict) else {} for entry in listed]
        return [_word(entry.get("name")) for entry in entries], [
            _word(entry.get("description")) for entry in entries
        ]
    names = words.get("x-enum-varnames", words.get("x-enumNames"))
    texts = words.get("x-enum-descriptions", words.get("x-enumDescriptions"))
    return _in_order(names, values), _in_order(texts, values)


def _in_order(given: Any, values: list[Value]) -> list[str]:
    if isinstance(given, dict):
        return [_word(given.get(value, given.get(_text(value)))) for value in values]
    if isinstance(given, list) and len(given) == len(values):
        return [_word(one) for one in given]
    return []


def _word(given: Any) -> str:
    return given if isinstance(given, str) else ""
