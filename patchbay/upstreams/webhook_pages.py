"""Filtered, ordered pages of the inbox's records, as a read by key; see patchbay.batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from patchbay.errors import UpstreamError
from patchbay.inbox import InboxUnavailable
from patchbay.inbox.pages import Condition, Criterion, PageQuery, StoredPage
from patchbay.inbox.ranks import rank
from patchbay.upstreams.webhook_reads import is_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from patchbay.attributes import Attribute
    from patchbay.batch import ByIds
    from patchbay.inbox.page_statements import Operator
    from patchbay.upstreams.webhook_reads import Table
    from patchbay.upstreams.webhook_shape import RecordShape

R = TypeVar("R", bound=msgspec.Struct)


class PageFields:
    """What pages of one type of record can be filtered and ordered by; all its reads have the same.

    Args:
        shape: of the records.

    Attributes:
        name: of the record type.
        filters, orders: path -> attribute.
    """

    def __init__(self, shape: RecordShape[Any]) -> None:
        self.name = shape.record.__name__
        self.filters = shape.filters
        self.orders = shape.orders

    def condition(self, attribute: Attribute, operator: Operator, value: Any) -> Condition:
        """What a record must be. Raises ValueError where no record can have such a value.

        Args:
            attribute: one of `filters`.
            operator: how it compares.
            value: of the attribute's type; for `in` a list of such values.
        """
        values = value if operator == "in" else [value]
        return Condition(attribute.path, operator, tuple(_rank(attribute, each) for each in values))

    def criterion(self, attribute: Attribute, *, descending: bool) -> Criterion:
        """What records are ordered by: one of `orders`."""
        return Criterion(attribute.path, descending, attribute.always)


class RecordPage(msgspec.Struct, Generic[R], frozen=True):
    """Some records of a list, and how many it has in all; see patchbay.paging.Page."""

    items: list[R]
    total: int


class PagesRead(Generic[R]):
    """A page of the list of each parent, or of the one list of all records.

    Args:
        name: the operation, as in "payments.pages_by_order_id".
        table: the records.
        by: the lookup that holds the parent; None for one list, whose key is the empty tuple.
        fields: what they can be filtered and ordered by.
    """

    def __init__(self, name: str, table: Table[R], by: str | None, fields: PageFields) -> None:
        self.name = name
        self.source = table.shape.source
        self.fields = fields
        self._table = table
        self._by = by

    @property
    def fetches(self) -> tuple[ByIds[Any], ...]:
        """The reads of another upstream that it may ask for the same keys."""
        fetching = self._table.fetching
        return () if fetching is None or self._by is None else fetching.reads_for(self._by)

    def selecting(self, attributes: frozenset[str]) -> Self:
        """Itself: what is stored was decoded as a whole before."""
        del attributes
        return self

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[RecordPage[R] | UpstreamError]:
        """Same length and order as `ids`; an empty page where there is no record. One statement for all.

        Args:
            ids: parents' keys, or the empty tuple.
            arguments: `offset`, how many records of each list are left out at its beginning; `limit`, how
                many are answered at most; `where`, a tuple of `fields.condition`, all of which are met;
                `order`, a tuple of `fields.criterion`, of which the first counts most, and at last the key.
        """
        query = self._query(**arguments)
        try:
            return await (self._of_all(ids, query) if self._by is None else self._of_parents(ids, query))
        except InboxUnavailable as error:
            return [self._table.unavailable(error)] * len(ids)

    def _query(
        self,
        *,
        offset: int,
        limit: int,
        where: tuple[Condition, ...] = (),
        order: tuple[Criterion, ...] = (),
    ) -> PageQuery:
        return PageQuery(self._table.shape.kind, offset, limit, where, order, self._by)

    async def _of_all(self, ids: Sequence[Any], query: PageQuery) -> list[RecordPage[R] | UpstreamError]:
        if any(key != () for key in ids):
            raise TypeError(f"{self.name} has one list, whose key is the empty tuple")
        if not ids:
            return []
        self._table.begin(self.name, ["all"])
        page = self._read(await self._table.inbox().page(query))
        return [page] * len(ids)

    async def _of_parents(self, ids: Sequence[Any], query: PageQuery) -> list[RecordPage[R] | UpstreamError]:
        asked, keys = self._table.begin(self.name, ids)
        empty: RecordPage[R] = RecordPage([], 0)
        if not keys:
            return [empty] * len(asked)
        inbox, fetching = self._table.inbox(), self._table.fetching
        failed = {} if fetching is None else await fetching.lists(inbox, query.by or "", keys)
        stored = await inbox.pages(query, keys)
        found: dict[str, RecordPage[R] | UpstreamError] = dict(failed)
        found.update((key, self._read(page)) for key, page in stored.items())
        if fetching is not None:
            fetching.warn_of_part(row for key in failed if key in stored for row in stored[key].records)
        return [found.get(key, empty) for key in asked]

    def _read(self, page: StoredPage) -> RecordPage[R] | UpstreamError:
        if self._table.fetching is not None:
            self._table.fetching.warn_of_old(page.records)
        records = self._table.records(page.records)
        return records if isinstance(records, UpstreamError) else RecordPage(records, page.total)


def _rank(attribute: Attribute, value: Any) -> str:
    """Raises ValueError where the attribute can have no such value."""
    try:
        ranked = rank(msgspec.convert(value, attribute.type))
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"no record has such a value at {attribute.path}") from error
    if ranked is None or not is_text(ranked):
        raise ValueError(f"no record has such a value at {attribute.path}")
    return ranked
