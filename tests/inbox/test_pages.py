"""Filtered, ordered pages: what comes, in which order, and in how many statements."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchbay.attributes import value_at
from patchbay.errors import ConfigurationError, UpstreamBadData, UpstreamUnavailable
from patchbay.inbox import Inbox
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams.webhook_pages import PageFields, PagesRead, RecordPage
from tests.inbox.database import Location, rows
from tests.inbox.sales import FILTERS, ORDERS, Money, Sale, fill, opened, sales_webhook, statements

TIMES = [datetime(2026, 11, 25, tzinfo=UTC) + timedelta(seconds=each) for each in (0, 0.5, 1, 86_400)]
DAYS = [each.date() for each in TIMES]
TEXTS = ["", "a", "B", "ä", "\U0001f4a9", "~", "a' OR 1=1", "%"]
NUMBERS = [-(2**63), -1, 0, 1, 9, 10, 2**53, 2**63 - 1]
WEIGHTS = [-1e308, -1.5, -0.0, 0.0, 1e-300, 1.5, 1e308]
COUNT = itertools.count()

sales = st.builds(
    Sale,
    id=st.sampled_from([*map(str, range(12)), *TEXTS[1:]]),
    version=st.sampled_from([1, 2, 3]),
    order_id=st.sampled_from([None, "O1", "O2", "O3"]),
    status=st.sampled_from(["open", "paid", "void"]),
    amount=st.none() | st.builds(Money, st.sampled_from(NUMBERS)),
    paid_at=st.none() | st.sampled_from(TIMES),
    weight=st.none() | st.sampled_from(WEIGHTS),
    is_gift=st.booleans(),
    note=st.sampled_from(TEXTS),
    day=st.none() | st.sampled_from(DAYS),
)
VALUES: dict[str, list[Any]] = {
    "status": ["open", "paid", "void"],
    "amount.cents": NUMBERS,
    "paid_at": TIMES,
    "weight": WEIGHTS,
    "is_gift": [True, False],
    "note": TEXTS,
    "day": DAYS,
    "order_id": ["O1", "O2", "O4"],
}
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "in": lambda a, b: a in b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
}


def condition_of(path: str) -> st.SearchStrategy[tuple[str, str, Any]]:
    one = st.sampled_from(VALUES[path])
    alone = st.tuples(st.just(path), st.sampled_from(["eq", "lt", "lte", "gt", "gte"]), one)
    return alone | st.tuples(st.just(path), st.just("in"), st.lists(one, max_size=3))


wheres = st.lists(st.sampled_from(FILTERS).flatmap(condition_of), max_size=3)
orders = st.lists(
    st.tuples(st.sampled_from(ORDERS), st.booleans()), max_size=3, unique_by=lambda each: each[0]
)


def expected(
    table: Sequence[Sale], where: Sequence[tuple[str, str, Any]], order: Sequence[tuple[str, bool]]
) -> list[Sale]:
    """The same in Python: sorted by the last criterion first, as Python's sort is stable."""

    def is_met(sale: Sale) -> bool:
        values = ((value_at(sale, path), operator, with_) for path, operator, with_ in where)
        return all(
            value is not None and OPERATORS[operator](value, with_) for value, operator, with_ in values
        )

    found = sorted(filter(is_met, table), key=lambda sale: sale.id, reverse=bool(order and order[-1][1]))
    for path, descending in reversed(order):
        has: list[Sale] = []
        has_not: list[Sale] = []
        for sale in found:
            (has_not if value_at(sale, path) is None else has).append(sale)
        has.sort(key=lambda sale: value_at(sale, path), reverse=descending)
        found = has + has_not
    return found


def asked(
    fields: PageFields, where: Sequence[tuple[str, str, Any]], order: Sequence[tuple[str, bool]]
) -> dict[str, Any]:
    conditions = (fields.condition(fields.filters[path], op, value) for path, op, value in where)  # type: ignore[arg-type] # drawn
    criteria = (fields.criterion(fields.orders[path], descending=down) for path, down in order)
    return {"where": tuple(conditions), "order": tuple(criteria)}


async def whole(read: PagesRead[Sale], key: Any, size: int, **arguments: Any) -> list[Sale]:
    """All pages of a list, one after the other."""
    found: list[Sale] = []
    while True:
        (page,) = await read([key], offset=len(found), limit=size, **arguments)
        assert isinstance(page, RecordPage)
        found += page.items
        if not page.items:
            assert page.total == len(found)
            return found


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    table=st.lists(sales, max_size=14, unique_by=lambda sale: sale.id),
    where=wheres,
    order=orders,
    size=st.integers(1, 5),
)
async def test_pages_are_those_of_a_sorted_list(
    inbox: Inbox, table: list[Sale], where: Any, order: Any, size: int
) -> None:
    _, records = sales_webhook(f"sales{next(COUNT)}")
    all_pages, pages_of_order = records.pages(), records.pages(by="order_id")
    for read in (all_pages, pages_of_order):
        read._table.inbox = lambda: inbox  # noqa: SLF001 - it is open without handlers of its own
    await fill(inbox, records, table)
    arguments = asked(all_pages.fields, where, order)
    assert await whole(all_pages, (), size, **arguments) == expected(table, where, order)
    parents = ["O3", "none", "O1", "O3"]
    lists = [expected([sale for sale in table if sale.order_id == each], where, order) for each in parents]
    pages = await pages_of_order(parents, offset=1, limit=size, **arguments)
    assert pages == [RecordPage(each[1 : 1 + size], len(each)) for each in lists]


async def test_pages_of_fifty_parents_are_one_statement_and_one_call(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = await opened(inbox)
    read = records.pages(by="order_id")
    await fill(inbox, records, (Sale(f"s{n}", order_id=f"O{n % 50}", note=str(n)) for n in range(150)))
    enter_scope(scope := Scope())
    arguments = asked(read.fields, [("status", "eq", "open"), ("note", "gte", "")], [("note", True)])
    with statements(monkeypatch) as seen:
        pages = await read([f"O{n}" for n in range(50)] * 2, offset=1, limit=1, **arguments)
    assert len(seen) == 1
    assert scope.calls == {("sales", "sales.pages_by_order_id"): 1}
    for n, page in enumerate(pages):
        notes = sorted((str(n % 50 + each) for each in (0, 50, 100)), reverse=True)
        assert isinstance(page, RecordPage)
        assert ([sale.note for sale in page.items], page.total) == ([notes[1]], 3)


async def test_a_page_of_all_is_one_statement_and_one_call(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = await opened(inbox)
    read = records.pages()
    assert (read.name, read.source) == ("sales.pages", "sales")
    await fill(inbox, records, (Sale(str(n)) for n in range(3)))
    enter_scope(scope := Scope())
    with statements(monkeypatch) as seen:
        pages = await read([(), ()], offset=0, limit=2)
    assert len(seen) == 1
    assert scope.calls == {("sales", "sales.pages"): 1}
    assert pages == [RecordPage([Sale("0"), Sale("1")], 3)] * 2
    assert await read([], offset=0, limit=2) == []


async def test_the_end_of_a_list_tells_how_long_it_is(inbox: Inbox) -> None:
    records = await opened(inbox)
    await fill(inbox, records, (Sale(str(n), order_id="O1") for n in range(3)))
    for offset, limit in ((3, 5), (99, 5), (0, 0), (1, 0)):
        assert await records.pages()([()], offset=offset, limit=limit) == [RecordPage([], 3)]
        of_order = records.pages(by="order_id")
        assert await of_order(["O1", "O2"], offset=offset, limit=limit) == [
            RecordPage([], 3),
            RecordPage([], 0),
        ]


async def test_hostile_parents_have_no_records(inbox: Inbox) -> None:
    records = await opened(inbox)
    await fill(inbox, records, [Sale("1", order_id="O1")])
    hostile = ["a\0b", "\ud800", "' OR 1=1 --", "x" * 100_000, "", "o1"]
    pages = await records.pages(by="order_id")([*hostile, "O1"], offset=0, limit=9)
    assert pages == [RecordPage([], 0)] * len(hostile) + [RecordPage([Sale("1", order_id="O1")], 1)]


async def test_a_record_of_another_shape_is_an_error_of_its_page(inbox: Inbox, location: Location) -> None:
    records = await opened(inbox)
    await fill(inbox, records, [Sale("1", order_id="O1"), Sale("2", order_id="O2")])
    rows(location, "UPDATE records SET body = ? WHERE key = '1'", b'{"id":1}')
    bad, good = await records.pages(by="order_id")(["O1", "O2"], offset=0, limit=9)
    assert isinstance(bad, UpstreamBadData)
    assert good == RecordPage([Sale("2", order_id="O2")], 1)


async def test_without_a_database_each_page_is_an_error() -> None:
    _, records = sales_webhook()
    (of_all,) = await records.pages()([()], offset=0, limit=1)
    of_two = await records.pages(by="order_id")(["a", "b"], offset=0, limit=1)
    assert [type(each) for each in (of_all, *of_two)] == [UpstreamUnavailable] * 3


async def test_filters_that_a_later_release_declares_know_the_records_that_are_stored(
    location: Location,
) -> None:
    inbox = Inbox(location)
    await inbox.open()
    records = await opened(inbox, filters=(), orders=())
    await fill(inbox, records, [Sale("1", note="x"), Sale("2", note="y"), Sale("3", note="x")])
    await inbox.close()
    inbox = Inbox(location)
    await inbox.open()
    read = (await opened(inbox, filters=("note",), orders=("version",))).pages()
    (page,) = await read(
        [()], offset=0, limit=9, **asked(read.fields, [("note", "eq", "x")], [("version", True)])
    )
    await inbox.close()
    assert isinstance(page, RecordPage)
    assert [sale.id for sale in page.items] == ["3", "1"]


@pytest.mark.parametrize(
    ("path", "operator", "value"),
    [
        ("status", "eq", "lost"),
        ("status", "in", ["open", "lost"]),
        ("amount.cents", "eq", 2**63),
        ("amount.cents", "eq", "1"),
        ("amount.cents", "eq", True),
        ("weight", "eq", math.nan),
        ("note", "eq", "a\0b"),
        ("note", "eq", "\ud800"),
        ("is_gift", "eq", 1),
        ("paid_at", "gte", "yesterday"),
    ],
)
def test_a_value_that_no_record_can_have_is_refused(path: str, operator: Any, value: Any) -> None:
    fields = sales_webhook()[1].pages().fields
    with pytest.raises(ValueError, match=f"^no record has such a value at {path}$"):
        fields.condition(fields.filters[path], operator, value)


def test_a_declaration_that_contradicts_the_record_is_refused() -> None:
    for wrong, message in (
        ({"filters": ("nope",)}, "Sale has no attribute 'nope'"),
        ({"orders": ("amount.nope",)}, "Sale has no attribute 'amount.nope'"),
        ({"orders": ("status.length",)}, "Sale has no attribute 'status.length'"),
        ({"filters": ("amount",)}, "cannot be filtered or ordered by 'amount', which is no scalar"),
        ({"filters": ("as_of",), "as_of": "as_of"}, "'as_of' is not stored in Sale"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            sales_webhook(**wrong)
    with pytest.raises(ConfigurationError, match=r"'status' is no lookup of sales\.Sale"):
        sales_webhook()[1].pages(by="status")
