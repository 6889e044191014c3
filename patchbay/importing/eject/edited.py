"""The model as clients see it: with the names that it has in the graph, and without what is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from patchbay.importing.model import (
    EnumType,
    Field,
    InputType,
    ListOf,
    MapOf,
    Member,
    Named,
    ObjectType,
    Type,
    UnionType,
)

if TYPE_CHECKING:
    from patchbay.importing.build.names import Names
    from patchbay.importing.model import Model, Operation, TypeRef


def edited(model: Model, names: Names) -> Model:
    """The model with the graph's names.

    Args:
        model: as it was imported.
        names: of the graph that it is part of.
    """
    return _Editing(model, names).model()


class _Editing:
    def __init__(self, model: Model, names: Names) -> None:
        self._model = model
        self._names = names
        self._types = {name: self._name(name) for name in model.types}

    def _name(self, name: str) -> str:
        return self._names.type(self._model.name, name)

    def model(self) -> Model:
        model, names = self._model, self._names
        shown = [each for each in model.operations if not names.is_hidden(model.name, each.name)]
        roots = {each.name: names.root(model.name, each) for each in model.operations}
        types = [
            self._type(each) for each in model.types.values() if not names.is_hidden(model.name, each.name)
        ]
        return replace(
            model,
            operations=tuple(self._operation(each, roots) for each in shown),
            types={each.name: each for each in types},
            edges=tuple(
                replace(
                    each, type=self._types.get(each.type, each.type), operation=roots.get(each.operation, "")
                )
                for each in model.edges
            ),
        )

    def _operation(self, operation: Operation, roots: dict[str, str]) -> Operation:
        batching, paging = operation.batching, operation.paging
        return replace(
            operation,
            name=roots[operation.name],
            arguments=tuple(replace(each, type=self._ref(each.type)) for each in operation.arguments),
            result=replace(operation.result, type=self._ref(operation.result.type)),
            errors=tuple(
                each if each.type is None else replace(each, type=self._ref(each.type))
                for each in operation.errors
            ),
            batching=None if batching is None else replace(batching, single=roots.get(batching.single, "")),
            paging=None if paging is None else replace(paging, node=self._ref(paging.node)),
        )

    def _type(self, type_: Type) -> Type:
        name = self._types[type_.name]
        if isinstance(type_, EnumType):
            return replace(type_, name=name)
        if isinstance(type_, UnionType):
            members = tuple(
                Member(self._types.get(each.type, each.type), each.values) for each in type_.members
            )
            return replace(type_, name=name, members=members)
        return replace(type_, name=name, fields=self._fields(type_))

    def _fields(self, type_: ObjectType | InputType) -> tuple[Field, ...]:
        upstream = self._model.name
        return tuple(
            replace(each, name=self._names.field(upstream, type_.name, each.name), type=self._ref(each.type))
            for each in type_.fields
            if not self._names.is_hidden(upstream, type_.name, each.name)
        )

    def _ref(self, ref: TypeRef) -> TypeRef:
        if isinstance(ref, ListOf):
            return replace(ref, item=self._ref(ref.item))
        if isinstance(ref, MapOf):
            return replace(ref, value=self._ref(ref.value), entry=self._types.get(ref.entry, ref.entry))
        return Named(self._types.get(ref.name, ref.name))
