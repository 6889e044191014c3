from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from patchbay.importing.model import ListOf, Named
from tests.importing.openapi.types.mapping import Document, ref

if TYPE_CHECKING:
    from pathlib import Path

TEXT = {"type": "string"}


def an_object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members or {"name": TEXT}}


def test_a_component_gives_its_own_name(tmp_path: Path) -> None:
    document = Document(tmp_path, {"order_item": an_object()})
    assert document.output("order_item", "Wrong") == Named("OrderItem")
    assert document.input("order_item", "Wrong") == Named("OrderItemInput")


def test_two_components_that_differ_in_signs_alone_keep_their_own_spelling(tmp_path: Path) -> None:
    document = Document(tmp_path, {"OrderItem": an_object(), "order_item": an_object(a=TEXT)})
    assert document.output("order_item") == Named("Order_item")
    assert document.output("OrderItem") == Named("OrderItem")


def test_inline_schemas_are_called_by_the_way_to_them(tmp_path: Path) -> None:
    order = an_object(
        lines={"type": "array", "items": an_object(product=an_object())},
        address=an_object(geo=an_object()),
        state={"type": "string", "enum": ["new", "paid"]},
    )
    document = Document(tmp_path, {"Order": order})
    document.output("Order")
    assert set(document.types.model_types) == {
        "Order",
        "OrderLine",
        "OrderLineProduct",
        "OrderAddress",
        "OrderAddressGeo",
        "OrderState",
    }


def test_a_title_names_an_inline_schema_unless_it_says_nothing(tmp_path: Path) -> None:
    document = Document(
        tmp_path,
        {
            "Order": an_object(
                payer={**an_object(), "title": "Natural person"},
                payee={**an_object(a=TEXT), "title": "Payee"},
                meta={**an_object(b=TEXT), "title": "Response body"},
                note={**an_object(c=TEXT), "title": "All that is said about the order by its payer"},
            )
        },
    )
    document.output("Order")
    assert list(document.types.model_types) == [
        "Order",
        "NaturalPerson",
        "OrderPayee",
        "OrderMeta",
        "OrderNote",
    ]


def test_a_title_that_two_schemas_have_names_the_first_and_the_other_goes_by_its_way(tmp_path: Path) -> None:
    document = Document(
        tmp_path,
        {
            "Order": an_object(
                billing={**an_object(), "title": "Address"},
                shipping={**an_object(a=TEXT), "title": "Address"},
                home={**an_object(), "title": "Address"},
            )
        },
    )
    document.output("Order")
    assert document.fields("Order") == {
        "billing": "Address",
        "shipping": "OrderShipping",
        "home": "Address",
    }


def test_hints_are_used_from_the_plain_to_the_long_one(tmp_path: Path) -> None:
    document = Document(tmp_path, {"Order": an_object()})
    assert document.output(an_object(), "Order", "GetOrder", "GetOrderResponse") == Named("GetOrder")


def test_the_items_of_a_list_are_called_as_one_of_them(tmp_path: Path) -> None:
    document = Document(tmp_path, {"Orders": {"type": "array", "items": an_object()}})
    assert document.output("Orders") == ListOf(Named("Order"))
    items = {"type": "array", "items": an_object(a=TEXT)}
    assert document.output(items, "Invoices") == ListOf(Named("Invoice"))


def test_names_of_graphql_and_of_pages_are_not_given_out(tmp_path: Path) -> None:
    names = ["Query", "subscription", "Date", "Order", "OrderConnection", "DatabaseConnection"]
    document = Document(tmp_path, {name: an_object() for name in names})
    assert [document.output(name) for name in names] == [
        Named("QueryObject"),
        Named("SubscriptionObject"),
        Named("DateObject"),
        Named("Order"),
        Named("OrderConnectionObject"),
        Named("DatabaseConnection"),
    ]


def test_an_input_keeps_a_name_that_ends_with_input(tmp_path: Path) -> None:
    document = Document(tmp_path, {"OrderInput": an_object(), "Order": an_object(a=TEXT)})
    assert document.input("OrderInput") == Named("OrderInput")
    assert document.input("Order") == Named("OrderDataInput")
    assert document.output("Order") == Named("Order")


def test_long_ways_are_shortened_and_told_apart_by_their_last_steps(tmp_path: Path) -> None:
    deep: dict[str, Any] = an_object()
    for step in range(12):
        deep = an_object(
            **{f"settlement{'abcdefghijkl'[step]}": deep, f"remittance{step}": an_object(a=TEXT)}
        )
    document = Document(tmp_path, {"Order": deep})
    document.output("Order")
    names = list(document.types.model_types)
    assert len(names) == 25
    assert all(len(name) <= 60 for name in names)


def test_members_get_names_that_graphql_allows(tmp_path: Path) -> None:
    members = ["order id", "@type", "type", "$ref", "2nd", "class", "a.b", "+1", "-1", "größe", "__typename"]
    document = Document(tmp_path, {"Order": an_object(**dict.fromkeys(members, TEXT))})
    document.output("Order")
    order = document.types.model_types["Order"]
    assert [field.wire for field in order.fields] == members  # type: ignore[union-attr]
    assert [field.name for field in order.fields] == [  # type: ignore[union-attr]
        "orderId",
        "_type",
        "type",
        "ref",
        "n2nd",
        "class",
        "aB",
        "plus1",
        "minus1",
        "grosse",
        "typename",
    ]
    assert [field.attribute for field in order.fields][5] == "class_"  # type: ignore[union-attr]


def test_members_that_differ_in_spelling_alone_are_told_apart(tmp_path: Path) -> None:
    document = Document(tmp_path, {"Order": an_object(order_id=TEXT, orderId=TEXT, OrderId=TEXT)})
    document.output("Order")
    assert list(document.fields("Order")) == ["order_id", "orderId", "OrderId"]


def test_the_same_document_has_the_same_names_each_time(tmp_path: Path) -> None:
    schemas = {
        "Order": an_object(lines={"type": "array", "items": an_object()}, other=ref("other")),
        "other": {},
    }
    first, second = Document(tmp_path, schemas), Document(tmp_path, schemas)
    assert first.output("Order") == second.output("Order")
    assert first.types.model_types == second.types.model_types


def test_a_schema_that_a_bundler_has_left_twice_is_one(tmp_path: Path) -> None:
    schemas = {"Page": an_object(), "Page_1": an_object(), "Page_2": an_object(a=TEXT)}
    document = Document(tmp_path, schemas)
    assert [document.output(name) for name in schemas] == [Named("Page"), Named("Page"), Named("Page2")]


def test_schemas_of_other_files_are_called_by_file_or_by_shelf(tmp_path: Path) -> None:
    (tmp_path / "line-item.json").write_text(json.dumps(an_object(sku=TEXT, parent={"$ref": "#"})))
    shelf = {"definitions": {"tax_rate": an_object(rate=TEXT)}, "Fee": an_object(fee=TEXT)}
    (tmp_path / "common.json").write_text(json.dumps(shelf))
    order = an_object(
        line={"$ref": "line-item.json"},
        tax={"$ref": "common.json#/definitions/tax_rate"},
        fee={"$ref": "common.json#/Fee"},
    )
    document = Document(tmp_path, {"Order": order})
    document.output("Order")
    assert document.fields("Order") == {"line": "LineItem", "tax": "TaxRate", "fee": "Fee"}
    assert document.fields("LineItem") == {"sku": "String", "parent": "LineItem"}
