"""How many upstream calls operations may make, before they run."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from patchbay.batch import Batch, FanOut, Matched
from patchbay.costs import ListSize, calls
from patchbay.links import connection_link, link, listing
from patchbay.paging import Connection, page_resolver
from patchbay.records import record_field
from schema import schema as reference
from tests.access.cost_reckoning import bound, cost_of


class Row(msgspec.Struct, frozen=True):
    id: str


async def _none(*_: Any, **__: Any) -> Any:
    return Matched([])


BATCH: Any = Batch(name="rows", source="up", fetch=_none, match="id", max_size=10, arguments=())
PAGES: Any = Batch(
    name="pages", source="up", fetch=_none, match="id", max_size=10, arguments=("offset", "limit")
)
EACH: Any = FanOut(name="each", source="up", fetch=_none, concurrency=2, places=("id",))
PAGE: Any = FanOut(name="page", source="up", fetch=_none, concurrency=2, places=("offset", "limit"))


class Whole:
    name, source, arguments = "all", "up", frozenset[str]()

    async def __call__(self) -> list[Row]:
        return []

    def selecting(self, attributes: frozenset[str]) -> Whole:
        del attributes
        return self


async def one() -> Any:
    raise AssertionError("it is reckoned with, and not called")


def at_once() -> Any:
    raise AssertionError("it is reckoned with, and not called")


@strawberry.type
class Thing(strawberry.relay.Node):
    id: strawberry.relay.NodeID[str]
    batched: Thing | None = link(BATCH, key="id")
    single: Thing | None = link(EACH, key="id")
    things: Connection[Thing] | None = connection_link(PAGES, key="id")
    catalogue: list[Thing] = listing(Whole(), directives=[ListSize(assumed_size=3)])
    resolved: Thing | None = record_field(one, description="One by one.")
    computed: Thing | None = record_field(at_once, description="Asks nobody.")
    several: Thing | None = record_field(one, description="Three each.", calls=3)


@strawberry.type
class Query:
    thing: Thing | None = record_field(one, description="One.")
    free: Thing | None = strawberry.field(resolver=one, metadata=calls(0))
    things: Connection[Thing] | None = record_field(page_resolver(PAGE), description="All.")


SCHEMA = strawberry.Schema(
    query=Query, config=StrawberryConfig(enable_experimental_incremental_execution=True)
)


def of_things(selected: str, first: int = 25) -> int:
    """Calls below a page of things."""
    return bound(SCHEMA, f"{{ things(first: {first}) {{ edges {{ node {{ {selected} }} }} }} }}").calls - 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ thing { id } }", 1),
        ("{ free { id } }", 0),
        ("{ a: thing { id } b: thing { id } }", 2),
        ("{ things { totalCount } }", 1),
        ("{ things(last: 3) { totalCount } }", 2),
        ("{ things(last: null) { totalCount } }", 1),
        ("mutation { __typename }", 0),
    ],
)
def test_what_the_root_asks(text: str, expected: int) -> None:
    schema = reference if text.startswith("mutation") else SCHEMA
    assert bound(schema, text).calls == expected


@pytest.mark.parametrize(
    ("selected", "expected"),
    [
        ("id", 0),
        ("computed { id }", 0),
        ("batched { id }", 3),
        ("single { id }", 25),
        ("resolved { id }", 25),
        ("several { id }", 75),
        ("catalogue { id }", 1),
        ("things { totalCount }", 3),
        ("batched { batched { id } }", 3 + 3),
        ("things(first: 2) { edges { node { batched { id } } } }", 3 + 5),
        # What comes one by one is asked for one by one.
        ("resolved { batched { id } }", 25 + 25),
        ("catalogue { batched { id } }", 1 + 8),
        ("a: batched { id } b: batched { id }", 3 + 3),
    ],
)
def test_an_edge_of_a_page_asks_for_its_keys_in_calls_as_large_as_they_may_be(
    selected: str, expected: int
) -> None:
    assert of_things(selected) == expected


def test_a_page_of_nothing_asks_for_nothing_below() -> None:
    assert of_things("batched { id } single { id }", first=0) == 0


def test_the_same_edge_at_two_places_is_asked_at_each() -> None:
    text = "{ a: things(first: 1) { ...P } b: things(first: 1) { ...P } }"
    text += " fragment P on ThingConnection { edges { node { batched { id } } } }"
    assert bound(SCHEMA, text).calls == 2 + 2


def test_what_is_streamed_may_be_asked_for_one_by_one() -> None:
    text = "{ things(first: 25) { edges { node { ... @defer { batched { id } } } } } }"
    assert bound(SCHEMA, text).calls == 1 + 25


def test_a_variable_says_whether_the_last_are_asked_for() -> None:
    cost = cost_of(SCHEMA, "query($n: Int) { things(last: $n) { totalCount } }")
    assert cost.bound({"n": 3}).calls == 2
    assert cost.bound({"n": None}).calls == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The inbox and, for what it lacks, the provider.
        ('{ order(id: "O1") { payment { id } } }', 1 + 2),
        ('{ order(id: "O1") { shipment { id } } }', 1 + 1),
        ("{ orders(first: 100) { edges { node { payments { totalCount } } } } }", 1 + 1 + 1),
        ("{ orders(first: 100) { edges { node { items { product { stock { sku } } } } } } }", 1 + 40 + 40),
        ("{ payments(last: 1) { totalCount } }", 2),
        ("{ updateCursor }", 0),
        ('{ node(id: "x") { id } }', 2),
        ("subscription { paymentUpdated { node { order { number } } } }", 1),
    ],
)
def test_the_reference_graph(text: str, expected: int) -> None:
    assert bound(reference, text).calls == expected


def test_a_listing_is_read_once_for_all_parents() -> None:
    assert of_things("catalogue { catalogue { id } }") == 2
