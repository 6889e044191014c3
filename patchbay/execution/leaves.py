"""Leaf values: which Python types are their own serialisation, and how the others are serialised."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from graphql import GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLScalarType, GraphQLString
from graphql.pyutils import Undefined, inspect
from graphql.type.scalars import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from patchbay.execution.columns import Failure, Leaf
from patchbay.leaf_forms import Form
from patchbay.lengths import STRAWBERRY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphql import GraphQLLeafType

    from patchbay.execution.plan import LeafOutput


def _in_int_range(values: Sequence[Any]) -> bool:
    present: Iterable[Any] = [each for each in values if each is not None] if None in values else values
    return not present or (min(present) >= GRAPHQL_MIN_INT and max(present) <= GRAPHQL_MAX_INT)


def _finite(values: Sequence[Any]) -> bool:
    # Infinity and NaN outlive any sum. A sum that overflows costs a second look at each value, nothing more.
    return isfinite(sum([each for each in values if each is not None]))


_FORMS: dict[GraphQLScalarType, Form] = {
    GraphQLString: Form(frozenset((str,))),
    GraphQLID: Form(frozenset((str,)), converted=frozenset((str, int)), convert=str),
    GraphQLBoolean: Form(frozenset((bool,))),
    GraphQLInt: Form(frozenset((int,)), _in_int_range),
    GraphQLFloat: Form(frozenset((float,)), _finite),
}

_UNKNOWN = Form(frozenset())


def form_of(type_: GraphQLLeafType) -> Form:
    """How a type's values are written, as far as that is known without asking it."""
    found = _FORMS.get(type_) if isinstance(type_, GraphQLScalarType) else None
    if found is not None:
        return found
    declared = getattr(type_.extensions.get(STRAWBERRY), "form", None)
    return declared if isinstance(declared, Form) else _UNKNOWN


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
    if output.convert is not None and kinds <= output.converted:
        convert = output.convert
        try:
            return Leaf([None if value is None else convert(value) for value in values], dirty=False)
        except Exception:  # noqa: BLE001, S110 - found again, and told, value by value
            pass
    return _one_by_one(output, values, turn)


def _one_by_one(output: LeafOutput, values: list[Any], turn: int) -> Leaf:
    type_ = output.type
    coerce = output.coerce
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
