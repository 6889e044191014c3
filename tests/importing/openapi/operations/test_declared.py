from __future__ import annotations

from typing import Any

import pytest

from patchbay.errors import ConfigurationError
from patchbay.importing.declared import parse_declared
from patchbay.importing.model import Batching, Named, Operation, Paging, PagingStyle
from tests.importing.openapi.operations.described import NUMBER, answering, compiled, get, query, rows, thing

ORDER = thing("id", "number")
ENVELOPE = {"type": "object", "properties": {"things": rows(ORDER), "all": NUMBER}}


def declaring(said: Any, name: str = "listOrders", **operation: Any) -> Operation:
    parameters = [query("p", NUMBER), query("page", NUMBER), query("limit", NUMBER), query("numbers")]
    paths = {"/orders": {"get": get(parameters, answering(ENVELOPE), operationId="list-orders", **operation)}}
    return compiled(paths, declared=parse_declared({name: said})).operations[0]


def test_a_guess_can_be_refused() -> None:
    assert declaring({}).paging is not None
    assert declaring({"paging": False}).paging is None


def test_an_operation_is_named_by_its_field_or_its_id() -> None:
    assert declaring({"paging": False}, name="list-orders").paging is None


def test_pages_can_be_declared() -> None:
    said = {
        "style": "page",
        "items": "things",
        "position": "p",
        "size": "limit",
        "start": 0,
        "most": 7,
        "total": "all",
    }
    assert declaring({"paging": said}).paging == Paging(
        PagingStyle.PAGE,
        ("things",),
        Named("Order"),
        position="p",
        size="limit",
        start=0,
        most=7,
        total=("all",),
        why="declared",
    )


def test_a_part_of_a_guess_can_be_replaced() -> None:
    paging = declaring({"paging": {"most": 500}}).paging
    assert paging is not None
    assert (paging.position, paging.most, paging.why) == ("page", 500, "declared")


def test_a_batch_can_be_declared() -> None:
    said = {"argument": "numbers", "match": "number", "items": "things", "max_size": 20}
    assert declaring({"batch": said}).batching == Batching(
        "numbers", "number", items=("things",), max_size=20, why="declared"
    )


def test_what_changes_something_can_be_declared() -> None:
    assert declaring({"mutation": True}).is_mutation


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"pages": False}, "there is no 'pages'"),
        ({"paging": True}, "has to be false or a table"),
        ({"paging": {"style": "sideways"}}, "sideways"),
        ({"paging": {"offset": "x"}}, "offset"),
        ({"paging": {"position": "nowhere"}}, "no argument 'nowhere'; it has p, page, limit, numbers"),
        ({"paging": {"items": "nothing"}}, "no list at items = 'nothing'"),
        ({"paging": {"most": 0}}, "most must be at least 1"),
        ({"paging": {"style": "cursor", "items": "things"}}, "needs a position"),
        ({"batch": {"argument": "numbers"}}, "no list at items = ''"),
        ({"batch": {"argument": "numbers", "items": "things"}}, "needs match"),
        ({"batch": {"argument": "numbers", "items": "things", "match": "x"}}, "'x' is no member"),
        ({"batch": {"match": "number"}}, "needs an argument"),
        ({"mutation": "yes"}, "true or false"),
        ("nonsense", "has to be a table"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(said: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        declaring(said)
    assert problem in str(raised.value)
    assert "listOrders" in str(raised.value)


def test_an_operation_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="listInvoices"):
        declaring({}, name="listInvoices")
