"""Pages of records: filtered, ordered, and of many parents at once, each level in one statement.

The key is the last criterion, so that the order is total and no record stands on two pages. Records without
a value come last, in either direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.inbox.database.sql import json_list
from patchbay.inbox.model import StoredRecord
from patchbay.inbox.page_statements import Operator, PageShape, page_statement

if TYPE_CHECKING:
    from collections.abc import Collection

    from patchbay.inbox.database import Database, Sql

_LEAST_FIRST: tuple[Operator, ...] = ("eq", "in", "lt", "lte", "gt", "gte")


class Condition(msgspec.Struct, frozen=True):
    """What a record's attribute must be. One without a value meets no condition.

    Args:
        attribute: one that is kept among the lookups.
        operator: how it compares.
        ranks: what it compares with, see patchbay.inbox.ranks; one, or any number of them for `in`.
    """

    attribute: str
    operator: Operator
    ranks: tuple[str, ...]


class Criterion(msgspec.Struct, frozen=True):
    """What records are ordered by.

    Args:
        attribute: one that is kept among the lookups.
        descending: the highest first.
        always: whether each record has a value.
    """

    attribute: str
    descending: bool = False
    always: bool = False


class PageQuery(msgspec.Struct, frozen=True):
    """Which records, in which order, and which of them.

    Args:
        kind: which records.
        offset: how many are left out at the beginning of each list.
        limit: how many are brought at most.
        where: all of these are met.
        order: the first counts most.
        by: the attribute that holds the parent; None for one list of all records.
    """

    kind: str
    offset: int
    limit: int
    where: tuple[Condition, ...] = ()
    order: tuple[Criterion, ...] = ()
    by: str | None = None


class StoredPage(msgspec.Struct, frozen=True):
    """Some records of a list, in its order, and how many it has in all."""

    records: list[StoredRecord]
    total: int


async def read_page(database: Database, query: PageQuery) -> StoredPage:
    """A page of all records. Raises InboxUnavailable."""
    statement, values = asked(query)
    rows = await database.read(lambda connection: connection.run(statement, values).fetchall())
    return StoredPage([StoredRecord(*rest) for _, *rest in rows if rest[0] is not None], rows[0][0])


async def read_pages(database: Database, query: PageQuery, parents: Collection[str]) -> dict[str, StoredPage]:
    """Parent -> its page, for those that have a record. Raises InboxUnavailable."""
    statement, values = asked(query)
    values["parents"] = json_list(parents)
    rows = await database.read(lambda connection: connection.run(statement, values).fetchall())
    pages: dict[str, StoredPage] = {}
    for parent, place, total, *rest in rows:
        page = pages.setdefault(parent, StoredPage([], total))
        # The first one is there in any case, as it tells how many there are.
        if query.offset < place <= query.offset + query.limit:
            page.records.append(StoredRecord(*rest))
    return pages


def asked(query: PageQuery) -> tuple[Sql, dict[str, Any]]:
    """The statement that answers a query, and its parameters but for `parents`."""
    until = query.offset + query.limit
    values: dict[str, Any] = {"kind": query.kind, "offset": query.offset, "until": until}
    values |= {"most": query.limit} if query.by is None else {"by": query.by}
    groups: dict[str, list[Operator]] = {}
    for condition in query.where:
        groups.setdefault(condition.attribute, []).append(condition.operator)
    # The first one is gone through: what is equal to something is probably the least.
    groups = dict(sorted(groups.items(), key=lambda group: min(map(_LEAST_FIRST.index, group[1]))))
    for number, attribute in enumerate(groups):
        values[f"filter_{number}"] = attribute
        ranks = (each for each in query.where if each.attribute == attribute)
        for place, each in enumerate(ranks):
            value = json_list(each.ranks) if each.operator == "in" else each.ranks[0]
            values[f"value_{number}_{place}"] = value
    values |= {f"order_{number}": each.attribute for number, each in enumerate(query.order)}
    shape = PageShape(
        by_parent=query.by is not None,
        groups=tuple(map(tuple, groups.values())),
        order=tuple((each.descending, each.always) for each in query.order),
        first_is_filtered=bool(groups and query.order) and next(iter(groups)) == query.order[0].attribute,
    )
    return page_statement(shape), values
