"""YAML, by the fast reader where it can, and by the lenient one where it cannot.

yaml_rs knows YAML 1.2 and is ten times faster than PyYAML, but refuses what others accept (tabs), leaves
merge keys as they are, copies what an alias stands for, and has no bound to its recursion for some texts.
These go to patchbay.importing.documents.yaml_events.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml_rs

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.documents.trees import tidied
from patchbay.importing.documents.yaml_events import read_events

if TYPE_CHECKING:
    from patchbay.importing.documents.limits import DocumentLimits

_ANCHOR = re.compile(r"&(?<![^\s\[{,:?-]&)([^\s\[\]{},]+)")

_ALIAS = re.compile(r"\*(?<![^\s\[{,:?-]\*)([^\s\[\]{},]+)")

_DEEP = re.compile(r"(?:[-?:] +){64}| {1000}")
"""Where the fast reader may run out of stack, and with it the process: it was seen to bear 1500 lists that
begin in one line, and an indentation of 9000."""

_LONG_LINE = 1000
"""No line below that can be so deep."""

_LINE = re.compile(r"at line (\d+)")


def read_yaml(text: str, name: str, limits: DocumentLimits) -> Any:
    """What the first document of a YAML text holds.

    Raises:
        DescriptionError: it is no YAML (with its line where that is known), or too deep or too much.
    """
    # Both readers take twice the memory of one of JSON.
    most = limits.max_values // 2
    if text.count("\n") + text.count(",") > most:
        raise DescriptionError(name, f"holds more than {most} values")
    if _needs_events(text):
        return read_events(text, name, limits)
    try:
        tree = yaml_rs.loads(
            text, parse_datetime=False, duplicate_key_policy=yaml_rs.DuplicateKeyPolicy.LastWins
        )
    except ValueError as refused:
        return _refused(text, name, limits, refused)
    return tidied(_first_document(tree, text), name, limits)


def _needs_events(text: str) -> bool:
    if any(len(line) > _LONG_LINE and _DEEP.search(line) for line in text.split("\n")):
        return True
    if "&" not in text or "*" not in text:
        return False
    anchors = set(_ANCHOR.findall(text))
    return bool(anchors) and any(alias in anchors for alias in _ALIAS.findall(text))


def _refused(text: str, name: str, limits: DocumentLimits, refused: ValueError) -> Any:
    if len(text) > limits.max_odd_bytes:
        raise DescriptionError(name, f"is not YAML: {_reason(refused)}", _line(refused)) from refused
    return read_events(text, name, limits)


def _reason(refused: ValueError) -> str:
    return str(refused).rpartition("\n")[2][:200]


def _line(refused: ValueError) -> int | None:
    found = _LINE.search(str(refused))
    return int(found[1]) if found else None


def _first_document(tree: Any, text: str) -> Any:
    """yaml_rs makes a list of several documents."""
    if type(tree) is list and tree and _SEPARATED.search(text) and type(tree[0]) is dict:
        return tree[0]
    return tree


_SEPARATED = re.compile(r"^---", re.MULTILINE)
