"""What people change of an imported graph, and who is called what where several upstreams meet."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import print_schema

from patchbay.errors import ConfigurationError
from patchbay.importing.build import Edits, Merge, Part, build_graph
from patchbay.importing.model import Batching, ListOf, Model, Named, ObjectType
from tests.execution.asking import ask
from tests.importing.build.shop import ID, SHOP, Memory, argument, field, model, operation, shop
from tests.importing.build.test_links import CRM, crm

STORE = Model("store", "rest", "Store", SHOP.operations, SHOP.types)


def schema_of(edits: Edits = Edits(), *parts: Part) -> str:  # noqa: B008 - unchanging
    return print_schema(build_graph(parts or [Part(SHOP, shop())], edits).schema.graphql_schema)


def test_a_later_upstream_s_names_get_its_own_in_front_where_they_are_taken() -> None:
    graph = build_graph([Part(SHOP, shop()), Part(STORE, Memory(STORE, {})), Part(CRM, crm())])
    text = print_schema(graph.schema.graphql_schema)
    assert "  storeOrder(id: ID!): StoreOrder" in text
    assert "type StoreOrderLine" in text
    assert graph.names["store.Order"] == "StoreOrder"
    assert graph.names["store.order"] == "storeOrder"
    assert not [name for name in graph.names if name.startswith(("shop", "crm"))]
    assert {"shop.Order", "store.Order", "crm.Customer"} <= graph.types.keys()


def test_a_type_that_is_called_as_one_of_the_graph_s_own_gets_another_name() -> None:
    of = model("shop", (operation("q", "Query"), operation("d", "Date")), *(
        ObjectType(name, (field("id", ID),)) for name in ("Query", "Date", "PageInfo")
    ))  # fmt: skip
    text = schema_of(Edits(), Part(of, Memory(of, {})))
    assert "  q: ShopQuery" in text
    assert "  d: ShopDate" in text


def test_all_of_an_upstream_can_have_a_prefix() -> None:
    text = schema_of(Edits(prefixes={"shop": "My"}))
    assert "  myOrder(id: ID!): MyOrder" in text
    assert "): MyOrderConnection" in text
    assert "union MyPayment = MyCard | MyCash" in text


async def test_types_fields_and_operations_can_be_renamed() -> None:
    edits = Edits(
        rename={
            ("shop", "Order"): "Purchase",
            ("shop", "Order", "customerId"): "buyer",
            ("shop", "order"): "purchase",
        }
    )
    graph = build_graph([Part(SHOP, shop())], edits)
    data, errors = await ask(graph.schema, '{ purchase(id: "o1") { __typename buyer } }')
    assert (data, errors) == ({"purchase": {"__typename": "Purchase", "buyer": "c1"}}, [])


def test_types_fields_and_operations_can_be_hidden() -> None:
    text = schema_of(
        Edits(
            hide=(
                ("shop", "Order", "labels"),
                ("shop", "ordersByIds"),
                ("shop", "Cash"),
                ("shop", "OrderLine"),
            )
        )
    )
    assert "labels" not in text
    assert "ordersByIds" not in text
    assert "union Payment = Card\n" in text
    assert "lines" not in text


@pytest.mark.parametrize(
    ("edits", "problems"),
    [
        (
            Edits(
                rename={("shop", "Ordr"): "A", ("shop", "Order", "idd"): "b", ("shp", "Order"): "C"},
                hide=(("shop", "ordersByIdz"),),
                prefixes={"cmr": "C"},
            ),
            [
                "prefix of cmr: there is no upstream 'cmr'; did you mean 'crm'?",
                "rename shop.Ordr: shop has no type or operation 'Ordr'; did you mean 'Order'?",
                "rename shop.Order.idd: shop.Order has no field 'idd'; did you mean 'id'?",
                "rename shp.Order: there is no upstream 'shp'; did you mean 'shop'?",
                "hide shop.ordersByIdz: shop has no type or operation 'ordersByIdz'",
            ],
        ),
        (
            Edits(rename={("shop", "Order", "id"): "status"}),
            ["rename shop.Order.id: shop.Order has a field 'status' already"],
        ),
        (
            Edits(rename={("shop", "Order"): "Query"}),
            ["rename shop.Order: 'Query' is the name of something else"],
        ),
        (
            Edits(hide=(("shop", "Card", "kind"), ("shop", "Card", "last4"))),
            ["hide: nothing is left of shop.Card; hide the type itself"],
        ),
        (
            Edits(merges=(Merge((("shop", "Order"), ("crm", "Customer")), "number"),)),
            [
                "merge shop.Order, crm.Customer key number: shop.Order has no field 'number'",
                "merge shop.Order, crm.Customer key number: crm.Customer has no field 'number'",
            ],
        ),
    ],
)
def test_edits_that_cannot_be_meant_are_refused_all_at_once(edits: Edits, problems: list[str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        build_graph([Part(SHOP, shop()), Part(CRM, crm())], edits)
    lines = str(refused.value).split("\n")
    assert len(lines) == len(problems)
    assert all(line.startswith(problem) for line, problem in zip(lines, problems, strict=True))


# ----------------------------------------------------------------------------------------------------- merges

BUYER = ObjectType(
    "Buyer",
    (
        field("id", ID, required=True, attribute="number", wire="number"),
        field("email", "String", required=True),
        field("name", "String"),
        field("tags", ListOf(Named("String"))),
    ),
)
MAIL = model(
    "mail",
    (
        operation(
            "buyers",
            ListOf(Named("Buyer")),
            argument("ids", ListOf(ID), required=True),
            batching=Batching("ids", "number"),
        ),
        operation("newest", ListOf(Named("Buyer"))),
    ),
    BUYER,
)
MERGE = Edits(merges=(Merge((("crm", "Customer"), ("mail", "Buyer")), "id"),))


def mail() -> Memory:
    def one(key: str) -> Any:
        return {"number": key, "email": f"{key}@example.org", "name": "by mail", "tags": [key]}

    return Memory(
        MAIL,
        {
            "buyers": lambda arguments: [one(key) for key in arguments["ids"] if key != "c9"],
            "newest": lambda _: [one("c1"), one("c2")],
        },
    )


async def merged(query: str) -> tuple[Any, Any, Memory, Memory]:
    upstreams = crm(), mail()
    graph = build_graph([Part(CRM, upstreams[0]), Part(MAIL, upstreams[1])], MERGE)
    data, errors = await ask(graph.schema, query)
    return data, errors, *upstreams


async def test_a_merged_type_has_the_fields_of_both_which_are_read_by_the_key() -> None:
    data, errors, of_crm, of_mail = await merged(
        '{ customer(id: "c1") { __typename id name email tags } gone: customer(id: "c9") { id email } }'
    )
    assert not errors
    assert data == {
        "customer": {
            "__typename": "Customer",
            "id": "c1",
            "name": "name of c1",
            "email": "c1@example.org",
            "tags": ["c1"],
        },
        "gone": {"id": "c9", "email": None},
    }
    assert len(of_crm.calls) == 2
    assert [call[:2] for call in of_mail.calls] == [("buyers", {"ids": ["c1", "c9"]})]


async def test_it_is_the_same_from_the_other_side() -> None:
    data, errors, of_crm, of_mail = await merged("{ newest { id name email friendIds } }")
    assert not errors
    assert data["newest"][1] == {
        "id": "c2",
        "name": "name of c2",
        "email": "c2@example.org",
        "friendIds": ["c0", "c9", "c2"],
    }
    assert len(of_mail.calls) == 1
    assert sorted(call[1]["id"] for call in of_crm.calls) == ["c1", "c2"]


def test_a_merge_needs_an_operation_that_reads_by_the_key() -> None:
    of = model("mail", (operation("newest", ListOf(Named("Buyer"))),), BUYER)
    with pytest.raises(ConfigurationError, match="mail has no operation that answers a Buyer by its id"):
        build_graph([Part(CRM, crm()), Part(of, Memory(of, {}))], MERGE)
