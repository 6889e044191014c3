"""Incremental delivery in its form of August 2022, which Apollo Client asks for by default.

What comes later stands at a path there, and not at the id of what was pending; each part of a list stands at
the index of its first item; and a part whose data cannot be had has null and its errors.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, TypeAlias

Frame: TypeAlias = dict[str, Any]


class Older:
    """Turns the frames of one answer, in their order, into those of 2022."""

    def __init__(self) -> None:
        self._pending: dict[str, Frame] = {}
        self._told: dict[str, int] = {}
        """Of lists that come in parts: how many items were told."""
        self._data: Any = None

    def frame(self, frame: Frame) -> Frame:
        """The next frame. A whole result is the only one."""
        made: Frame = {name: frame[name] for name in ("data", "errors", "extensions") if name in frame}
        if "data" in frame:
            self._data = frame["data"]
        self._note_pending(frame)
        parts: list[Frame] = []
        for each in frame.get("incremental", ()):
            parts += self._parts(each)
            # A list may stand in what came now.
            self._note_pending(frame)
        for each in frame.get("completed", ()):
            pending = self._pending.pop(each["id"], None)
            if "errors" in each and pending is not None:
                parts.append(self._failed(each, pending))
        if parts:
            made["incremental"] = parts
        made["hasNext"] = frame.get("hasNext", False)
        return made

    def _note_pending(self, frame: Frame) -> None:
        for each in frame.get("pending", ()):
            id = each["id"]
            self._pending[id] = each
            if id not in self._told:
                found = _at(self._data, each["path"])
                if isinstance(found, list):
                    self._told[id] = len(found)

    def _parts(self, each: Frame) -> list[Frame]:
        pending = self._pending[each["id"]]
        path = [*pending["path"], *each.get("subPath", ())]
        more: Frame = {name: each[name] for name in ("errors", "extensions") if name in each}
        if "items" not in each:
            _merge(_at(self._data, path), each["data"])
            return [{**_labelled(pending), "data": each["data"], "path": path, **more}]
        first = self._told.get(each["id"], 0)
        self._told[each["id"]] = first + len(each["items"])
        found = _at(self._data, path)
        if isinstance(found, list):
            found.extend(deepcopy(each["items"]))
        # Apollo Client reads the first item of each part only.
        parts = [
            {**_labelled(pending), "items": [item], "path": [*path, first + number]}
            for number, item in enumerate(each["items"])
        ]
        if parts:
            parts[0].update(more)
        return parts

    def _failed(self, completed: Frame, pending: Frame) -> Frame:
        made = {**_labelled(pending), "path": pending["path"], "errors": completed["errors"]}
        if completed["id"] in self._told:
            return {**made, "items": None, "path": [*pending["path"], self._told[completed["id"]]]}
        return {**made, "data": None}


def _labelled(pending: Frame) -> Frame:
    return {"label": pending["label"]} if "label" in pending else {}


def _at(data: Any, path: list[Any]) -> Any:
    """What stands there, None where nothing does."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _merge(into: Any, more: Any) -> None:
    """Add what came later, so that lists in it are found."""
    if isinstance(into, dict) and isinstance(more, dict):
        for name, value in more.items():
            if name in into:
                _merge(into[name], value)
            else:
                # What is told is not to grow by what is told later.
                into[name] = deepcopy(value)
