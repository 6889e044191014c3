"""The arguments of a connection that filters and orders, in a schema of their own over a real inbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import strawberry
from strawberry import relay
from strawberry.schema.config import StrawberryConfig

from patchbay.inbox import Inbox
from patchbay.links import connection_link
from patchbay.paging import Connection, page_resolver
from patchbay.records import is_record, plain_key, record_field
from patchbay.scalars import SCALARS
from patchbay.scope import Scope, enter_scope
from tests.inbox.sales import Money, Sale, fill, opened, sales_webhook

RECORDS = sales_webhook()[1]
BARE = sales_webhook("bare", filters=(), orders=())[1]


class Order(msgspec.Struct, frozen=True):
    id: str | None


@strawberry.type
class SaleType(relay.Node):
    id: relay.NodeID[str]
    number: str = plain_key("Its number.")
    is_type_of = is_record(Sale)


@strawberry.type
class OrderType:
    id: str | None
    sales: Connection[SaleType] | None = connection_link(RECORDS.pages(by="order_id"), key="id")


@strawberry.type
class Query:
    sales: Connection[SaleType] | None = record_field(page_resolver(RECORDS.pages()), description="All.")
    bare: Connection[SaleType] | None = record_field(page_resolver(BARE.pages()), description="All.")
    orders: list[OrderType]


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))
SALES = [
    Sale("a", order_id="O1", weight=1.5, is_gift=True, note="x", amount=Money(-5), day=date(2026, 1, 1)),
    Sale("b", order_id="O1", weight=-2.5, note="X", amount=Money(2**53 - 1), day=date(2026, 1, 2)),
    Sale("c", order_id="O2", paid_at=datetime(2026, 1, 1, 12, tzinfo=UTC)),
    Sale("d", paid_at=datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=UTC), status="paid"),
]


class Orders:
    orders = (Order("O2"), Order("O1"), Order(None), Order("O1"))


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    inbox = Inbox(tmp_path / "inbox.sqlite3")
    await inbox.open()
    await fill(inbox, await opened(inbox), SALES)
    for records in (RECORDS, BARE):
        records._table.inbox = lambda: inbox  # noqa: SLF001 - declared once, as in an adapter, and opened often
    yield inbox
    await inbox.close()


async def execute(query: str, **variables: Any) -> Any:
    enter_scope(Scope())
    return await SCHEMA.execute(query, variables, root_value=Orders())


async def found(arguments: str) -> str:
    """The numbers, as one text."""
    result = await execute(f"{{ sales{arguments} {{ edges {{ node {{ number }} }} }} }}")
    assert result.errors is None, result.errors
    return "".join(edge["node"]["number"] for edge in result.data["sales"]["edges"])


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ("", "abcd"),
        ("(where: {})", "abcd"),
        ("(where: null, orderBy: null)", "abcd"),
        ("(where: {note: {}})", "abcd"),
        ("(where: {isGift: {eq: true}})", "a"),
        ("(where: {isGift: {eq: false}})", "bcd"),
        ('(where: {note: {eq: "X"}})', "b"),
        ('(where: {note: {in: ["x", "X", "X"]}})', "ab"),
        ("(where: {weight: {lt: 0}})", "b"),
        ("(where: {weight: {gte: -2.5, lte: 1.5}})", "ab"),
        ("(where: {amountCents: {in: [-5, 9007199254740991]}})", "ab"),
        ("(where: {amountCents: {gt: -5}})", "b"),
        ('(where: {day: {gt: "2026-01-01"}})', "b"),
        ('(where: {day: {in: ["2026-01-01"]}})', "a"),
        ('(where: {paidAt: {gt: "2026-01-01T13:00:00+01:00"}})', "d"),
        ('(where: {paidAt: {eq: "2026-01-01T12:00:00"}})', "c"),
        ('(where: {status: {eq: "paid"}, isGift: {eq: true}})', ""),
        ("(orderBy: [])", "abcd"),
        ("(orderBy: [{field: WEIGHT}])", "bacd"),
        ("(orderBy: [{field: WEIGHT, direction: DESC}])", "abdc"),
        ("(orderBy: [{field: STATUS, direction: DESC}, {field: PAID_AT}])", "dcab"),
        ("(orderBy: [{field: DAY, direction: DESC}], first: 2)", "ba"),
    ],
)
async def test_what_is_found(inbox: Inbox, arguments: str, numbers: str) -> None:
    assert await found(arguments) == numbers


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("where: {note: null}", "'where' is null at note; leave it out"),
        ("where: {note: {eq: null}}", "'where' is null at note.eq; leave it out"),
        ('where: {status: {eq: "lost"}}', "'where' has a value at status.eq that no record can have"),
        (f"where: {{weight: {{in: {[1.0] * 101}}}}}", "'where' has more than 100 values at weight.in"),
        ("orderBy: [{field: DAY}, {field: DAY}]", "'orderBy' names a field twice"),
    ],
)
async def test_a_wrong_argument_is_named(inbox: Inbox, arguments: str, problem: str) -> None:
    for query in (
        f"{{ sales({arguments}) {{ totalCount }} }}",
        f"{{ orders {{ sales({arguments}) {{ totalCount }} }} }}",
    ):
        result = await execute(query)
        assert {error.message for error in result.errors} == {f"argument {problem}"}
        assert {error.extensions["code"] for error in result.errors} == {"BAD_USER_INPUT"}


async def test_a_variable_that_is_not_given_is_no_filter_by_mistake(inbox: Inbox) -> None:
    query = "query($note: String) { sales(where: {note: {eq: $note}}) { totalCount } }"
    assert (await execute(query, note="x")).data == {"sales": {"totalCount": 1}}
    assert (await execute(query, note=None)).data == {"sales": None}
    # GraphQL takes a member whose variable is not given as one that is left out.
    assert (await execute(query)).data == {"sales": {"totalCount": 4}}


async def test_an_edge_takes_the_same_arguments(inbox: Inbox) -> None:
    query = """{ orders { sales(where: {note: {in: ["x", "X"]}}, orderBy: [{field: WEIGHT}]) {
        totalCount edges { node { number } } } } }"""
    orders = (await execute(query)).data["orders"]
    counts = [each["sales"] and each["sales"]["totalCount"] for each in orders]
    assert counts == [0, 2, None, 2]
    assert [edge["node"]["number"] for edge in orders[1]["sales"]["edges"]] == ["b", "a"]


def test_both_fields_share_their_types_and_a_record_without_any_has_no_arguments() -> None:
    text = SCHEMA.as_str()
    assert text.count("where: SaleFilter = null") == text.count("orderBy: [SaleOrder!] = null") == 2
    assert text.count("input SaleFilter {") == text.count("enum SaleOrderField {") == 1
    bare = text[text.index("  bare(") : text.index("): SaleTypeConnection", text.index("  bare("))]
    assert "before" in bare
    assert "where" not in bare
    assert "orderBy" not in bare
