"""Strawberry types over records: resolvers answer records, and fields read their attributes.

Strawberry's own helpers expect instances of the GraphQL type. These say at run time, and to type checkers,
that the values are records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from patchbay.costs import calls as calls_of
from patchbay.costs import with_size
from patchbay.updates import resuming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from strawberry.types import Info


def is_record(record: type) -> Any:
    """The `is_type_of` of a type whose values are these records.

        is_type_of = is_record(crm.Customer)

    A type that implements an interface needs it, as its values are records and not its own instances.
    """
    return IsRecord(record)


class IsRecord:
    """Whether a value is one of these records; `record` is their type.

    An object and no function, so that it can be asked for the type, and is called without the class it stands
    in.
    """

    __slots__ = ("record",)

    def __init__(self, record: type) -> None:
        self.record = record

    def __call__(self, value: object, info: object) -> bool:
        """What graphql-core asks of a value."""
        del info
        return isinstance(value, self.record)

    narrows = True
    """Whether reads may be asked for fewer attributes than these records have."""

    def knows(self, kind: type) -> bool:
        """Whether all values of this class are such records."""
        return issubclass(kind, self.record)


def record_field(
    resolver: Callable[..., Any],
    *,
    description: str,
    directives: Iterable[object] = (),
    calls: int | None = None,
) -> Any:
    """A field that a function answers with records of the annotated GraphQL type.

    Args:
        resolver: the function; that of a connection brings the hint of its length along.
        description: shown in the schema.
        directives: of the schema, such as a cache hint (patchbay.hints) or a weight (patchbay.costs).
        calls: how many upstream calls the function makes at most; None as patchbay.costs.calls says.
    """
    return strawberry.field(
        resolver=resolver,
        description=description,
        directives=with_size(directives, getattr(resolver, "directives", ())),
        metadata=None if calls is None else calls_of(calls),
    )


def record_subscription(
    resolver: Callable[..., Any], *, description: str, directives: Iterable[object] = ()
) -> Any:
    """A subscription field over an async iterator of records, or of updates (patchbay.updates).

    Args:
        resolver: the function.
        description: shown in the schema.
        directives: of the schema, such as who may subscribe (patchbay.access.authorization.directives).
    """
    return strawberry.subscription(
        resolver=resuming(resolver), description=description, directives=tuple(directives)
    )


class AttributeField(StrawberryField):
    """A field that reads an attribute of another name than its own."""

    attribute: str

    def __copy__(self) -> Self:
        """Strawberry copies the fields of generic types, and only what it knows of."""
        copied = super().__copy__()
        copied.attribute = self.attribute
        return copied

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        """The attribute's value."""
        del info, args, kwargs
        return getattr(source, self.attribute)


def attribute_of(field: StrawberryField) -> str:
    """The attribute that a field without a resolver reads."""
    return field.attribute if isinstance(field, AttributeField) else field.python_name


def plain_key(description: str) -> Any:
    """A field with the record's own key, which people know, beside the global `id`, which tools use."""
    field = AttributeField(
        python_name=None,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(str),
        description=description,
    )
    field.attribute = "id"
    return field
