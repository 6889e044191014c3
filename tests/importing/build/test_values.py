"""Values that upstreams answer: how clients see them, and what becomes of wrong ones."""

from __future__ import annotations

from typing import Any

import pytest

from patchbay.importing.build import Part, build_graph
from patchbay.importing.model import ListOf, MapOf, Named, ObjectType, TypeRef
from tests.execution.asking import ask
from tests.importing.build.shop import ENTRY, SHOP, Memory, field, model, operation, orders, shop

PAYMENT = "payment { __typename ... on Card { kind last4 } ... on Cash { kind till } }"


async def of_order(selection: str, **members: Any) -> tuple[Any, Any]:
    """What is told of an order with these members."""
    upstream = shop([{**orders(1)[0], **members}])
    graph = build_graph([Part(SHOP, upstream)])
    data, errors = await ask(graph.schema, f'{{ order(id: "{members.get("id", "o0")}") {{ {selection} }} }}')
    return (None if data is None else data["order"]), errors


async def value_of(type_: TypeRef | str, value: Any) -> tuple[Any, Any]:
    """What a client sees of a value of this type."""
    thing = ObjectType("Thing", (field("value", type_), field("other", "String")))
    of = model("things", (operation("thing", "Thing"),), thing, ENTRY, *_MORE)
    graph = build_graph([Part(of, Memory(of, {"thing": lambda _: {"value": value, "other": "here"}}))])
    wanted = "value { key value }" if isinstance(type_, MapOf) else "value"
    data, errors = await ask(graph.schema, f"{{ thing {{ {wanted} other }} }}")
    assert data["thing"]["other"] == "here"
    return data["thing"]["value"], errors


_MORE = (ObjectType("ListsEntry", (field("key", "String"), field("value", ListOf(Named("Int"))))),)


@pytest.mark.parametrize(
    ("type_", "value", "seen"),
    [
        ("String", "text", "text"),
        ("ID", 7, "7"),
        ("ID", "7", "7"),
        ("Int", 7, 7),
        ("SafeInt", 2**53 - 1, 2**53 - 1),
        ("BigInt", 2**70, str(2**70)),
        ("Float", 1, 1.0),
        ("Boolean", True, True),
        ("Decimal", "1.50", "1.50"),
        ("Decimal", 12, "12"),
        ("DateTime", "2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        ("DateTime", "yesterday", "yesterday"),
        ("Base64", "AA==", "AA=="),
        ("JSON", {"a": [1, None, {"b": 1.5}]}, {"a": [1, None, {"b": 1.5}]}),
        (ListOf(ListOf(Named("Int"))), [[1, 2], []], [[1, 2], []]),
        (MapOf(Named("String"), "LabelEntry"), {"a": "b"}, [{"key": "a", "value": "b"}]),
        (MapOf(ListOf(Named("Int")), "ListsEntry"), {"a": [1]}, [{"key": "a", "value": [1]}]),
    ],
)
async def test_each_kind_of_value_is_passed_on(type_: Any, value: Any, seen: Any) -> None:
    assert await value_of(type_, value) == (seen, [])


@pytest.mark.parametrize("type_", ["String", "ID", "Int", "BigInt", "Decimal", "DateTime", "JSON", "Boolean"])
async def test_what_is_null_or_left_out_is_null(type_: str) -> None:
    assert await value_of(type_, None) == (None, [])


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("String", 7),
        ("Int", "seven"),
        ("Int", 2**31),
        ("SafeInt", 2**53),
        ("Boolean", "perhaps"),
        ("Decimal", "much"),
        ("DateTime", 7),
        (ListOf(Named("Int")), {"a": 1}),
    ],
)
async def test_a_wrong_value_is_the_error_of_its_field_alone(type_: Any, value: Any) -> None:
    seen, ((message, path),) = await value_of(type_, value)
    assert seen is None
    assert path == ["thing", "value"]
    assert message.startswith("things: Expected ")
    assert "seven" not in message
    assert str(2**31) not in message


async def test_entries_of_lists_of_mappings_are_lists_of_lists() -> None:
    type_ = ListOf(MapOf(Named("String"), "LabelEntry"), nullable_items=True)
    thing = ObjectType("Thing", (field("value", type_),))
    of = model("things", (operation("thing", "Thing"),), thing, ENTRY)
    answer: Any = {"value": [{"a": "b"}, None]}
    graph = build_graph([Part(of, Memory(of, {"thing": lambda _: answer}))])
    data, errors = await ask(graph.schema, "{ thing { value { key value } } }")
    assert not errors
    assert data == {"thing": {"value": [[{"key": "a", "value": "b"}], None]}}


async def test_an_enum_s_values_have_the_names_of_the_schema() -> None:
    assert await of_order("status", status="in-transit") == ({"status": "IN_TRANSIT"}, [])
    assert await of_order("status", status=3) == ({"status": "DONE"}, [])


async def test_an_enum_s_new_value_is_an_error_that_does_not_tell_it() -> None:
    order, errors = await of_order("id status", status="secret")
    assert order == {"id": "o0", "status": None}
    assert errors == [("shop: a value that OrderStatus does not have at $", ["order", "status"])]


@pytest.mark.parametrize(
    ("payment", "seen"),
    [
        ({"kind": "card", "last4": "1"}, {"__typename": "Card", "kind": "card", "last4": "1"}),
        ({"kind": "cash", "till": 4}, {"__typename": "Cash", "kind": "cash", "till": 4}),
        ({"till": 4, "kind": "coins"}, {"__typename": "Cash", "kind": "coins", "till": 4}),
        (None, None),
    ],
)
async def test_a_union_s_value_is_told_by_its_discriminator(payment: Any, seen: Any) -> None:
    assert await of_order(PAYMENT, payment=payment) == ({"payment": seen}, [])


async def test_a_union_s_unknown_value_is_the_error_of_its_field_alone() -> None:
    order, errors = await of_order(f"id {PAYMENT}", payment={"kind": "cheque", "secret": 1})
    assert order == {"id": "o0", "payment": None}
    assert errors == [("shop: a value of an unknown type at $.payment", ["order", "payment"])]


async def test_a_list_that_holds_a_wrong_row_keeps_the_others() -> None:
    order, errors = await of_order("lines { sku count }", lines=[{"sku": "a", "count": 1}, {"count": "x"}])
    assert order == {"lines": [{"sku": "a", "count": 1}, {"sku": None, "count": None}]}
    assert [path for _, path in errors] == [["order", "lines", 1, "count"]]


async def test_a_union_does_not_keep_the_read_from_being_narrow() -> None:
    upstream = shop()
    graph = build_graph([Part(SHOP, upstream)])
    await ask(graph.schema, f'{{ order(id: "o1") {{ id {PAYMENT} }} }}')
    assert upstream.calls[0][2] == frozenset({"id", "payment", "payment.*"})


async def test_a_body_of_another_shape_is_bad_data_of_the_whole_field() -> None:
    of = model("things", (operation("numbers", ListOf(Named("Int"))),))
    graph = build_graph([Part(of, Memory(of, {"numbers": lambda _: {"secret": 1}}))])
    data, errors = await ask(graph.schema, "{ numbers }")
    assert data == {"numbers": None}
    assert "secret" not in str(errors)
