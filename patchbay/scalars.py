"""GraphQL scalars that the built-in ones do not cover.

schema = GraphSchema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))
"""

from __future__ import annotations

from typing import Annotated, NewType

import msgspec
import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from patchbay.uploads import UPLOADS

MAX_SAFE_INTEGER = 2**53 - 1
MAX_INT = 2**31 - 1

SafeInteger = Annotated[int, msgspec.Meta(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)]
"""For a record's member that a SafeInt field shows: what does not fit is wrong data of the upstream."""

Integer = Annotated[int, msgspec.Meta(ge=-MAX_INT - 1, le=MAX_INT)]
"""As SafeInteger, for GraphQL's Int."""

SafeInt = NewType("SafeInt", int)
"""GraphQL's Int ends at 2**31 - 1; this one where JavaScript's numbers stop to be exact."""


def _checked(value: object) -> int:
    # bool is an int to isinstance, and no number to a client.
    if type(value) is not int or abs(value) > MAX_SAFE_INTEGER:
        raise GraphQLError("SafeInt is a whole number from -(2^53 - 1) to 2^53 - 1")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    SafeInt: strawberry.scalar(
        name="SafeInt",
        description="A whole number that JavaScript holds exactly: up to 2^53 - 1 either way.",
        serialize=_checked,
        parse_value=_checked,
    ),
    **UPLOADS,
}
"""For StrawberryConfig.scalar_map."""
