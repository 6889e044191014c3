"""Exact numbers in JSON bodies: texts to clients, and numbers on the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.importing.model import InputType, ListOf, MapOf, Named, Scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.importing.model import Model, TypeRef

_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]*)")


class Numbers:
    """Turns the texts of a model's BigInts into numbers that JSON carries without a loss.

    Args:
        model: whose types they are.
    """

    __slots__ = ("_is_needed", "_members", "_model")

    def __init__(self, model: Model) -> None:
        self._model = model
        self._members: dict[str, dict[str, TypeRef]] = {}
        self._is_needed = any(
            _item(field.type) == Scalar.BIG_INT
            for type_ in model.types.values()
            if isinstance(type_, InputType)
            for field in type_.fields
        )

    def for_type(self, ref: TypeRef) -> Callable[[Any], Any] | None:
        """What turns a value of this type; None where there is nothing to turn."""
        if not self._is_needed and _item(ref) != Scalar.BIG_INT:
            return None
        return lambda value: self._turned(value, ref)

    def _turned(self, value: Any, ref: TypeRef) -> Any:
        if isinstance(value, list):
            inner = ref.item if isinstance(ref, ListOf) else ref
            return [self._turned(item, inner) for item in value]
        if isinstance(value, Mapping):
            return self._turned_members(value, ref)
        if isinstance(value, str) and isinstance(ref, Named) and ref.name == Scalar.BIG_INT:
            return msgspec.Raw(value.encode()) if _WHOLE.fullmatch(value) else value
        return value

    def _turned_members(self, value: Mapping[str, Any], ref: TypeRef) -> dict[str, Any]:
        if isinstance(ref, MapOf):
            return {name: self._turned(item, ref.value) for name, item in value.items()}
        types = self._types(ref.name) if isinstance(ref, Named) else {}
        return {
            name: self._turned(item, types[name]) if name in types else item for name, item in value.items()
        }

    def _types(self, name: str) -> dict[str, TypeRef]:
        """Wire name -> type of an input's members; of a `one_of` those of its alternatives."""
        if name not in self._members:
            self._members[name] = {}
            type_ = self._model.types.get(name)
            if isinstance(type_, InputType):
                self._members[name] = self._of_alternatives(type_) if type_.one_of else _of_fields(type_)
        return self._members[name]

    def _of_alternatives(self, type_: InputType) -> dict[str, TypeRef]:
        found: dict[str, TypeRef] = {}
        for field in type_.fields:
            if isinstance(field.type, Named):
                found = {**self._types(field.type.name), **found}
        return found


def _of_fields(type_: InputType) -> dict[str, TypeRef]:
    return {field.wire: field.type for field in type_.fields}


def _item(ref: TypeRef) -> str:
    """The name of the scalar or type at the bottom of lists and maps."""
    while not isinstance(ref, Named):
        ref = ref.item if isinstance(ref, ListOf) else ref.value
    return ref.name
