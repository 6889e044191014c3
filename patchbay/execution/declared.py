"""Fields that tell the executor themselves how their values come.

An AskedField is a read of its own: its arguments make the key, so that equal questions of one operation are
asked once, and what the operation does not look at is not asked for. A ShapedField reads an attribute and
makes something else of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from strawberry.types.field import StrawberryField

from patchbay.loading import load

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Mapping
    from typing import Self

    from strawberry.types import Info

    from patchbay.batch import ByIds


class AskedField(StrawberryField):
    """A field that is read by its arguments.

    `read`, `ask` and `rows` are those of patchbay.execution.plan.Edge.
    """

    read: ByIds[Any]
    ask: Callable[[Mapping[str, Any]], Hashable]
    rows: tuple[tuple[str, ...], ...] = ((),)

    @property
    def is_basic_field(self) -> bool:
        """False: there is more to do than to read an attribute."""
        return False

    def get_result(
        self, source: Any, info: Info | None, args: list[Any], kwargs: Any
    ) -> Awaitable[Any] | Any:
        """Where graphql-core executes: loaded with all others of the same turn."""
        del source, info, args
        return load(self.read, self.ask(kwargs))

    def __copy__(self) -> Self:
        """Strawberry copies the fields of generic types, and only what it knows of."""
        return _copied(self, super().__copy__(), "read", "ask", "rows")


class ShapedField(StrawberryField):
    """A field that makes something of an attribute, as a list of entries of a mapping.

    `shape` is called with what is not None.
    """

    shape: Callable[[Any], Any]

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        """Where graphql-core executes."""
        del info, args, kwargs
        value = getattr(source, self.python_name)
        return value if value is None or isinstance(value, Exception) else self.shape(value)

    def __copy__(self) -> Self:
        """See AskedField."""
        return _copied(self, super().__copy__(), "shape")


F = TypeVar("F", bound=StrawberryField)


def _copied(field: F, copied: F, *names: str) -> F:
    for name in names:
        setattr(copied, name, getattr(field, name))
    return copied
