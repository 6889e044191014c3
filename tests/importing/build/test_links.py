"""Edges between imported types: those of people, and those that a description has itself."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from patchbay.errors import ConfigurationError
from patchbay.importing.build import Edits, Link, Part, build_graph
from patchbay.importing.model import Batching, Edge, ListOf, Named, ObjectType
from tests.execution.asking import ask
from tests.importing.build.shop import (
    ID,
    SHOP,
    Memory,
    argument,
    field,
    model,
    operation,
    orders,
    shop,
)

CUSTOMER = ObjectType(
    "Customer",
    (
        field("id", ID, required=True),
        field("name", "String"),
        field("friendIds", ListOf(ID), attribute="friend_ids"),
    ),
)
CUSTOMERS = ObjectType("Customers", (field("rows", ListOf(Named("Customer"))),))
CRM = model(
    "crm",
    (
        operation(
            "customers", "Customers", argument("ids", ListOf(ID), required=True), argument("lang", "String")
        ),
        operation("customer", "Customer", argument("id", ID, required=True)),
        operation("search", ListOf(Named("Customer")), argument("name", "String")),
    ),
    CUSTOMER,
    CUSTOMERS,
)


def crm() -> Memory:
    def one(key: str) -> dict[str, Any]:
        return {"id": key, "name": f"name of {key}", "friendIds": ["c0", "c9", "c2"]}

    return Memory(
        CRM,
        {
            "customers": lambda arguments: {"rows": [one(key) for key in arguments["ids"] if key != "c9"]},
            "customer": lambda arguments: one(arguments["id"]),
            "search": lambda arguments: [one(arguments["name"])],
        },
    )


LINK = Link("shop", "Order", "customer", "crm", "customers", (("ids", "customerId"),), match="id", most=2)
ALL = '{ ordersByIds(ids: ["o0", "o1", "o2", "o3"]) { id customer { name } } }'


async def linked(link: Any, query: str) -> tuple[Any, Any, Memory, Memory]:
    upstreams = shop(), crm()
    parts = [Part(SHOP, upstreams[0]), Part(CRM, upstreams[1])]
    graph = build_graph(parts, Edits(links=(link,)))
    data, errors = await ask(graph.schema, query)
    return data, errors, *upstreams


async def test_a_link_is_one_call_for_as_many_keys_as_it_says() -> None:
    data, errors, of_shop, of_crm = await linked(LINK, ALL)
    assert not errors
    assert [row["customer"]["name"] for row in data["ordersByIds"]] == [
        "name of c0",
        "name of c1",
        "name of c2",
        "name of c0",
    ]
    assert of_shop.calls[0][2] == frozenset({"id", "customer_id"})
    assert [call[:2] for call in of_crm.calls] == [
        ("customers", {"ids": ["c0", "c1"]}),
        ("customers", {"ids": ["c2"]}),
    ]
    assert {call[2] for call in of_crm.calls} == {frozenset({"id", "name"})}


async def test_a_link_to_an_operation_for_one_thing_is_a_call_for_each_key() -> None:
    link = Link("shop", "Order", "customer", "crm", "customer", (("id", "customerId"),))
    data, errors, _, of_crm = await linked(link, ALL)
    assert not errors
    assert data["ordersByIds"][3] == {"id": "o3", "customer": {"name": "name of c0"}}
    assert sorted(call[1]["id"] for call in of_crm.calls) == ["c0", "c1", "c2"]


async def test_a_link_gives_what_it_is_told_to_give_each_time() -> None:
    link = Link(
        "shop", "Order", "customer", "crm", "customers", (("ids", "customerId"),), {"lang": "en"}, match="id"
    )
    _, errors, _, of_crm = await linked(link, ALL)
    assert not errors
    assert of_crm.calls[0][1] == {"ids": ["c0", "c1", "c2"], "lang": "en"}


async def test_a_list_of_keys_leads_to_a_row_for_each() -> None:
    link = Link("crm", "Customer", "friends", "crm", "customers", (("ids", "friendIds"),), match="id")
    data, errors, _, of_crm = await linked(link, '{ customer(id: "c1") { friends { id } } }')
    assert not errors
    assert data == {"customer": {"friends": [{"id": "c0"}, None, {"id": "c2"}]}}
    assert len(of_crm.calls) == 2


async def test_many_rows_of_a_key_are_a_list() -> None:
    of = model(
        "shop",
        (operation("ordersOf", ListOf(Named("Order")), argument("customers", ListOf(ID), required=True)),),
        *SHOP.types.values(),
    )
    upstreams = Memory(of, {"ordersOf": lambda _: orders(5)}), crm()
    link = Link(
        "crm", "Customer", "orders", "shop", "ordersOf", (("customers", "id"),), match="customerId", many=True
    )
    graph = build_graph([Part(of, upstreams[0]), Part(CRM, upstreams[1])], Edits(links=(link,)))
    data, errors = await ask(graph.schema, '{ customer(id: "c1") { orders { id } } }')
    assert not errors
    assert data == {"customer": {"orders": [{"id": "o1"}, {"id": "o4"}]}}


async def test_a_key_that_is_not_there_leads_nowhere() -> None:
    upstreams = shop([{"id": "o1"}]), crm()
    graph = build_graph([Part(SHOP, upstreams[0]), Part(CRM, upstreams[1])], Edits(links=(LINK,)))
    data, errors = await ask(graph.schema, '{ order(id: "o1") { customer { name } } }')
    assert (data, errors) == ({"order": {"customer": None}}, [])
    assert not upstreams[1].calls


async def test_a_wrong_key_is_an_error_and_is_not_asked_for() -> None:
    upstreams = shop([{"id": "o1", "customer_id": {"a": 1}}]), crm()
    graph = build_graph([Part(SHOP, upstreams[0]), Part(CRM, upstreams[1])], Edits(links=(LINK,)))
    data, errors = await ask(graph.schema, '{ order(id: "o1") { customer { name } } }')
    assert data == {"order": {"customer": None}}
    assert errors == [("shop: Expected `ID`, got `object` at $.customer_id", ["order", "customer"])]
    assert not upstreams[1].calls


async def test_edges_of_the_description_are_batched_where_a_sibling_takes_many() -> None:
    line = operation("line", "OrderLine", argument("sku", "String", required=True))
    order = operation("order", "Order", argument("id", ID, required=True))
    many = operation(
        "ordersByIds",
        ListOf(Named("Order")),
        argument("ids", ListOf(ID), required=True),
        batching=Batching("ids", "id", single="order"),
    )
    box = ObjectType("Box", (field("orderId", ID, attribute="order_id"),))
    boxes = operation("boxes", ListOf(Named("Box")))
    of = model(
        "shop",
        (order, many, boxes, line),
        *SHOP.types.values(),
        box,
        edges=(
            Edge("Box", "order", "order", {"id": "order_id"}),
            Edge("Order", "firstLine", "line", {"sku": "id"}),
            Edge("Box", "nothing", "gone", {"id": "order_id"}),
            Edge("Box", "wrong", "order", {"ident": "order_id"}),
            Edge("Box", "orderId", "order", {"id": "order_id"}),
        ),
    )
    rows = {row["id"]: row for row in orders(3)}
    upstream = Memory(
        of,
        {
            "boxes": lambda _: [{"orderId": "o1"}, {"orderId": "o2"}],
            "ordersByIds": lambda arguments: [rows[key] for key in arguments["ids"]],
            "line": lambda arguments: {"sku": arguments["sku"], "count": 1},
        },
    )
    graph = build_graph([Part(of, upstream)])
    data, errors = await ask(graph.schema, "{ boxes { order { id firstLine { sku } } } }")
    assert not errors
    assert data["boxes"] == [{"order": {"id": key, "firstLine": {"sku": key}}} for key in ("o1", "o2")]
    assert [name for name, _, _ in upstream.calls] == ["boxes", "ordersByIds", "line", "line"]
    assert sorted(graph.schema.graphql_schema.type_map["Box"].fields) == ["order", "orderId"]  # type: ignore[attr-defined] # an object


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"upstream": "shp"}, "there is no upstream 'shp'; did you mean 'shop'?"),
        ({"type": "Ordr"}, "shop has no object type 'Ordr'; did you mean 'Order'?"),
        ({"operation": "custmers"}, "crm has no operation 'custmers'; did you mean 'customers'?"),
        ({"keys": (("idz", "id"),)}, "customers has no argument 'idz'; did you mean 'ids'?"),
        ({"keys": (("ids", "custId"),)}, "shop.Order has no field 'custId'; did you mean 'customerId'?"),
        ({"field": "id"}, "shop.Order has a field 'id' already"),
        ({"match": "key"}, "the rows have no field 'key'; there are: id, name, friendIds"),
        ({"match": ""}, "ids takes a list of keys: say 'match' as well"),
        ({"keys": (("lang", "id"),)}, "customers needs ids as well"),
        ({"at": ("data",)}, "the rows have no field 'id'"),
    ],
)
def test_a_link_that_cannot_be_meant_is_refused(changed: dict[str, Any], problem: str) -> None:
    link = msgspec.structs.replace(
        Link("shop", "Order", "c", "crm", "customers", (("ids", "id"),), match="id"), **changed
    )
    with pytest.raises(ConfigurationError) as refused:
        build_graph([Part(SHOP, shop()), Part(CRM, crm())], Edits(links=(link, LINK)))
    (line,) = str(refused.value).split("\n")
    assert line.startswith(f"link {link.upstream}.{link.type}.{link.field} -> crm.{link.operation}: ")
    assert problem in line
