from __future__ import annotations

import pytest
from graphql import build_schema, parse, validate
from msgspec.structs import replace

from patchbay.importing.model import Batching, Model, Paging, PagingStyle, Problem, Severity
from patchbay.importing.project.examples import example_of
from patchbay.importing.project.report import VariableState, report_of, strict_problems
from patchbay.importing.project.report_text import graph_lines, report_lines
from tests.importing.project.test_drift import BEFORE, LIST, ORDER, argument, operation

KEYED = replace(
    operation("customers", argument("ids", required=True)),
    batching=Batching("ids", "id", max_size=50, single="customer", why="ids takes many"),
)
PAGED = replace(
    LIST,
    paging=Paging(PagingStyle.OFFSET, ("data",), ORDER, position="status", size="size", why="told by offset"),
)

BATCH = "  batch        customers takes up to 50 ids at once, as customer takes one: ids takes many"
PAGES = "  pages        orders has pages by offset (status), at most 100 rows each: told by offset"
PDF = "takes a body of type application/pdf"

MODEL = replace(
    BEFORE,
    version="1.2",
    operations=(PAGED, KEYED, replace(operation("send"), is_mutation=True)),
    offered=8,
    excluded=2,
    problems=(
        *(Problem(Severity.LEFT_OUT, "shop.yaml", f"/paths/{number}", PDF) for number in range(12)),
        Problem(Severity.WEAKER, "shop.yaml", "/x", "is anything"),
        Problem(Severity.NOTE, "shop.yaml", "line 3", "says nothing"),
    ),
)

VARIABLES = (
    VariableState("SHOP_TOKEN", "Bearer token", needed=True, given=False),
    VariableState("SHOP_URL", "address", needed=False, given=True),
)


def text(model: Model = MODEL) -> str:
    return "\n".join(report_lines(report_of(model, "shop.yaml", variables=VARIABLES)))


@pytest.mark.parametrize(
    "line",
    [
        "shop: Shop 1.2 (rest, shop.yaml)",
        "  operations   3 of 8: 2 queries, 1 mutation; 2 excluded; 3 left out",
        "  types        5",
        "  address      https://shop.example",
        "  variable     SHOP_TOKEN MISSING: Bearer token",
        "  variable     SHOP_URL set: address",
        f"{BATCH}  (else: [upstreams.shop.operations.customers] batch = false)",
        f"{PAGES}  (else: [upstreams.shop.operations.orders] paging = false)",
        f"  left out     {PDF} (12)",
        "               shop.yaml /paths/9",
        "               and 2 more",
        "  weaker       is anything (1)",
        "               shop.yaml line 3",
    ],
)
def test_the_report_says_it(line: str) -> None:
    assert line in text().splitlines()


def test_only_the_first_ten_places_are_shown() -> None:
    assert "/paths/10" not in text()


def test_strict_asks_for_what_is_lost_and_not_for_notes() -> None:
    report = report_of(MODEL, "shop.yaml")
    assert not report.is_complete
    assert len(strict_problems(report)) == 13
    notes = replace(MODEL, problems=MODEL.problems[-1:])
    assert report_of(notes, "shop.yaml").is_complete


def test_names_that_were_taken_are_told_with_the_way_out() -> None:
    lines = list(graph_lines((), {"crm.Customer": "CrmCustomer"}))
    assert lines[0].startswith("renamed      crm.Customer is CrmCustomer, as its name was taken")
    assert lines[0].endswith('(else: [rename] "crm.Customer" = "...")')


SCHEMA = build_schema("""
type Query {
  orders(first: Int, after: String): OrderConnection
  order(id: ID!, in: In!): Order
  pets: [Pet!]
  thing: Thing
  wrapped: Wrapped
}
input In { a: Int! kind: Kind! tags: [String!]! more: String }
enum Kind { BIG SMALL }
union Thing = Pet | Order
type Wrapped { data: [Pet!] }
type OrderConnection { edges: [Edge!]! nodes: [Order!]! totalCount: Int }
type Edge { node: Order cursor: String! }
type Order { id: ID! note: String total: Money pet(name: String!): Pet }
type Money { cents: Int }
type Pet { id: ID owner: Order }
""")


@pytest.mark.parametrize(
    "fields", [["orders", "pets", "order"], ["thing", "wrapped"], ["order"], ["nothing", "pets"]]
)
def test_an_example_is_valid(fields: list[str]) -> None:
    example = example_of("shop", SCHEMA, fields)
    assert example is not None
    assert validate(SCHEMA, parse(example.query)) == []
    assert example.query.startswith("# shop\nquery Shop")


def test_an_example_asks_what_needs_nothing_first() -> None:
    example = example_of("shop", SCHEMA, ["order", "orders"])
    assert example is not None
    assert example.variables is None
    assert "orders(first: 3)" in example.query


def test_an_example_brings_values_for_what_it_needs() -> None:
    example = example_of("shop", SCHEMA, ["order"])
    assert example is not None
    assert example.variables == {"id": "1", "in": {"a": 1, "kind": "BIG", "tags": ["1"]}}


def test_there_is_no_example_where_nothing_reads() -> None:
    assert example_of("shop", SCHEMA, []) is None
