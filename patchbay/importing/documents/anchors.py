"""Schemas that say their own names: `$anchor`, `$dynamicAnchor` and `$id` of JSON Schema."""

from __future__ import annotations

from typing import Any

from patchbay.importing.documents.location import escaped


class Anchors:
    """The names in one document, found by one walk when the first of them is asked for."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._names: dict[str, tuple[Any, str]] | None = None
        self._ids: dict[str, tuple[Any, str]] = {}

    def by_name(self, name: str) -> tuple[Any, str] | None:
        """The schema with this anchor, and its pointer."""
        return self._found().get(name)

    def by_id(self, reference: str) -> tuple[Any, str] | None:
        """The schema with this `$id`, or one that ends with it, and its pointer."""
        self._found()
        return self._ids.get(reference)

    def _found(self) -> dict[str, tuple[Any, str]]:
        if self._names is None:
            self._names = {}
            self._walk(self._names)
        return self._names

    def _walk(self, names: dict[str, tuple[Any, str]]) -> None:
        waiting: list[tuple[Any, str]] = [(self._tree, "")]
        while waiting:
            node, pointer = waiting.pop()
            if type(node) is dict:
                self._note(node, pointer, names)
                members = node.items()
            elif type(node) is list:
                members = enumerate(node)  # type: ignore[assignment]  # pairs, either way
            else:
                continue
            waiting.extend(
                (value, f"{pointer}/{escaped(key)}")
                for key, value in members
                if type(value) is dict or type(value) is list
            )

    def _note(self, node: dict[str, Any], pointer: str, names: dict[str, tuple[Any, str]]) -> None:
        for member in ("$anchor", "$dynamicAnchor"):
            name = node.get(member)
            if type(name) is str:
                names.setdefault(name, (node, pointer))
        own = node.get("$id", node.get("id") if "$schema" in node else None)
        if type(own) is str and pointer:
            if own.startswith("#"):
                names.setdefault(own[1:], (node, pointer))
            else:
                self._ids.setdefault(own.removesuffix("#"), (node, pointer))
