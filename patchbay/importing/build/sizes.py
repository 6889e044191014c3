"""How long a list of an answer is at most, where its description says so: what queries are reckoned with.

A list that is longer all the same is an error in place of the list (patchbay.execution.sizes).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from patchbay.costs import ListSize
from patchbay.importing.model import ListOf, Named, ObjectType, UnionType

if TYPE_CHECKING:
    from patchbay.importing.model import Model, TypeRef


def most_items(model: Model, ref: TypeRef) -> int | None:
    """The length to declare: of lists in lists, where all are bounded, the longest's; else None.

    Lists of values that weigh nothing have none. They add nothing to a query, and an upstream that sends more
    of them than it says does no harm.
    """
    longest = 0
    while isinstance(ref, ListOf):
        if ref.most is None:
            return None
        longest = max(longest, ref.most)
        ref = ref.item
    return longest if longest and _weighs(model, ref) else None


def sizes_of(model: Model, ref: TypeRef) -> tuple[ListSize, ...]:
    """The directives of a field of this type."""
    return sized(most_items(model, ref))


@lru_cache(1024)
def sized(most: int | None) -> tuple[ListSize, ...]:
    """@listSize of so many items; none for None."""
    return () if most is None else (ListSize(assumed_size=most),)


def _weighs(model: Model, ref: TypeRef) -> bool:
    type_ = model.types.get(ref.name) if isinstance(ref, Named) else None
    if isinstance(type_, UnionType):
        return bool(type_.members)
    return isinstance(type_, ObjectType) and bool(type_.fields)
