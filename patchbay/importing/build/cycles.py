"""Inputs that hold themselves: GraphQL has no value for one whose every way leads back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.importing.model import InputType, Named

if TYPE_CHECKING:
    from patchbay.importing.model import Model


def endless(model: Model) -> set[tuple[str, str]]:
    """(type, field) of required fields that would close a circle; these are offered as if they were not."""
    found: set[tuple[str, str]] = set()
    done: set[str] = set()
    for name in model.types:
        if name not in done:
            _walk(model, name, done, found)
    return found


def _walk(model: Model, start: str, done: set[str], found: set[tuple[str, str]]) -> None:
    """Go down from one input, without recursion: a description can be as deep as it likes."""
    on_the_way = {start}
    stack = [(start, iter(_required(model, start)))]
    while stack:
        name, fields = stack[-1]
        for field, below in fields:
            if below in on_the_way:
                found.add((name, field))
            elif below not in done:
                on_the_way.add(below)
                stack.append((below, iter(_required(model, below))))
                break
        else:
            stack.pop()
            on_the_way.discard(name)
            done.add(name)


def _required(model: Model, name: str) -> list[tuple[str, str]]:
    """The required fields of an input that are inputs themselves: (field, input)."""
    type_ = model.types.get(name)
    if not isinstance(type_, InputType) or type_.one_of:
        return []
    return [
        (field.name, field.type.name)
        for field in type_.fields
        if field.required
        and isinstance(field.type, Named)
        and isinstance(model.types.get(field.type.name), InputType)
    ]
