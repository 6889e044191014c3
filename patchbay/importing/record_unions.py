"""Which member of a union a value is: by its discriminator, or by what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.model import EnumType, ListOf, MapOf, Named, ObjectType, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.importing.model import Field, Model, TypeRef, UnionType

_KINDS: dict[str, tuple[type, ...]] = {
    Scalar.INT: (int,),
    Scalar.SAFE_INT: (int,),
    Scalar.BIG_INT: (int,),
    Scalar.ID: (str, int),
    Scalar.FLOAT: (float, int),
    Scalar.DECIMAL: (float, int, str),
    Scalar.BOOLEAN: (bool,),
}
"""What values of scalars are in JSON; of all others a text."""


class NoMember(ValueError):
    """A value is of none of a union's types."""


def is_told_by_tag(union: UnionType, model: Model) -> bool:
    """Whether each member is an object with values of a discriminator that are its own."""
    if not union.discriminator:
        return False
    values = [value for _, value in tags_of(union)]
    return len(values) == len(set(values)) and all(
        member.values and isinstance(type_, ObjectType) and not type_.is_value
        for member in union.members
        for type_ in (model.types.get(member.type),)
    )


def tags_of(union: UnionType) -> Iterator[tuple[str, str]]:
    """Each member's type with each of its values."""
    for member in union.members:
        for value in member.values:
            yield member.type, value


class Members:
    """Tells a union's values apart.

    Args:
        union: of the model.
        model: whose type it is.
    """

    __slots__ = ("_by_value", "_candidates", "_discriminator", "_model")

    def __init__(self, union: UnionType, model: Model) -> None:
        self._model = model
        self._discriminator = union.discriminator
        self._by_value = {value: name for name, value in reversed(list(tags_of(union)))}
        self._candidates = [
            type_ for member in union.members if isinstance(type_ := model.types.get(member.type), ObjectType)
        ]

    def pick(self, value: Any) -> str:
        """The name of the member's type. Raises NoMember."""
        if isinstance(value, dict) and self._discriminator is not None:
            told = value.get(self._discriminator)
            found = self._by_value.get(told) if isinstance(told, str) else None
            if found is not None:
                return found
            if told is not None and self._by_value:
                raise NoMember("a value of an unknown type")
        scores = [(score, type_.name) for type_ in self._candidates if (score := self._score(type_, value))]
        if not scores:
            raise NoMember("a value of none of the declared types")
        # Of equal ones the first declared.
        return max(scores, key=lambda each: each[0])[1]

    def _score(self, type_: ObjectType, value: Any) -> tuple[int, int, int] | None:
        """How well a value fits; None where it cannot be one."""
        if type_.is_value:
            return (1, 0, 0) if type_.fields and fits(self._model, type_.fields[0].type, value) else None
        if not isinstance(value, dict):
            return None
        known = [field for field in type_.fields if field.wire in value]
        if any(self._contradicts(field, value[field.wire]) for field in known):
            return None
        missing = sum(field.required and value.get(field.wire) is None for field in type_.fields)
        return (1 if not missing else 0, len(known), -len(type_.fields))

    def _contradicts(self, field: Field, value: Any) -> bool:
        """Whether the value is none of a constant's or an enum's, or of another kind altogether."""
        return value is not None and not fits(self._model, field.type, value)


def fits(model: Model, ref: TypeRef, value: Any) -> bool:
    """Whether a JSON value is of the kind that is declared, as far as its outside tells."""
    if not isinstance(ref, Named):
        return _is_several(model, ref, value)
    type_ = model.types.get(ref.name)
    if type_ is None:
        return _is_scalar(ref.name, value)
    if isinstance(type_, EnumType):
        return any(each.value == value and type(each.value) is type(value) for each in type_.values)
    if isinstance(type_, ObjectType):
        if type_.is_value:
            return bool(type_.fields) and fits(model, type_.fields[0].type, value)
        return isinstance(value, dict)
    return True


def _is_several(model: Model, ref: ListOf | MapOf, value: Any) -> bool:
    if isinstance(ref, MapOf):
        return isinstance(value, dict)
    return isinstance(value, list) and (not value or value[0] is None or fits(model, ref.item, value[0]))


def _is_scalar(name: str, value: Any) -> bool:
    kinds = _KINDS.get(name, (str,))
    # bool is an int to isinstance, and no number in JSON.
    is_one = isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)
    return is_one or name == Scalar.JSON
