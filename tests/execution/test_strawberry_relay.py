"""Relay's nodes and connections, and federation's entities."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import strawberry
from strawberry import relay
from strawberry.types import Info

from tests.execution.asking import Executor, ask


@strawberry.type
class Fruit(relay.Node):
    code: relay.NodeID[int]
    name: str

    @classmethod
    def resolve_nodes(cls, *, info: Info, node_ids: Iterable[str], required: bool = False) -> list[Any]:
        del info, required
        return [FRUITS.get(int(node_id)) for node_id in node_ids]


@strawberry.type
class Nut(relay.Node):
    code: relay.NodeID[str]

    @classmethod
    async def resolve_nodes(cls, *, info: Info, node_ids: Iterable[str], required: bool = False) -> list[Any]:
        del info, required
        await asyncio.sleep(0)
        return [cls(code=node_id) for node_id in node_ids]


FRUITS = {number: Fruit(code=number, name=name) for number, name in enumerate(("apple", "pear", "plum"))}


def query_type() -> type:
    """A class for one schema: relay's fields take their arguments from the first that they are in."""

    @strawberry.type
    class Query:
        node: relay.Node = relay.node()
        nodes: list[relay.Node | None] = relay.node()

        @relay.connection(relay.ListConnection[Fruit])  # type: ignore[untyped-decorator] # the decorator loses the type
        def fruits(self) -> list[Fruit]:
            return list(FRUITS.values())

        @relay.connection(relay.ListConnection[Fruit])  # type: ignore[untyped-decorator] # the decorator loses the type
        async def fruits_later(self) -> list[Fruit]:
            await asyncio.sleep(0)
            return list(FRUITS.values())

        @strawberry.field
        def told(self, id: relay.GlobalID) -> str:
            return f"{id.type_name} {id.node_id}"

    return Query


@strawberry.federation.type(keys=["sku"])
class Ware:
    sku: strawberry.ID
    price: int

    @classmethod
    def resolve_reference(cls, sku: strawberry.ID) -> Ware:
        if sku == "none":
            raise ValueError("no such ware")
        return cls(sku=sku, price=len(sku))


@strawberry.federation.type(keys=["id"])
class Seller:
    id: strawberry.ID

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Seller:
        await asyncio.sleep(0)
        return cls(id=strawberry.ID(f"{info.field_name} {id}"))


@strawberry.type
class Shop:
    @strawberry.field
    def first(self) -> Ware | None:
        return Ware(sku=strawberry.ID("a"), price=1)


def relay_schema(executor: Executor) -> strawberry.Schema:
    return strawberry.Schema(query_type(), types=[Fruit, Nut], execution_context_class=executor)


def global_id(type_name: str, key: object) -> str:
    return str(relay.GlobalID(type_name, str(key)))


async def test_nodes(executor: Executor) -> None:
    query = """query ($one: ID!, $all: [ID!]!) {
      node(id: $one) { __typename id ... on Fruit { name } }
      nodes(ids: $all) { id ... on Fruit { name } }
    }"""
    apple, pear, nut = global_id("Fruit", 0), global_id("Fruit", 1), global_id("Nut", "hazel")
    assert await ask(relay_schema(executor), query, {"one": apple, "all": [pear, nut, apple]}) == (
        {
            "node": {"__typename": "Fruit", "id": apple, "name": "apple"},
            "nodes": [{"id": pear, "name": "pear"}, {"id": nut}, {"id": apple, "name": "apple"}],
        },
        [],
    )


async def test_a_node_that_is_not_there(executor: Executor) -> None:
    query = "query ($id: ID!) { node(id: $id) { id } }"
    data, errors = await ask(relay_schema(executor), query, {"id": global_id("Fruit", 9)})
    assert data is None
    assert [path for _, path in errors] == [["node"]]


async def test_connections(executor: Executor) -> None:
    query = """{
      fruits(first: 2) { pageInfo { hasNextPage endCursor } edges { cursor node { id name } } }
      fruitsLater(last: 1) { edges { node { name } } }
    }"""
    data, errors = await ask(relay_schema(executor), query)
    assert errors == []
    assert [edge["node"]["name"] for edge in data["fruits"]["edges"]] == ["apple", "pear"]
    assert data["fruits"]["edges"][0]["node"]["id"] == global_id("Fruit", 0)
    assert data["fruits"]["pageInfo"]["hasNextPage"] is True
    assert data["fruits"]["pageInfo"]["endCursor"] == data["fruits"]["edges"][1]["cursor"]
    assert data["fruitsLater"] == {"edges": [{"node": {"name": "plum"}}]}


async def test_global_ids_as_arguments(executor: Executor) -> None:
    query = "query ($id: ID!) { told(id: $id) }"
    answer = await ask(relay_schema(executor), query, {"id": global_id("Nut", "hazel")})
    assert answer == ({"told": "Nut hazel"}, [])


# Strawberry takes `__typename` out of what it is given.
WARE = {"__typename": "Ware", "sku": "abc"}
SELLER = {"__typename": "Seller", "id": "s"}


async def test_federations_entities(executor: Executor) -> None:
    schema = strawberry.federation.Schema(Shop, types=[Ware, Seller], execution_context_class=executor)
    query = """query ($of: [_Any!]!) {
      _entities(representations: $of) { __typename ... on Ware { sku price } ... on Seller { id } }
    }"""
    assert await ask(schema, query, {"of": [WARE | {}, SELLER | {}]}) == (
        {
            "_entities": [
                {"__typename": "Ware", "sku": "abc", "price": 3},
                {"__typename": "Seller", "id": "_entities s"},
            ]
        },
        [],
    )
    data, errors = await ask(schema, query, {"of": [WARE | {"sku": "none"}, WARE | {}]})
    assert data["_entities"][0] is None
    assert data["_entities"][1]["price"] == 3
    assert [path for _, path in errors] == [["_entities", 0]]


async def test_federations_service(executor: Executor) -> None:
    schema = strawberry.federation.Schema(Shop, types=[Ware, Seller], execution_context_class=executor)
    data, errors = await ask(schema, "{ _service { sdl } first { sku } }")
    assert errors == []
    assert 'type Ware @key(fields: "sku")' in data["_service"]["sdl"]
    assert data["first"] == {"sku": "a"}
