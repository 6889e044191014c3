"""Answers that are not what was declared: read again, value by value, with an error where one is wrong.

The error stands in the record in place of the value, and becomes that of the field which asks for it. All
else of the answer is used. Descriptions are wrong about some member often enough that a whole answer should
not be lost for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.errors import UpstreamBadData
from patchbay.importing.model import ListOf, MapOf, Named, ObjectType, UnionType
from patchbay.importing.record_unions import Members, NoMember

if TYPE_CHECKING:
    from patchbay.importing.model import Field, TypeRef
    from patchbay.importing.records import Records


class Repair:
    """Reads bodies that did not decode.

    Args:
        records: whose types.
        attributes: those of the record that are wanted; None for all.
    """

    __slots__ = ("_attributes", "_members", "_records", "_structs")

    def __init__(self, records: Records, attributes: frozenset[str] | None) -> None:
        self._records = records
        self._attributes = attributes
        self._members: dict[str, Members] = {}
        self._structs: dict[tuple[str, bool], tuple[Any, list[Field]]] = {}

    def read(self, body: bytes, ref: TypeRef, at: tuple[str, ...], first: msgspec.ValidationError) -> Any:
        """The value at these member names; what is wrong inside of it stands there as UpstreamBadData.

        Args:
            body: what did not decode.
            ref: what should stand there.
            at: member names.
            first: why it did not decode. Raised where the value itself is of another kind.
        """
        value: Any = msgspec.json.decode(body)
        path = "$"
        for name in at:
            if value is None:
                return None
            if not isinstance(value, dict):
                raise first
            value = value.get(name)
            path += f".{name}"
        found = self._value(value, ref, path, self._attributes)
        if isinstance(found, UpstreamBadData):
            raise first
        return found

    def _value(self, value: Any, ref: TypeRef, path: str, attributes: frozenset[str] | None = None) -> Any:
        """The value as declared, or the error that it is not."""
        if value is None:
            return None
        if isinstance(ref, ListOf):
            if not isinstance(value, list):
                return self._wrong(value, "array", path)
            return [
                self._value(each, ref.item, f"{path}[{place}]", attributes)
                for place, each in enumerate(value)
            ]
        if isinstance(ref, MapOf):
            if not isinstance(value, dict):
                return self._wrong(value, "object", path)
            return {name: self._value(each, ref.value, f"{path}.{name}") for name, each in value.items()}
        return self._named(value, ref, path, attributes)

    def _named(self, value: Any, ref: Named, path: str, attributes: frozenset[str] | None) -> Any:
        type_ = self._records.model.types.get(ref.name)
        if isinstance(type_, UnionType):
            try:
                picked = Named(self._members_of(type_).pick(value))
            except NoMember as error:
                return UpstreamBadData(self._records.model.name, str(error), path)
            return self._named(value, picked, path, None)
        if isinstance(type_, ObjectType) and type_.fields:
            return self._object(value, type_, path, attributes)
        try:
            return self._records.convert(value, ref)
        except (ValueError, RecursionError):
            return self._wrong(value, ref.name, path)

    def _object(self, value: Any, type_: ObjectType, path: str, attributes: frozenset[str] | None) -> Any:
        struct, fields = self._struct(type_, None if type_.is_value else attributes)
        if type_.is_value:
            inner = type_.fields[0]
            found = self._value(value, inner.type, path)
            return found if isinstance(found, UpstreamBadData) else struct(**{inner.attribute: found})
        if not isinstance(value, dict):
            return self._wrong(value, "object", path)
        return struct(
            **{
                field.attribute: self._value(value[field.wire], field.type, f"{path}.{field.wire}")
                for field in fields
                if field.wire in value
            }
        )

    def _members_of(self, type_: UnionType) -> Members:
        found = self._members.get(type_.name)
        if found is None:
            found = self._members[type_.name] = Members(type_, self._records.model)
        return found

    def _struct(self, type_: ObjectType, attributes: frozenset[str] | None) -> tuple[Any, list[Field]]:
        """The struct of an object, with the fields that it has."""
        # Attributes are those of the record that was asked for; all others are whole.
        key = (type_.name, attributes is not None)
        found = self._structs.get(key)
        if found is None:
            struct = self._records.struct(type_.name, attributes)
            wires = {field.name: field.encode_name for field in msgspec.structs.fields(struct)}
            fields = [field for field in type_.fields if wires.get(field.attribute) == field.wire]
            found = self._structs[key] = (struct, fields)
        return found

    def _wrong(self, value: Any, wanted: str, path: str) -> UpstreamBadData:
        return UpstreamBadData(self._records.model.name, f"Expected `{wanted}`, got `{_kind(value)}`", path)


_KINDS = {dict: "object", list: "array", bool: "bool", int: "int", float: "float"}


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "null" if value is None else "str")
