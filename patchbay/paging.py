"""Relay connections over offset-paged reads.

A cursor names a row's offset. It is opaque to clients and checked when it comes back.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Protocol, TypeVar

import msgspec
import strawberry
from strawberry import relay

from patchbay.batch import arguments_of
from patchbay.costs import ListSize
from patchbay.errors import ConfigurationError, InputError
from patchbay.filtering import can_filter, page_inputs
from patchbay.loading import load

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from patchbay.batch import ByIds

R_co = TypeVar("R_co", covariant=True)
NodeType = TypeVar("NodeType", bound=relay.Node)

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 20


class PageSize(ListSize):
    """How long a page is."""

    most: ClassVar[int | None] = MAX_PAGE_SIZE


CONNECTION_SIZE = PageSize(
    assumed_size=DEFAULT_PAGE_SIZE,
    slicing_arguments=["first", "last"],
    sized_fields=["edges"],
    require_one_slicing_argument=False,
)
"""Of every connection field: pages are cut to what was asked for."""

_CURSOR = re.compile(r"offset:(0|[1-9][0-9]{0,8})")


class Page(Protocol[R_co]):
    """Some rows of a longer list, and how long the list is."""

    @property
    def items(self) -> Sequence[R_co]:
        """The rows."""

    @property
    def total(self) -> int:
        """The length of the whole list."""


@strawberry.type(name="Connection", description="A page of a longer list.")
class Connection(relay.Connection[NodeType], Generic[NodeType]):
    """The GraphQL type of a connection; its values are `Slice` records."""

    total_count: int = strawberry.field(description="How many there are in all, on every page.")


class EdgeRecord(msgspec.Struct, frozen=True):
    """One row with its cursor."""

    node: Any
    cursor: str


class PageInfoRecord(msgspec.Struct, frozen=True):
    """Relay's PageInfo."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


class Slice(msgspec.Struct, frozen=True):
    """What a connection field resolves to."""

    edges: list[EdgeRecord]
    page_info: PageInfoRecord
    total_count: int


def encode_cursor(offset: int) -> str:
    """The cursor of the row at this offset, counted from 0."""
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def decode_cursor(cursor: str, argument: str) -> int:
    """The offset in a cursor. Raises InputError naming the argument when it is none of ours."""
    try:
        text = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        text = ""
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise InputError(argument, "is not a cursor of this list")
    return int(match[1])


First = Annotated[
    int | None,
    strawberry.argument(description=f"How many from the start; 20 when left out, at most {MAX_PAGE_SIZE}."),
]
After = Annotated[str | None, strawberry.argument(description="Start behind the row with this cursor.")]
Last = Annotated[
    int | None,
    strawberry.argument(
        description=f"How many up to the end, at most {MAX_PAGE_SIZE}; in a nested list only with 'before'."
    ),
]
Before = Annotated[str | None, strawberry.argument(description="End in front of the row with this cursor.")]


class PageArguments:
    """The four arguments of a Relay connection, checked.

    Args:
        first: how many from the start (or after `after`), 0 to 100; 20 when `last` is not given either.
        after: the cursor of the row before the page.
        last: how many up to the end (or `before`), 0 to 100.
        before: the cursor of the row behind the page.

    Raises:
        InputError: naming the argument.
    """

    __slots__ = ("end", "first", "last", "start")

    def __init__(self, *, first: int | None, after: str | None, last: int | None, before: str | None) -> None:
        if first is not None and last is not None:
            raise InputError("last", "cannot be combined with 'first'")
        self.first = DEFAULT_PAGE_SIZE if first is None and last is None else _size("first", first)
        self.last = _size("last", last)
        self.start = 0 if after is None else decode_cursor(after, "after") + 1
        self.end = None if before is None else decode_cursor(before, "before")


def page_resolver(read: ByIds[Page[Any]]) -> Callable[..., Awaitable[Slice]]:
    """The resolver of a connection field over a read that needs nothing but the page.

    Args:
        read: by keys (offset, limit), or one that can filter and order, by the empty tuple with `offset` and
            `limit` as arguments; then the field takes `where` and `orderBy` as well (patchbay.filtering).
            Pages that are asked for more than once in an operation are read once.

    Raises:
        ConfigurationError: at once, when the read takes further arguments.
    """
    arguments = arguments_of(read, key_parts=2)
    if arguments:
        message = (
            f"{read.source}: {read.name} takes {', '.join(sorted(arguments))}, which no page resolver gives"
        )
        raise ConfigurationError(message)

    inputs = page_inputs(read)

    async def resolve(
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        **given: Any,
    ) -> Slice:
        further = inputs.arguments(given)

        def fetch(offset: int, limit: int) -> Awaitable[Page[Any] | None]:
            if can_filter(read):
                return load(read, (), offset=offset, limit=limit, **further)
            return load(read, (offset, limit))

        return await connect(fetch, PageArguments(first=first, after=after, last=last, before=before))

    inputs.declare(resolve)
    # For who reckons what a query comes to, and for `record_field`.
    vars(resolve).update(pages_of=read, directives=(CONNECTION_SIZE,))
    return resolve


def _size(argument: str, value: int | None) -> int | None:
    if value is not None and value < 0:
        raise InputError(argument, "must not be negative")
    if value is not None and value > MAX_PAGE_SIZE:
        raise InputError(argument, f"must be at most {MAX_PAGE_SIZE}")
    return value


async def connect(
    fetch: Callable[[int, int], Awaitable[Page[Any] | None]], arguments: PageArguments
) -> Slice:
    """Read one page and shape it as a connection.

    Args:
        fetch: takes offset and limit (0 to 100) and answers a page, or None for an empty list. Called once;
            twice for `last` when the total has to be learnt first: without `before`, or when that cursor
            lies behind the end of the list.
        arguments: which page.
    """
    if arguments.last is None:
        start = arguments.start
        end = start + (arguments.first or 0)
        rows, total = await _read(fetch, start, end if arguments.end is None else min(end, arguments.end))
    else:
        start, rows, total = await _read_last(fetch, arguments, arguments.last)
    return _shape(start, rows, total)


async def connect_nested(
    fetch: Callable[[int, int], Awaitable[Page[Any] | None]], arguments: PageArguments
) -> Slice:
    """As `connect`, for a list that each of many parents has: one read, at the same offset for all of them.

    Args:
        fetch: as for `connect`; called once.
        arguments: which page. One that ends behind the end of the list is empty.

    Raises:
        InputError: `last` without `before`. The last rows stand at another offset for each parent, which
            would be a call for each.
    """
    if arguments.last is None:
        return await connect(fetch, arguments)
    if arguments.end is None:
        raise InputError("last", "needs 'before' in a nested list, whose pages are read from the start")
    start = max(arguments.start, arguments.end - arguments.last)
    rows, total = await _read(fetch, start, arguments.end)
    return _shape(start, rows, total) if total >= arguments.end else _shape(total, (), total)


def _shape(start: int, rows: Sequence[Any], total: int) -> Slice:
    """The connection of the rows from `start` on, in a list of `total`."""
    edges = [EdgeRecord(node, encode_cursor(start + index)) for index, node in enumerate(rows)]
    info = PageInfoRecord(
        has_next_page=start + len(edges) < total,
        has_previous_page=start > 0 and total > 0,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Slice(edges, info, total)


async def _read(
    fetch: Callable[[int, int], Awaitable[Page[Any] | None]], start: int, end: int
) -> tuple[Sequence[Any], int]:
    """The rows from `start` to before `end`, and how many there are in all."""
    limit = max(0, min(end - start, MAX_PAGE_SIZE))
    page = await fetch(start, limit)
    # An upstream that sends more rows than asked for must not shift the next page.
    return ((), 0) if page is None else (page.items[:limit], page.total)


async def _read_last(
    fetch: Callable[[int, int], Awaitable[Page[Any] | None]], arguments: PageArguments, last: int
) -> tuple[int, Sequence[Any], int]:
    """The offset of the first of the last rows, these rows, and how many there are in all."""
    end = arguments.end
    if end is not None:
        start = max(arguments.start, end - last)
        rows, total = await _read(fetch, start, end)
        if total >= end:
            return start, rows, total
        # The list has become shorter than the cursor says, so its last rows lie further in front.
        end = total
    else:
        _, end = await _read(fetch, 0, 0)
    start = max(arguments.start, end - last)
    rows, total = await _read(fetch, start, end)
    return start, rows, total
