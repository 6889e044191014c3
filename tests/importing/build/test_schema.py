"""The schema of imported graphs: what it says of types, and that it stands beside what people wrote."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import strawberry
from graphql import get_introspection_query, print_schema, validate_schema
from strawberry.schema.config import StrawberryConfig
from structlog.testing import capture_logs

from patchbay.checks import check_graph
from patchbay.importing.build import Part, beside_python, build_graph
from patchbay.importing.build.graph import BuiltGraph
from patchbay.importing.model import (
    EnumType,
    EnumValue,
    InputType,
    ListOf,
    Member,
    Named,
    ObjectType,
    UnionType,
)
from patchbay.importing.records import Records
from patchbay.links import link
from patchbay.server import GraphSchema
from patchbay.server.app import MOST_TOLD, create_app
from patchbay.server.settings import Settings
from tests.execution.asking import ask
from tests.importing.build.shop import (
    SHOP,
    Memory,
    argument,
    field,
    model,
    operation,
    shop,
)


def built(*operations: Any, types: tuple[Any, ...] = ()) -> BuiltGraph:
    of = model("shop", operations, *types)
    return build_graph([Part(of, Memory(of, {}))])


def test_the_shop_s_schema() -> None:
    graph = build_graph([Part(SHOP, shop())])
    text = print_schema(graph.schema.graphql_schema)
    assert text == print_schema(build_graph([Part(SHOP, shop())]).schema.graphql_schema)
    assert '"""What somebody bought."""\ntype Order {' in text
    assert '  """Its number."""\n  id: ID!\n' in text
    assert "  status: OrderStatus\n" in text
    assert "  labels: [LabelEntry!]\n" in text
    assert "  lines: [OrderLine!]\n" in text
    assert '  old: String @deprecated(reason: "nobody fills it")\n' in text
    assert "  ordersByIds(ids: [ID!]!): [Order!]\n" in text
    assert "type OrderConnection {" in text
    check_graph(graph.schema, ["shop"])


async def test_it_can_be_introspected() -> None:
    graph = build_graph([Part(SHOP, shop())])
    data, errors = await ask(graph.schema, get_introspection_query(input_value_deprecation=True))
    assert not errors
    assert "OrderConnection" in {type_["name"] for type_ in data["__schema"]["types"]}


async def test_a_graph_without_an_operation_that_reads_has_a_query_all_the_same() -> None:
    graph = built(operation("do", "Boolean", is_mutation=True))
    assert (await ask(graph.schema, "{ upstreams }")) == ({"upstreams": ["shop"]}, [])


def test_types_that_hold_nothing_are_anything() -> None:
    graph = built(
        operation("a", "Nothing"),
        operation("b", ListOf(Named("NoEnum"))),
        operation("c", "NoUnion"),
        operation("d", "Unknown"),
        types=(ObjectType("Nothing", ()), EnumType("NoEnum", ()), UnionType("NoUnion", ())),
    )
    text = print_schema(graph.schema.graphql_schema)
    for name in "acd":
        assert f"  {name}: JSON\n" in text
    assert "  b: [JSON]\n" in text


async def test_what_holds_nothing_is_passed_on() -> None:
    of = model("shop", (operation("a", "Nothing"),), ObjectType("Nothing", ()))
    graph = build_graph([Part(of, Memory(of, {"a": lambda _: {"b": [1]}}))])
    assert await ask(graph.schema, "{ a }") == ({"a": {"b": [1]}}, [])


def test_a_required_argument_is_not_deprecated_as_graphql_has_no_such_thing() -> None:
    graph = built(operation("a", "String", argument("x", "Int", required=True, deprecated="old")))
    assert "  a(x: Int!): String" in print_schema(graph.schema.graphql_schema)


def test_types_that_hold_each_other_are_no_trouble() -> None:
    ring = tuple(
        ObjectType(f"T{n}", (field("next", f"T{(n + 1) % 500}"), field("all", ListOf(Named(f"T{n}")))))
        for n in range(500)
    )
    graph = built(operation("a", "T0"), types=ring)
    assert not validate_schema(graph.schema.graphql_schema)


class People:
    """A read by key, written by hand."""

    name, source = "GET /people", "people"
    asked: list[list[str]] = []  # noqa: RUF012 - cleared by who looks

    async def __call__(self, ids: Any, **_: Any) -> list[Any]:
        self.asked.append(list(ids))
        return [f"person {each}" for each in ids]

    def selecting(self, attributes: Any) -> Any:
        del attributes
        return self


IMPORTED = build_graph([Part(SHOP, shop())])
IMPORTED_ORDER: Any = IMPORTED.types["shop.Order"]
IMPORTED_QUERY: Any = IMPORTED.query


@strawberry.type
class Purchase(IMPORTED_ORDER):  # type: ignore[misc] # made at run time
    buyer: str | None = link(People(), key="customer_id")


@strawberry.type
class Query(IMPORTED_QUERY):  # type: ignore[misc] # as above
    @strawberry.field
    def day(self, after: dt.date) -> dt.datetime:
        return dt.datetime.combine(after, dt.time(12), dt.UTC)

    @strawberry.field
    async def purchase(self) -> Purchase | None:
        read = IMPORTED.upstreams[0].by_ids(SHOP.operations[1], Records(SHOP), keys=("ids",), match="id")
        return (await read(["o1"]))[0]  # type: ignore[return-value] # a record, as resolvers answer


async def test_imported_types_stand_beside_hand_written_ones() -> None:
    People.asked.clear()
    schema = GraphSchema(query=Query, config=StrawberryConfig(scalar_map=beside_python()))
    data, errors = await ask(
        schema, '{ day(after: "2026-01-31") order(id: "o1") { placedAt } purchase { id buyer } }'
    )
    assert not errors
    assert data == {
        "day": "2026-01-31T12:00:00+00:00",
        "order": {"placedAt": "2026-01-31T10:00:00Z"},
        "purchase": {"id": "o1", "buyer": "person c1"},
    }
    assert People.asked == [["c1"]]


async def test_inputs_are_texts_on_the_wire_where_the_graph_reads_them_as_python_s_values() -> None:
    of = model("shop", (operation("a", "String", argument("at", "DateTime"), argument("d", "Decimal")),))
    upstream = Memory(of, {"a": lambda _: "done"})
    graph = build_graph([Part(of, upstream)])
    schema = GraphSchema(query=graph.query, config=StrawberryConfig(scalar_map=beside_python()))
    _, errors = await ask(schema, '{ a(at: "2026-01-31T10:00:00Z", d: "1.50") }')
    assert not errors
    assert upstream.calls[0][1] == {"at": "2026-01-31T10:00:00Z", "d": "1.50"}


def test_a_start_names_some_of_the_lists_whose_length_is_a_guess(tmp_path: Any) -> None:
    things = tuple(ObjectType(f"T{n}", (field("all", ListOf(Named(f"T{n}"))),)) for n in range(MOST_TOLD + 5))
    of = model("shop", tuple(operation(f"t{n}", type_.name) for n, type_ in enumerate(things)), *things)
    graph = build_graph([Part(of, Memory(of, {}))])
    with capture_logs() as logs:
        create_app(
            upstreams=graph.upstreams,
            schema=graph.schema,
            settings=Settings.read({"PATCHBAY_DATABASE": str(tmp_path / "inbox.db")}),
            environment={},
        )
    (told,) = [each for each in logs if each["event"] == "lists_of_unknown_length"]
    assert len(told["fields"]) == MOST_TOLD
    assert told["number"] == MOST_TOLD + 5


def test_names_that_graphql_does_not_allow_are_made_such_as_it_does() -> None:
    graph = built(
        operation("1st", "2nd", argument("a-b", "Int"), argument("c", "__Way")),
        types=(
            ObjectType("2nd", (field("x y", "String"), field("__z", "Colour"))),
            EnumType("Colour", (EnumValue("true", "t"), EnumValue("a b", "ab"), EnumValue("", "c"))),
            InputType("__Way", (field("far-off", "Int"),)),
        ),
    )
    text = print_schema(graph.schema.graphql_schema)
    assert "  n1st(aB: Int, c: Way): N2nd\n" in text
    assert "  xY: String\n  z: Colour\n" in text
    assert "enum Colour {\n  VALUE_TRUE\n  A_B\n}" in text
    assert "input Way {\n  farOff: Int\n}" in text


async def test_types_of_the_wrong_side_are_anything() -> None:
    graph = built(
        operation("a", "In", argument("b", "Out"), argument("c", ListOf(Named("Either")))),
        types=(
            InputType("In", (field("x", "Int"),)),
            ObjectType("Out", (field("x", "Int"),)),
            UnionType("Either", (Member("Out"), Member("In"))),
        ),
    )
    assert "  a(b: JSON, c: [JSON]): JSON\n" in print_schema(graph.schema.graphql_schema)


@pytest.mark.parametrize("name", ["Query", "Order"])
def test_every_type_is_a_real_strawberry_type(name: str) -> None:
    graph = build_graph([Part(SHOP, shop())])
    assert graph.schema.get_type_by_name(name) is not None
