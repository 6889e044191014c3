"""How long a list may be, as @listSize says: to reckon with before a query runs, and to hold lists to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import Undefined

from patchbay.costs import directive_among
from patchbay.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLField

DEFAULT_LIST_SIZE: Final = 100
"""Of a list whose length nothing says: a guess, to which nothing is held."""

STRAWBERRY: Final = "strawberry-definition"
"""Under this name GraphQL's types, fields and arguments carry Strawberry's."""


class Length:
    """The declared length of a list.

    Args:
        assumed: where no argument says it; None where nothing does.
        slicing: paths of the arguments that say it, as ("first",) or ("page", "size").
        defaults: argument -> its default.
        needs_one: whether exactly one of them has to be given.
        longest: what more is refused for; None where any length is taken.
    """

    __slots__ = ("assumed", "defaults", "longest", "needs_one", "slicing")

    def __init__(
        self,
        assumed: int | None,
        slicing: tuple[tuple[str, ...], ...] = (),
        defaults: Mapping[str, Any] | None = None,
        *,
        needs_one: bool = False,
        longest: int | None = None,
    ) -> None:
        self.assumed = assumed
        self.slicing = slicing
        self.defaults = defaults or {}
        self.needs_one = needs_one
        self.longest = longest

    def most(self, given: Mapping[str, Any]) -> int | None:
        """How many items there are at most; None where nothing says so.

        Args:
            given: the field's arguments, defaults not needed.

        Raises:
            InputError: exactly one of the slicing arguments has to be given, and is not.
        """
        found = [size for path in self.slicing if (size := self._size(path, given)) is not None]
        if self.needs_one and len(found) != 1:
            names = " or ".join(".".join(path) for path in self.slicing)
            problem = "must be given" if len(self.slicing) == 1 else f"is one of {names}: give one of them"
            raise InputError(self.slicing[0][0], problem)
        if not found:
            return self.assumed
        return max(found) if self.longest is None else min(self.longest, max(found))

    def _size(self, path: tuple[str, ...], given: Mapping[str, Any]) -> int | None:
        value = given.get(path[0], self.defaults.get(path[0]))
        for name in path[1:]:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return max(0, value)


class Declared:
    """What the @listSize of one field says.

    Attributes:
        own: of the field's own lists; None where it says nothing of them.
        of_fields: of lists of the object that the field returns: field -> length.
    """

    __slots__ = ("of_fields", "own")

    def __init__(self, own: Length | None = None, of_fields: Mapping[str, Length] | None = None) -> None:
        self.own = own
        self.of_fields = of_fields or {}


NOTHING: Final = Declared()

_KEPT: Final = "_patchbay_length"
"""Under this name it is kept with Strawberry's field."""


def declared_by(definition: GraphQLField) -> Declared:
    """What a field's @listSize says; NOTHING where it has none."""
    field: Any = definition.extensions.get(STRAWBERRY)
    if field is None or not field.directives:
        return NOTHING
    found: Declared | None = vars(field).get(_KEPT)
    if found is None:
        found = vars(field)[_KEPT] = _read(definition, directive_among(field.directives, "listSize"))
    return found


def _read(definition: GraphQLField, directive: Any) -> Declared:
    if directive is None:
        return NOTHING
    slicing = tuple(tuple(path.split(".")) for path in directive.slicing_arguments or ())
    defaults = {
        name: argument.default_value
        for name, argument in definition.args.items()
        if argument.default_value is not Undefined
    }
    needs_one = bool(slicing) and directive.require_one_slicing_argument is not False
    assumed = directive.assumed_size
    length = Length(
        assumed if isinstance(assumed, int) else None,
        slicing,
        defaults,
        needs_one=needs_one,
        longest=getattr(directive, "most", None),
    )
    if directive.sized_fields:
        return Declared(of_fields=dict.fromkeys(directive.sized_fields, length))
    return Declared(own=length)
