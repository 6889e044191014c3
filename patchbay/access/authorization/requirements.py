"""What a type or a field asks of whoever wants to see it: conditions, all of which have to be met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from patchbay.access.identity import Identity

    Alternatives: TypeAlias = Collection[Collection[str]]
    """Lists of names, as the directives have them: one of the lists, and all names in it."""

    PolicyFunction: TypeAlias = Callable[[Identity], bool]
    """Whether an identity fulfils a policy. Asked at most once per operation; whatever is not True is no."""


class Condition(msgspec.Struct, frozen=True):
    """One directive's demand.

    Args:
        kind: of which directive.
        any_of: sets of names, of which one has to be had in full; empty of @authenticated.
    """

    kind: Literal["authenticated", "scopes", "policies"]
    any_of: frozenset[frozenset[str]] = frozenset()

    @property
    def policies(self) -> frozenset[str]:
        """The names of all policies that may have to be asked."""
        return frozenset[str]().union(*self.any_of) if self.kind == "policies" else frozenset()

    def holds(self, identity: Identity, asks: Callable[[str], bool]) -> bool:
        """Whether an identity meets it.

        Args:
            identity: one that has not expired.
            asks: a policy's name -> whether the identity fulfils it.
        """
        if self.kind == "authenticated":
            return identity.is_authenticated
        if self.kind == "scopes":
            return any(each <= identity.scopes for each in self.any_of)
        return any(all(map(asks, sorted(each))) for each in self.any_of)


Requirement: TypeAlias = frozenset[Condition]
"""All of these; nothing where it is empty."""

NOTHING: Requirement = frozenset()


def any_of(alternatives: Alternatives) -> frozenset[frozenset[str]]:
    """Alternatives as a Condition has them."""
    return frozenset(map(frozenset, alternatives))


def problems_of(alternatives: object) -> Iterable[str]:
    """What cannot be meant by lists of names."""
    if not isinstance(alternatives, list | tuple) or not all(
        isinstance(each, list | tuple) and all(isinstance(name, str) for name in each)
        for each in alternatives
    ):
        yield "is no list of lists of names"
    elif not alternatives:
        yield "names nothing, so that nobody could meet it"
    elif not all(alternatives):
        yield "has an empty list, which everybody meets"
