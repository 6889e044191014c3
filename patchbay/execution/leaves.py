"""Leaf values: which Python types are their own serialisation, and how the others are serialised."""

from __future__ import annotations

from math import isfinite
from types import NoneType
from typing import TYPE_CHECKING, Any

from graphql import GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLScalarType, GraphQLString
from graphql.pyutils import Undefined, inspect
from graphql.type.scalars import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from patchbay.execution.columns import Failure, Leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from graphql import GraphQLLeafType

    from patchbay.execution.plan import LeafOutput


def _in_int_range(values: Sequence[Any]) -> bool:
    present: Iterable[Any] = [each for each in values if each is not None] if None in values else values
    return not present or (min(present) >= GRAPHQL_MIN_INT and max(present) <= GRAPHQL_MAX_INT)


def _finite(values: Sequence[Any]) -> bool:
    # Infinity and NaN outlive any sum. A sum that overflows costs a second look at each value, nothing more.
    return isfinite(sum([each for each in values if each is not None]))


_WIRE: dict[GraphQLScalarType, tuple[type, Callable[[Sequence[Any]], bool] | None]] = {
    GraphQLString: (str, None),
    GraphQLID: (str, None),
    GraphQLBoolean: (bool, None),
    GraphQLInt: (int, _in_int_range),
    GraphQLFloat: (float, _finite),
}


def wire_types(
    type_: GraphQLLeafType, *, nullable: bool
) -> tuple[frozenset[type], Callable[[Sequence[Any]], bool] | None]:
    """The types of values that need no serialisation, and the check of their range."""
    found = _WIRE.get(type_) if isinstance(type_, GraphQLScalarType) else None
    if found is None:
        return frozenset(), None
    wire, check = found
    return frozenset((wire, NoneType) if nullable else (wire,)), check


def leaf_column(output: LeafOutput, values: list[Any], kinds: set[type], turn: int) -> Leaf:
    """The values serialised. Where their types already are the wire's, they are taken as they stand.

    Args:
        output: what they shall be.
        values: with None and Failure where there is no value.
        kinds: the types of all values.
        turn: when this is.
    """
    if kinds <= output.wire and (output.check is None or output.check(values)):
        return Leaf(values, dirty=False)
    return _one_by_one(output, values, turn)


def _one_by_one(output: LeafOutput, values: list[Any], turn: int) -> Leaf:
    type_ = output.type
    coerce = type_.coerce_output_value
    dirty = False
    completed: list[Any] = []
    for value in values:
        if value is None:
            completed.append(None)
            continue
        if type(value) is Failure:
            dirty = True
            completed.append(value)
            continue
        try:
            coerced = coerce(value)
            if coerced is None or coerced is Undefined:
                message = (
                    f"Expected `{inspect(type_)}.coerce_output_value({inspect(value)})` to return"
                    f" non-nullable value, returned: {inspect(coerced)}"
                )
                raise TypeError(message)  # noqa: TRY301 - the same end as what a scalar itself raises
        except Exception as error:  # noqa: BLE001 - whatever a scalar raises is this value's error
            dirty = True
            completed.append(Failure(error, turn))
        else:
            completed.append(coerced)
    return Leaf(completed, dirty=dirty)
