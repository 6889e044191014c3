"""Strawberry fields and classes made at once, without the annotations that people write.

`strawberry.type` looks at a class for a millisecond; a large description has thousands of types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from patchbay.execution.declared import AskedField, ShapedField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

MODULE: Final = "patchbay.importing.types"
"""Where the classes seem to come from."""


class Typed(StrawberryField):
    """A field whose type is known as Strawberry resolves it."""

    resolved: Any = None

    @property
    def type(self) -> Any:
        """As Strawberry resolves it."""
        return self.resolved

    @type.setter
    def type(self, type_: Any) -> None:
        # dataclasses.Field sets it to None.
        del type_

    @property
    def is_async(self) -> bool:
        """False, without a look at a resolver: what has to be waited for says so itself."""
        return False

    def resolve_type(self, *, type_definition: StrawberryObjectDefinition | None = None) -> Any:
        """As `type`; nothing of it is generic."""
        del type_definition
        return self.resolved

    def __copy__(self) -> Self:
        """Strawberry copies the fields of types that others are derived from, and only what it knows of."""
        copied = super().__copy__()
        copied.resolved = self.resolved
        return copied


class ImportedField(Typed):
    """A field that reads an attribute of a record."""


class ImportedShapedField(Typed, ShapedField):
    """A field that makes something of an attribute."""


class ImportedAskedField(Typed, AskedField):
    """A field that is read by its arguments."""


def field_of(
    name: str,
    attribute: str,
    resolved: Any,
    *,
    description: str | None = None,
    deprecated: str | None = None,
    shape: Callable[[Any], Any] | None = None,
    directives: Sequence[object] = (),
) -> StrawberryField:
    """A field of an object, or of an input.

    Args:
        name: in GraphQL.
        attribute: of the record.
        resolved: its type as Strawberry resolves it.
        description: for the schema.
        deprecated: the reason.
        shape: what is made of the attribute's value; None where it stands as it is.
        directives: of the schema.
    """
    kind = ImportedField if shape is None else ImportedShapedField
    field = kind(
        python_name=attribute,
        graphql_name=name,
        description=description,
        deprecation_reason=deprecated,
        directives=directives,
    )
    field.resolved = resolved
    if isinstance(field, ImportedShapedField) and shape is not None:
        field.shape = shape
    return field


def class_of(
    name: str,
    *,
    description: str | None = None,
    fields: Sequence[StrawberryField] = (),
    is_input: bool = False,
    is_type_of: Any = None,
    directives: Sequence[object] = (),
    from_input: Callable[..., Any] | None = None,
) -> type:
    """A Strawberry type. Its fields can be added to its definition later, so that types can refer to others.

    Args:
        name: in GraphQL.
        description: for the schema.
        fields: see `field_of`.
        is_input: whether it is an input.
        is_type_of: as of Strawberry's types.
        directives: of the schema.
        from_input: as of StrawberryObjectDefinition.
    """
    cls = type(name, (), {"__module__": MODULE, "__doc__": description})
    definition = StrawberryObjectDefinition(
        name=name,
        is_input=is_input,
        is_interface=False,
        origin=cls,
        description=description,
        interfaces=[],
        extend=False,
        directives=directives,
        is_type_of=is_type_of,
        resolve_type=None,
        fields=list(fields),
        from_input=from_input,
    )
    cls.__strawberry_definition__ = definition  # type: ignore[attr-defined] # where Strawberry keeps it
    return cls


def definition_of(cls: type) -> StrawberryObjectDefinition:
    """The definition of a Strawberry type."""
    found: StrawberryObjectDefinition = cls.__strawberry_definition__  # type: ignore[attr-defined] # as above
    return found
