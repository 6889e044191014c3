"""Names of alternatives that have none: what they are told by, never where they stand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from patchbay.importing.naming import pascal
from patchbay.importing.openapi.discriminators import told_values
from patchbay.importing.openapi.titles import title_name

if TYPE_CHECKING:
    from patchbay.importing.openapi.shape import Shape
    from patchbay.importing.openapi.side import Side

_MOST_LABEL = 30


def labels(side: Side, objects: list[Shape]) -> list[str]:
    """For each object: its own name, its title, the only value of one of its members, or the first member
    that no other has ("WithToken"); "" where there is nothing of this.
    """
    count: dict[str, int] = {}
    for shape in objects:
        for member in shape.members:
            count[member] = count.get(member, 0) + 1
    made = [_label(side, shape, count) for shape in objects]
    # A label that several have tells none of them.
    often = Counter(made)
    return [label if often[label] == 1 else "" for label in made]


def _label(side: Side, shape: Shape, count: dict[str, int]) -> str:
    own = side.common.names.own(shape.at)
    if own:
        return own
    title = title_name(shape.node, "") if isinstance(shape.node, dict) else ""
    if title:
        return title
    for member in shape.members:
        values = told_values(side.common.shapes, shape, member)
        if len(values) == 1 and (label := pascal(values[0])) and len(label) <= _MOST_LABEL:
            return label
    alone = [member for member in shape.members if count[member] == 1]
    # What has to be there says most.
    alone.sort(key=lambda member: member not in shape.required)
    return next((f"With{label}" for member in alone if (label := pascal(member))), "")
