"""A page of an imported list, gathered from as many of the upstream's own pages as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from patchbay.errors import InputError
from patchbay.importing.model import ListOf, PagingStyle
from patchbay.importing.rest.answers import AnswerReader, json_bytes
from patchbay.importing.rest.cursors import Cursors
from patchbay.importing.rest.next_pages import as_query, is_address, merged, next_link, query_of
from patchbay.importing.rest.page_bodies import PageBody
from patchbay.importing.rest.page_ways import WAYS, Ask, Page
from patchbay.importing.rest.paths import type_at
from patchbay.importing.rest.styles import NoAddress
from patchbay.importing.runtime import PageOf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.model import Operation, Paging
    from patchbay.importing.rest.address import Addresses
    from patchbay.importing.rest.reads import Caller
    from patchbay.importing.runtime import RecordTypes

MAX_CALLS: Final = 10
"""For one page of ours. What they have brought by then is the page, and more follows."""


class PageReading:
    """See ImportedUpstream.paging.

    Args:
        caller: of the operation.
        operation: of the model.
        paging: its pages.
        records: of the model.
        addresses: which addresses of next pages are the upstream's own.
        hidden: names of query parameters that hold credentials.
        attributes: of a row's record that are wanted; None for all.
    """

    def __init__(
        self,
        caller: Caller,
        operation: Operation,
        paging: Paging,
        records: RecordTypes,
        *,
        addresses: Addresses,
        hidden: frozenset[str],
        attributes: frozenset[str] | None = None,
    ) -> None:
        self._caller = caller
        self._paging = paging
        self._addresses = addresses
        self._hidden = hidden
        self._way = WAYS[paging.style](paging)
        self._cursors = Cursors(caller.source, operation.name, self._way.kind)
        self._body = PageBody(paging)
        wires = {each.attribute: each.wire for each in operation.arguments}
        self._position_wire = wires.get(paging.position, "")
        declared = type_at(records.model, operation.result.type, paging.items)
        rows = declared if isinstance(declared, ListOf) else ListOf(paging.node, nullable_items=True)
        decode = records.decoder(rows, paging.items, attributes)
        self._rows = AnswerReader(caller.source, operation, decode).read

    async def __call__(self, arguments: Mapping[str, Any], first: int, after: str | None) -> PageOf:
        """A page of at most `first` rows, behind a cursor.

        Args:
            arguments: of the operation; those that say which page it is are set here.
            first: how many; of 0, it is told whether there are any.
            after: a cursor of this list, as PageOf has it.

        Raises:
            UpstreamError: a page cannot be had.
            InputError: the cursor is of another list, or an argument cannot be sent.
        """
        way = self._way
        spot = way.start() if after is None else self._cursors.read(after)
        spot = way.fitted(spot, max(first, 1))
        items: list[Any] = []
        cursors: list[str] = []
        total: int | None = None
        has_next = True
        for _ in range(MAX_CALLS):
            wanted = first - len(items)
            ask, skip = way.ask(spot, max(wanted, 1))
            page = await self._page(arguments, ask)
            total = page.total if page.total is not None else total
            last = min(len(page.rows), skip + wanted)
            items += page.rows[skip:last]
            cursors += [self._cursors.write(way.behind(spot, page, at)) for at in range(skip, last)]
            following = way.following(spot, page)
            has_next = last < len(page.rows) or following is not None
            if len(items) >= first or following is None:
                break
            spot = following
        return PageOf(items, cursors, has_next, after is not None, total)

    async def _page(self, arguments: Mapping[str, Any], ask: Ask) -> Page:
        """One of the upstream's pages."""
        paging = self._paging
        asked = {
            name: value for name, value in arguments.items() if name not in (paging.position, paging.size)
        }
        query = None
        if ask.query is not None:
            query = merged(self._caller.plan.target.query(asked), ask.query, self._hidden)
        elif ask.position is not None and paging.position:
            asked[paging.position] = ask.position
        if ask.size is not None and paging.size:
            asked[paging.size] = ask.size
        try:
            reply = await self._caller.ask(asked, query)
        except NoAddress:
            if ask.query is not None or isinstance(ask.position, str):
                raise InputError("after", "is not a cursor of this list") from None
            return Page([], 0, total=0, more=False)
        rows = self._rows(reply)
        # A single row in the place of the list is what some upstreams make of a list of one.
        rows = rows if isinstance(rows, list) else [] if rows is None else [rows]
        told = self._body.read(json_bytes(self._caller.source, reply))
        token, is_query = self._token(next_link(reply) if told.next is None else told.next)
        more = told.more
        if more is None and paging.next and paging.style in (PagingStyle.OFFSET, PagingStyle.PAGE):
            more = told.next is not None
        return Page(rows, ask.size or 0, told.total, more, token, is_query, told.tails)

    def _token(self, told: str | int | None) -> tuple[str | int | None, bool]:
        """The next page's token, and whether it is the query of an address."""
        if self._paging.style in (PagingStyle.OFFSET, PagingStyle.PAGE) or self._paging.last_member:
            return None, False
        if not is_address(told) and self._paging.style is not PagingStyle.LINK:
            return told, False
        if told is None:
            return None, False
        secrets = self._caller.lines.secrets
        pairs = [
            (name, value)
            for name, value in query_of(self._caller.source, str(told), self._addresses)
            if not any(secret in value for secret in secrets)
        ]
        if self._position_wire:
            for name, value in pairs:
                if name == self._position_wire:
                    return value, False
        return as_query(pairs, self._hidden) or None, True
