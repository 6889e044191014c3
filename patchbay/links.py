"""Links: edges from a record to what another read knows about it.

    stock_of_product = link(erp.stock_by_skus, key="sku")

A link is the Strawberry field of exactly one edge: the type that owns the edge gives it its annotation.

    class Product:
        stock: StockLevel | None = stock_of_product
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import strawberry
from strawberry.types.field import StrawberryField

from patchbay.batch import arguments_of
from patchbay.costs import with_size
from patchbay.errors import ConfigurationError
from patchbay.filtering import page_inputs
from patchbay.lists import Listing
from patchbay.loading import load
from patchbay.paging import (
    CONNECTION_SIZE,
    After,
    Before,
    First,
    Last,
    PageArguments,
    connect_nested,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from patchbay.batch import ByIds
    from patchbay.lists import WholeList


PAGE_ARGUMENTS = ("offset", "limit")
"""What a connection's read is given beside its keys."""


class LinkField(StrawberryField):
    """A field that loads by a key of its parent.

    `by_ids`, `key`, `paged` and `edge` are there for planners to read; `paged` tells a connection; `edge` is
    "Product.stock", and None until a type has taken the field. `second_edge` is another that took it, which
    `check_graph` refuses: dataclasses silently rename the first one's field.
    """

    by_ids: ByIds[Any]
    key: tuple[str, ...]
    paged: bool
    edge: str | None = None
    second_edge: str | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        """Note the edge. Nothing is raised here: Python 3.11 buries what is in a RuntimeError."""
        edge = f"{owner.__name__}.{name}"
        if self.edge is None:
            self.edge = edge
        elif self.second_edge is None:
            self.second_edge = edge

    def __copy__(self) -> Self:
        """Strawberry copies the fields of generic types, and only what it knows of."""
        copied = super().__copy__()
        copied.by_ids, copied.key, copied.paged = self.by_ids, self.key, self.paged
        copied.edge, copied.second_edge = self.edge, self.second_edge
        return copied


def link(
    by_ids: ByIds[Any],
    *,
    key: str | tuple[str, ...],
    description: str | None = None,
    directives: Iterable[object] = (),
) -> Any:
    """An edge to at most one record (or to a list, where the read answers lists).

    Args:
        by_ids: the read, as an adapter declares it.
        key: the parent's attribute that holds the key; several for a composite key. Where one is None, the
            edge is null and nothing is asked.
        description: shown in the schema.
        directives: of the schema, such as a cache hint (patchbay.hints).

    Returns:
        A LinkField; typed Any because the owning class annotates the edge with its GraphQL type.

    Raises:
        ConfigurationError: the read takes arguments beside its keys.
    """
    _require_arguments(by_ids, key, given=frozenset())
    key_of = key_getter(_names(key))

    def resolve(root: strawberry.Parent[Any]) -> Any:
        # Not a coroutine function: the key is handed to the loader while the level is still being walked.
        value = key_of(root)
        return None if value is None else load(by_ids, value)

    return _field(resolve, by_ids, _names(key), description, directives)


def listing(
    rows: WholeList[Any], *, description: str | None = None, directives: Iterable[object] = ()
) -> Any:
    """A field of all rows that a read without a key answers: where a query starts.

    Args:
        rows: the read, as an adapter declares it.
        description: shown in the schema.
        directives: as for `link`.

    Raises:
        ConfigurationError: the read takes arguments.
    """
    if rows.arguments:
        message = (
            f"{rows.source}: {rows.name} takes {', '.join(sorted(rows.arguments))}, which no listing gives"
        )
        raise ConfigurationError(message)
    read: ByIds[Any] = Listing(rows)

    def resolve() -> Any:
        return load(read, ())

    return _field(resolve, read, (), description, directives)


def connection_link(
    by_ids: ByIds[Any],
    *,
    key: str | tuple[str, ...],
    description: str | None = None,
    directives: Iterable[object] = (),
) -> Any:
    """An edge to a Relay connection, one call for the pages of all parents.

    Where the read can filter and order (patchbay.filtering), the edge takes `where` and `orderBy` as well.

    Args:
        by_ids: a read that takes `offset` and `limit` beside the keys and answers a Page per key; a key that
            it does not know has an empty page.
        key: as for `link`.
        description: shown in the schema.
        directives: as for `link`.

    Raises:
        ConfigurationError: the read takes other arguments than these two.
    """
    _require_arguments(by_ids, key, given=frozenset(PAGE_ARGUMENTS))
    key_of = key_getter(_names(key))
    inputs = page_inputs(by_ids)

    async def resolve(
        root: strawberry.Parent[Any],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        **given: Any,
    ) -> Any:
        arguments = PageArguments(first=first, after=after, last=last, before=before)
        further = inputs.arguments(given)
        value = key_of(root)
        if value is None:
            return None
        return await connect_nested(
            lambda offset, limit: load(by_ids, value, offset=offset, limit=limit, **further), arguments
        )

    inputs.declare(resolve)
    directives = with_size(directives, (CONNECTION_SIZE,))
    return _field(resolve, by_ids, _names(key), description, directives, paged=True)


def _require_arguments(by_ids: ByIds[Any], key: str | tuple[str, ...], given: frozenset[str]) -> None:
    """Refuse a read with an argument that nobody gives, or without one that it is given."""
    taken = arguments_of(by_ids, key_parts=1 if isinstance(key, str) else len(key))
    if taken is None or taken == given:
        return
    missing, surplus = sorted(taken - given), sorted(given - taken)
    problem = f"takes {', '.join(missing)}" if missing else f"does not take {', '.join(surplus)}"
    gives = " and ".join(sorted(given, reverse=True)) or "nothing"
    message = f"{by_ids.source}: {by_ids.name} {problem} beside its key, and the link gives {gives}"
    raise ConfigurationError(message)


def key_getter(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """Record -> key; None where it, or a part of it, is None. Without names, the key is the empty tuple."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        return attrgetter(*names)
    parts = attrgetter(*names)

    def composite(root: Any) -> Any:
        value = parts(root)
        return None if None in value else value

    return composite


def _names(key: str | tuple[str, ...]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key


def _field(
    resolve: Callable[..., Any],
    by_ids: ByIds[Any],
    key: tuple[str, ...],
    description: str | None,
    directives: Iterable[object],
    *,
    paged: bool = False,
) -> LinkField:
    field = LinkField(
        python_name=None,
        graphql_name=None,
        type_annotation=None,
        description=description,
        directives=tuple(directives),
    )(resolve)
    assert isinstance(field, LinkField)  # noqa: S101 - narrows Strawberry's return type
    field.by_ids = by_ids
    field.key = key
    field.paged = paged
    return field
