"""Which members a side shows: what is read-only is in no request, and what is write-only in no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patchbay.importing.openapi.shape import Placed, Shape
    from patchbay.importing.openapi.side import Side


def shown_members(side: Side, shape: Shape) -> dict[str, tuple[Placed, ...]]:
    """The members that the side shows, in their order."""
    hidden = "readOnly" if side.is_input else "writeOnly"
    return {
        name: said
        for name, said in shape.members.items()
        if not any(one.node is False or _flag(one.node, hidden) for one in said)
    }


def shows_any(side: Side, shape: Shape) -> bool:
    """Whether the side shows any of the members."""
    hidden = "readOnly" if side.is_input else "writeOnly"
    return any(
        not any(one.node is False or _flag(one.node, hidden) for one in said)
        for said in shape.members.values()
    )


def _flag(node: Any, name: str) -> bool:
    """Whether a schema, or a remark in its `allOf`, has the flag."""
    if not isinstance(node, dict):
        return False
    if name in node:
        return node[name] is True
    parts = node.get("allOf")
    return isinstance(parts, list) and any(
        isinstance(part, dict) and part.get(name) is True for part in parts
    )
