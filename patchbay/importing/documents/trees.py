"""Trees of dicts, lists and scalars, walked without recursion: a hostile one is deep."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from patchbay.importing.documents.errors import DescriptionError

if TYPE_CHECKING:
    from patchbay.importing.documents.limits import DocumentLimits

_BRANCHES = frozenset((dict, list))


def require_shallow(tree: Any, name: str, limits: DocumentLimits) -> None:
    """Check how deep a tree of dicts and lists is, level by level. Raises DescriptionError."""
    level = [tree] if type(tree) in _BRANCHES else []
    for _ in range(limits.max_depth):
        if not level:
            return
        level = [
            below
            for branch in level
            for below in (branch.values() if type(branch) is dict else branch)
            if type(below) in _BRANCHES
        ]
    if level:
        raise DescriptionError(name, f"is nested deeper than {limits.max_depth} levels")


def tidied(tree: Any, name: str, limits: DocumentLimits) -> Any:
    """What a YAML reader brought, as JSON has it: names are texts, sets are lists.

    Dicts and lists are changed in place.

    Raises:
        DescriptionError: it is too deep.
    """
    holder = [tree]
    level: list[Any] = [holder]
    for _ in range(limits.max_depth + 1):
        if not level:
            return holder[0]
        below: list[Any] = []
        for branch in level:
            if type(branch) is dict:
                _tidy_dict(branch, below)
            else:
                _tidy_list(branch, below)
        level = below
    if level:
        raise DescriptionError(name, f"is nested deeper than {limits.max_depth} levels")
    return holder[0]


def name_of(key: Any) -> str:
    """A member's name, from what a reader of YAML made of it: `200:` and `true:` are texts to us."""
    if key is None:
        return "null"
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, str):
        return key
    return str(_bounded(key) if type(key) is int else key)


def _tidy_dict(branch: dict[Any, Any], below: list[Any]) -> None:
    if not all(type(key) is str for key in branch):
        # Rebuilt as a whole, so that the order stays.
        members = [(name_of(key), value) for key, value in branch.items()]
        branch.clear()
        branch.update(members)
    for key, value in branch.items():
        kind = type(value)
        if kind is dict or kind is list:
            below.append(value)
        elif kind in _ODD:
            plain = branch[key] = list(value)  # The names stay, so that the loop goes on.
            below.append(plain)
        elif kind is int:
            branch[key] = _bounded(value)


def _tidy_list(branch: list[Any], below: list[Any]) -> None:
    for index, value in enumerate(branch):
        kind = type(value)
        if kind is dict or kind is list:
            below.append(value)
        elif kind in _ODD:
            plain = branch[index] = list(value)
            below.append(plain)
        elif kind is int:
            branch[index] = _bounded(value)


def _bounded(number: int) -> int | float:
    """A number that Python cannot write in digits is infinite to us, as it is to readers of JSON."""
    if -_HUGE < number < _HUGE:
        return number
    return math.inf if number > 0 else -math.inf


_HUGE = 10**4000


_ODD = frozenset((set, frozenset, tuple))
