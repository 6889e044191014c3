"""The statements of pages.

A statement has the shape of its question: which operators and how many criteria. All values, and the names of
attributes, are parameters.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from patchbay.inbox.database import sql

if TYPE_CHECKING:
    from patchbay.inbox.database import Sql

Operator: TypeAlias = Literal["eq", "in", "lt", "lte", "gt", "gte"]

COMPARISONS: dict[Operator, str] = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


class PageShape(msgspec.Struct, frozen=True):
    """What a statement's text depends on.

    Args:
        by_parent: whether there is a list for each parent.
        groups: of each attribute with conditions, their operators.
        order: of each criterion, whether it is descending, and whether each record has a value.
        first_is_filtered: whether the first criterion's attribute is that of the first group.
    """

    by_parent: bool
    groups: tuple[tuple[Operator, ...], ...]
    order: tuple[tuple[bool, bool], ...]
    first_is_filtered: bool

    @property
    def sorts_keys(self) -> bool:
        """Whether no index brings the keys in their order."""
        return not self.by_parent and bool(self.groups) and not self.order and self.groups[0] != ("eq",)


@lru_cache(maxsize=512)
def page_statement(shape: PageShape) -> Sql:
    """The statement of all questions of this shape."""
    return sql(_of_parents(shape) if shape.by_parent else _of_all(shape))


def _of_parents(shape: PageShape) -> str:
    wheres = [
        "base.kind = :kind AND base.attribute = :by AND base.value = wanted.value",
        *_met(shape.groups),
    ]
    ranks = "".join(f", {_rank(number)}" for number in range(len(shape.order)))
    return f"""
SELECT placed.parent, placed.place, placed.total,
    records.key, records.body, records.as_of, records.checked_at
FROM (
    SELECT found.parent AS parent, found.key AS key,
        row_number() OVER (PARTITION BY found.parent ORDER BY {_order("found", shape)}) AS place,
        count(*) OVER (PARTITION BY found.parent) AS total
    FROM (
        SELECT wanted.value AS parent, base.key AS key{ranks}
        FROM EACH(:parents, wanted) CROSS JOIN lookups AS base WHERE {" AND ".join(wheres)}
    ) AS found
) AS placed CROSS JOIN records
WHERE records.kind = :kind AND records.key = placed.key
AND (placed.place = 1 OR (placed.place > :offset AND placed.place <= :until))
ORDER BY placed.parent, placed.place
"""  # noqa: S608 - made of texts of this module


def _of_all(shape: PageShape) -> str:
    base, first_rank = _base(shape)
    page = _some(shape, base, first_rank)
    if not shape.groups and shape.order and not shape.order[0][1]:
        page = _valued_first(shape, base)
    return f"""
SELECT counted.total, records.key, records.body, records.as_of, records.checked_at
FROM (SELECT count(*) AS total FROM {base}) AS counted
LEFT JOIN (
    SELECT * FROM ({page}) AS found ORDER BY {_order("found", shape)} LIMIT :most OFFSET :offset
) AS page ON 1 = 1
LEFT JOIN records ON records.kind = :kind AND records.key = page.key
ORDER BY {_order("page", shape)}
"""  # noqa: S608 - made of texts of this module


def _base(shape: PageShape) -> tuple[str, str | None]:
    """What is gone through, and its rank of the first criterion.

    That is what an index makes small, or at least brings in order.
    """
    if shape.groups:
        wheres = [_compared("base", 0, shape.groups[0]), *_met(shape.groups, first=1)]
        rank = "base.rank" if shape.first_is_filtered else None
        return f"lookups AS base WHERE {' AND '.join(wheres)}", rank
    if shape.order and shape.order[0][1]:
        return _VALUED, "base.rank"
    return _ALL, None


_ALL = "records AS base WHERE base.kind = :kind AND base.body IS NOT NULL"
_VALUED = "lookups AS base WHERE base.kind = :kind AND base.attribute = :order_0"


def _some(shape: PageShape, base: str, first_rank: str | None) -> str:
    """The keys of what is gone through, with the ranks that order them."""
    ranks = (
        f", {first_rank} AS rank_0" if number == 0 and first_rank else f", {_rank(number)}"
        for number in range(len(shape.order))
    )
    return f"SELECT base.key AS key{''.join(ranks)} FROM {base}"  # noqa: S608 - made of texts of this module


def _valued_first(shape: PageShape, base: str) -> str:
    """As many as a page may need: those with a value from the index, and others where these are too few."""
    has = (
        "SELECT 1 FROM lookups AS own "
        "WHERE own.kind = :kind AND own.key = base.key AND own.attribute = :order_0"
    )
    order = _order("found", shape)
    count = f"SELECT count(*) FROM {_VALUED}"  # noqa: S608 - made of texts of this module
    return f"""
        SELECT * FROM (
            SELECT * FROM ({_some(shape, _VALUED, "base.rank")}) AS found ORDER BY {order} LIMIT :until
        ) AS valued
        UNION ALL
        SELECT * FROM (
            SELECT * FROM ({_some(shape, f"{base} AND NOT EXISTS ({has})", None)}) AS found
            ORDER BY {order} LIMIT CASE WHEN ({count}) < :until THEN :until ELSE 0 END
        ) AS others
    """  # noqa: S608 - made of texts of this module


def _met(groups: tuple[tuple[Operator, ...], ...], first: int = 0) -> list[str]:
    return [
        f"EXISTS (SELECT 1 FROM lookups AS other "  # noqa: S608 - made of texts of this module
        f"WHERE other.key = base.key AND {_compared('other', number, group)})"
        for number, group in list(enumerate(groups))[first:]
    ]


def _compared(alias: str, number: int, operators: tuple[Operator, ...]) -> str:
    parts = [f"{alias}.kind = :kind AND {alias}.attribute = :filter_{number}"]
    for place, operator in enumerate(operators):
        value = f"value_{number}_{place}"
        if operator == "in":
            given = f"SELECT value FROM EACH(:{value}, given)"  # noqa: S608 - made of texts of this module
            parts.append(f"{alias}.rank IN ({given})")
        else:
            parts.append(f"{alias}.rank {COMPARISONS[operator]} :{value}")
    return " AND ".join(parts)


def _rank(number: int) -> str:
    return (
        f"(SELECT ranked.rank FROM lookups AS ranked "  # noqa: S608 - made of texts of this module
        f"WHERE ranked.kind = :kind AND ranked.key = base.key AND ranked.attribute = :order_{number}) "
        f"AS rank_{number}"
    )


def _order(alias: str, shape: PageShape) -> str:
    """The criteria; the key, in the direction of the last one, decides where all others are equal."""
    parts: list[str] = []
    for number, (descending, always) in enumerate(shape.order):
        is_there = always or (number == 0 and shape.first_is_filtered)
        parts.append(
            f"{alias}.rank_{number}{' DESC' if descending else ''}{'' if is_there else ' NULLS LAST'}"
        )
    # SQLite would rather go through all records in the order of their keys than sort those of a range.
    key = f"{alias}.key || ''" if shape.sorts_keys else f"{alias}.key"
    parts.append(f"{key}{' DESC' if shape.order and shape.order[-1][0] else ''}")
    return ", ".join(parts)
