"""What clients give, as it reaches the upstream; and mutations."""

from __future__ import annotations

from typing import Any

import pytest

from patchbay.importing.build import Part, build_graph
from patchbay.importing.model import BodyKind, InputType, ListOf, MapOf, Named, TypeRef
from tests.execution.asking import ask
from tests.importing.build.shop import LINE, ORDER, SHOP, Memory, argument, field, model, operation

NEW_LINE = InputType(
    "NewLine",
    (field("sku", "String", required=True), field("howMany", "Int", attribute="how_many", wire="how-many")),
)
PAY = InputType(
    "Pay",
    (field("card", "CardInput", tag=("kind", "card")), field("voucher", "String")),
    one_of=True,
)
CARD = InputType("CardInput", (field("number", "String", default='"none"'), field("pay", "Pay")))
LABEL = InputType("LabelInput", (field("key", "String", required=True), field("value", "JSON")))
NEW_ORDER = InputType(
    "NewOrder",
    (
        field("lines", ListOf(Named("NewLine")), required=True),
        field("pay", "Pay"),
        field("labels", MapOf(Named("JSON"), "LabelInput"), wire="meta"),
        field("status", "OrderStatus"),
        field("at", "DateTime"),
        field("again", "NewOrder", required=True),
    ),
)
TYPES = [type_ for type_ in SHOP.types.values() if type_.name != "OrderPage"]


async def sent(type_: TypeRef | str, literal: str, variables: Any = None, head: str = "") -> tuple[Any, Any]:
    """What an argument of this type is, as it reaches the upstream."""
    of = model(
        "shop",
        (operation("do", "Boolean", argument("body", type_), is_mutation=True, kind=BodyKind.JSON),),
        *TYPES,
        NEW_LINE,
        PAY,
        CARD,
        LABEL,
        NEW_ORDER,
    )
    upstream = Memory(of, {"do": lambda _: True})
    graph = build_graph([Part(of, upstream)])
    data, errors = await ask(graph.schema, f"mutation {head} {{ do(body: {literal}) }}", variables)
    assert errors or data == {"do": True}
    return (upstream.calls[0][1]["body"] if upstream.calls else None), errors


@pytest.mark.parametrize(
    ("type_", "literal", "value"),
    [
        ("String", '"a"', "a"),
        ("ID", "7", "7"),
        ("SafeInt", str(2**53 - 1), 2**53 - 1),
        ("BigInt", str(2**70), 2**70),
        ("BigInt", f'"{2**70}"', 2**70),
        ("Decimal", '"1.50"', "1.50"),
        ("Decimal", "2", "2"),
        ("DateTime", '"2026-01-31T10:00:00.000Z"', "2026-01-31T10:00:00.000Z"),
        ("DateTime", '"2026-01-31T10:00:00"', "2026-01-31T10:00:00"),
        ("Date", '"2026-01-31"', "2026-01-31"),
        ("Date", '"2026-01-31+02:00"', "2026-01-31+02:00"),
        ("Time", '"10:00:00.5"', "10:00:00.5"),
        ("Duration", '"PT1H30M"', "PT1H30M"),
        ("UUID", '"C2B5D4E6-0000-4000-8000-000000000000"', "C2B5D4E6-0000-4000-8000-000000000000"),
        ("Base64", '"AA=="', "AA=="),
        ("JSON", "{a: [1, true, null]}", {"a": [1, True, None]}),
        ("OrderStatus", "IN_TRANSIT", "in-transit"),
        ("OrderStatus", "DONE", 3),
        (ListOf(Named("OrderStatus")), "[OPEN, DONE]", ["open", 3]),
        (MapOf(Named("JSON"), "LabelInput"), '[{key: "a", value: 1}, {key: "b"}]', {"a": 1, "b": None}),
        ("NewLine", '{sku: "a", howMany: 2}', {"sku": "a", "how-many": 2}),
        ("NewLine", '{sku: "a", howMany: null}', {"sku": "a", "how-many": None}),
        ("NewLine", '{sku: "a"}', {"sku": "a"}),
        ("Pay", '{voucher: "v"}', "v"),
        ("Pay", '{card: {number: "4"}}', {"number": "4", "kind": "card"}),
        (
            "NewOrder",
            '{lines: [{sku: "a"}], labels: [{key: "k", value: [1]}], pay: {card: {pay: {voucher: "v"}}}}',
            {"lines": [{"sku": "a"}], "meta": {"k": [1]}, "pay": {"kind": "card", "pay": "v"}},
        ),
        ("Upload", '"text"', {"filename": "", "content_type": "", "content": b"text"}),
        (
            "Upload",
            '{name: "a.png", type: "image/png", base64: "AAE="}',
            {"filename": "a.png", "content_type": "image/png", "content": b"\x00\x01"},
        ),
    ],
)
async def test_values_are_written_as_on_the_wire(type_: Any, literal: str, value: Any) -> None:
    assert await sent(type_, literal) == (value, [])


async def test_variables_are_the_same() -> None:
    line = {"sku": "a", "howMany": 2}
    found, errors = await sent("NewLine", "$line", {"line": line}, "($line: NewLine)")
    assert (found, errors) == ({"sku": "a", "how-many": 2}, [])


@pytest.mark.parametrize(
    ("type_", "literal"),
    [
        ("SafeInt", str(2**53)),
        ("BigInt", '"12x"'),
        ("Decimal", '"NaN"'),
        ("DateTime", '"soon"'),
        ("Date", '"2026-1-1"'),
        ("UUID", '"x"'),
        ("Base64", '"%"'),
        ("Upload", '{name: "a"}'),
        ("Pay", '{voucher: "v", card: {}}'),
        ("NewLine", "{howMany: 1}"),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_anything_is_called(type_: str, literal: str) -> None:
    found, errors = await sent(type_, literal)
    assert found is None
    assert errors


async def test_mutations_run_once_each_and_in_their_order() -> None:
    of = model(
        "shop",
        (operation("add", "Order", argument("n", "Int"), is_mutation=True),),
        *SHOP.types.values(),
        LINE,
        ORDER,
    )
    upstream = Memory(of, {"add": lambda arguments: {"id": str(arguments["n"])}})
    graph = build_graph([Part(of, upstream)])
    data, errors = await ask(
        graph.schema, "mutation { a: add(n: 1) { id } b: add(n: 1) { id status } c: add(n: 2) { id } }"
    )
    assert not errors
    assert data == {"a": {"id": "1"}, "b": {"id": "1", "status": None}, "c": {"id": "2"}}
    assert [arguments for _, arguments, _ in upstream.calls] == [{"n": 1}, {"n": 1}, {"n": 2}]


def test_a_required_input_that_leads_back_to_itself_is_not_required() -> None:
    do = operation("do", "Boolean", argument("b", "NewOrder"), is_mutation=True)
    of = model("shop", (do,), *TYPES, NEW_ORDER, NEW_LINE, PAY, CARD, LABEL)
    graph = build_graph([Part(of, Memory(of, {}))])
    type_: Any = graph.schema.graphql_schema.type_map["NewOrder"]
    assert str(type_.fields["again"].type) == "NewOrder"
    assert str(type_.fields["lines"].type) == "[NewLine!]!"


def test_defaults_are_told_and_not_sent() -> None:
    do = operation("do", "Boolean", argument("b", "CardInput"), is_mutation=True)
    of = model("shop", (do,), *TYPES, PAY, CARD)
    graph = build_graph([Part(of, Memory(of, {}))])
    type_: Any = graph.schema.graphql_schema.type_map["CardInput"]
    assert type_.fields["number"].description == 'Default: "none".'
