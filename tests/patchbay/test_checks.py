"""Types, records, links and upstreams of a graph are compared before anything is asked."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import strawberry
from strawberry import relay

from patchbay.checks import check_graph
from patchbay.errors import ConfigurationError
from patchbay.links import link
from patchbay.records import is_record
from tests.patchbay.reads import Read


class Product(msgspec.Struct, frozen=True):
    id: str
    name: str
    place: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        return f"{self.id} {self.name}"

    def price(self) -> int:
        return len(self.name)


def check(*types: type, upstreams: tuple[str, ...] = ("things",)) -> None:
    @strawberry.type
    class Query:
        one: str

    check_graph(strawberry.Schema(Query, types=types), upstreams)


def problems(*types: type, upstreams: tuple[str, ...] = ("things",)) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        check(*types, upstreams=upstreams)
    return str(caught.value).splitlines()


def product_type(name: str, annotation: Any, value: Any = None) -> type:
    """A type over Product with one more field."""
    namespace = {
        "__annotations__": {"id": relay.NodeID[str], "name": str, name: annotation},
        "is_type_of": is_record(Product),
    }
    if value is not None:
        namespace[name] = value
    return strawberry.type(type("Product", (relay.Node,), namespace))


@pytest.mark.parametrize("name", ["place", "label"])
def test_fields_and_properties_of_the_record_can_be_read(name: str) -> None:
    check(product_type(name, str))


@pytest.mark.parametrize("name", ["color", "price", "Name"])
def test_a_field_that_the_record_does_not_have(name: str) -> None:
    assert problems(product_type(name, str)) == [f"Product.{name} is no attribute of test_checks.Product"]


def test_a_field_with_a_resolver_needs_no_attribute() -> None:
    @strawberry.type
    class Product2:
        is_type_of = is_record(Product)

        @strawberry.field
        def color(self) -> str:
            return "red"

    check(Product2)


@pytest.mark.parametrize("key", ["id", "label", ("id", "name"), "place.x"])
def test_a_link_by_attributes_of_the_record(key: str | tuple[str, ...]) -> None:
    check(product_type("rating", str, link(Read(), key=key)))


def test_a_links_key_that_the_record_does_not_have() -> None:
    read = link(Read(), key=("id", "product_id"))
    assert problems(product_type("rating", str, read)) == [
        "Product.rating: its link's key 'product_id' is no attribute of test_checks.Product"
    ]


def test_a_link_to_an_upstream_that_is_not_there() -> None:
    @strawberry.type
    class Item:
        size: int
        rating: str | None = link(Read(), key="nobody_knows")

    check(Item)
    assert problems(Item, upstreams=("shop",)) == [
        "Item.rating reads from 'things', which is not among the upstreams"
    ]


def test_a_link_used_for_two_edges_is_refused_with_both_names() -> None:
    shared = link(Read(), key="name")

    @strawberry.type
    class First:
        room: str | None = shared

    @strawberry.type
    class Second:
        seat: str | None = shared

    assert problems(First, Second) == [
        "the link of First.room is used again for Second.seat; declare a link for each edge"
    ]


def test_all_mistakes_are_told_at_once() -> None:
    @strawberry.type
    class Wrong:
        is_type_of = is_record(Product)
        color: str
        rating: str | None = link(Read(), key="sku")

    assert problems(Wrong, upstreams=()) == [
        "Wrong.color is no attribute of test_checks.Product",
        "Wrong.rating reads from 'things', which is not among the upstreams",
        "Wrong.rating: its link's key 'sku' is no attribute of test_checks.Product",
    ]


async def test_the_record_of_a_type_still_decides_what_is_of_the_type() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def node(self) -> relay.Node:
            return node  # type: ignore[return-value] # records stand for Strawberry's types

    node: object = Product("P1", "one")
    schema = strawberry.Schema(Query, types=[product_type("place", list[float])])
    assert (await schema.execute("{ node { __typename } }")).data == {"node": {"__typename": "Product"}}
    node = object()
    assert (await schema.execute("{ node { __typename } }")).errors
