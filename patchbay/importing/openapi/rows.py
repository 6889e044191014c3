"""Where in an answer the rows of a list are, and what stands beside them about pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from patchbay.importing.lookup import fields_of
from patchbay.importing.model import ListOf, Named, ObjectType, Scalar, UnionType
from patchbay.importing.naming import words
from patchbay.importing.openapi.nouns import singular

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from patchbay.importing.model import Field, Type, TypeRef

_ROWS: Final = frozenset(
    "data items results result value values records rows entries list content contents elements hits objects "
    "resources collection entities documents".split()
)
"""What members with rows are called, beside the noun itself."""
_NEVER: Final = frozenset(
    "errors warnings messages links included includes facets filters metadata notices aggregations sort "
    "validationerrors expand".split()
)
_ENVELOPES: Final = frozenset("data result results response body payload page embedded list".split())
_DEEPEST: Final = 3


class Rows(NamedTuple):
    """The rows: member names (wire) to them, and what one is."""

    path: tuple[str, ...]
    node: TypeRef


class Told(NamedTuple):
    """A member that says something about the list: its path on the wire, and the field."""

    path: tuple[str, ...]
    field: Field


def plain(name: str) -> str:
    """A name without case and signs: "page[size]" -> pagesize."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_rows(types: Mapping[str, Type], result: TypeRef, nouns: Container[str]) -> Rows | None:
    """The rows of an answer, where there is exactly one list that may be them.

    Args:
        types: of the model.
        result: the answer.
        nouns: singular words that the rows may be called.
    """
    if isinstance(result, ListOf):
        return Rows((), result.item) if _is_row(types, result.item) else None
    return _in_object(types, result, nouns, 0)


def _in_object(types: Mapping[str, Type], ref: TypeRef, nouns: Container[str], depth: int) -> Rows | None:
    found = types.get(ref.name) if isinstance(ref, Named) else None
    if not isinstance(found, ObjectType) or found.is_value:
        return None
    lists = [
        field
        for field in found.fields
        if isinstance(field.type, ListOf)
        and _is_row(types, field.type.item)
        and plain(field.wire) not in _NEVER
        and not plain(field.wire).endswith("metadata")
    ]
    usual = [field for field in lists if plain(field.wire) in _ROWS or _is_noun(field.wire, nouns)]
    chosen = usual if len(usual) == 1 else lists
    if len(chosen) == 1 and isinstance(chosen[0].type, ListOf):
        if not usual and _is_one_thing(found):
            return None
        return Rows((chosen[0].wire,), chosen[0].type.item)
    if lists or depth:
        return None
    inner = [
        field for field in found.fields if plain(field.wire) in _ENVELOPES or _is_noun(field.wire, nouns)
    ]
    below = [
        Rows((field.wire, *rows.path), rows.node)
        for field in inner
        if (rows := _in_object(types, field.type, nouns, depth + 1)) is not None
    ]
    return below[0] if len(below) == 1 else None


def _is_noun(wire: str, nouns: Container[str]) -> bool:
    said = words(wire)
    return bool(said) and singular(said[-1]).lower() in nouns


def _is_one_thing(found: ObjectType) -> bool:
    """Whether an object is a thing with a list in it (an order with lines), and no envelope of a list."""
    return any(plain(field.wire) in {"id", "uuid", "sid", "name"} for field in found.fields)


def _is_row(types: Mapping[str, Type], ref: TypeRef) -> bool:
    return isinstance(ref, Named) and isinstance(types.get(ref.name), ObjectType | UnionType)


def beside(types: Mapping[str, Type], result: TypeRef, rows: Rows) -> list[Told]:
    """What stands in the answer beside its rows, the members of objects there included; the top's first."""
    found = list(_walk(types, result, (), rows.path, 0))
    return sorted(found, key=lambda told: len(told.path))


def _walk(
    types: Mapping[str, Type], ref: TypeRef, path: tuple[str, ...], rows: tuple[str, ...], depth: int
) -> Iterator[Told]:
    for field in _members(types, ref):
        here = (*path, field.wire)
        if here == rows:
            continue
        if _is_row(types, field.type):
            if depth < _DEEPEST and (rows[: len(here)] == here or _is_about_pages(field.wire, depth)):
                yield from _walk(types, field.type, here, rows, depth + 1)
        else:
            yield Told(here, field)


def _members(types: Mapping[str, Type], ref: TypeRef) -> Iterator[Field]:
    """The fields of an object; of a union those of all that it may be."""
    found = types.get(ref.name) if isinstance(ref, Named) else None
    if isinstance(found, UnionType):
        for member in found.members:
            yield from fields_of(types, Named(member.type))
    else:
        yield from fields_of(types, ref)


def _is_about_pages(wire: str, depth: int) -> bool:
    name = plain(wire)
    about = ("pag", "cursor", "link", "next", "list", "result", "info")
    if "meta" in name or (depth > 0 and "after" in name):
        return True
    return any(name.startswith(word) or name.endswith(word) for word in about)


def is_text(ref: TypeRef) -> bool:
    """Whether a value may be a token or an address."""
    return isinstance(ref, Named) and ref.name in {Scalar.STRING, Scalar.ID, Scalar.JSON}


def is_number(ref: TypeRef) -> bool:
    """Whether a value counts something."""
    numbers = {Scalar.INT, Scalar.SAFE_INT, Scalar.BIG_INT, Scalar.FLOAT}
    return isinstance(ref, Named) and ref.name in numbers
