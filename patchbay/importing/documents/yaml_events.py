"""YAML by the events of PyYAML's C parser: slower, lenient, without recursion, and with all of YAML's graph.

Scalars are those of YAML 1.2's core schema: `yes`, `on`, `=` and dates are texts. What an alias stands for is
the same object again, so that a bomb takes no memory; how much it would be, were it written out, is counted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.documents.trees import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.importing.documents.limits import DocumentLimits

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""What YAML forbids even in quotes."""

_INDENTING_TAB = re.compile(r"^[ ]*\t[ \t]*", re.MULTILINE)

_TAB_AFTER = re.compile(r"(?<=[:-])\t[ \t]*")

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")

_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")

_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), ".Inf": float("inf"), ".INF": float("inf"), "+.inf": float("inf"),
    "-.inf": float("-inf"), "-.Inf": float("-inf"), "-.INF": float("-inf"),
    ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
}  # fmt: skip

_MAX_DIGITS = 4000
"""Python makes no number of longer ones."""


def read_events(text: str, name: str, limits: DocumentLimits) -> Any:
    """What the first document of a YAML text holds.

    Raises:
        DescriptionError: it is no YAML (with its line), or too deep or too much.
    """
    if len(text) > limits.max_odd_bytes:
        raise DescriptionError(
            name, f"is YAML with aliases or odd characters of more than {limits.max_odd_bytes} bytes"
        )
    text = _UNPRINTABLE.sub("", text)
    try:
        return _Builder(name, limits).build(text)
    except yaml.YAMLError as refused:
        if "\t" not in text:
            raise _described(name, refused) from refused
        first = refused
    try:
        return _Builder(name, limits).build(_without_tabs(text))
    except yaml.YAMLError:
        raise _described(name, first) from first


def scalar(text: str) -> Any:
    """What a plain scalar stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if len(text) <= _MAX_DIGITS and _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Open:
    """A container that has begun and not ended. `key`: the name that waits for its value."""

    __slots__ = ("anchor", "deep", "has_key", "holds", "key", "merges", "size")

    def __init__(self, holds: Any, anchor: str | None) -> None:
        self.holds = holds
        self.anchor = anchor
        self.key: Any = None
        self.has_key = False
        self.size = 1
        self.deep = 1
        self.merges: list[Any] = []


class _Builder:
    """Makes a tree of one text's events."""

    def __init__(self, name: str, limits: DocumentLimits) -> None:
        self._name = name
        self._limits = limits
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int, int]] = {}
        self._measures: dict[int, tuple[int, int]] = {}
        self._looked_at = 0
        self._root: Any = None

    def build(self, text: str) -> Any:
        """The first document. Raises yaml.YAMLError, DescriptionError."""
        for event in _events(text):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                plain = event.implicit[0] and event.tag is None and not event.style
                self._put(scalar(event.value) if plain else event.value, event.anchor)
            elif kind is yaml.MappingStartEvent:
                self._begin({}, event.anchor)
            elif kind is yaml.SequenceStartEvent:
                self._begin([], event.anchor)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._end()
            elif kind is yaml.AliasEvent:
                value, size, deep = self._anchors.get(event.anchor, (None, 1, 0))
                self._place(value, size, deep)
            elif kind is yaml.DocumentEndEvent:
                break
        return self._root

    def _begin(self, holds: Any, anchor: str | None) -> None:
        if len(self._open) >= self._limits.max_depth:
            self._refuse_depth()
        self._open.append(_Open(holds, anchor))

    def _end(self) -> None:
        done = self._open.pop()
        for merged in done.merges:
            self._merge(done, merged)
        self._measures[id(done.holds)] = (done.size, done.deep)
        if done.anchor is not None:
            self._anchors[done.anchor] = (done.holds, done.size, done.deep)
        self._place(done.holds, done.size, done.deep)

    def _put(self, value: Any, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, 1, 0)
        self._place(value, 1, 0)

    def _place(self, value: Any, size: int, deep: int) -> None:
        if not self._open:
            self._root = value
            return
        into = self._open[-1]
        if type(into.holds) is list:
            into.holds.append(value)
        elif not into.has_key:
            into.key = name_of(value) if not isinstance(value, dict | list) else "?"
            into.has_key = True
            return
        else:
            into.has_key = False
            if into.key == "<<" and isinstance(value, dict | list):
                into.merges.append(value)
                return
            into.holds[into.key] = value
        self._grow(into, size, deep + 1)

    def _grow(self, into: _Open, size: int, deep: int) -> None:
        into.size += size
        into.deep = max(into.deep, deep)
        if into.size > self._limits.max_values:
            raise DescriptionError(
                self._name, f"holds more than {self._limits.max_values} values, written out without aliases"
            )
        if into.deep + len(self._open) > self._limits.max_depth + 1:
            self._refuse_depth()

    def _merge(self, done: _Open, merged: Any) -> None:
        """Members that are not there yet. Even looking at those that are is work that has a bound."""
        for source in merged if isinstance(merged, list) else (merged,):
            if not isinstance(source, dict) or not isinstance(done.holds, dict):
                continue
            before = len(done.holds)
            for key, value in source.items():
                done.holds.setdefault(key, value)
            self._looked_at += len(source)
            size, deep = self._measures.get(id(source), (len(source), 1))
            if len(done.holds) > before or self._looked_at > self._limits.max_values:
                self._grow(
                    done, size if self._looked_at <= self._limits.max_values else self._looked_at, deep
                )

    def _refuse_depth(self) -> None:
        raise DescriptionError(self._name, f"is nested deeper than {self._limits.max_depth} levels")


def _events(text: str) -> Iterator[Any]:
    loader = yaml.CSafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _without_tabs(text: str) -> str:
    """Tabs where YAML wants spaces; a tab of indentation is as wide as most editors show it."""
    spaced = _INDENTING_TAB.sub(lambda found: found[0].expandtabs(8), text)
    return _TAB_AFTER.sub(" ", spaced)


def _described(name: str, refused: yaml.YAMLError) -> DescriptionError:
    mark = getattr(refused, "problem_mark", None)
    problem = getattr(refused, "problem", None) or "it cannot be read"
    return DescriptionError(name, f"is not YAML: {problem}", None if mark is None else mark.line + 1)
