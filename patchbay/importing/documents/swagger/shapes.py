"""Small readings of nodes that may be of any type."""

from __future__ import annotations

from typing import Any


def texts(node: Any) -> list[str]:
    """A list's texts, each once; one text alone is a list of it."""
    if isinstance(node, str):
        return [node]
    if not isinstance(node, list):
        return []
    return list(dict.fromkeys(item for item in node if isinstance(item, str)))


def members(node: Any) -> dict[str, Any]:
    """An object's members; of anything else none."""
    return node if isinstance(node, dict) else {}


def extensions(node: dict[str, Any]) -> dict[str, Any]:
    """The members that start with `x-`."""
    return {name: value for name, value in node.items() if name.startswith("x-")}
