"""Reads by key over imported operations: in chunks, one by one, grouped, narrowed."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from patchbay.batch import arguments_of
from patchbay.errors import ConfigurationError, UpstreamError, UpstreamUnavailable
from patchbay.importing.model import Batching, Body, BodyKind, ListOf, Named, Operation
from tests.importing.rest.making import (
    INT,
    TEXTS,
    Echo,
    body,
    field,
    model,
    operation,
    path,
    query,
    served,
    thing,
)
from tests.patchbay.wire import Request, answering, json_reply, reply

ORDER = thing("Order", field("id"), field("customer", attribute="customer_id"), field("note"))
ROWS = ListOf(Named("Order"))
FOUND = thing("Found", field("data", ROWS))

ORDERS = operation("GET /orders", query("ids", TEXTS, explode=False, required=True), result=Named("Found"))
ONE = operation("GET /orders/{id}", path("id"), result=Named("Order"))


def rows_of(request: Request) -> bytes:
    """Each order that is asked for but those that nobody knows, in the other order."""
    ids = [key for value in request.query("ids") for key in value.split(",")]
    rows = [{"id": key, "customer": f"c{key}"} for key in reversed(ids) if not key.startswith("un")]
    return json_reply({"data": rows})


def keyed(echo: Echo, of: Operation, **options: Any) -> Any:
    return echo.upstream.by_ids(of, echo.records, **options)


def whole(*operations: Any) -> Any:
    return model(*operations, types=(ORDER, FOUND))


async def test_keys_are_asked_in_chunks_and_rows_are_matched_by_key() -> None:
    async with served(whole(ORDERS), answering(rows_of)) as echo:
        read = keyed(echo, ORDERS, keys=("ids",), match="id", max_size=2, items=("data",))
        outcomes = await read(["3", "unknown", "1", "3", "2"])
        assert [each and each.id for each in outcomes] == ["3", None, "1", "3", "2"]
        assert len(echo.wire.requests) == 2
        assert arguments_of(read, 1) == frozenset()


async def test_a_key_that_would_shift_the_others_is_not_asked_for() -> None:
    async with served(whole(ORDERS), answering(rows_of)) as echo:
        read = keyed(echo, ORDERS, keys=("ids",), match="id", items=("data",))
        outcomes = await read(["1", "a,b", "", "\ud800", "2"])
        assert [each and each.id for each in outcomes] == ["1", None, None, None, "2"]
        assert echo.last.target == "/orders?ids=1,2"
        assert await read(["a,b"]) == [None]
        assert len(echo.wire.requests) == 1


async def test_a_batch_over_pages_asks_for_as_many_rows_as_keys() -> None:
    batching = Batching("ids", "id", items=("data",), size="limit")
    paged = operation(
        "GET /orders", query("ids", TEXTS, explode=False), query("limit", INT), result=Named("Found")
    )
    sized = msgspec.structs.replace(paged, batching=batching)
    async with served(whole(sized), answering(rows_of)) as echo:
        read = keyed(echo, sized, keys=("ids",), match="id", items=("data",))
        assert [order.id for order in await read(["1", "2", "3"])] == ["1", "2", "3"]
        assert echo.last.target == "/orders?ids=1,2,3&limit=3"


async def test_keys_may_be_a_member_of_the_body() -> None:
    def found(request: Request) -> bytes:
        return json_reply([{"id": key} for key in json.loads(request.body)["ids"]])

    wrapped = operation(
        "POST /orders/search",
        body(Named("Ids")),
        result=ROWS,
        takes=Body(BodyKind.JSON, "application/json"),
        is_mutation=False,
        batching=Batching("body", "id", path=("ids",)),
    )
    async with served(whole(wrapped), answering(found)) as echo:
        read = keyed(echo, wrapped, keys=("body",), match="id")
        assert [order.id for order in await read(["1", "2"])] == ["1", "2"]


async def test_a_text_takes_many_keys_with_commas_between() -> None:
    listed = operation("GET /orders", query("ids"), result=Named("Found"))
    async with served(whole(listed), answering(rows_of)) as echo:
        read = keyed(echo, listed, keys=("ids",), match="id", items=("data",))
        outcomes = await read(["1", "a,b", "2"])
        assert [each and each.id for each in outcomes] == ["1", None, "2"]
        assert echo.last.target in {"/orders?ids=1%2C2", "/orders?ids=1,2"}


async def test_narrower_reads_carry_the_wanted_attributes_and_the_key() -> None:
    async with served(whole(ORDERS), answering(rows_of)) as echo:
        read = keyed(echo, ORDERS, keys=("ids",), match="id", items=("data",))
        narrow = read.selecting(frozenset(("customer_id",)))
        assert narrow is read.selecting(frozenset(("customer_id",)))
        (order,) = await narrow(["1"])
        assert (order.id, order.customer_id) == ("1", "c1")
        assert not hasattr(order, "note")


async def test_a_wrong_member_of_a_row_hurts_nobody_else() -> None:
    rows = [{"id": "1", "note": "well"}, {"id": "2", "note": {"a": 1}}, 7, None]
    async with served(whole(ORDERS), json_reply({"data": rows})) as echo:
        read = keyed(echo, ORDERS, keys=("ids",), match="id", items=("data",))
        first, second = await read(["1", "2"])
        assert first.note == "well"
        assert isinstance(second.note, UpstreamError)


async def test_an_upstream_that_fails_is_the_error_of_each_key() -> None:
    async with served(whole(ORDERS), reply(status="503 Service Unavailable"), retry=None) as echo:
        read = keyed(echo, ORDERS, keys=("ids",), match="id", items=("data",))
        assert [type(each) for each in await read(["1", "2"])] == [UpstreamUnavailable] * 2


async def test_all_rows_of_a_key_come_as_a_list() -> None:
    asked = operation("GET /orders", query("customers", TEXTS), result=ROWS)
    rows = [{"id": "1", "customer": "a"}, {"id": "2", "customer": "b"}, {"id": "3", "customer": "a"}]
    async with served(whole(asked), json_reply(rows)) as echo:
        read = keyed(echo, asked, keys=("customers",), match="customer_id", many=True)
        found = await read(["b", "a", "none"])
        assert [[each.id for each in rows] for rows in found] == [["2"], ["1", "3"], []]
        narrow = read.selecting(frozenset(("id",)))
        assert [[each.id for each in rows] for rows in await narrow(["a"])] == [["1", "3"]]


async def test_keys_in_a_json_body_have_their_type() -> None:
    asked = operation(
        "POST /search",
        body(ListOf(INT)),
        takes=Body(BodyKind.JSON, "application/json"),
        result=ROWS,
        is_mutation=False,
    )
    async with served(whole(asked), json_reply([{"id": "7"}])) as echo:
        read = keyed(echo, asked, keys=("body",), match="id")
        first, second = await read(["7", "no number"])
        assert json.loads(echo.last.body) == [7]
        assert first is not None
        assert second is None


async def test_an_operation_that_takes_one_key_is_asked_once_for_each() -> None:
    def one(request: Request) -> bytes:
        key = request.target.rpartition("/")[2]
        return reply(status="404 Not Found") if key == "x" else json_reply({"id": key, "note": "n"})

    async with served(whole(ONE), answering(one)) as echo:
        read = keyed(echo, ONE, keys=("id",))
        outcomes = await read(["1", "x", "..", "1"])
        assert [each and each.id for each in outcomes] == ["1", None, None, "1"]
        assert len(echo.wire.requests) == 2
        (narrow,) = await read.selecting(frozenset(("note",)))(["1"])
        assert narrow.note == "n"
        assert not hasattr(narrow, "id")


async def test_composite_keys_fill_several_places() -> None:
    asked = operation(
        "GET /shops/{shop}/orders/{id}", path("shop"), path("id"), query("full"), result=Named("Order")
    )
    async with served(whole(asked), json_reply({"id": "1"})) as echo:
        read = keyed(echo, asked, keys=("shop", "id"), arguments={"full": "yes"})
        assert [each.id for each in await read([("a", 1)])] == ["1"]
        assert echo.last.target == "/shops/a/orders/1?full=yes"
        assert await read(["alone"]) == [None]


async def test_the_list_of_one_key_stands_where_items_says() -> None:
    asked = operation("GET /customers/{id}/orders", path("id"), result=Named("Found"))
    async with served(whole(asked), json_reply({"data": [{"id": "1"}, {"id": "2"}]})) as echo:
        read = keyed(echo, asked, keys=("id",), items=("data",))
        (rows,) = await read(["c1"])
        assert [each.id for each in rows] == ["1", "2"]


async def test_arguments_that_an_edge_cannot_leave_out_are_named() -> None:
    asked = operation("GET /orders", query("ids", TEXTS), query("shop", required=True), result=ROWS)
    async with served(whole(asked), json_reply([])) as echo:
        read = keyed(echo, asked, keys=("ids",), match="id")
        assert arguments_of(read, 1) == frozenset(("shop",))
        await read(["1"], shop="a")
        assert echo.last.target == "/orders?ids=1&shop=a"


@pytest.mark.parametrize(
    ("of", "options", "problem"),
    [
        (ORDERS, {"keys": ("nope",)}, "takes no argument nope"),
        (ORDERS, {"keys": ("ids",), "match": "id"}, "has no list at the top of its answer"),
        (ORDERS, {"keys": ("ids",), "match": "nope", "items": ("data",)}, "have no attribute nope"),
        (ONE, {"keys": ("id",), "items": ("rows",)}, "has nothing at rows"),
        (operation("POST /orders", query("ids"), result=ROWS), {"keys": ("ids",)}, "changes something"),
    ],
)
async def test_what_cannot_be_read_by_key_is_told_at_once(of: Any, options: Any, problem: str) -> None:
    async with served(whole(of)) as echo:
        with pytest.raises(ConfigurationError, match=problem):
            keyed(echo, of, **options)
