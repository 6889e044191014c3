"""Cache hints: for how long, and for whom, an answer may be kept. They are Apollo's @cacheControl.

    name: str = strawberry.field(directives=[CacheControl(max_age=60, scope=PUBLIC)])

A hint stands at a field, or at a type for all fields that return it; the field's own goes first, member by
member. What an operation's hints come to, and what the response says of it, is the server's business
(patchbay/server/cache_policy.py).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.unset import UNSET

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable


@strawberry.enum
class CacheControlScope(Enum):
    """Who may keep an answer: everybody on the way, or only the client that asked."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


PUBLIC: Final = CacheControlScope.PUBLIC
PRIVATE: Final = CacheControlScope.PRIVATE


@strawberry.schema_directive(
    name="cacheControl",
    locations=[Location.FIELD_DEFINITION, Location.OBJECT, Location.INTERFACE, Location.UNION],
    description="For how long, and by whom, an answer with this field or type may be kept.",
)
class CacheControl:
    """One hint. What is left out is left to the type, the parent or the default.

    Args:
        max_age: seconds; 0 forbids keeping.
        scope: who may keep it.
        inherit_max_age: whether a field that returns objects takes its parent's age, as scalars do.

    Raises:
        ConfigurationError: the age is negative, or given and inherited at once.
    """

    max_age: int | None = UNSET
    scope: CacheControlScope | None = UNSET
    inherit_max_age: bool | None = UNSET

    def __post_init__(self) -> None:
        """Refuse what has no meaning, where it is declared."""
        if self.max_age and self.max_age < 0:
            raise ConfigurationError(f"CacheControl(max_age={self.max_age}): an age is not negative")
        if isinstance(self.max_age, int) and self.inherit_max_age:
            raise ConfigurationError("CacheControl: an age is given or inherited, not both")


def hint_among(directives: Iterable[object] | None) -> CacheControl | None:
    """The hint among a definition's directives, if there is one."""
    return next((each for each in directives or () if isinstance(each, CacheControl)), None)
