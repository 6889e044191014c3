"""Which of a model's types an ejected upstream needs: what wraps rows of pages is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from patchbay.importing.drift.signatures import type_name
from patchbay.importing.model import InputType, ListOf, MapOf, Named, ObjectType, UnionType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.importing.model import Model, Operation, Type, TypeRef


def answered(model: Model) -> Model:
    """The model with the types that clients meet."""
    refs = [
        ref for each in model.operations for ref in (_answer(each), *(arg.type for arg in each.arguments))
    ]
    return _with(model, refs)


def decoded(model: Model) -> Model:
    """The model with the types that the adapter meets: errors of REST as well."""
    if model.kind == "soap":
        return answered(model)
    errors = [
        each.type for operation in model.operations for each in operation.errors if each.type is not None
    ]
    known = [each for each in errors if isinstance(model.types.get(type_name(each)), ObjectType)]
    return _with(model, [*(Named(name) for name in answered(model).types), *known])


def _answer(operation: Operation) -> TypeRef:
    is_paged = operation.paging is not None and not operation.is_mutation
    return operation.paging.node if operation.paging is not None and is_paged else operation.result.type


def _with(model: Model, refs: Iterable[TypeRef]) -> Model:
    found: set[str] = set()
    waiting = [name for ref in refs for name in _names(ref)]
    while waiting:
        name = waiting.pop()
        type_ = model.types.get(name)
        if type_ is None or name in found:
            continue
        found.add(name)
        waiting += _inside(type_)
    return replace(model, types={name: each for name, each in model.types.items() if name in found})


def _inside(type_: Type) -> list[str]:
    if isinstance(type_, UnionType):
        return [each.type for each in type_.members]
    if isinstance(type_, ObjectType | InputType):
        return [name for each in type_.fields for name in _names(each.type)]
    return []


def _names(ref: TypeRef) -> list[str]:
    """All names in a reference."""
    if isinstance(ref, ListOf):
        return _names(ref.item)
    if isinstance(ref, MapOf):
        return [ref.entry, *_names(ref.value)]
    return [ref.name]
