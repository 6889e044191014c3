"""Lists are held to their declared length, on both ways of executing."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig
from structlog.testing import capture_logs

from patchbay.costs import ListSize
from patchbay.execution import CompiledExecutor

DEFERRED = "... @defer { deferred: __typename }"
"""Operations with it are left to graphql-core's executor."""

SLICED = ListSize(slicing_arguments=["first"], require_one_slicing_argument=False)
AT_MOST_3 = ListSize(assumed_size=3)


@strawberry.type
class Item:
    n: int


@strawberry.type
class Page:
    items: list[Item]


def rows(count: int) -> list[Item]:
    return [Item(n=n) for n in range(count)]


def make_listed(count: int) -> Any:
    return rows(count)


def make_generated(count: int) -> Any:
    if count > 3:
        # Without an end, to see that nobody waits for it.
        return (Item(n=n) for n in itertools.count())
    return iter(rows(count))


def make_streamed(count: int) -> Any:
    async def some() -> AsyncIterator[Item]:
        for row in rows(count):
            yield row

    return some()


def make_sliced(count: int, first: int = 3) -> Any:
    del first
    return rows(count)


def make_page(count: int, first: int = 3) -> Any:
    del first
    return Page(items=rows(count))


def make_nested(count: int) -> Any:
    return [[0] * count, [0]]


@strawberry.type
class Query:
    listed: list[Item] | None = strawberry.field(resolver=make_listed, directives=[AT_MOST_3])
    generated: list[Item] | None = strawberry.field(resolver=make_generated, directives=[AT_MOST_3])
    streamed: list[Item] | None = strawberry.field(resolver=make_streamed, directives=[AT_MOST_3])
    sliced: list[Item] | None = strawberry.field(resolver=make_sliced, directives=[SLICED])
    page: Page | None = strawberry.field(
        resolver=make_page, directives=[ListSize(slicing_arguments=["first"], sized_fields=["items"])]
    )
    nested: list[list[int]] | None = strawberry.field(resolver=make_nested, directives=[AT_MOST_3])
    unsaid: list[Item] | None = strawberry.field(resolver=make_listed)


SCHEMA = strawberry.Schema(
    query=Query,
    execution_context_class=CompiledExecutor,
    config=StrawberryConfig(enable_experimental_incremental_execution=True),
)

FIELDS = {
    "listed": ("listed(count: $count) { n }", "Query.listed"),
    "generated": ("generated(count: $count) { n }", "Query.generated"),
    "streamed": ("streamed(count: $count) { n }", "Query.streamed"),
    "sliced": ("sliced(count: $count, first: $first) { n }", "Query.sliced"),
    "page": ("page(count: $count, first: $first) { items { n } }", "Page.items"),
    "nested": ("nested(count: $count)", "Query.nested"),
}


async def answer(selected: str, more: str, count: int) -> Any:
    declared = "$count: Int!, $first: Int! = 3" if "$first" in selected else "$count: Int!"
    text = f"query({declared}) {{ {selected} also: __typename {more} }}"
    result: Any = await SCHEMA.execute(text, variable_values={"count": count})
    return getattr(result, "initial_result", result)


@pytest.mark.parametrize("more", ["", DEFERRED], ids=["columns", "graphql-core"])
@pytest.mark.parametrize("name", FIELDS)
async def test_a_list_of_the_declared_length_is_answered(name: str, more: str) -> None:
    result = await answer(FIELDS[name][0], more, 3)
    assert not result.errors
    assert result.data[name]


@pytest.mark.parametrize("more", ["", DEFERRED], ids=["columns", "graphql-core"])
@pytest.mark.parametrize("name", FIELDS)
async def test_a_longer_list_is_null_with_an_error_and_the_rest_is_there(name: str, more: str) -> None:
    selected, field = FIELDS[name]
    with capture_logs() as logs:
        result = await answer(selected, more, 4)
    assert result.data == {name: None, "also": "Query"}
    (error,) = result.errors
    assert error.message == f"{field} has more than the 3 items that the schema declares"
    assert error.extensions == {"code": "LIST_TOO_LONG", "field": field, "max": 3}
    assert error.path[0] == name
    assert [(log["field"], log["max"]) for log in logs if log["event"] == "list_too_long"] == [(field, 3)]


@pytest.mark.parametrize("more", ["", DEFERRED], ids=["columns", "graphql-core"])
async def test_a_list_that_nothing_is_declared_of_is_as_long_as_it_is(more: str) -> None:
    result = await answer("unsaid(count: $count) { n }", more, 500)
    assert not result.errors
    assert len(result.data["unsaid"]) == 500
