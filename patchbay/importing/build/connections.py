"""Relay connections of operations that answer in pages."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, ClassVar, Final

from strawberry import relay
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryList, StrawberryOptional

from patchbay.costs import ListSize
from patchbay.errors import InputError
from patchbay.importing.build.fields import class_of, field_of
from patchbay.importing.build.inputs import Resolved
from patchbay.importing.model import Named
from patchbay.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, EdgeRecord, PageInfoRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.build.names import Names
    from patchbay.importing.build.types import Types
    from patchbay.importing.model import TypeRef
    from patchbay.importing.runtime import PageOf

WAYS: Final = (("nodes",), ("edges", "node"))
"""From a connection to its rows."""


class _PageSize(ListSize):
    """How long a page is."""

    most: ClassVar[int | None] = MAX_PAGE_SIZE


SIZE: Final = _PageSize(
    assumed_size=DEFAULT_PAGE_SIZE,
    slicing_arguments=["first"],
    sized_fields=["edges", "nodes"],
    require_one_slicing_argument=False,
)
"""Of every connection's field: pages are cut to what was asked for."""


class ConnectionRecord:
    """What a connection's field resolves to: a page, of which as much is made as somebody looks at.

    A cursor is opaque to clients as it is to the graph.

    Args:
        page: of the upstream.
        first: how many rows were asked for; the page may have more.
    """

    __slots__ = ("_page", "nodes")

    def __init__(self, page: PageOf, first: int) -> None:
        self._page = page
        self.nodes = page.items[:first]

    @property
    def edges(self) -> list[EdgeRecord]:
        """The rows with their cursors."""
        cursors = self._page.cursors[: len(self.nodes)]
        return [
            EdgeRecord(node, encode_cursor(place)) for node, place in zip(self.nodes, cursors, strict=True)
        ]

    @property
    def page_info(self) -> PageInfoRecord:
        """Relay's PageInfo."""
        page, count = self._page, len(self.nodes)
        return PageInfoRecord(
            has_next_page=page.has_next or len(page.items) > count,
            has_previous_page=page.has_previous,
            start_cursor=encode_cursor(page.cursors[0]) if count else None,
            end_cursor=encode_cursor(page.cursors[count - 1]) if count else None,
        )

    @property
    def total_count(self) -> int | None:
        """Of all rows; None where the upstream does not tell."""
        return self._page.total


def connection_of(page: PageOf, first: int) -> ConnectionRecord:
    """A page of so many rows as a connection."""
    return ConnectionRecord(page, first)


def encode_cursor(place: str) -> str:
    """A place as clients get it."""
    return base64.urlsafe_b64encode(place.encode()).decode()


def decode_cursor(cursor: str) -> str:
    """The place. Raises InputError for what is no cursor."""
    try:
        return base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise InputError("after", "is not a cursor of this list") from error


def place_of(given: Mapping[str, Any]) -> tuple[int, str | None]:
    """`first` and the decoded `after`. Raises InputError."""
    first = given.get("first")
    if first is None:
        first = DEFAULT_PAGE_SIZE
    if first < 0:
        raise InputError("first", "must not be negative")
    if first > MAX_PAGE_SIZE:
        raise InputError("first", f"must be at most {MAX_PAGE_SIZE}")
    after = given.get("after")
    return first, None if after is None else decode_cursor(after)


def page_arguments() -> list[StrawberryArgument]:
    """`first` and `after`."""
    how_many = f"How many; {DEFAULT_PAGE_SIZE} when left out, at most {MAX_PAGE_SIZE}."
    return [
        _argument("first", int, how_many),
        _argument("after", str, "Start behind the row with this cursor."),
    ]


def _argument(name: str, type_: Any, description: str) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=name,
        type_annotation=Resolved(StrawberryOptional(type_)),  # type: ignore[arg-type] # see Resolved
        description=description,
    )


class Connections:
    """The connection types of a graph, one for each type of node.

    Args:
        names: of the graph.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._made: dict[tuple[str, TypeRef], type] = {}

    def of(self, node: TypeRef, types: Types, *, has_total: bool) -> type:
        """The connection of rows of this type.

        Args:
            node: what a row is.
            types: of its model.
            has_total: whether any operation with such rows tells how many there are in all.
        """
        key = (types.model.name, node)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._make(node, types, has_total=has_total)
        return found

    def _stem(self, node: TypeRef, types: Types) -> str:
        """What the names of its types start with."""
        if not isinstance(node, Named):
            return "List"
        known = node.name in types.model.types
        return self._names.type(types.model.name, node.name) if known else node.name

    def _make(self, node: TypeRef, types: Types, *, has_total: bool) -> type:
        stem = self._stem(node, types)
        resolved = types.of(node, required=True)
        name = self._names.types.claim(f"{stem}Connection", f"{stem}PageConnection")
        edge = class_of(
            self._names.types.claim(f"{stem}Edge", f"{stem}ConnectionEdge"),
            description="A row of a list, and where it stands.",
            fields=[
                field_of("node", "node", resolved),
                field_of("cursor", "cursor", str, description="For `after`: what stands behind this row."),
            ],
        )
        fields = [
            field_of("edges", "edges", StrawberryList(edge)),
            field_of("nodes", "nodes", StrawberryList(resolved), description="The rows alone."),
            field_of("pageInfo", "page_info", relay.PageInfo),
        ]
        if has_total:
            told = "How many there are in all, on every page; null where that is not told."
            fields.append(field_of("totalCount", "total_count", StrawberryOptional(int), description=told))
        return class_of(name, description="A page of a longer list.", fields=fields)
