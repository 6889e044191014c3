"""Schemas of a document that a test writes, and what they become; shown as GraphQL shows types."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchbay.importing.documents import Documents, open_documents
from patchbay.importing.model import (
    EnumType,
    InputType,
    ListOf,
    MapOf,
    Named,
    ObjectType,
    Scalar,
    Type,
    TypeRef,
    UnionType,
)
from patchbay.importing.naming import Taken
from patchbay.importing.openapi.nodes import Problems
from patchbay.importing.openapi.types import Types

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Document:
    """The components of one document."""

    def __init__(self, folder: Path, schemas: Mapping[str, Any], version: str = "3.0.3") -> None:
        path = folder / "api.json"
        body: dict[str, Any] = {"info": {"title": "Test", "version": "1"}, "paths": {}}
        if version == "2.0":
            body |= {"swagger": "2.0", "definitions": schemas}
        else:
            body |= {"openapi": version, "components": {"schemas": schemas}}
        path.write_text(json.dumps(body))
        self.documents: Documents = open_documents(path)
        self.problems = Problems()
        self.types = Types(self.documents, Taken(), self.problems)
        self._shelf = "#/definitions/" if version == "2.0" else "#/components/schemas/"

    def output(self, schema: Any, *hints: str) -> TypeRef:
        return self.types.output(_referring(schema, self._shelf), self.documents.at / "paths" / "x", *hints)

    def input(self, schema: Any, *hints: str) -> TypeRef:
        return self.types.input(_referring(schema, self._shelf), self.documents.at / "paths" / "y", *hints)

    def shown(self, name: str) -> str:
        """One type in one line."""
        return shown(self.types.model_types[name])

    def enum(self, name: str) -> dict[str, Any]:
        """Name -> the wire's value."""
        kind = self.types.model_types[name]
        assert isinstance(kind, EnumType)
        return {value.name: value.value for value in kind.values}

    def union(self, name: str) -> UnionType:
        kind = self.types.model_types[name]
        assert isinstance(kind, UnionType)
        return kind

    def fields(self, name: str) -> dict[str, str]:
        """Field -> type, as GraphQL shows it."""
        kind = self.types.model_types[name]
        assert isinstance(kind, ObjectType | InputType)
        return {field.name: text(field.type) + "!" * field.required for field in kind.fields}


def _referring(schema: Any, shelf: str) -> Any:
    """A component's name alone is a reference to it."""
    return {"$ref": f"{shelf}{schema}"} if isinstance(schema, str) else schema


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def text(kind: TypeRef) -> str:
    """A reference as GraphQL shows it; maps as "{value}"."""
    if isinstance(kind, Named):
        return str(kind.name)
    if isinstance(kind, ListOf):
        return f"[{text(kind.item)}{'' if kind.nullable_items else '!'}]"
    return f"{{{text(kind.value)}}}"


def shown(kind: Type) -> str:
    if isinstance(kind, UnionType):
        return " | ".join(member.type for member in kind.members)
    if isinstance(kind, EnumType):
        return " ".join(value.name for value in kind.values)
    return ", ".join(f"{field.name}: {text(field.type)}{'!' * field.required}" for field in kind.fields)


def flaws(types: Mapping[str, Type]) -> list[str]:
    """What GraphQL, Python or the model do not allow."""
    found = []
    for name, kind in types.items():
        if not _NAME.fullmatch(name) or name.startswith("__") or name != kind.name:
            found.append(f"{name}: a name")
        if isinstance(kind, UnionType):
            found += [
                f"{name}: {member.type} is no object"
                for member in kind.members
                if not isinstance(types.get(member.type), ObjectType)
            ]
            if len({member.type for member in kind.members}) != len(kind.members) or len(kind.members) == 1:
                found.append(f"{name}: members")
        elif isinstance(kind, EnumType):
            names = [value.name for value in kind.values]
            found += [f"{name}.{value}" for value in names if value in {"true", "false", "null"}]
            if len(set(names)) != len(names) or not names or not all(map(_NAME.fullmatch, names)):
                found.append(f"{name}: values")
        else:
            found += _flaws_of_fields(name, kind, types)
    return found


def _flaws_of_fields(name: str, kind: ObjectType | InputType, types: Mapping[str, Type]) -> list[str]:
    found = [] if kind.fields else [f"{name}: no fields"]
    is_input = isinstance(kind, InputType)
    named = ([field.name for field in kind.fields], [field.attribute for field in kind.fields])
    found += [
        f"{name}: names of fields {names}"
        for names in named
        if len(set(names)) != len(names) or not all(map(_FIELD.fullmatch, names))
    ]
    found += [
        f"{name}.{field.name}: {text(field.type)}"
        for field in kind.fields
        if field.name.startswith("__")
        or not field.attribute.isidentifier()
        or not _fits(field.type, types, is_input=is_input)
    ]
    return found


def _fits(kind: TypeRef, types: Mapping[str, Type], *, is_input: bool) -> bool:
    while isinstance(kind, ListOf):
        kind = kind.item
    if isinstance(kind, MapOf):
        entry = types.get(kind.entry)
        fits = isinstance(entry, InputType if is_input else ObjectType)
        return fits and _fits(kind.value, types, is_input=is_input)
    if kind.name in set(Scalar):
        return is_input or kind.name != Scalar.UPLOAD
    found = types.get(kind.name)
    return isinstance(found, (InputType, EnumType) if is_input else (ObjectType, EnumType, UnionType))
