"""Cost hints: what objects, fields and arguments weigh, how long lists are, and how many calls a field makes.

    lines: list[OrderLine] = strawberry.field(directives=[ListSize(assumed_size=20)])
    report: Report = strawberry.field(make_report, directives=[Cost(weight="50")], metadata=calls(3))

`@cost` and `@listSize` are those of IBM's cost specification for GraphQL. What an operation's hints come to
is reckoned before it runs (patchbay/access/cost/). A declared length is kept: a list that is longer is an
error in place of the list.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, ClassVar, Final

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.unset import UNSET

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CALLS: Final = "patchbay_calls"
"""Under this name a field's metadata says how many upstream calls its resolver makes at most."""

POINT: Final = 1_000
"""Weights are reckoned in thousandths of a point."""


@strawberry.schema_directive(
    name="cost",
    locations=[
        Location.ARGUMENT_DEFINITION,
        Location.ENUM,
        Location.FIELD_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.OBJECT,
        Location.SCALAR,
    ],
    description="What it adds to the cost of an operation, in points.",
)
class Cost:
    """A weight in place of the default: 1 for an object, 0 for everything else.

    At a type it counts for each object or value of the type. At a field it counts once for each object that
    has the field, in place of what the field's type weighs. At an argument or an input field it counts where
    that is given.

    Args:
        weight: points; a number that is not negative, with up to three decimals, as text.

    Raises:
        ConfigurationError: it is none.
    """

    weight: str

    def __post_init__(self) -> None:
        """Refuse what cannot be added up, where it is declared."""
        thousandths_of(self.weight)


@strawberry.schema_directive(
    name="listSize",
    locations=[Location.FIELD_DEFINITION],
    description="How many items a list has at most.",
)
class ListSize:
    """How long a list is at most. Where lists stand in lists, each of them.

    Args:
        assumed_size: where no slicing argument says it.
        slicing_arguments: the field's arguments that say it, as "first", or "page.size" inside of an input
            object. The largest counts.
        sized_fields: of the object that the field returns: the lists that are meant, as "edges"; left out
            where the field itself is the list.
        require_one_slicing_argument: whether a client has to give exactly one of them.

    Raises:
        ConfigurationError: it says nothing, or a negative length.
    """

    assumed_size: int | None = UNSET
    slicing_arguments: list[str] | None = UNSET
    sized_fields: list[str] | None = UNSET
    require_one_slicing_argument: bool | None = UNSET

    # No member of the directive. A field that refuses more than that has nothing to reckon with beyond it.
    most: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        """Refuse what has no meaning, where it is declared."""
        if not self.slicing_arguments and not isinstance(self.assumed_size, int):
            raise ConfigurationError("ListSize: give an assumed size or slicing arguments")
        if isinstance(self.assumed_size, int) and self.assumed_size < 0:
            raise ConfigurationError(f"ListSize(assumed_size={self.assumed_size}): a size is not negative")


def calls(number: int) -> Mapping[str, Any]:
    """The metadata of a field whose resolver makes up to this many upstream calls each time.

    Without it an asynchronous resolver counts as one call and any other as none. What links and connections
    ask is known.
    """
    if number < 0:
        raise ConfigurationError(f"calls({number}): a number of calls is not negative")
    return {CALLS: number}


def thousandths_of(weight: object) -> int:
    """A weight in thousandths of a point. Raises ConfigurationError where it is no weight."""
    try:
        thousandths = Decimal(str(weight)) * POINT
    except InvalidOperation:
        thousandths = Decimal(-1)
    if not thousandths.is_finite() or thousandths < 0 or thousandths != int(thousandths):
        raise ConfigurationError(
            f"Cost({weight!r}): a weight is a number from 0 on, with three decimals at most"
        )
    return int(thousandths)


def directive_among(directives: Iterable[object] | None, name: str) -> Any:
    """The directive with this GraphQL name, ours or Strawberry's for federation; None where there is none."""
    for each in directives or ():
        definition = getattr(type(each), "__strawberry_directive__", None)
        if definition is not None and definition.graphql_name == name:
            return each
    return None


def with_size(directives: Iterable[object], implied: Iterable[object]) -> tuple[object, ...]:
    """A field's directives, and those that come with what it is made of, unless it declares a length."""
    given = tuple(directives)
    return given if directive_among(given, "listSize") else (*given, *implied)
