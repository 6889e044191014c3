"""What can be wrong with a description as a whole, and with one reference in it."""

from __future__ import annotations

from patchbay.errors import ConfigurationError, PatchbayError


class DescriptionError(ConfigurationError):
    """A description cannot be read at all, or is none that can be imported.

    Args:
        name: the document's, as people know it; never with a credential.
        problem: the rest of the sentence that starts with the name.
        line: where in the text, counted from 1; None where that is not known.
    """

    def __init__(self, name: str, problem: str, line: int | None = None) -> None:
        where = name if line is None else f"{name}, line {line}"
        super().__init__(f"{where}: {problem}")
        self.name = name
        self.problem = problem
        self.line = line


class UnresolvedRef(PatchbayError):
    """A `$ref` leads to nothing that can be used. It ends no import: whoever meets it notes a Problem.

    Args:
        ref: as the document has it.
        problem: a sentence's part, as in "leads to nothing".
        file: the document in which it stands.
        pointer: where it stands there.
    """

    code = "CONFIGURATION_ERROR"

    def __init__(self, ref: str, problem: str, file: str = "", pointer: str = "") -> None:
        super().__init__(f"$ref '{shortened(ref)}' {problem}")
        self.ref = ref
        self.problem = problem
        self.file = file
        self.pointer = pointer


def shortened(text: str, most: int = 120) -> str:
    """A text of a document for a message: on one line, and not longer than that."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
