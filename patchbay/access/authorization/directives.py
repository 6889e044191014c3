"""Who may see a type or a field: @authenticated, @requiresScopes and @policy, as federation has them.

    salary: Money = strawberry.field(directives=[RequiresScopes([["payroll:read"], ["admin"]])])

One of the outer lists has to be met, and of that list all; several directives at one place have all to be
met. They stand at fields, objects, interfaces, scalars and enums, and are enforced where operations are
executed (patchbay/execution), before anything is asked of an upstream. Strawberry's own classes for them
count as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NewType

import strawberry
from strawberry.schema_directive import Location

from patchbay.access.authorization.requirements import Condition, Requirement, any_of, problems_of
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STRAWBERRY: Final = "strawberry-definition"
"""Under this name GraphQL's definitions carry Strawberry's, which have the directives."""

_PLACES: Final = [
    Location.FIELD_DEFINITION,
    Location.OBJECT,
    Location.INTERFACE,
    Location.SCALAR,
    Location.ENUM,
]

if TYPE_CHECKING:
    # Written as plain texts.
    Scope = str
    PolicyName = str
else:
    Scope = NewType("Scope", str)
    PolicyName = NewType("PolicyName", str)


def _is_a_scalar(new_type: Any, name: str, description: str) -> None:
    # As Strawberry does it for federation's scalars: with a scalar_map, each graph would have to list them.
    new_type._scalar_definition = strawberry.scalar(  # noqa: SLF001 - see above
        name=name, description=description, serialize=str, parse_value=str
    )


_is_a_scalar(Scope, "Scope", "What a client may do, as its key or token says.")
_is_a_scalar(PolicyName, "Policy", "A policy of the graph's own.")


@strawberry.schema_directive(
    name="authenticated", locations=_PLACES, description="Only for clients that have proven who they are."
)
class Authenticated:
    """Only for clients that have proven who they are."""


@strawberry.schema_directive(
    name="requiresScopes",
    locations=_PLACES,
    description="Only for clients that have all scopes of one of these lists.",
)
class RequiresScopes:
    """Only for clients that have all scopes of one of these lists.

    Raises:
        ConfigurationError: nobody or everybody would have them.
    """

    scopes: list[list[Scope]]

    def __post_init__(self) -> None:
        """Refuse what has no meaning, where it is declared."""
        _refuse("RequiresScopes", self.scopes)


@strawberry.schema_directive(
    name="policy",
    locations=_PLACES,
    description="Only for clients that fulfil all policies of one of these lists.",
)
class Policy:
    """Only for clients that fulfil all policies of one of these lists; the schema is given their functions.

    Raises:
        ConfigurationError: nobody or everybody would fulfil them.
    """

    policies: list[list[PolicyName]]

    def __post_init__(self) -> None:
        """Refuse what has no meaning, where it is declared."""
        _refuse("Policy", self.policies)


def directives_of(definition: Any) -> Iterable[object]:
    """The directives of a type, a field, an argument or a value of graphql-core's, made by Strawberry."""
    strawberrys = (definition.extensions or {}).get(_STRAWBERRY)
    return getattr(strawberrys, "directives", None) or ()


def requirement_among(directives: Iterable[object]) -> Requirement:
    """What a definition's directives ask. What cannot be read is met by nobody; see `problems_among`."""
    return frozenset(_condition(name, directive) for name, directive in _known(directives))


def _condition(name: str, directive: object) -> Condition:
    if name == "authenticated":
        return Condition("authenticated")
    alternatives = getattr(directive, _NAMES[name], None)
    readable: Any = () if any(problems_of(alternatives)) else alternatives
    return Condition("scopes" if name == "requiresScopes" else "policies", any_of(readable))


def problems_among(directives: Iterable[object]) -> Iterator[str]:
    """What cannot be meant by a definition's directives."""
    for name, directive in _known(directives):
        if _NAMES[name]:
            for problem in problems_of(getattr(directive, _NAMES[name], None)):
                yield f"@{name} {problem}"


_NAMES: Final = {"authenticated": "", "requiresScopes": "scopes", "policy": "policies"}
"""The directives, and the argument of each."""


def _known(directives: Iterable[object]) -> Iterator[tuple[str, object]]:
    """Those of the directives that say who may see something, by their names in GraphQL."""
    for each in directives:
        definition = getattr(each, "__strawberry_directive__", None)
        name = getattr(definition, "graphql_name", None) or getattr(definition, "python_name", None)
        if name is not None:
            plain = name[:1].lower() + name[1:]
            if plain in _NAMES:
                yield plain, each


def _refuse(name: str, alternatives: object) -> None:
    for problem in problems_of(alternatives):
        raise ConfigurationError(f"{name}({alternatives!r}) {problem}")
