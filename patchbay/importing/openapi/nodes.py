"""Parts of a document, whatever stands there: a wrong type is read as if nothing stood there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from patchbay.importing.model import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.documents.location import Location

MOST_NESTED: Final = 64
"""References that lead to references, one behind the other."""


class Placed(NamedTuple):
    """A node, and where it stands."""

    node: dict[str, Any]
    at: Location


def mapping(node: object) -> dict[str, Any]:
    """The object; {} for anything else."""
    return node if isinstance(node, dict) else {}


def sequence(node: object) -> list[Any]:
    """The array; [] for anything else."""
    return node if isinstance(node, list) else []


def text(node: object) -> str:
    """The text, trimmed; "" for anything else. A number is a text that lacks its quotes."""
    if isinstance(node, str):
        return node.strip()
    return str(node) if isinstance(node, int | float) and not isinstance(node, bool) else ""


def sentence(node: object) -> str | None:
    """A description; None where there is none."""
    return text(node) or None


def flag(node: object, *, otherwise: bool = False) -> bool:
    """True or false; `otherwise` for anything else."""
    return node if isinstance(node, bool) else otherwise


def whole(node: object) -> int | None:
    """A whole number; None for anything else."""
    if isinstance(node, float) and node.is_integer():
        return int(node)
    return node if isinstance(node, int) and not isinstance(node, bool) else None


def members(node: object) -> Iterator[tuple[str, Any]]:
    """The members of an object whose names may be numbers (YAML's 200), without extensions (x-)."""
    for key, value in mapping(node).items():
        name = text(key)
        if name and not name.startswith("x-"):
            yield name, value


def extension(node: Mapping[str, Any], *names: str) -> Any:
    """The first of these members that is there."""
    return next((node[name] for name in names if name in node), None)


class Problems(list[Problem]):
    """What could not be mapped, as it is found."""

    def left_out(self, at: Location, reason: str) -> None:
        """A part is not served."""
        self.append(Problem(Severity.LEFT_OUT, at.file, at.pointer, reason))

    def weaker(self, at: Location, reason: str) -> None:
        """A part is served with less than it may mean."""
        self.append(Problem(Severity.WEAKER, at.file, at.pointer, reason))

    def note(self, at: Location, reason: str) -> None:
        """Something to know."""
        self.append(Problem(Severity.NOTE, at.file, at.pointer, reason))
