"""Reads and writes of a GraphQL upstream, against a server of another library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
import pytest

from patchbay.batch import ByIds
from patchbay.cached import Ttl
from patchbay.calls import Bearer
from patchbay.errors import UpstreamUnavailable
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import GraphQL, asked_as
from tests.patchbay.wire import Wire, json_reply
from tests.upstreams.catalog import PRICES, Catalog, running_catalog
from tests.upstreams.opening import opened

catalog = GraphQL("catalog", url="CATALOG_URL", credentials=Bearer("CATALOG_TOKEN"))


class Price(msgspec.Struct, frozen=True):
    cents: int
    currency: str


class Part(msgspec.Struct, frozen=True, rename="camel"):
    part_name: str
    made_in: list[str]


class Product(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    price: Price | None
    parts: list[Part]


class Named(msgspec.Struct, frozen=True):
    id: str
    name: str


class InDollars(msgspec.Struct, frozen=True):
    id: str
    price: Price
    dollars: Annotated[Price, asked_as('price(currency: "USD")')]


class Numbered(msgspec.Struct, frozen=True):
    number: int


class Depot(msgspec.Struct, frozen=True, rename={"area": "region"}):
    area: str
    number: int


class Country(msgspec.Struct, frozen=True):
    code: str
    continent: str


products_by_ids = catalog.batch("productsByIds(ids: [ID!]!)", Product, match="id", max_size=100)
some_products = catalog.batch("productsByIds(ids: [ID!]!, only: String)", Named, match="id", max_size=10)
known_products = catalog.batch("knownProducts(ids: [ID!]!)", Named, match="id", max_size=10, at="nodes")
in_dollars = catalog.batch("productsByIds(ids: [ID!]!)", InDollars, match="id", max_size=10)
depots = catalog.batch("depots(keys: [DepotKey!]!)", Depot, match=("area", "number"), max_size=10)
by_numbers = catalog.batch("productsByNumbers(numbers: [Int!]!)", Numbered, match="number", max_size=10)
products = catalog.entities("Product", Named, match="id", max_size=2)
depot_entities = catalog.entities("Depot", Depot, match=("area", "number"), max_size=10)
product = catalog.each("product(id: ID!)", Product)
page = catalog.page("products(skip: Int!, take: Int!)", Named, items="nodes", total="totalCount")
countries = catalog.list("countries(continent: String)", Country)
change_price = catalog.write("changePrice(id: ID!, cents: Int!)", Named)
set_price = catalog.write("setPrice(id: ID!, price: NewPrice!)", Named, at="product")
forget = catalog.write("forget(id: ID!)", bool)

minute = Ttl(60)
kept_products = catalog.batch("productsByIds(ids: [ID!]!)", Named, match="id", max_size=9, cache=minute)
kept_entities = catalog.entities("Product", Named, match="id", max_size=9, cache=minute)
kept_product = catalog.each("product(id: ID!)", Named, cache=minute)
kept_page = catalog.page(
    "products(skip: Int!, take: Int!)", Named, items="nodes", total="totalCount", cache=minute
)
kept_countries = catalog.list("countries(continent: String)", Country, cache=minute)
change_kept = catalog.write("changePrice(id: ID!, cents: Int!)", Named, forgets=[(kept_products, "id")])


@pytest.fixture
async def service() -> AsyncIterator[Catalog]:
    async with (
        running_catalog() as running,
        opened(catalog, CATALOG_URL=running.url, CATALOG_TOKEN="t"),
    ):
        yield running


async def test_a_batch_asks_for_the_records_members_and_matches_by_key(service: Catalog) -> None:
    found = await products_by_ids(["P2", "nobody", "P1", "P2"])
    assert found == [
        Product("P2", "Product P2", Price(200, "EUR"), [Part("P2-0", ["AT"]), Part("P2-1", ["AT"])]),
        None,
        Product("P1", "Product P1", Price(100, "EUR"), [Part("P1-0", ["AT"]), Part("P1-1", ["AT"])]),
        found[0],
    ]
    (document,) = service.documents
    assert document == (
        "query productsByIds($ids: [ID!]!) { productsByIds(ids: $ids)"
        " { id name price { cents currency } parts { partName madeIn } } }"
    )
    assert service.variables == [{"ids": ["P2", "nobody", "P1"]}]
    assert b"application/graphql-response+json" in service.accepted[0]


async def test_many_keys_are_asked_for_in_chunks(service: Catalog) -> None:
    ids = list(PRICES)
    found = await products_by_ids(ids)
    assert [getattr(record, "id", None) for record in found] == ids
    assert sorted(len(each["ids"]) for each in service.variables) == [50, 100, 100]


async def test_further_arguments_are_variables(service: Catalog) -> None:
    first, second = await some_products(["P1", "P2"], only="P2")
    assert (first, second) == (None, Named("P2", "Product P2"))
    assert service.variables == [{"ids": ["P1", "P2"], "only": "P2"}]
    assert some_products.arguments == frozenset({"only"})
    with pytest.raises(TypeError, match="only"):
        await some_products(["P1"])
    with pytest.raises(TypeError, match="surplus"):
        await some_products(["P1"], only=None, surplus=1)


async def test_a_list_can_stand_inside_and_in_any_order(service: Catalog) -> None:
    found = await known_products(["P1", "nobody", "P2"])
    assert found == [Named("P1", "Product P1"), None, Named("P2", "Product P2")]
    assert "{ knownProducts(ids: $ids) { nodes { id name } } }" in service.documents[0]


async def test_a_member_can_be_asked_for_with_arguments(service: Catalog) -> None:
    assert await in_dollars(["P1"]) == [InDollars("P1", Price(100, "EUR"), Price(100, "USD"))]
    (small,) = await in_dollars.selecting(frozenset({"dollars"}))(["P1"])
    assert small.dollars == Price(100, "USD")  # type: ignore[union-attr] # a record
    assert '{ id dollars: price(currency: "USD") { cents currency } }' in service.documents[1]


async def test_keys_are_of_the_arguments_type_and_others_spoil_no_call(service: Catalog) -> None:
    keys: list[Any] = ["2", "x", "007", "1.0", "4294967296", 1, "-9", "\ud800", "\u0661", "1e400"]
    found = await by_numbers(keys)
    assert found == [Numbered(2), *[None] * 4, Numbered(1), *[None] * 4]
    assert service.variables == [{"numbers": [2, 1, -9]}]
    assert await by_numbers(["x"]) == [None]
    assert len(service.asked) == 1


async def test_composite_keys_are_objects_of_their_parts_own_types(service: Catalog) -> None:
    found = await depots([("north", 1), ("south", 70), ("south", "two")])
    assert found == [Depot("north", 1), None, None]
    keys = [{"region": "north", "number": 1}, {"region": "south", "number": 70}]
    assert service.variables == [{"keys": keys}]


async def test_entities_of_a_subgraph(service: Catalog) -> None:
    assert await products(["P1", "nobody", "P2"]) == [
        Named("P1", "Product P1"), None, Named("P2", "Product P2"),
    ]  # fmt: skip
    assert len(service.asked) == 2
    assert service.documents[0] == (
        "query _entities($representations: [_Any!]!)"
        " { _entities(representations: $representations) { ... on Product { id name } } }"
    )
    assert {"__typename": "Product", "id": "P1"} in service.variables[0]["representations"]
    assert await depot_entities([("north", 12), ("north", 3)]) == [None, Depot("north", 3)]
    assert products.name == "_entities Product"


async def test_one_by_one(service: Catalog) -> None:
    found = await product(["P1", "nobody"])
    assert [getattr(record, "name", record) for record in found] == ["Product P1", None]
    assert [each["id"] for each in service.variables] == ["P1", "nobody"]


async def test_pages(service: Catalog) -> None:
    found = await page([(0, 2), (249, 5)])
    assert [(each.items, each.total) for each in found] == [  # type: ignore[union-attr] # pages
        ([Named("P1", "Product P1"), Named("P2", "Product P2")], 250),
        ([Named("P250", "Product P250")], 250),
    ]
    assert service.variables[0] == {"skip": 0, "take": 2}
    assert page.places == ("skip", "take")
    assert "{ nodes { id name } totalCount }" in service.documents[0]


async def test_whole_lists(service: Catalog) -> None:
    assert [each.code for each in await countries(continent=None)] == ["AT", "DE", "JP"]
    assert await countries(continent="Asia") == [Country("JP", "Asia")]
    assert await countries(continent="\ud800") == []
    assert len(service.asked) == 2


class TestWrites:
    async def test_a_mutation_is_sent_and_what_was_loaded_is_forgotten(self, service: Catalog) -> None:
        scope = Scope()
        enter_scope(scope)
        scope.reads["something"] = None  # type: ignore[assignment] # anything that was loaded
        assert await change_price(id="P1", cents=5) == Named("P1", "Product P1")
        assert scope.reads == {}
        assert service.documents[0].startswith("mutation changePrice($id: ID!, $cents: Int!) {")
        assert await change_price(id="nobody", cents=5) is None

    async def test_input_objects_and_answers_inside_of_others(self, service: Catalog) -> None:
        class NewPrice(msgspec.Struct):
            cents: int
            currency: str | msgspec.UnsetType = msgspec.UNSET

        assert await set_price(id="P1", price=NewPrice(5)) == Named("P1", "Product P1")
        assert await set_price(id="P1", price=NewPrice(5, "USD")) is None
        assert service.variables[0] == {"id": "P1", "price": {"cents": 5}}

    async def test_scalars_are_answers_too(self, service: Catalog) -> None:
        assert await forget(id="P1") is True
        assert await forget(id="nobody") is False
        assert service.documents[0] == "mutation forget($id: ID!) { forget(id: $id) }"

    async def test_a_broken_write_is_not_made_again_and_a_broken_read_is(self) -> None:
        async with (
            Wire(json_reply({}, "503 Service Unavailable")) as wire,
            opened(catalog, CATALOG_URL=wire.url, CATALOG_TOKEN="t"),
        ):
            with pytest.raises(UpstreamUnavailable):
                await forget(id="P1")
            assert len(wire.requests) == 1
            (error,) = await products(["P1"])
            assert isinstance(error, UpstreamUnavailable)
            assert len(wire.requests) > 2


class TestNarrowing:
    async def test_a_document_holds_what_is_selected_and_the_key(self, service: Catalog) -> None:
        (record,) = await products_by_ids.selecting(frozenset({"name"}))(["P1"])
        assert (record.id, record.name) == ("P1", "Product P1")  # type: ignore[union-attr] # a record
        assert not hasattr(record, "price")
        assert service.documents[0].endswith("{ productsByIds(ids: $ids) { id name } }")

    @pytest.mark.parametrize(
        ("read", "key", "selected"),
        [
            (products, "P1", "{ ... on Product { id } }"),
            (known_products, "P1", "{ nodes { id } }"),
            (product, "P1", "{ __typename }"),
            (page, (0, 1), "{ nodes { __typename } totalCount }"),
        ],
    )
    async def test_of_nothing_selected_it_is_still_known_whether_it_is_there(
        self, service: Catalog, read: ByIds[Any], key: Any, selected: str
    ) -> None:
        assert (await read.selecting(frozenset())([key]))[0] is not None
        assert selected in service.documents[0]

    async def test_lists_are_narrowed_too(self, service: Catalog) -> None:
        rows = await countries.selecting(frozenset({"code"}))(continent=None)
        assert [row.code for row in rows] == ["AT", "DE", "JP"]
        assert service.documents[0].endswith("{ countries(continent: $continent) { code } }")


class TestWhatIsKept:
    async def test_kept_records_are_whole_and_asked_for_once(self, service: Catalog) -> None:
        for read, keys in ((kept_products, ["P1"]), (kept_entities, ["P1"]), (kept_product, ["P1"])):
            (first,) = await read(keys)
            narrow: Any = read.selecting(frozenset({"name"}))
            assert narrow is read
            assert await narrow(keys) == [first] == [Named("P1", "Product P1")]
        (first_page,) = await kept_page([(0, 1)])
        (again,) = await kept_page([(0, 1)])
        assert (again.items, again.total) == (first_page.items, 250)  # type: ignore[union-attr] # pages
        assert await kept_countries(continent="Asia") == await kept_countries(continent="Asia")
        assert len(service.asked) == 5
        status: Any = catalog.status()
        assert status["reads"]["productsByIds"]["hits"] == 1

    async def test_a_write_forgets_what_it_changes(self, service: Catalog) -> None:
        await kept_products(["P1", "P2"])
        assert await change_kept(id="P1", cents=5) is not None
        await kept_products(["P1", "P2"])
        assert [each.get("ids") for each in service.variables] == [["P1", "P2"], None, ["P1"]]


class TestTheUpstream:
    def test_variables_and_kind(self) -> None:
        assert catalog.kind == "graphql"
        assert [variable.name for variable in catalog.variables()] == ["CATALOG_URL", "CATALOG_TOKEN"]
        assert catalog.declaration.at.startswith("upstreams/test_graphql_reads.py:")
        wrong: Any = {"quota": 7}
        assert GraphQL("x", url="X", **wrong).declaration.problems

    async def test_credentials_travel_with_each_call_and_health_asks_for_nothing(self) -> None:
        async with (
            Wire(json_reply({"errors": [{}]}, "401 Unauthorized")) as wire,
            opened(catalog, CATALOG_URL=wire.url, CATALOG_TOKEN="hunter2"),
        ):
            await catalog.check()
            (request,) = wire.requests
            assert (request.method, request.target) == ("POST", "/")
            assert msgspec.json.decode(request.body) == {"query": "{ __typename }"}
            assert request.headers["authorization"] == "Bearer hunter2"
            assert request.headers["content-type"] == "application/json"
            wire.answer = json_reply({}, "500 Internal Server Error")
            with pytest.raises(UpstreamUnavailable):
                await catalog.check()

    async def test_a_closed_one_is_unavailable(self) -> None:
        assert catalog.status() == {}
        await catalog.close()
        with pytest.raises(UpstreamUnavailable):
            await catalog.check()
