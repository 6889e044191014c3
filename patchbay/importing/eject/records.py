"""The records of an ejected upstream: enums, frozen structs, and what tells the members of unions apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from patchbay.importing.eject.annotations import is_plain_enum
from patchbay.importing.eject.python import (
    Group,
    Item,
    Text,
    attribute_lines,
    call,
    docstring,
    laid_out,
    literal,
    sentence,
)
from patchbay.importing.model import EnumType, ListOf, ObjectType, UnionType
from patchbay.importing.naming import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.importing.eject.annotations import Annotations
    from patchbay.importing.eject.imports import Imports
    from patchbay.importing.eject.names import Names
    from patchbay.importing.model import Field, Model

_AMBIGUOUS = dict.fromkeys(("I", "O", "l"), "  # noqa: E741 - the value's own name")
_RAW = "msgspec.Raw"
_NULL = 'msgspec.Raw(b"null")'
_SECRET = re.compile(r"(^|_)(pas+wo?r?d|pass(phrase)?|pwd|token|secrete?)($|_)", re.IGNORECASE)
_RENAMES = (None, "camel", "pascal", "kebab")


class Records:
    """Writes them.

    Args:
        model: whose types.
        names: of it.
        annotations: of it.
        imports: of the file.
    """

    def __init__(self, model: Model, names: Names, annotations: Annotations, imports: Imports) -> None:
        self._model = model
        self._names = names
        self._annotations = annotations
        self._imports = imports

    def blocks(self) -> Iterator[list[str]]:
        """A block of lines for each: enums, structs, unions."""
        types = self._model.types.values()
        for type_ in types:
            if isinstance(type_, EnumType) and is_plain_enum(type_):
                yield self._enum(type_)
        for type_ in types:
            if isinstance(type_, ObjectType) and type_.fields:
                yield self._struct(type_)
        for type_ in types:
            if isinstance(type_, UnionType) and self._model.kind != "soap":
                yield self._union(type_)

    def _enum(self, type_: EnumType) -> list[str]:
        self._imports.add("enum", "Enum")
        name = self._names.type(type_.name)
        lines = [f"class {name}(Enum):", *docstring(sentence(type_.description, _said(name)), 1), ""]
        seen: set[object] = set()
        for value in type_.values:
            if value.value in seen:
                continue
            seen.add(value.value)
            text: str | Text = Text(value.value) if isinstance(value.value, str) else repr(value.value)
            lines += laid_out(f"{value.name} = ", text, _exemption(value.name, text), indent=1)
        return lines

    def _struct(self, type_: ObjectType) -> list[str]:
        self._imports.module("msgspec")
        name = self._names.type(type_.name)
        fields = sorted(type_.fields, key=lambda field: not self._is_required(field))
        stored = {field.attribute: self._stored(type_, field) for field in fields}
        is_soap = self._model.kind == "soap"
        rename = None if is_soap else _rename_of({stored[field.attribute]: field.wire for field in fields})
        bases = "msgspec.Struct, frozen=True" + (f", rename={literal(rename)}" if rename else "")
        lines = [f"class {name}({bases}):", *docstring(sentence(type_.description, _said(name)), 1)]
        lines.append("")
        for field in fields:
            attribute = stored[field.attribute]
            lines += self._field(field, attribute, is_renamed=_renamed(attribute, rename) == field.wire)
        for field in fields:
            if self._annotations.is_indirect(field.type):
                lines += ["", *self._property(type_, field, stored[field.attribute])]
        return lines

    def _is_required(self, field: Field) -> bool:
        return field.required

    def _stored(self, type_: ObjectType, field: Field) -> str:
        """The attribute that holds what JSON has."""
        attribute = self._names.field(type_.name, field.attribute)
        if not self._annotations.is_indirect(field.type):
            return attribute
        others = {each.attribute for each in type_.fields}
        stored = f"{attribute}_sent"
        while stored in others:
            stored += "_"
        return stored

    def _field(self, field: Field, attribute: str, *, is_renamed: bool) -> list[str]:
        annotation = self._annotations.record(field.type, self._imports)
        # Raw JSON stands for null as well, and in no union.
        default = None if field.required else _NULL if annotation == _RAW else "None"
        if not field.required and annotation not in ("Any", _RAW):
            annotation += " | None"
        if is_renamed or self._model.kind == "soap":
            return attribute_lines(attribute, annotation, default)
        return attribute_lines(
            attribute, annotation, call("msgspec.field", name=Text(field.wire), default=default)
        )

    def _property(self, type_: ObjectType, field: Field, stored: str) -> list[str]:
        attribute = self._names.field(type_.name, field.attribute)
        value = self._annotations.converted(field.type, f"self.{stored}", self._imports)
        self._imports.add("typing", "Any")
        lines = [
            "    @property",
            f"    def {attribute}(self) -> Any:",
            *docstring(sentence(field.description, f"What `{stored}` holds."), 2),
        ]
        if isinstance(field.type, ListOf) and not field.required:
            lines += [f"        if self.{stored} is None:", "            return None"]
        return [*lines, *laid_out("return ", value, indent=2)]

    def _union(self, type_: UnionType) -> list[str]:
        self._imports.add("patchbay.importing.written", "OneOf")
        members = []
        for member in type_.members:
            named = self._model.types.get(member.type)
            if not isinstance(named, ObjectType) or not named.fields:
                continue
            record = self._names.type(member.type)
            if type_.discriminator is None:
                members.append(Item(record))
            else:
                members += [Item(record, f"{literal(value)}: ") for value in member.values]
        name = self._names.union(type_.name)
        if type_.discriminator is None:
            return laid_out(f"{name} = ", Group("OneOf(", tuple(members)))
        table = Group("{", tuple(members), "}")
        return laid_out(f"{name} = ", call("OneOf", table, by=Text(type_.discriminator)))


def _exemption(name: str, value: object) -> str:
    """What the linter would say of an enum's value, and need not."""
    if isinstance(value, Text) and _SECRET.search(name):
        return "  # noqa: S105 - a word, and no secret"
    return _AMBIGUOUS.get(name, "")


def _said(name: str) -> str:
    """A name as words, for what has no description."""
    return " ".join(words(name)).capitalize()


def _renamed(attribute: str, rename: str | None) -> str:
    """The member's name that msgspec gives to an attribute."""
    struct = msgspec.defstruct("Any", [(attribute, object, None)], rename=rename)  # type: ignore[arg-type] # a text
    return struct.__struct_encode_fields__[0]


def _rename_of(wires: dict[str, str]) -> str | None:
    """The rule that gives most attributes the names that they have on the wire."""
    return max(_RENAMES, key=lambda rule: (_matches(wires, rule), -_RENAMES.index(rule)))


def _matches(wires: dict[str, str], rule: str | None) -> int:
    return sum(_renamed(attribute, rule) == wire for attribute, wire in wires.items())
