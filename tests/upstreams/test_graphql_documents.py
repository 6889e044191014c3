"""Documents are made of declarations, once; what a call is about never gets into them."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from graphql import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from patchbay.errors import ConfigurationError
from patchbay.upstreams import GraphQL, asked_as
from patchbay.upstreams.graphql_documents import Signature, selection_of
from tests.patchbay.wire import Wire, json_reply
from tests.upstreams.opening import opened

catalog = GraphQL("catalog", url="CATALOG_URL")


class Colour(enum.Enum):
    RED = "red"


class Price(msgspec.Struct, frozen=True):
    cents: int


class Everything(msgspec.Struct, frozen=True, rename="camel"):
    the_text: str
    a_number: int | float
    an_amount: Decimal
    a_time: datetime | None
    an_id: UUID
    a_colour: Colour
    checked: Annotated[int, msgspec.Meta(gt=0)] | None
    some: list[str | None]
    price: Price
    maybe: Price | None
    left_out: Price | msgspec.UnsetType = msgspec.UNSET
    many: list[Price] = []
    nested: tuple[list[Price | None], ...] | None = None
    annotated: Annotated[list[Annotated[Price, msgspec.Meta(title="t")]], msgspec.Meta(max_length=5)] = []
    renamed: int = msgspec.field(default=0, name="__other")


class Tagged(msgspec.Struct, frozen=True, tag="Tagged", tag_field="__typename"):
    price: Price


class Card(msgspec.Struct, frozen=True, tag="Card"):
    digits: str


class Transfer(msgspec.Struct, frozen=True, tag="Transfer"):
    iban: str


class Payment(msgspec.Struct, frozen=True):
    id: str
    method: Card | Transfer


class Payments(msgspec.Struct, frozen=True):
    all: list[Payment]


class Category(msgspec.Struct, frozen=True):
    id: str
    parent: Category | None = None


class Row(msgspec.Struct, frozen=True, array_like=True):
    id: str


class WithRow(msgspec.Struct, frozen=True):
    rows: list[Row]


class WithAny(msgspec.Struct, frozen=True):
    price: Any


class WithDict(msgspec.Struct, frozen=True):
    price: dict[str, int]


class WithRaw(msgspec.Struct, frozen=True):
    price: msgspec.Raw


class WithDictOrText(msgspec.Struct, frozen=True):
    price: dict[str, int] | str


class Misnamed(msgspec.Struct, frozen=True):
    price: int = msgspec.field(name="price(currency: EUR)")


class Hyphened(msgspec.Struct, frozen=True, rename="kebab"):
    the_price: int


def test_the_selection_is_the_records_members_by_their_names_on_the_wire() -> None:
    assert selection_of("here", Everything) == (
        "{ theText aNumber anAmount aTime anId aColour checked some price { cents } maybe { cents }"
        " leftOut { cents } many { cents } nested { cents } annotated { cents } __other }"
    )
    assert selection_of("here", list[Price | None]) == "{ cents }"
    assert selection_of("here", Tagged) == "{ __typename price { cents } }"
    assert selection_of("here", bool) == ""


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (Payments, "here.all.method is one of several types"),
        (Category, "here.parent is a record that holds itself"),
        (WithRow, "here.rows is a record without names"),
        (WithAny, "here.price is neither a record nor a scalar"),
        (WithDict, "here.price is neither a record nor a scalar"),
        (WithRaw, "here.price is neither a record nor a scalar"),
        (WithDictOrText, "here.price is one of several types"),
        (Misnamed, "here: 'price(currency: EUR)' is no GraphQL name"),
        (Hyphened, "here: 'the-price' is no GraphQL name"),
    ],
)
def test_a_member_that_cannot_be_selected_is_refused_at_its_declaration(record: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem.replace("(", r"\(").replace(")", r"\)")):
        selection_of("here", record)


NO_FIELDS = [
    "", "a b", "a(", "a(b: )", "a(b: X) { c }", "a } type B { c", "a: X b", "a(b: X): Y", "{ a }", "a(b: $c)",
    "a # b", "query { a }", "1a", "a(b: X) }",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_FIELDS)
def test_what_is_no_field_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no field such as 'productsByIds"):
        Signature("catalog", text)


@pytest.mark.parametrize("text", ["", "a b", "a { b }", "... on A", "b: a", "a(b: $c)", "a } { b", "a(", "}"])
def test_a_member_is_asked_for_as_one_field(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no field such as 'price"):
        asked_as(text)


@pytest.mark.parametrize(
    "declare",
    [
        lambda: catalog.batch("products", Price, match="cents", max_size=5),
        lambda: catalog.batch("products(id: ID!)", Price, match="cents", max_size=5),
        lambda: catalog.batch("products(ids: [ID!]!)", Price, match="euros", max_size=5),
        lambda: catalog.batch("products(ids: [ID!]!)", Payment, match="id", max_size=5),
        lambda: catalog.batch("products(ids: [ID!]!)", Price, match="cents", max_size=5, at="a b"),
        lambda: catalog.entities("Price } evil {", Price, match="cents", max_size=5),
        lambda: catalog.each("product", Price),
        lambda: catalog.each("product(id: ID!)", Category),
        lambda: catalog.page("products(skip: Int)", Price, items="nodes", total="total"),
        lambda: catalog.page("products(skip: Int, take: Int)", Price, items="no des", total="total"),
        lambda: catalog.list("products", WithAny),
        lambda: catalog.write("change } evil {", Price),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused_where_it_stands(declare: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"catalog|evil"):
        declare()


ids = catalog.batch("things(ids: [ID!]!, note: String)", Price, match="cents", max_size=50)
pairs = catalog.entities("Thing", Tagged, match="price", max_size=50)
one = catalog.each("thing(id: ID!)", Price)
change = catalog.write("change(id: ID!, text: String!)", bool)

DOCUMENTS = {
    "query things($ids: [ID!]!, $note: String) { things(ids: $ids, note: $note) { cents } }",
    (
        "query _entities($representations: [_Any!]!)"
        " { _entities(representations: $representations) { ... on Thing { __typename price { cents } } } }"
    ),
    "query thing($id: ID!) { thing(id: $id) { cents } }",
    "mutation change($id: ID!, $text: String!) { change(id: $id, text: $text) }",
}

nasty = st.text(st.characters() | st.sampled_from('"\\{}$#\n\r\x00\ud800'), max_size=12) | st.sampled_from(
    ['"', '"""', "\\", "{ evil }", "$ids", "\n}", "\ud800", "\x00", '"}, evil: "', "#"]
)


def sendable(text: str) -> bool:
    return text.encode("utf-8", "ignore").decode() == text


@settings(max_examples=60, deadline=None)
@given(keys=st.lists(nasty, min_size=1, max_size=5, unique=True), text=nasty)
async def test_no_value_changes_a_document(keys: list[str], text: str) -> None:
    empty: dict[str, Any] = {"things": [], "_entities": [], "thing": None, "change": True}
    async with Wire(json_reply({"data": empty})) as wire, opened(catalog, CATALOG_URL=wire.url):
        await ids(keys, note=text)
        await pairs(keys)
        await one(keys)
        await change(id=keys[0], text=text)
        bodies = [msgspec.json.decode(request.body) for request in wire.requests]
    assert {body["query"] for body in bodies} <= DOCUMENTS
    good = [key for key in keys if sendable(key)]
    variables = [body["variables"] for body in bodies]
    expected: list[Any] = []
    if good and sendable(text):
        expected.append({"ids": good, "note": text})
    if good:
        expected.append({"representations": [{"__typename": "Thing", "price": key} for key in good]})
    expected += [{"id": key} for key in good]
    if sendable(keys[0]) and sendable(text):
        expected.append({"id": keys[0], "text": text})
    assert sorted(map(repr, variables)) == sorted(map(repr, expected))


def test_documents_are_graphql() -> None:
    for document in DOCUMENTS:
        parse(document)
