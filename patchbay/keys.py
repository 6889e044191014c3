"""Keys of records, and when two of them are the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

Scalar: TypeAlias = "str | int | float"
Key: TypeAlias = "Scalar | tuple[Scalar, ...]"
WireKey: TypeAlias = "str | tuple[str, ...]"


def wire_key(key: Key) -> WireKey:
    """A key as text, so that a key of the graph's matches a record's member whatever its type."""
    return tuple(map(str, key)) if isinstance(key, tuple) else str(key)


def wire_keys(keys: Sequence[Key]) -> list[WireKey]:
    """`wire_key` of all, in order."""
    kind = only_kind(keys)
    # Keys of one kind, which they mostly are, are converted without a call of Python for each.
    if kind is str:
        return cast("list[WireKey]", list(keys))
    return list(map(str if kind is int else wire_key, keys))


def only_kind(keys: Sequence[Key]) -> type | None:
    """The one kind, str or int, that all keys are of; else None.

    Two keys of that kind are equal where their wire keys are.
    """
    kinds = set(map(type, keys))
    kind = kinds.pop() if len(kinds) == 1 else None
    return kind if kind is str or kind is int else None
