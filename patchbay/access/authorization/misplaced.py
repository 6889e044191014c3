"""Mistakes in who may see what, found before anything is served."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final

from graphql import is_enum_type, is_input_object_type

from patchbay.access.authorization.directives import directives_of, problems_among, requirement_among
from patchbay.access.authorization.requirements import NOTHING
from patchbay.access.authorization.rules import fields_of, types_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLNamedType

    from patchbay.access.authorization.rules import AccessRules

_NOWHERE: Final = "what stands here is asked of nobody, and would protect nothing"


def access_problems(rules: AccessRules) -> Iterator[str]:
    """A line for each mistake.

    What cannot be meant, what stands where nothing would enforce it (arguments, inputs, values of enums),
    policies that there is no function for, and such as do not answer at once.
    """
    for type_ in types_of(rules.schema):
        for place, definition in _enforced(type_):
            yield from (f"{place}: {problem}" for problem in problems_among(directives_of(definition)))
        for place, definition in _not_enforced(type_):
            if requirement_among(directives_of(definition)):
                yield f"{place}: {_NOWHERE}"
    asked = frozenset[str]().union(*(each.policies for each in NOTHING.union(*rules.mentioned.values())))
    for name in sorted(asked - rules.policies.keys()):
        yield f"@policy names '{name}', which is not among the schema's policies"
    for name, policy in rules.policies.items():
        if iscoroutinefunction(policy) or iscoroutinefunction(getattr(policy, "__call__", None)):  # noqa: B004 - the method itself
            yield f"the policy '{name}' is a coroutine function, and policies have to answer at once"


def _enforced(type_: GraphQLNamedType) -> Iterator[tuple[str, Any]]:
    yield type_.name, type_
    for name, field in fields_of(type_).items():
        yield f"{type_.name}.{name}", field


def _not_enforced(type_: GraphQLNamedType) -> Iterator[tuple[str, Any]]:
    if is_input_object_type(type_):
        yield type_.name, type_
        yield from ((f"{type_.name}.{name}", each) for name, each in type_.fields.items())
    elif is_enum_type(type_):
        yield from ((f"{type_.name}.{name}", each) for name, each in type_.values.items())
    for name, field in fields_of(type_).items():
        yield from ((f"{type_.name}.{name}({key}:)", each) for key, each in field.args.items())
