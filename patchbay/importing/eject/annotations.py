"""A model's types as Python annotations: of records, of Strawberry types, and of arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patchbay.importing.eject.python import Group, Item, call, flat
from patchbay.importing.model import EnumType, InputType, ListOf, MapOf, Named, ObjectType, Scalar, UnionType

if TYPE_CHECKING:
    from patchbay.importing.eject.imports import Imports
    from patchbay.importing.eject.names import Names
    from patchbay.importing.eject.python import Expression
    from patchbay.importing.model import Model, Type, TypeRef

_RECORDS: Final = {
    Scalar.ID: "str",
    Scalar.INT: "Integer",
    Scalar.SAFE_INT: "SafeInteger",
    Scalar.BIG_INT: "int",
    Scalar.FLOAT: "float",
    Scalar.BOOLEAN: "bool",
    Scalar.DECIMAL: "Decimal",
    Scalar.JSON: "Any",
    Scalar.UPLOAD: "Any",
}
"""Of all others the values are texts."""

_RECORD_IMPORTS: Final = {
    "Integer": "patchbay.scalars",
    "SafeInteger": "patchbay.scalars",
    "Decimal": "decimal",
    "Any": "typing",
}

_PLAIN: Final = {Scalar.STRING: "str", Scalar.INT: "int", Scalar.FLOAT: "float", Scalar.BOOLEAN: "bool"}

WRITTEN: Final = "patchbay.importing.written"


def is_plain_enum(type_: object) -> bool:
    """Whether a Python enum can stand for it, which records hold: its values are texts, or whole numbers."""
    kinds = {type(value.value) for value in type_.values} if isinstance(type_, EnumType) else set()
    return kinds in ({str}, {int})


class Annotations:
    """Annotations of one model.

    Args:
        model: whose types.
        names: of it.
    """

    def __init__(self, model: Model, names: Names) -> None:
        self._model = model
        self._names = names
        self._is_soap = model.kind == "soap"

    def record(self, ref: TypeRef, imports: Imports) -> str:
        """Of a record's attribute, as it is decoded; without `| None`."""
        if isinstance(ref, ListOf):
            inner = self.record(ref.item, imports)
            is_open = ref.nullable_items and inner not in ("Any", "msgspec.Raw")
            return f"list[{inner} | None]" if is_open else f"list[{inner}]"
        if isinstance(ref, MapOf):
            return f"dict[str, {self.record(ref.value, imports)}]"
        type_ = self._model.types.get(ref.name)
        if type_ is not None:
            return self._record_of(type_, imports)
        text = _RECORDS.get(Scalar(ref.name) if ref.name in list(Scalar) else Scalar.JSON, "str")
        if text in _RECORD_IMPORTS:
            imports.add(_RECORD_IMPORTS[text], text)
        return text

    def _record_of(self, type_: Type, imports: Imports) -> str:
        if self.is_indirect(Named(type_.name)):
            return "msgspec.Raw"
        if self._is_soap and isinstance(type_, EnumType):
            # SOAP's records hold the value on the wire.
            return "str"
        if is_plain_enum(type_) or (isinstance(type_, ObjectType) and type_.fields):
            return self._names.type(type_.name)
        return imports.add("typing", "Any")

    def output(self, ref: TypeRef, imports: Imports, *, required: bool) -> str:
        """Of a Strawberry type's field. One of an enum or a union may be null, as in the imported graph."""
        return self._strawberry(ref, imports, required=required and not self._may_grow(ref))

    def input(self, ref: TypeRef, imports: Imports, *, required: bool) -> str:
        """Of an argument, or an input's field."""
        return self._strawberry(ref, imports, required=required)

    def _strawberry(self, ref: TypeRef, imports: Imports, *, required: bool) -> str:
        if isinstance(ref, ListOf):
            required_item = not ref.nullable_items and not self._may_grow(ref.item)
            text = f"list[{self._strawberry(ref.item, imports, required=required_item)}]"
        elif isinstance(ref, MapOf):
            text = f"list[{self._names.type(ref.entry)}]"
        else:
            text = self._named(ref, imports)
        return text if required else f"{text} | None"

    def _named(self, ref: Named, imports: Imports) -> str:
        type_ = self._model.types.get(ref.name)
        if is_plain_enum(type_):
            imports.add("adapters", self._model.name)
            return f"{self._model.name}.{self._names.type(ref.name)}"
        if isinstance(type_, UnionType) or (isinstance(type_, ObjectType | InputType) and type_.fields):
            return self._names.type(ref.name)
        if ref.name in _PLAIN:
            return _PLAIN[Scalar(ref.name)]
        if ref.name == Scalar.ID:
            return "strawberry.ID"
        name = ref.name if ref.name in list(Scalar) else Scalar.JSON
        return imports.add(WRITTEN, str(name))

    def _may_grow(self, ref: TypeRef) -> bool:
        """Whether its values are some of a list that may become longer."""
        return isinstance(ref, Named) and isinstance(self._model.types.get(ref.name), EnumType | UnionType)

    def is_indirect(self, ref: TypeRef) -> bool:
        """Whether what JSON holds is not yet what clients see: there is a map, a union or a wrapped value."""
        if self._is_soap:
            return False
        if isinstance(ref, ListOf):
            return self.is_indirect(ref.item)
        if isinstance(ref, MapOf):
            return True
        type_ = self._model.types.get(ref.name)
        return isinstance(type_, UnionType) or (isinstance(type_, ObjectType) and type_.is_value)

    def converted(self, ref: TypeRef, value: str, imports: Imports) -> Expression:
        """An expression that makes of a value what clients see; of None, too, but where it is a list."""
        if not self.is_indirect(ref):
            return value
        if isinstance(ref, ListOf):
            inner = flat(self.converted(ref.item, "each", imports))
            needs_guard = ref.nullable_items and isinstance(ref.item, ListOf)
            guarded = f"None if each is None else {inner}" if needs_guard else inner
            return Group("[", (Item(f"{guarded} for each in {value}"),), "]")
        if isinstance(ref, MapOf):
            return call(imports.add(WRITTEN, "entries"), self._names.type(ref.entry), value)
        type_ = self._model.types[ref.name]
        if isinstance(type_, ObjectType):
            record = self._names.type(ref.name)
            return call(imports.add(WRITTEN, "wrapped"), record, value)
        return call(f"{self._names.union(ref.name)}.read", value)
