"""What an answer has come to: its objects are counted level by level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.access.cost.inputs import given_weight

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.access.cost.tree import Objects, Selected

    Rows = Sequence[Mapping[str, Any]]


def thousandths_in(
    data: Mapping[str, Any],
    root: Objects,
    variables: Mapping[str, Any],
    inputs: Mapping[tuple[str, str], int],
) -> int:
    """What an answer weighs, in thousandths of a point.

    Args:
        data: the answer's.
        root: what is selected.
        variables: of the request.
        inputs: see CostRules.
    """
    return _Count(variables, inputs).rows([data], root)


class _Count:
    """Counts one answer."""

    __slots__ = ("_inputs", "_variables")

    def __init__(self, variables: Mapping[str, Any], inputs: Mapping[tuple[str, str], int]) -> None:
        self._variables = variables
        self._inputs = inputs

    def rows(self, rows: Rows, objects: Objects) -> int:
        """Of objects with the same selection, what is in them."""
        total = 0
        pending = [(rows, objects)]
        while pending:
            rows, objects = pending.pop()
            for field in objects.fields:
                rule = field.rule
                if not (field.objects or rule.weight or rule.leaf_weight or rule.arguments):
                    continue
                having = [row for row in rows if field.key in row]
                if rule.weight or rule.arguments:
                    total += len(having) * self._own(field)
                values = _flat([row[field.key] for row in having], rule.depth)
                if len(field.objects) == 1:
                    ((weight, below),) = field.objects
                    total += weight * len(values)
                    if values:
                        pending.append((values, below))
                elif field.objects:
                    total += sum(self._of_some_type(value, field) for value in values)
                elif rule.weight is None:
                    total += rule.leaf_weight * len(values)
        return total

    def _own(self, field: Selected) -> int:
        """What a field weighs each time."""
        weight = field.rule.weight or 0
        if not field.rule.arguments:
            return weight
        return weight + given_weight(field.rule, field.arguments(self._variables), self._inputs)

    def _of_some_type(self, value: Mapping[str, Any], field: Selected) -> int:
        """An object of an interface or a union: of the types that it may be, the dearest."""
        return max(
            (weight + self.rows([value], below) for weight, below in field.objects if _may_be(value, below)),
            default=0,
        )


def _may_be(value: Mapping[str, Any], objects: Objects) -> bool:
    """Whether an object of the answer may be of this type: by its name, or by what it has."""
    if objects.typename_key is not None and objects.typename_key in value:
        return bool(value[objects.typename_key] == objects.type.name)
    keys = {field.key for field in objects.fields}
    return value.keys() <= keys


def _flat(values: list[Any], depth: int) -> list[Any]:
    """What stands in lists of this depth, null left out."""
    for _ in range(depth):
        values = [item for value in values if value is not None for item in value]
    return [value for value in values if value is not None]
