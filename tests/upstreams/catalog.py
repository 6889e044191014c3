"""A GraphQL service of products on loopback, by another library than ours, that notes what it is asked."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import strawberry
import uvicorn
from graphql import GraphQLError
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL as Server

from tests.patchbay.calling import CANARY

PRICES = {f"P{number}": number * 100 for number in range(1, 251)}
COUNTRIES = {"AT": "Europe", "DE": "Europe", "JP": "Asia"}


@strawberry.type
class Price:
    cents: int
    currency: str


@strawberry.type
class Part:
    part_name: str
    made_in: list[str]


@strawberry.federation.type(keys=["id"])
class Product:
    id: strawberry.ID

    @strawberry.field
    def name(self) -> str:
        return f"Product {self.id}"

    @strawberry.field
    def number(self) -> int:
        return int(self.id[1:])

    @strawberry.field
    def price(self, currency: str = "EUR") -> Price | None:
        return Price(cents=PRICES[self.id], currency=currency)

    @strawberry.field
    def parts(self) -> list[Part]:
        return [Part(part_name=f"{self.id}-{number}", made_in=["AT"]) for number in range(2)]

    @strawberry.field
    def stock(self) -> int | None:
        """Cannot be told of P3, which leaves a null in its place."""
        if self.id == "P3":
            raise _coded("WAREHOUSE_CLOSED")
        return PRICES[self.id] // 100

    @strawberry.field
    def weight(self) -> int:
        """Cannot be told of P4, which leaves a null in the place of the whole product."""
        if self.id == "P4":
            raise _coded("SCALES_BROKEN")
        return 5

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Product | None:
        return _product(id)


@strawberry.type
class ProductPage:
    nodes: list[Product]
    total_count: int


@strawberry.federation.type(keys=["region number"])
class Depot:
    region: str
    number: int

    @classmethod
    def resolve_reference(cls, region: str, number: int) -> Depot | None:
        assert type(number) is int
        return Depot(region=region, number=number) if number < 10 else None


@strawberry.type
class Country:
    code: str
    continent: str


@strawberry.input
class DepotKey:
    region: str
    number: int


@strawberry.input
class NewPrice:
    cents: int
    currency: str = "EUR"


@strawberry.type
class Changed:
    product: Product | None


def _coded(code: str) -> Exception:
    return GraphQLError(f"{CANARY}: the shelf 17 is on fire", extensions={"code": code, "secret": CANARY})


def _product(id: str) -> Product | None:
    return Product(id=strawberry.ID(id)) if id in PRICES else None


@strawberry.type
class Query:
    @strawberry.field
    def products_by_ids(self, ids: list[strawberry.ID], only: str | None = None) -> list[Product | None]:
        """One for each id, in their order."""
        return [_product(id) if only in (None, id) else None for id in ids]

    @strawberry.field
    def known_products(self, ids: list[strawberry.ID]) -> ProductPage:
        """Those that there are, last asked first."""
        nodes = [product for id in reversed(ids) if (product := _product(id)) is not None]
        return ProductPage(nodes=nodes, total_count=len(nodes))

    @strawberry.field
    def products_by_numbers(self, numbers: list[int]) -> list[Product | None]:
        return [_product(f"P{number}") for number in numbers]

    @strawberry.field
    def depots(self, keys: list[DepotKey]) -> list[Depot]:
        return [Depot(region=key.region, number=key.number) for key in keys if key.number < 10]

    @strawberry.field
    def product(self, id: strawberry.ID) -> Product | None:
        if id == "P5":
            raise _coded("NOT_FOUND")
        return _product(id)

    @strawberry.field
    def products(self, skip: int, take: int) -> ProductPage:
        ids = list(PRICES)[skip : skip + take]
        return ProductPage(nodes=[Product(id=strawberry.ID(id)) for id in ids], total_count=len(PRICES))

    @strawberry.field
    def countries(self, continent: str | None) -> list[Country]:
        pairs = COUNTRIES.items()
        return [Country(code=code, continent=of) for code, of in pairs if continent in (None, of)]


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change_price(self, id: strawberry.ID, cents: int) -> Product | None:
        if cents < 0:
            raise _coded("PRICE_NEGATIVE")
        return _product(id)

    @strawberry.mutation
    def set_price(self, id: strawberry.ID, price: NewPrice) -> Changed:
        return Changed(product=_product(id) if price.currency == "EUR" else None)

    @strawberry.mutation
    def forget(self, id: strawberry.ID) -> bool:
        return id in PRICES


SCHEMA = strawberry.federation.Schema(query=Query, mutation=Mutation, types=[Product, Depot])


@dataclass
class Catalog:
    """The running service."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    """Every request's JSON body."""
    accepted: list[bytes] = field(default_factory=list)
    """The Accept headers of every request, joined."""

    @property
    def documents(self) -> list[str]:
        return [body["query"] for body in self.asked]

    @property
    def variables(self) -> list[dict[str, Any]]:
        return [body["variables"] for body in self.asked]


@asynccontextmanager
async def running_catalog() -> AsyncIterator[Catalog]:
    """The service, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        catalog = Catalog(f"http://127.0.0.1:{listening.getsockname()[1]}/graphql/?v=2")
        answer = Server(SCHEMA)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            assert scope["path"] == "/graphql/"
            assert scope["query_string"] == b"v=2"
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            catalog.asked.append(json.loads(body))
            catalog.accepted.append(
                b", ".join(value for name, value in scope["headers"] if name == b"accept")
            )

            async def whole() -> dict[str, Any]:
                return {"type": "http.request", "body": body, "more_body": False}

            await answer(scope, whole, send)

        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield catalog
        finally:
            server.should_exit = True
            await serving
