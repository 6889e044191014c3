"""Response rows, built by code that is generated for their keys."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_BUILDERS = 4_096
"""How many are kept; a selection with the same keys in the same order shares one."""


@lru_cache(MAX_BUILDERS)
def row_builder(keys: tuple[str, ...]) -> Callable[[Sequence[Sequence[Any]], int], list[dict[str, Any]]]:
    """A function of the columns, in the keys' order, and the number of rows.

    The rows are dicts in the keys' order. A display in a comprehension takes half the time of dict(zip()).
    """
    if not keys:
        return lambda _, count: [{} for _ in range(count)]
    names = [f"v{index}" for index in range(len(keys))]
    row = ", ".join(f"{key!r}: {name}" for key, name in zip(keys, names, strict=True))
    source = (
        f"[{{{row}}} for {names[0]} in columns[0]]"
        if len(keys) == 1
        else f"[{{{row}}} for {', '.join(names)} in zip(*columns)]"
    )
    # The keys are GraphQL names, and repr() quotes them besides.
    build: Callable[[Sequence[Sequence[Any]], int], list[dict[str, Any]]] = eval(  # noqa: S307 - see above
        f"lambda columns, count: {source}", {"zip": zip}
    )
    return build
