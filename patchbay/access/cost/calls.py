"""How many upstream calls a field makes at most, told from what it is made of.

A read knows how many keys it takes in one call. What a resolver asks is not seen: one call for each object
that has the field when it is asynchronous, none when it is not, unless `calls` (patchbay.costs) says more.
Calls that are made again after a failure are not reckoned: their number is bounded by the upstream's retry
budget.
"""

from __future__ import annotations

from enum import Enum
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, NamedTuple

from strawberry.types.field import StrawberryField

from patchbay.batch import Batch, FanOut
from patchbay.costs import CALLS
from patchbay.lengths import STRAWBERRY
from patchbay.links import LinkField
from patchbay.lists import Listing
from patchbay.upstreams.webhook_pages import PagesRead
from patchbay.upstreams.webhook_reads import ManyRead, NewestRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLField


class Each(Enum):
    """What calls are made for."""

    COLUMN = "once for all objects that are resolved together"
    KEYS = "for so many objects together"
    ITEMS = "for so many items together of the field's lists"


class Calls(NamedTuple):
    """Some of a field's calls.

    Args:
        each: what they are made for.
        size: of KEYS and ITEMS, how many are served by one call.
        number: how many each time.
        twice_for: an argument with which they are made twice.
    """

    each: Each
    size: int = 1
    number: int = 1
    twice_for: str | None = None

    def most(self, columns: int, rows: int, items: int) -> int:
        """How many at most.

        Args:
            columns: how often objects are resolved together.
            rows: how many objects there are in all of them.
            items: how many items their lists have in all.
        """
        if self.each is Each.COLUMN:
            return self.number * min(columns, rows)
        keys = rows if self.each is Each.KEYS else items
        # Of each column a last call may serve less than `size`; no call serves nothing.
        return self.number * min(keys, (keys + columns * (self.size - 1)) // self.size)


def calls_of_field(definition: GraphQLField) -> tuple[Calls, ...]:
    """All that a field may make, those of what it selects left out."""
    field = definition.extensions.get(STRAWBERRY)
    if not isinstance(field, StrawberryField):
        resolve = definition.resolve
        return (Calls(Each.KEYS),) if resolve is not None and iscoroutinefunction(resolve) else ()
    declared = field.metadata.get(CALLS)
    if declared is not None:
        return (Calls(Each.KEYS, number=declared),) if declared else ()
    if isinstance(field, LinkField):
        return tuple(_of_read(field.by_ids, is_keyed=bool(field.key)))
    pages = pages_of(field)
    if pages is not None:
        return tuple(each._replace(twice_for="last") for each in _of_read(pages, is_keyed=False))
    return (Calls(Each.KEYS),) if field.is_async else ()


def scatters(definition: GraphQLField) -> bool:
    """Whether what comes of the field may come object by object, so that what is below is asked so."""
    field = definition.extensions.get(STRAWBERRY)
    if not isinstance(field, StrawberryField):
        return definition.resolve is not None
    return field.is_async and not isinstance(field, LinkField) and pages_of(field) is None


def pages_of(field: StrawberryField) -> Any:
    """The read of a connection's resolver (patchbay.paging.page_resolver); None of any other field."""
    resolver = field.base_resolver
    return None if resolver is None else getattr(resolver.wrapped_func, "pages_of", None)


def _of_read(read: Any, *, is_keyed: bool) -> Iterator[Calls]:
    """A read's calls; without a key of the parent all parents ask for the same."""
    if isinstance(read, Listing) or (not is_keyed and isinstance(read, Batch | FanOut)):
        yield Calls(Each.COLUMN)
    elif isinstance(read, Batch):
        yield Calls(Each.KEYS, read.max_size)
    elif (by_one := getattr(read, "by_one", None)) is not None:
        # A key is a tuple of keys there, each of which brings an item of the field's list.
        for each in _of_read(by_one, is_keyed=True):
            yield each._replace(each=Each.ITEMS)
    elif isinstance(read, NewestRead | ManyRead | PagesRead):
        # One statement, and what the vendor is asked for as well.
        yield Calls(Each.COLUMN)
        for place, fetched in enumerate(read.fetches):
            for each in _of_read(fetched, is_keyed=is_keyed):
                # The second one asks for the records that the first look has found.
                is_of_found = place > 0 and isinstance(read, ManyRead)
                yield each._replace(each=Each.ITEMS) if is_of_found else each
    else:
        yield Calls(Each.KEYS)
