"""JSON objects with any member names, as the lists of entries that clients see; and values without names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

V = TypeVar("V")
E = TypeVar("E")


def entries(make: Callable[[str, V], E], values: Mapping[str, V] | None) -> list[E] | None:
    """An entry for each member, in their order; None where there is no object.

    Args:
        make: the entry's record, of a key and its value.
        values: the object.
    """
    return None if values is None else [make(key, value) for key, value in values.items()]


def wrapped(record: type[msgspec.Struct], raw: Any) -> Any:
    """A record of one attribute, whose value is all that JSON has; None for null.

    Raises:
        msgspec.ValidationError: it is of another kind.
    """
    if raw is None or bytes(raw).strip() == b"null":
        return None
    (field,) = msgspec.structs.fields(record)
    return record(msgspec.json.decode(raw, type=field.type))
