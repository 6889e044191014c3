"""GraphQL inputs of what an attribute is compared with. All members that are given must hold."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from patchbay.scalars import SafeInt

EQUAL = "Is this."
IN = "Is one of these, at most 100; of none, nothing is found."
LESS, LESS_OR_EQUAL = "Is below this.", "Is this or below."
GREATER, GREATER_OR_EQUAL = "Is above this.", "Is this or above."


@strawberry.input(description="What a text is compared with.")
class StringComparison:
    """By code points."""

    eq: str | None = strawberry.field(default=strawberry.UNSET, description=EQUAL)
    in_: list[str] | None = strawberry.field(name="in", default=strawberry.UNSET, description=IN)


@strawberry.input(description="What a truth is compared with.")
class BooleanComparison:
    """True or false."""

    eq: bool | None = strawberry.field(default=strawberry.UNSET, description=EQUAL)


@strawberry.input(description="What a whole number is compared with.")
class IntComparison:
    """Exactly."""

    eq: SafeInt | None = strawberry.field(default=strawberry.UNSET, description=EQUAL)
    in_: list[SafeInt] | None = strawberry.field(name="in", default=strawberry.UNSET, description=IN)
    lt: SafeInt | None = strawberry.field(default=strawberry.UNSET, description=LESS)
    lte: SafeInt | None = strawberry.field(default=strawberry.UNSET, description=LESS_OR_EQUAL)
    gt: SafeInt | None = strawberry.field(default=strawberry.UNSET, description=GREATER)
    gte: SafeInt | None = strawberry.field(default=strawberry.UNSET, description=GREATER_OR_EQUAL)


@strawberry.input(description="What a number is compared with.")
class FloatComparison:
    """To the last bit."""

    eq: float | None = strawberry.field(default=strawberry.UNSET, description=EQUAL)
    in_: list[float] | None = strawberry.field(name="in", default=strawberry.UNSET, description=IN)
    lt: float | None = strawberry.field(default=strawberry.UNSET, description=LESS)
    lte: float | None = strawberry.field(default=strawberry.UNSET, description=LESS_OR_EQUAL)
    gt: float | None = strawberry.field(default=strawberry.UNSET, description=GREATER)
    gte: float | None = strawberry.field(default=strawberry.UNSET, description=GREATER_OR_EQUAL)


@strawberry.input(description="What a time is compared with; without an offset it is in UTC.")
class DateTimeComparison:
    """To the microsecond."""

    eq: datetime | None = strawberry.field(default=strawberry.UNSET, description=EQUAL)
    in_: list[datetime] | None = strawberry.field(name="in", default=strawberry.UNSET, description=IN)
    lt: datetime | None = strawberry.field(default=strawberry.UNSET, description=LESS)
    lte: datetime | None = strawberry.field(default=strawberry.UNSET, description=LESS_OR_EQUAL)
    gt: datetime | None = strawberry.field(default=strawberry.UNSET, description=GREATER)
    gte: datetime | None = strawberry.field(default=strawberry.UNSET, description=GREATER_OR_EQUAL)


@strawberry.input(description="What a date is compared with.")
class DateComparison:
    """By day."""

    eq: date | None = strawberry.field(default=strawberry.UNSET, description=EQUAL)
    in_: list[date] | None = strawberry.field(name="in", default=strawberry.UNSET, description=IN)
    lt: date | None = strawberry.field(default=strawberry.UNSET, description=LESS)
    lte: date | None = strawberry.field(default=strawberry.UNSET, description=LESS_OR_EQUAL)
    gt: date | None = strawberry.field(default=strawberry.UNSET, description=GREATER)
    gte: date | None = strawberry.field(default=strawberry.UNSET, description=GREATER_OR_EQUAL)


COMPARISONS: dict[type, type] = {
    str: StringComparison,
    bool: BooleanComparison,
    int: IntComparison,
    float: FloatComparison,
    datetime: DateTimeComparison,
    date: DateComparison,
}
"""Scalar of an attribute -> its input."""

MEMBERS = {"eq": "eq", "in": "in_", "lt": "lt", "lte": "lte", "gt": "gt", "gte": "gte"}
"""Operator -> the member that holds its value, where an input has it."""
