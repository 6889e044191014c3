"""Pages of a REST upstream's lists, in whatever way it parts them, as Relay connections.

orders = pages(shop, "GET /orders", Order, query("offset"), query("limit"), query("status"),
               style="offset", position="offset", size="limit", items="data", total="meta.total")

await orders(first, after, status="open")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar

import strawberry
from strawberry import relay

from patchbay.importing.build.connections import SIZE, ConnectionRecord, place_of
from patchbay.importing.model import BodyKind, Named, Paging, PagingStyle, RestCall
from patchbay.importing.rest.pages import PageReading
from patchbay.importing.written.calls import caller_of, declared_operation
from patchbay.importing.written.inputs import given
from patchbay.importing.written.types import RESULT, HandTypes, error_types
from patchbay.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from patchbay.importing.model import Argument
    from patchbay.importing.runtime import PageOf
    from patchbay.upstreams.rest_operations import Sender

T = TypeVar("T")

PAGE_SIZE: Final = SIZE
"""The directive of a connection's field."""

First = Annotated[
    int | None,
    strawberry.argument(description=f"How many; {DEFAULT_PAGE_SIZE} when left out, at most {MAX_PAGE_SIZE}."),
]
After = Annotated[str | None, strawberry.argument(description="Start behind the row with this cursor.")]

_TOTAL: Final = "How many there are in all, on every page; null where that is not told."


@strawberry.type(name="Edge", description="A row of a list, and where it stands.")
class Edge(Generic[T]):
    """An edge: OrderEdge of Order."""

    node: T
    cursor: str = strawberry.field(description="For `after`: what stands behind this row.")


@strawberry.type(name="Connection", description="A page of a longer list.")
class Connection(Generic[T]):
    """A connection: OrderConnection of Order."""

    edges: list[Edge[T]]
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: relay.PageInfo


@strawberry.type(name="Connection", description="A page of a longer list.")
class CountedConnection(Generic[T]):
    """As Connection, where the upstream tells how many rows there are in all."""

    edges: list[Edge[T]]
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: relay.PageInfo
    total_count: int | None = strawberry.field(description=_TOTAL)


class Pages:
    """A list that is read in pages.

    Args:
        name: as in "GET /orders".
        source: the upstream's name.
        reading: reads a page.
    """

    def __init__(
        self,
        name: str,
        source: str,
        reading: Callable[[Mapping[str, Any], int, str | None], Awaitable[PageOf]],
    ) -> None:
        self.name = name
        self.source = source
        self._reading = reading

    async def __call__(self, first: int | None, after: str | None, **arguments: Any) -> ConnectionRecord:
        """A page.

        Args:
            first: how many rows.
            after: the cursor of the row in front of them.
            arguments: beside those that say which page it is.

        Raises:
            InputError: an argument cannot be sent, or the cursor is of another list.
            UpstreamError: the call failed.
        """
        count, after = place_of(given({"first": first, "after": after}))
        return ConnectionRecord(await self._reading(given(arguments), max(1, count), after), count)


def pages(  # noqa: PLR0913 - named, and most have defaults
    upstream: Sender,
    operation: str,
    record: Any,
    *places: Argument,
    style: str,
    items: str = "",
    position: str = "",
    size: str = "",
    start: int = 1,
    most: int = 100,
    total: str = "",
    next: str = "",  # noqa: A002 - as everyone calls it
    more: str = "",
    last_member: str = "",
    accept: str = "",
    errors: Mapping[str, Any] | None = None,
) -> Pages:
    """A list in pages; see patchbay.importing.model.Paging for what is not said here.

    Args:
        upstream: a Rest.
        operation: method and path.
        record: a row.
        places: see `call`.
        style: "offset", "page", "cursor" or "link".
        items: where the rows stand in the answer, as "data"; "" for the answer itself.
        position, size: the arguments that say where a page starts and how long it is.
        start: the first page's number.
        most: the most rows of a page.
        total, next, more: members of the answer, as "meta.total".
        last_member: the member of the last row that is the next position.
        accept, errors: see `call`.
    """
    method, _, path = operation.partition(" ")
    rest = RestCall(method=method, path=path, accept=accept)
    paging = Paging(
        style=PagingStyle(style),
        items=_members(items),
        node=Named(RESULT),
        position=position,
        size=size,
        start=start,
        most=most,
        total=_members(total),
        next=_members(next),
        more=_members(more),
        last_member=last_member,
    )
    declared = declared_operation(operation, places, rest, BodyKind.JSON, errors)
    types = HandTypes(upstream.name, record, (), error_types(errors or {}))
    caller = caller_of(upstream, declared, types.model)
    addresses: Any = _Anywhere()
    reading = PageReading(caller, declared, paging, types, addresses=addresses, hidden=frozenset())
    return Pages(operation, upstream.name, reading)


class _Anywhere:
    """Of the address of a next page only the query is taken, so that it may name any host."""

    def is_own(self, origin: str) -> bool:
        """See patchbay.importing.rest.address."""
        del origin
        return True


def _members(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()
