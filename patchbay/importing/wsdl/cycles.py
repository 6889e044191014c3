"""Inputs that need themselves: no value could be given for them, so that a field is made optional."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from patchbay.importing.model import InputType, Named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.importing.model import Field, Type


def without_endless_inputs(types: dict[str, Type]) -> dict[str, Type]:
    """The types, without inputs that hold themselves in required fields. A list may be empty."""
    broken = set(_closing(types))
    if not broken:
        return types
    return {name: _optional(name, type_, broken) for name, type_ in types.items()}


def _closing(types: dict[str, Type]) -> Iterator[tuple[str, str]]:
    """(type, field) of each field that closes a circle, found depth-first without recursion."""
    done: set[str] = set()
    for start in types:
        if start in done:
            continue
        open_: dict[str, None] = {start: None}
        stack = [(start, _needed(types, start))]
        while stack:
            name, fields = stack[-1]
            step = next(fields, None)
            if step is None:
                stack.pop()
                open_.pop(name, None)
                done.add(name)
            elif (target := step.type.name) in open_:  # type: ignore[union-attr]  # see _needed
                yield name, step.name
            elif target not in done:
                open_[target] = None
                stack.append((target, _needed(types, target)))


def _needed(types: dict[str, Type], name: str) -> Iterator[Field]:
    type_ = types.get(name)
    if isinstance(type_, InputType) and not type_.one_of:
        for field in type_.fields:
            if (
                field.required
                and isinstance(field.type, Named)
                and isinstance(types.get(field.type.name), InputType)
            ):
                yield field


def _optional(name: str, type_: Type, broken: set[tuple[str, str]]) -> Type:
    if not isinstance(type_, InputType):
        return type_
    fields = tuple(
        msgspec.structs.replace(field, required=False) if (name, field.name) in broken else field
        for field in type_.fields
    )
    return msgspec.structs.replace(type_, fields=fields)
