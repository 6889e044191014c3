"""One model's types as Strawberry's, each made when something refers to it first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from strawberry.scalars import JSON
from strawberry.schema_directives import OneOf
from strawberry.types.base import StrawberryList, StrawberryOptional

from patchbay.importing.build.cycles import endless
from patchbay.importing.build.enums import enum_of
from patchbay.importing.build.fields import class_of, definition_of, field_of
from patchbay.importing.build.scalars import TYPES
from patchbay.importing.build.shapes import shape_of
from patchbay.importing.build.sizes import sizes_of
from patchbay.importing.build.unions import ImportedUnion, OfModel
from patchbay.importing.model import EnumType, InputType, ListOf, MapOf, Named, ObjectType, UnionType
from patchbay.importing.record_marks import TypeMark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from strawberry.types.field import StrawberryField

    from patchbay.importing.build.names import Names
    from patchbay.importing.model import Field, Model, Type, TypeRef
    from patchbay.importing.records import Records


_OF_ANSWERS: Final = (ObjectType, UnionType)


class Types:
    """The Strawberry types of one model.

    A field of an enum or a union may be null even where the description promises a value: an upstream that
    has learnt a new one would else take all that stands around it away.

    Args:
        model: the model.
        records: of the model.
        names: of the graph.

    Attributes:
        classes: model's name -> class, of all objects and inputs that were made.
    """

    def __init__(self, model: Model, records: Records, names: Names) -> None:
        self.model = model
        self.records = records
        self.classes: dict[str, type] = {}
        self._names = names
        self._leaves: dict[str, Any] = {}
        self._refs: dict[tuple[TypeRef, bool], Any] = {}
        self._unfilled: list[tuple[type, ObjectType | InputType]] = []
        self._fields_of: dict[type, Callable[[], Iterable[StrawberryField]]] = {}
        self._endless = endless(model)

    # ----------------------------------------------------------------------------------------- references

    def of(self, ref: TypeRef, *, required: bool) -> Any:
        """The type as Strawberry resolves it, in answers."""
        inner = self._inner(ref, is_input=False)
        return inner if required and not self._may_grow(ref) else StrawberryOptional(inner)

    def given(self, ref: TypeRef, *, required: bool) -> Any:
        """As `of`, in requests."""
        inner = self._inner(ref, is_input=True)
        return inner if required else StrawberryOptional(inner)

    def _inner(self, ref: TypeRef, *, is_input: bool) -> Any:
        key = (ref, is_input)
        found = self._refs.get(key)
        if found is None:
            found = self._refs[key] = self._made(ref, is_input=is_input)
        return found

    def _made(self, ref: TypeRef, *, is_input: bool) -> Any:
        if isinstance(ref, ListOf):
            inner = self._inner(ref.item, is_input=is_input)
            nullable = ref.nullable_items or inner is JSON or (not is_input and self._may_grow(ref.item))
            return StrawberryList(StrawberryOptional(inner) if nullable else inner)
        if isinstance(ref, MapOf):
            entry = self._inner(Named(ref.entry), is_input=is_input)
            return StrawberryList(entry) if isinstance(entry, type) and entry is not JSON else JSON
        type_ = self.model.types.get(ref.name)
        if type_ is None:
            return TYPES.get(ref.name, JSON)
        if not self._is_usable(type_) or isinstance(type_, _OF_ANSWERS if is_input else InputType):
            return JSON
        if isinstance(type_, ObjectType | InputType):
            return self.object(ref.name)
        found = self._leaves.get(ref.name)
        if found is None:
            found = self._leaves[ref.name] = self._leaf(type_)
        return found

    def _leaf(self, type_: EnumType | UnionType) -> Any:
        name = self._names.type(self.model.name, type_.name)
        if isinstance(type_, EnumType):
            return enum_of(type_, name, self.model.name)
        members = [self.object(member.type) for member in self._members(type_)]
        return ImportedUnion(name, tuple(dict.fromkeys(members)), type_.description, self.model.name)

    def _members(self, type_: UnionType) -> Iterator[Any]:
        for member in type_.members:
            known = self.model.types.get(member.type)
            if isinstance(known, ObjectType) and known.fields and not self.is_hidden(member.type):
                yield member

    def _is_usable(self, type_: Type | None) -> bool:
        """Whether GraphQL can have it: something stands in it."""
        if isinstance(type_, UnionType):
            return any(True for _ in self._members(type_))
        if isinstance(type_, EnumType):
            return bool(type_.values)
        return isinstance(type_, ObjectType | InputType) and bool(type_.fields)

    def _may_grow(self, ref: TypeRef) -> bool:
        """Whether its values are some of a list that may become longer."""
        return isinstance(
            getattr(ref, "name", None) and self.model.types.get(getattr(ref, "name", "")),
            EnumType | UnionType,
        )

    def is_hidden(self, *path: str) -> bool:
        """Whether clients shall not see a type, or a type's field."""
        return self._names.is_hidden(self.model.name, *path)

    def leads_to_hidden(self, ref: TypeRef) -> bool:
        """Whether values of this type are of one that clients shall not see."""
        while isinstance(ref, ListOf | MapOf):
            ref = ref.item if isinstance(ref, ListOf) else ref.value
        return self.is_hidden(ref.name) and ref.name in self.model.types

    # --------------------------------------------------------------------------------------------- classes

    def object(self, name: str) -> type:
        """The class of an object or an input; its fields come with `finish`."""
        found = self.classes.get(name)
        if found is None:
            type_ = self.model.types[name]
            if isinstance(type_, InputType):
                found = self._input(type_)
            else:
                mark = OfModel(TypeMark(self.model.name, name))
                graph_name = self._names.type(self.model.name, name)
                found = class_of(graph_name, description=type_.description, is_type_of=mark)
            self.classes[name] = found
            self._unfilled.append((found, type_))  # type: ignore[arg-type] # leaves are never asked for
        return found

    def _input(self, type_: InputType) -> type:
        return class_of(
            self._names.type(self.model.name, type_.name),
            description=type_.description,
            is_input=True,
            directives=(OneOf(),) if type_.one_of else (),
            from_input=_as_given,
        )

    def adopt(self, name: str, cls: type) -> None:
        """Let another model's class stand for a type of this one, with fields that are not this one's."""
        self.classes[name] = cls

    def fill_later(self, cls: type, fields: Callable[[], Iterable[StrawberryField]]) -> None:
        """Give a class of this model other fields than its type's."""
        self._fields_of[cls] = fields

    def finish(self) -> bool:
        """Give all classes their fields, and those that these need theirs; whether there were any."""
        had_any = bool(self._unfilled)
        while self._unfilled:
            cls, type_ = self._unfilled.pop()
            own = self._fields_of.get(cls)
            if own is not None:
                fields = own()
            elif isinstance(type_, InputType):
                fields = self._input_fields(type_)
            else:
                fields = self.fields(type_)
            # Links may stand there already, and come last.
            definition_of(cls).fields[:0] = list(fields)
        return had_any

    def fields(self, type_: ObjectType) -> Iterator[StrawberryField]:
        """The fields of an object."""
        for field in self._visible(type_):
            yield field_of(
                self._names.field(self.model.name, type_.name, field.name),
                field.attribute,
                self.of(field.type, required=field.required),
                description=field.description,
                deprecated=field.deprecated,
                shape=shape_of(field.type, self.records),
                directives=sizes_of(self.model, field.type),
            )

    def _input_fields(self, type_: InputType) -> Iterator[StrawberryField]:
        for field in self._visible(type_):
            name = self._names.field(self.model.name, type_.name, field.name)
            required = field.required and not type_.one_of and (type_.name, field.name) not in self._endless
            yield field_of(
                name,
                name,
                self.given(field.type, required=required),
                description=with_default(field.description, field.default),
                deprecated=None if required else field.deprecated,
            )

    def _visible(self, type_: ObjectType | InputType) -> Iterator[Field]:
        for field in type_.fields:
            if not self.is_hidden(type_.name, field.name) and not self.leads_to_hidden(field.type):
                yield field


def with_default(description: str | None, default: str | None) -> str | None:
    """A description that tells the default. As GraphQL's default it would be sent where nothing is given."""
    if default is None:
        return description
    said = f"Default: {default}."
    return f"{description}\n\n{said}" if description else said


def _as_given(cls: type, value: Any, context: Any) -> Any:
    """An input stays a dict by GraphQL's names."""
    del cls, context
    return value
