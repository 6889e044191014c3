"""What could not be mapped, collected while a WSDL is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.documents.errors import shortened
from patchbay.importing.model import Problem, Severity

if TYPE_CHECKING:
    from patchbay.importing.wsdl.names import Source

MAX_PROBLEMS = 1_000
"""Of one upstream; a broken document could have one for each of its lines."""


class Notes:
    """The problems, each once."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(self, severity: Severity, file: str, node: Any, reason: str) -> None:
        """A problem at an element; `node` is None where it is about a whole file."""
        if len(self._found) < MAX_PROBLEMS:
            at = "" if node is None else line_of(node)
            self._found.setdefault(Problem(severity, file, at, shortened(reason, 300)))

    def weaker(self, source: Source, node: Any, reason: str) -> None:
        """Something is served with less than the description may mean."""
        self.add(Severity.WEAKER, source.file, node, reason)

    def left_out(self, source: Source, node: Any, reason: str) -> None:
        """Something is not served."""
        self.add(Severity.LEFT_OUT, source.file, node, reason)

    def note(self, source: Source, node: Any, reason: str) -> None:
        """Something that is good to know."""
        self.add(Severity.NOTE, source.file, node, reason)

    def all(self) -> tuple[Problem, ...]:
        """In the order in which they were found."""
        return tuple(self._found)


def line_of(node: Any) -> str:
    """Where an element stands, as "line 12"; lines are counted from 1."""
    return f"line {node.sourceline}" if node.sourceline else ""
