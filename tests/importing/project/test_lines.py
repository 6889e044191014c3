from __future__ import annotations

import pytest

from patchbay.errors import ConfigurationError
from patchbay.importing.build.edits import Link
from patchbay.importing.project.links import parse_link
from patchbay.importing.project.merges import parse_merge
from patchbay.importing.project.quotas import parse_quota

LINES = [
    "shop.Order.customer -> crm.customers(ids: customerId) match id max 100",
    "shop.Order.shipments -> carrier.listShipments(orders: id) match orderId many at data.items",
    'shop.Shipment.weather -> weather.current(latitude: lat, longitude: lon, units: "metric", days: 2)',
]


@pytest.mark.parametrize("line", LINES)
def test_a_link_is_written_as_it_was_read(line: str) -> None:
    assert str(parse_link(line)) == line


def test_a_link_says_where_it_starts_whom_it_asks_and_by_what() -> None:
    assert parse_link(LINES[1]) == Link(
        upstream="shop",
        type="Order",
        field="shipments",
        to="carrier",
        operation="listShipments",
        keys=(("orders", "id"),),
        match="orderId",
        many=True,
        at=("data", "items"),
    )


def test_a_composite_key_can_stand_behind_the_arguments() -> None:
    found = parse_link("a.B.c -> d.e(latitude, longitude) key (lat, lon)")
    assert found.keys == (("latitude", "lat"), ("longitude", "lon"))


def test_what_is_no_fields_name_is_given_as_it_stands() -> None:
    found = parse_link('a.B.c -> d.e(id: id, unit: "a \\"b\\"", all: true, none: false, rate: -1.5)')
    assert found.given == {"unit": 'a "b"', "all": True, "none": False, "rate": -1.5}


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("shop.Order.customer = crm.customers(ids: id)", 20, "nothing can be made of the sign"),
        ("shop.Order.customer - crm.customers(ids: id)", 20, "nothing can be made of the sign"),
        ("shop.Order -> crm.customers(ids: id)", 0, "expected upstream.Type.field"),
        ("shop.Order.customer crm.customers(ids: id)", 20, "expected '->'"),
        ("shop.Order.customer -> customers(ids: id)", 23, "expected upstream.operation"),
        ("shop.Order.customer -> crm.customers", 36, "expected '('"),
        ("shop.Order.customer -> crm.customers()", 36, "no argument takes a field"),
        ("shop.Order.customer -> crm.customers(ids: id", 44, "expected ','"),
        ("shop.Order.customer -> crm.customers(ids: id, ids: no)", 46, "'ids' stands twice"),
        ("shop.Order.customer -> crm.customers(ids: )", 42, "expected a field's name, a text"),
        ("shop.Order.customer -> crm.customers(ids: id) watch id", 46, "expected one of match, max"),
        ("shop.Order.customer -> crm.customers(ids: id) match id match id", 55, "'match' stands twice"),
        ("shop.Order.customer -> crm.customers(ids: id) match id max 0", 59, "expected a number of keys"),
        ("shop.Order.customer -> crm.customers(ids: id) max 3", 36, "say 'match' as well"),
        ("shop.Order.customer -> crm.customers(a: b, c: d) match id", 36, "there are several"),
        ("shop.Order.customer -> crm.customers(ids)", 36, "ids without a field"),
        ("", 0, "expected upstream.Type.field"),
    ],
)
def test_a_wrong_link_is_pointed_at(line: str, column: int, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_link(line, "patchbay.toml: links[3]")
    first, shown, caret = str(caught.value).split("\n")
    assert first.startswith("patchbay.toml: links[3]: ")
    assert problem in first
    assert shown == f"  {line}"
    assert caret == f"  {' ' * column}^"


def test_a_link_on_two_lines_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="stands on one line"):
        parse_link("a.B.c ->\n d.e(f: g)")


def test_a_merge_names_types_and_their_key() -> None:
    found = parse_merge("shop.Customer, crm.Customer key id")
    assert (found.types, found.key) == ((("shop", "Customer"), ("crm", "Customer")), "id")
    assert str(found) == "shop.Customer, crm.Customer key id"


@pytest.mark.parametrize(
    "line",
    [
        "shop.Customer key id",
        "shop.A, shop.B key id",
        "shop.A, crm.B",
        "shop.A, crm.B key",
        "a.B, c.D key e f",
    ],
)
def test_a_wrong_merge_is_refused(line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"a merge"):
        parse_merge(line)


@pytest.mark.parametrize(
    ("text", "calls", "seconds"),
    [
        ("50/second", 50, 1),
        ("1000 / hour", 1000, 3600),
        ("5/10s", 5, 10),
        ("3 per minute", 3, 60),
        ("9/days", 9, 86_400),
    ],
)
def test_quotas_are_read(text: str, calls: int, seconds: int) -> None:
    quota = parse_quota(text)
    assert (quota.calls, quota.seconds) == (calls, seconds)


@pytest.mark.parametrize("text", ["", "fast", "50", "0/second", "50/parsec", "-1/s", "1.5/s"])
def test_what_is_no_quota_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no quota"):
        parse_quota(text)
