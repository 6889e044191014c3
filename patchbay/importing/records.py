"""A model's types as msgspec structs: upstreams' bytes are decoded straight into them.

    records = Records(model)
    decode = records.decoder(operation.result.type, at=("data",))
    decode(body)        # a struct, a list of structs, or whatever the operation answers

Structs are made when they are asked for first. Every member may be missing, and is None then: what an
upstream leaves out is null where it is asked for, and no error of the whole answer. A member of another kind
than declared is read a second time, value by value, so that the error is that member's alone
(patchbay.importing.record_repair).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Union

import msgspec

from patchbay.importing.model import EnumType, ListOf, MapOf, Named, ObjectType, UnionType
from patchbay.importing.record_marks import MARK, TypeMark
from patchbay.importing.record_members import (
    ALL,
    SCALARS,
    Wanted,
    member,
    optional,
    told_apart,
    wanted_inside,
    wire_of,
    wrapped,
)
from patchbay.importing.record_repair import Repair
from patchbay.importing.record_unions import Members, is_told_by_tag, tags_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from patchbay.importing.model import Field, Model, TypeRef

MAX_REPAIRED_BYTES: Final = 1_000_000
"""Larger bodies are not read a second time: that takes some hundred times as long, and blocks all others."""


class _Converted(type):
    """Of classes that stand for what the decoder's hook makes: whatever that is, it is one of them."""

    def __instancecheck__(cls, instance: object) -> bool:
        return True


class Records:
    """See RecordTypes.

    Args:
        model: whose types.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._structs: dict[str, type[msgspec.Struct]] = {}
        self._unfinished: list[tuple[type[msgspec.Struct], list[Field], Wanted]] = []
        self._unions: dict[str, Any] = {}
        self._values: dict[str, Any] = {}
        self._makers: dict[type, Callable[[Any], Any]] = {}

    # ------------------------------------------------------------------------------------------------ types

    def struct(self, name: str, attributes: frozenset[str] | None = None) -> type[msgspec.Struct]:
        """See RecordTypes. Raises KeyError where the model has no such object type."""
        found = self._whole(name) if attributes is None else self._narrow(name, attributes)
        self._finish()
        return found

    def annotation(self, ref: TypeRef, attributes: frozenset[str] | None = None) -> Any:
        """See RecordTypes."""
        found = self._annotation(ref, attributes)
        self._finish()
        return found

    def decoder(
        self, ref: TypeRef, at: tuple[str, ...] = (), attributes: frozenset[str] | None = None
    ) -> Callable[[bytes], Any]:
        """See RecordTypes. None where one of the members on the way is missing or null."""
        annotation = self.annotation(ref, attributes)
        fast = msgspec.json.Decoder(wrapped(annotation, at), strict=False, dec_hook=self.convert_hook)
        repair = Repair(self, attributes)
        ways = ["value"] * len(at)

        def decode(body: bytes) -> Any:
            try:
                value = fast.decode(body)
            except msgspec.ValidationError as error:
                if len(body) > MAX_REPAIRED_BYTES:
                    raise
                return repair.read(body, ref, at, error)
            for way in ways:
                if value is None:
                    break
                value = getattr(value, way)
            return value

        return decode

    def convert(self, value: Any, ref: TypeRef, attributes: frozenset[str] | None = None) -> Any:
        """Builtins (dicts, lists, texts, numbers) as records. Raises msgspec.ValidationError."""
        return msgspec.convert(
            value, self.annotation(ref, attributes), strict=False, dec_hook=self.convert_hook
        )

    def convert_hook(self, type_: type, value: Any) -> Any:
        """The hook that decoders of these types need (msgspec's dec_hook)."""
        made = self._makers[type_](value)
        self._finish()
        return made

    # --------------------------------------------------------------------------------------------- structs

    def _fields(self, name: str) -> Iterable[Field]:
        found = self.model.types[name]
        if not isinstance(found, ObjectType):
            raise KeyError(name)
        return found.fields

    def _whole(self, name: str) -> type[msgspec.Struct]:
        found = self._structs.get(name)
        if found is None:
            found = self._structs[name] = self._start(name, self._fields(name))
        return found

    def _narrow(self, name: str, attributes: frozenset[str]) -> type[msgspec.Struct]:
        fields = [field for field in self._fields(name) if field.attribute in attributes]
        return self._start(name, fields, wanted=wanted_inside(attributes))

    def _start(
        self, name: str, fields: Iterable[Field], *, wanted: Wanted = ALL, **config: Any
    ) -> type[msgspec.Struct]:
        """A struct whose members' types are still to be said, so that types can refer to each other."""
        members = told_apart(fields)
        constants = config.pop("constants", {})
        struct = msgspec.defstruct(
            name,
            [(field.attribute, Any, None) for field in members],
            namespace={MARK: TypeMark(self.model.name, name), **constants},
            rename={field.attribute: member(wire_of(field)) for field in members},
            frozen=True,
            kw_only=True,
            # What a decoder makes is a tree: the collector would look for cycles in every row in vain.
            gc=False,
            **config,
        )
        self._unfinished.append((struct, members, wanted))
        return struct

    def _finish(self) -> None:
        """Say the members' types. msgspec looks at them when a decoder is made, and not before."""
        while self._unfinished:
            struct, members, wanted = self._unfinished.pop()
            struct.__annotations__.update(
                {
                    field.attribute: self._annotation(field.type, wanted.get(field.attribute))
                    for field in members
                }
            )

    # ----------------------------------------------------------------------------------------- annotations

    def _annotation(self, ref: TypeRef, attributes: frozenset[str] | None) -> Any:
        if isinstance(ref, ListOf):
            return list[self._annotation(ref.item, attributes)] | None  # type: ignore[misc] # made at run time
        if isinstance(ref, MapOf):
            return dict[str, self._annotation(ref.value, None)] | None  # type: ignore[misc] # made at run time
        type_ = self.model.types.get(ref.name)
        if isinstance(type_, ObjectType):
            return self._object(type_, attributes)
        if isinstance(type_, UnionType):
            return self._union(type_)
        if isinstance(type_, EnumType) and type_.values:
            kinds = dict.fromkeys(type(value.value) for value in type_.values)
            return Union[(*kinds, None)]
        # What is neither an answer's type nor a scalar is passed on as it is.
        return optional(SCALARS.get(ref.name, Any) if type_ is None else Any)

    def _object(self, type_: ObjectType, attributes: frozenset[str] | None) -> Any:
        if not type_.fields:
            # GraphQL has no object without a field: it is passed on as it is.
            return Any
        if type_.is_value:
            return self._bare_value(type_)
        if attributes is None:
            return optional(self._whole(type_.name))
        return optional(self._narrow(type_.name, attributes))

    def _bare_value(self, type_: ObjectType) -> Any:
        """Of a type whose value on the wire is that of its only field."""
        found = self._values.get(type_.name)
        if found is None:
            found = self._values[type_.name] = _Converted(type_.name, (), {})

            def make(value: Any) -> Any:
                inner = type_.fields[0]
                struct: Any = self.struct(type_.name)
                return struct(**{inner.attribute: self.convert(value, inner.type)})

            self._makers[found] = make
        return optional(found)

    def _union(self, type_: UnionType) -> Any:
        found = self._unions.get(type_.name)
        if found is not None:
            return found
        if is_told_by_tag(type_, self.model):
            # Under its name before its members are made, as they may hold it.
            found = self._unions[type_.name] = Union[(*self._variants(type_), None)]
            return found
        stands_for = _Converted(type_.name, (), {})
        found = self._unions[type_.name] = optional(stands_for)
        members = Members(type_, self.model)

        def make(value: Any) -> Any:
            return self.convert(value, Named(members.pick(value)))

        self._makers[stands_for] = make
        return found

    def _variants(self, type_: UnionType) -> list[type[msgspec.Struct]]:
        """For each value of the discriminator a struct of its own, which has the value as a constant."""
        tag_field = type_.discriminator or ""
        variants = []
        for name, value in tags_of(type_):
            fields = list(self._fields(name))
            constants = {field.attribute: value for field in fields if field.wire == tag_field}
            rest = [field for field in fields if field.wire != tag_field]
            variants.append(
                self._start(name, rest, tag_field=member(tag_field), tag=value, constants=constants)
            )
        return variants
