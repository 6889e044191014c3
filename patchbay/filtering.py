"""Arguments that filter and order a connection, derived from what a read's records can be filtered by.

    payments(where: {status: {eq: "succeeded"}, amountCents: {gte: 1000}}, orderBy: [{field: CAPTURED_AT}])

A read with `fields` (patchbay.upstreams.webhook_pages) gets both arguments where it stands in
`page_resolver` or `connection_link`; other reads get neither.
"""

from __future__ import annotations

import inspect
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import strawberry

from patchbay.comparisons import COMPARISONS, MEMBERS
from patchbay.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from patchbay.attributes import Attribute
    from patchbay.batch import ByIds

MAX_IN = 100


class Fields(Protocol):
    """What pages can be filtered and ordered by."""

    @property
    def name(self) -> str:
        """Of the record type."""

    @property
    def filters(self) -> Mapping[str, Attribute]:
        """Path -> attribute."""

    @property
    def orders(self) -> Mapping[str, Attribute]:
        """Path -> attribute."""

    def condition(self, attribute: Attribute, operator: Any, value: Any) -> Any:
        """What a record must be. Raises ValueError where no record can have such a value."""

    def criterion(self, attribute: Attribute, *, descending: bool) -> Any:
        """What records are ordered by."""


@strawberry.enum(description="Which comes first. Those without a value come last either way.")
class OrderDirection(Enum):
    """Of one criterion."""

    ASC = strawberry.enum_value("asc", description="The lowest.")
    DESC = strawberry.enum_value("desc", description="The highest.")


class PageInputs:
    """The arguments `where` and `orderBy` of one type of record.

    Args:
        fields: what they are derived from; None for a connection without these arguments.
    """

    def __init__(self, fields: Fields | None) -> None:
        self._fields = fields
        self._parameters: dict[str, Any] = {}
        if fields is not None and fields.filters:
            where = _filter_input(fields)
            self._parameters["where"] = Annotated[
                where | None, strawberry.argument(description="Those of which all of this is true.")
            ]
        if fields is not None and fields.orders:
            order = _order_input(fields)
            self._parameters["order_by"] = Annotated[
                list[order] | None,  # type: ignore[valid-type] # made at run time
                strawberry.argument(description="The first criterion counts most, and at last the number."),
            ]

    def declare(self, resolve: Callable[..., Any]) -> None:
        """Have a resolver, which takes them as `**given`, tell of these arguments."""
        signature = inspect.signature(resolve)
        others = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        own = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=type_)
            for name, type_ in self._parameters.items()
        ]
        resolve.__signature__ = signature.replace(parameters=[*others, *own])  # type: ignore[attr-defined] # what inspect looks for

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the read is given beside the page. Raises InputError naming the argument.

        Args:
            given: the arguments as Strawberry hands them over.
        """
        if self._fields is None:
            return {}
        found: dict[str, Any] = {}
        if given.get("where") is not None:
            found["where"] = tuple(_conditions(self._fields, given["where"]))
        if given.get("order_by"):
            found["order"] = _criteria(self._fields, given["order_by"])
        return found


def can_filter(read: ByIds[Any]) -> bool:
    """Whether a read tells what its pages can be filtered and ordered by."""
    return hasattr(read, "fields")


def page_inputs(read: ByIds[Any]) -> PageInputs:
    """The arguments of a connection over this read. Reads with the same fields share their types."""
    return _inputs(getattr(read, "fields", None))


_inputs = cache(PageInputs)


def _filter_input(fields: Fields) -> Any:
    made = type(
        f"{fields.name}Filter",
        (),
        {
            "__annotations__": {
                each.name: COMPARISONS[each.scalar] | None for each in fields.filters.values()
            },
            **{each.name: strawberry.UNSET for each in fields.filters.values()},
        },
    )
    return strawberry.input(made, description=f"Which {fields.name} records; all members must hold.")


def _order_input(fields: Fields) -> Any:
    names = {each.name.upper(): path for path, each in fields.orders.items()}
    make: Any = Enum
    field = strawberry.enum(
        make(f"{fields.name}OrderField", names),
        description=f"What {fields.name} records can be ordered by.",
    )
    made = type(
        f"{fields.name}Order",
        (),
        {
            "__annotations__": {"field": field, "direction": OrderDirection},
            "direction": OrderDirection.ASC,
        },
    )
    return strawberry.input(made, description="One criterion.")


def _conditions(fields: Fields, where: Any) -> Iterator[Any]:
    for attribute in fields.filters.values():
        comparison = getattr(where, attribute.name)
        if comparison is strawberry.UNSET:
            continue
        if comparison is None:
            # A variable that was forgotten must not be taken for "any".
            raise InputError("where", f"is null at {attribute.path}; leave it out")
        for operator, member in MEMBERS.items():
            value = getattr(comparison, member, strawberry.UNSET)
            if value is not strawberry.UNSET:
                yield _condition(fields, attribute, operator, value)


def _condition(fields: Fields, attribute: Attribute, operator: str, value: Any) -> Any:
    place = f"{attribute.path}.{operator}"
    if value is None:
        raise InputError("where", f"is null at {place}; leave it out")
    if operator == "in" and len(value) > MAX_IN:
        raise InputError("where", f"has more than {MAX_IN} values at {place}")
    try:
        return fields.condition(attribute, operator, value)
    except ValueError as error:
        raise InputError("where", f"has a value at {place} that no record can have") from error


def _criteria(fields: Fields, order_by: Sequence[Any]) -> tuple[Any, ...]:
    paths = [each.field.value for each in order_by]
    if len(set(paths)) < len(paths):
        raise InputError("orderBy", "names a field twice")
    return tuple(
        fields.criterion(fields.orders[each.field.value], descending=each.direction is OrderDirection.DESC)
        for each in order_by
    )
