"""References to types, and the scalars that every model has."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

MOST_PROMISED: Final = 1_000
"""Items of a list. Who names a larger bound means none: reckoned with, it would refuse what is harmless."""


class Named(msgspec.Struct, frozen=True, tag="named"):
    """A scalar (see Scalar) or one of the model's types, by its name."""

    name: str


class ListOf(msgspec.Struct, frozen=True, omit_defaults=True, tag="list"):
    """A list.

    Args:
        item: what stands in it.
        nullable_items: whether null may stand in it.
        most: how many items the description promises of an answer at most, see `promised`; None where it
            tells none, and in requests.
    """

    item: TypeRef
    nullable_items: bool = False
    most: int | None = None


class MapOf(msgspec.Struct, frozen=True, tag="map"):
    """A JSON object with any member names and values of one type; clients see a list of `entry` objects.

    `entry` is the name of the model's object (or input) type with the fields `key` and `value`.
    """

    value: TypeRef
    entry: str


TypeRef: TypeAlias = Named | ListOf | MapOf


def promised(most: object) -> int | None:
    """A bound as a description says it: a whole number from 1 to MOST_PROMISED; None for all else."""
    return most if type(most) is int and 1 <= most <= MOST_PROMISED else None


def unbounded(ref: TypeRef) -> TypeRef:
    """The same type without what is promised of its lists' lengths."""
    if isinstance(ref, ListOf):
        return ListOf(unbounded(ref.item), nullable_items=ref.nullable_items)
    return MapOf(unbounded(ref.value), ref.entry) if isinstance(ref, MapOf) else ref


class Scalar(StrEnum):
    """Names of scalars. On the wire and in records each is a text, unless something else is said."""

    STRING = "String"
    ID = "ID"
    INT = "Int"
    """A whole number of 32 bits."""
    SAFE_INT = "SafeInt"
    """A whole number up to 2^53 - 1 (patchbay.scalars): OpenAPI's int64, and `integer` without bounds."""
    BIG_INT = "BigInt"
    """A whole number of any size: a text to clients, a number on the wire of JSON."""
    FLOAT = "Float"
    BOOLEAN = "Boolean"
    DECIMAL = "Decimal"
    """An exact number: a text to clients; JSON carries a text or a number."""
    DATE_TIME = "DateTime"
    DATE = "Date"
    TIME = "Time"
    DURATION = "Duration"
    UUID = "UUID"
    BASE64 = "Base64"
    """Bytes."""
    JSON = "JSON"
    """Anything, where the description says no more."""
    UPLOAD = "Upload"
    """A file in a request: a text, or bytes as base64, with name and type; see patchbay.importing.rest."""
