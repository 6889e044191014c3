"""Values that a model's types allow, the same each time, and what zeep takes in their place."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from patchbay.importing.model import (
    Argument,
    EnumType,
    Field,
    InputType,
    ListOf,
    MapOf,
    ObjectType,
    Scalar,
    Type,
    TypeRef,
    UnionType,
    XmlKind,
)

DEEPEST = 6

SCALARS: Mapping[str, Any] = {
    Scalar.INT: 7,
    Scalar.SAFE_INT: 4_000_000_007,
    Scalar.BIG_INT: 12_345_678_901_234_567_890,
    Scalar.FLOAT: 1.5,
    Scalar.BOOLEAN: True,
    Scalar.DECIMAL: "12.50",
    Scalar.DATE_TIME: "2026-05-04T03:02:01Z",
    Scalar.DATE: "2026-05-04",
    Scalar.TIME: "03:02:01Z",
    Scalar.DURATION: "P1DT2H",
    Scalar.BASE64: "AAH/",
}


class NotGenerated(Exception):
    """A value would have to be of a kind that the two sides write in their own ways."""


class Values:
    """Values of one model's types.

    Args:
        types: the model's.
        variant: which of its optional members an object has: one of them, counted from 0; None for none.
    """

    def __init__(self, types: Mapping[str, Type], variant: int | None) -> None:
        self._types = types
        self._variant = variant
        self._texts = 0

    def arguments(self, arguments: Iterable[Argument]) -> dict[str, Any]:
        """By wire name."""
        return self._members(tuple(arguments), 0)

    def of(self, ref: TypeRef, depth: int = 0) -> Any:
        if depth > DEEPEST:
            raise NotGenerated("too deep")
        if isinstance(ref, ListOf):
            return [self.of(ref.item, depth) for _ in range(2)]
        if isinstance(ref, MapOf):
            raise NotGenerated("a map")
        type_ = self._types.get(ref.name)
        if isinstance(type_, (ObjectType, InputType)):
            if getattr(type_, "one_of", False) or (type_.xml is not None and type_.xml.array_of):
                raise NotGenerated("an abstract type, or an encoded array")
            return self._members(type_.fields, depth)
        if isinstance(type_, UnionType):
            raise NotGenerated("an abstract type")
        if isinstance(type_, EnumType):
            return type_.values[0].value
        if ref.name == Scalar.JSON:
            raise NotGenerated("anything")
        self._texts += 1
        return SCALARS.get(ref.name, f"text & <{self._texts}>")

    def _members(self, fields: tuple[Field | Argument, ...], depth: int) -> dict[str, Any]:
        usable = [each for each in fields if each.xml is not None and each.xml.kind is not XmlKind.ANY]
        optional = [each for each in usable if not self._is_needed(each)]
        chosen = None
        if optional and self._variant is not None and depth < DEEPEST - 2:
            chosen = optional[self._variant % len(optional)]
        members: dict[str, Any] = {}
        for each in usable:
            if each is chosen or self._is_needed(each):
                try:
                    members[each.wire] = self.of(each.type, depth + 1)
                except NotGenerated:
                    if self._is_needed(each):
                        raise
        return members

    @staticmethod
    def _is_needed(each: Field | Argument) -> bool:
        return each.required or (each.xml is not None and each.xml.kind is XmlKind.TEXT)


def for_zeep(types: Mapping[str, Type], fields: Iterable[Field | Argument], value: Mapping[str, Any]) -> Any:
    """The same value as zeep takes it: by element names, with bytes, and "_value_1" for a text."""
    given: dict[str, Any] = {}
    for field in fields:
        if field.wire in value:
            name = "_value_1" if field.xml is not None and field.xml.kind is XmlKind.TEXT else field.wire
            given[name] = _for_zeep(types, field.type, value[field.wire])
    return given


def _for_zeep(types: Mapping[str, Type], ref: TypeRef, value: Any) -> Any:
    if isinstance(ref, ListOf):
        return [_for_zeep(types, ref.item, each) for each in value]
    assert not isinstance(ref, MapOf)
    type_ = types.get(ref.name)
    if isinstance(type_, (ObjectType, InputType)):
        return for_zeep(types, type_.fields, value)
    if ref.name == Scalar.BASE64:
        return base64.b64decode(value)
    return value
