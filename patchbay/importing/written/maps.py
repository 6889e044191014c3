"""JSON objects with any member names, as the lists of entries that clients see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

V = TypeVar("V")
E = TypeVar("E")


def entries(make: Callable[[str, V], E], values: Mapping[str, V] | None) -> list[E] | None:
    """An entry for each member, in their order; None where there is no object.

    Args:
        make: the entry's record, of a key and its value.
        values: the object.
    """
    return None if values is None else [make(key, value) for key, value in values.items()]
