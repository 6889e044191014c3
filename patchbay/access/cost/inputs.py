"""What the arguments that a client gives weigh, where the schema says that they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import get_named_type, is_input_object_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.access.cost.rules import FieldRule


def given_weight(rule: FieldRule, given: Mapping[str, Any], inputs: Mapping[tuple[str, str], int]) -> int:
    """In thousandths of a point.

    Args:
        rule: of the field.
        given: its arguments.
        inputs: (input type, field) -> weight.
    """
    total = 0
    for argument, (weight, type_) in rule.arguments.items():
        value = given.get(argument)
        if value is not None:
            total += weight + (_inside(type_, value, inputs) if inputs else 0)
    return total


def _inside(type_: Any, value: Any, inputs: Mapping[tuple[str, str], int]) -> int:
    """What the fields of input objects in a value weigh."""
    total = 0
    pending = [(get_named_type(type_), value)]
    while pending:
        named, each = pending.pop()
        if isinstance(each, list):
            pending += [(named, item) for item in each]
        elif isinstance(each, dict) and is_input_object_type(named):
            for name, inner in each.items():
                field = named.fields.get(name)
                if field is not None and inner is not None:
                    total += inputs.get((named.name, name), 0)
                    pending.append((get_named_type(field.type), inner))
    return total
