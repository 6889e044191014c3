"""Attributes of records by path, as in "amount.cents", and the scalars that they hold."""

from __future__ import annotations

import types
import typing
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, NoReturn, Union, get_args, get_origin

import msgspec

from patchbay.errors import ConfigurationError

SCALARS = (str, int, float, bool, datetime, date)


class Attribute(msgspec.Struct, frozen=True):
    """One of a record's attributes.

    Args:
        path: member names with dots between them.
        type: as the record declares it, without None.
        scalar: what the values are: one of SCALARS.
        always: whether each record has a value that can be ordered.
    """

    path: str
    type: Any
    scalar: type
    always: bool

    @property
    def name(self) -> str:
        """The path as one name: "amount_cents"."""
        return self.path.replace(".", "_")


def attribute(source: str, record: Any, path: str) -> Attribute:
    """The attribute at a path. Raises ConfigurationError when there is none, or when it is no scalar.

    Args:
        source: the upstream's name.
        record: a msgspec struct.
        path: see Attribute.
    """

    def refuse(problem: str) -> NoReturn:
        raise ConfigurationError(f"{source}: {record.__name__} {problem}")

    type_: Any = record
    always = True
    for name in path.split("."):
        fields = {field.name: field.type for field in _fields(type_)}
        if name not in fields:
            refuse(f"has no attribute '{path}'")
        type_, is_optional = _without_none(fields[name])
        always = always and not is_optional
    scalar = _scalar(type_)
    if scalar is None:
        refuse(f"cannot be filtered or ordered by '{path}', which is no scalar")
    # NaN is a float, and has no place in any order.
    return Attribute(path, type_, scalar, always and scalar is not float)


def value_at(record: Any, path: str) -> Any:
    """The value; None where it, or a struct on the way to it, is None."""
    for name in path.split("."):
        if record is None:
            return None
        record = getattr(record, name)
    return record


def _fields(type_: Any) -> tuple[Any, ...]:
    is_struct = isinstance(type_, type) and issubclass(type_, msgspec.Struct)
    return msgspec.structs.fields(type_) if is_struct else ()


def _without_none(type_: Any) -> tuple[Any, bool]:
    """A type without None, and whether None was allowed."""
    if get_origin(type_) not in (Union, types.UnionType):
        return type_, type_ is type(None)
    others = tuple(each for each in get_args(type_) if each is not type(None))
    return typing.Union[others], len(others) < len(get_args(type_))  # noqa: UP007 - made at run time


def _scalar(type_: Any) -> type | None:
    """The one scalar that values of this type are; None where it is none, or more than one."""
    if get_origin(type_) is Annotated:
        return _scalar(get_args(type_)[0])
    if get_origin(type_) is Literal:
        return _only(type(each) for each in get_args(type_))
    if isinstance(type_, type) and issubclass(type_, Enum):
        return _only(type(each.value) for each in type_)
    return type_ if type_ in SCALARS else None


def _only(kinds: typing.Iterable[type]) -> type | None:
    different = set(kinds)
    kind = different.pop() if len(different) == 1 else None
    return kind if kind in SCALARS else None
