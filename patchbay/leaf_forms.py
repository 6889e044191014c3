"""How the values of a scalar or an enum are written in answers, told to the executor.

A Strawberry scalar or enum definition that has a `form` is written by it, a whole column at a time; all
others are asked value by value, as graphql-core does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Form:
    """How values are written.

    Args:
        wire: types of values that are their own serialisation.
        check: over all values of a column, None among them, when their types are right: whether all are in
            range. None where they always are.
        converted: types of values that `convert` takes.
        convert: a value -> its serialisation. What it raises is not told: the value is tried again alone.
        coerce: a value, of whatever type -> its serialisation, or the error that is the field's; None where
            the GraphQL type knows that.
    """

    __slots__ = ("check", "coerce", "convert", "converted", "wire")

    def __init__(
        self,
        wire: frozenset[type],
        check: Callable[[Sequence[Any]], bool] | None = None,
        *,
        converted: frozenset[type] = frozenset(),
        convert: Callable[[Any], Any] | None = None,
        coerce: Callable[[Any], Any] | None = None,
    ) -> None:
        self.wire = wire
        self.check = check
        self.converted = converted
        self.convert = convert
        self.coerce = coerce
