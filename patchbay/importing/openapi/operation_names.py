"""A name for each operation of a document: of its operationId where a person gave it, else of its path.

Names are given to all operations that a document has, whichever are included, so that a selection does not
rename what it keeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.importing.naming import Taken, camel
from patchbay.importing.openapi.id_names import Asked, habits, names_by_id
from patchbay.importing.openapi.path_names import path_names

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("Asked", "operation_names")


def operation_names(asked: Sequence[Asked]) -> list[str]:
    """The fields' names, in the same order; all of them different, and none longer than 60 characters.

    Of several that want the same name, an operation whose id says it gets it, then one that answers a list,
    then the first of the document; the others are told apart by what their paths and methods say.
    """
    known = habits(asked)
    wishes = [_wishes(one, names_by_id(one, known)) for one in asked]
    order = sorted(range(len(asked)), key=lambda number: (wishes[number][0], number))
    taken = Taken()
    names = [""] * len(asked)
    for number in order:
        names[number] = taken.claim(*wishes[number][1])
    return names


def _wishes(asked: Asked, by_id: tuple[str, ...]) -> tuple[int, list[str]]:
    """How early it may choose, and what it wants, the plainest first."""
    found = path_names(asked.method, asked.path, asked.methods)
    rank = 0 if by_id and by_id[0] == camel(asked.id) else 1 + found.picks_one
    last = camel(f"{asked.method} {by_id[0]}") if by_id else ""
    return rank, [*by_id, *found.wanted, last]
