"""What a client selects is what the upstreams are asked for: the executor on top, real servers below."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import strawberry

from patchbay.links import link, listing
from patchbay.loading import load
from patchbay.records import is_record, record_field
from patchbay.server.schema import GraphSchema
from patchbay.upstreams import GraphQL, Rest
from tests.patchbay.wire import Request, Wire, answering, json_reply
from tests.upstreams.catalog import Catalog, running_catalog
from tests.upstreams.opening import opened

catalog = GraphQL("catalog", url="CATALOG_URL")
orders = Rest("orders", base_url="ORDERS_URL")


class Price(msgspec.Struct, frozen=True):
    cents: int
    currency: str


class Product(msgspec.Struct, frozen=True):
    id: str
    name: str
    price: Price
    stock: int


class Order(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    product_id: str
    note: str


products_by_ids = catalog.batch("productsByIds(ids: [ID!]!)", Product, match="id", max_size=100)
all_orders = orders.list("GET /orders", Order, fields="fields")


async def product(id: strawberry.ID) -> Any:
    return await load(products_by_ids, id)


@strawberry.type(name="Price")
class PriceType:
    is_type_of = is_record(Price)
    cents: int
    currency: str


@strawberry.type(name="Product")
class ProductType:
    is_type_of = is_record(Product)
    id: strawberry.ID
    name: str
    price: PriceType
    stock: int | None


@strawberry.type(name="Order")
class OrderType:
    is_type_of = is_record(Order)
    id: strawberry.ID
    note: str
    product: ProductType | None = link(products_by_ids, key="product_id")


@strawberry.type
class Query:
    orders: list[OrderType] = listing(all_orders)
    product: ProductType | None = record_field(product, description="By a resolver of its own.")


schema = GraphSchema(query=Query)

ROWS = [{"id": f"O{number}", "productId": f"P{number % 3}", "note": "n"} for number in range(1, 7)]


def projecting(request: Request) -> bytes:
    asked = request.query("fields")[0].split(",")
    return json_reply([{name: row[name] for name in asked} for row in ROWS])


@pytest.fixture
async def wires() -> AsyncIterator[tuple[Wire, Catalog]]:
    async with (
        Wire(answering(projecting)) as wire,
        running_catalog() as service,
        opened(orders, ORDERS_URL=wire.url),
        opened(catalog, CATALOG_URL=service.url),
    ):
        yield wire, service


@pytest.mark.parametrize(
    ("query", "of_orders", "of_products"),
    [
        ("{ orders { id product { name } } }", "id,productId", "{ id name }"),
        (
            "{ orders { note product { price { cents } } } }",
            "productId,note",
            "{ id price { cents currency } }",
        ),
        ("{ orders { product { __typename } } }", "productId", "{ id }"),
        (
            "{ orders { product { name } } again: orders { product { stock } } }",
            "productId",
            "{ id name stock }",
        ),
        (
            """query ($no: Boolean = false) {
                orders { id note product { id name price { cents } stock @include(if: $no) } }
            }""",
            "id,productId,note",
            "{ id name price { cents currency }",
        ),
    ],
)
async def test_a_query_asks_for_what_it_looks_at(
    wires: tuple[Wire, Catalog], query: str, of_orders: str, of_products: str
) -> None:
    wire, service = wires
    result = await schema.execute(query)
    assert not result.errors
    assert [request.query("fields") for request in wire.requests] == [[of_orders]]
    (document,) = service.documents
    assert f"productsByIds(ids: $ids) {of_products}" in document
    assert sorted(service.variables[0]["ids"]) == ["P0", "P1", "P2"]


async def test_the_answer_is_whole(wires: tuple[Wire, Catalog]) -> None:
    result = await schema.execute("{ orders { id product { name price { cents } } } }")
    assert result.data is not None
    assert result.data["orders"][0] == {
        "id": "O1",
        "product": {"name": "Product P1", "price": {"cents": 100}},
    }
    assert result.data["orders"][2] == {"id": "O3", "product": None}


async def test_an_error_of_a_member_hurts_those_who_look_at_it(wires: tuple[Wire, Catalog]) -> None:
    wire, _ = wires
    rows = [{"id": f"O{number}", "productId": f"P{number}", "note": "n"} for number in (2, 3)]
    wire.answer = json_reply(rows)
    result = await schema.execute("{ orders { product { name } } }")
    assert not result.errors
    result = await schema.execute("{ orders { product { name stock } } }")
    assert result.data == {"orders": [{"product": {"name": "Product P2", "stock": 2}}, {"product": None}]}
    assert result.errors
    (error,) = result.errors
    assert error.extensions == {
        "code": "UPSTREAM_GRAPHQL_ERROR", "source": "catalog", "reason": "WAREHOUSE_CLOSED",
    }  # fmt: skip
    assert "fire" not in str(error)


async def test_a_resolver_that_loads_by_itself_gets_whole_records(wires: tuple[Wire, Catalog]) -> None:
    _, service = wires
    result = await schema.execute('{ product(id: "P1") { name } }')
    assert result.data == {"product": {"name": "Product P1"}}
    assert "{ id name price { cents currency } stock }" in service.documents[0]
