"""What a Strawberry schema puts around execution: extensions, handlers, directives, ways to run."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncGenerator, Iterator
from typing import Annotated, Any

import pytest
import strawberry
from strawberry.directive import DirectiveLocation, DirectiveValue
from strawberry.extensions import SchemaExtension
from strawberry.types import Info

from tests.execution.asking import Executor, ask, ask_sync


class Shouting(SchemaExtension):
    """Middleware around every resolver."""

    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        value = _next(root, info, *args, **kwargs)
        return value.upper() if isinstance(value, str) and info.field_name != "__typename" else value


class ShoutingLater(SchemaExtension):
    async def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        value = _next(root, info, *args, **kwargs)
        if hasattr(value, "__await__"):
            value = await value
        return value.upper() if isinstance(value, str) else value


class Counting(SchemaExtension):
    def on_execute(self) -> Iterator[None]:
        self.execution_context.context.append("before")
        yield
        assert self.execution_context.result is not None
        self.execution_context.context.append(str(self.execution_context.result.data))

    def get_results(self) -> dict[str, Any]:
        return {"counted": len(self.execution_context.context)}


class OutOfStock(Exception):
    pass


@strawberry.type
class NoStock:
    reason: str


@strawberry.type
class Stock:
    count: int


class OutOfStockHandler(strawberry.ExceptionHandler[OutOfStock, NoStock]):
    def handle(self, exception: OutOfStock, *, field: Any, info: Info) -> NoStock | None:
        del info
        return NoStock(reason=f"{field.python_name}: {exception}") if str(exception) else None


StockResult = Annotated[Stock | NoStock, strawberry.union("StockResult")]


@strawberry.type
class Line:
    text: str

    @strawberry.field
    def broken(self) -> str | None:
        raise ValueError(self.text)

    @strawberry.field
    async def broken_later(self) -> str:
        await asyncio.sleep(0)
        raise ValueError(self.text)


@strawberry.type
class Query:
    word: str = "word"

    @strawberry.field
    def lines(self, count: int = 2) -> list[Line | None]:
        return [Line(text=f"line {number}") for number in range(count)]

    @strawberry.field
    async def later(self) -> str:
        await asyncio.sleep(0)
        return "later"

    @strawberry.field
    def stock(self, message: str) -> StockResult:
        raise OutOfStock(message)

    @strawberry.field
    async def stock_later(self, message: str) -> StockResult | None:
        raise OutOfStock(message)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def slow(self, info: Info) -> int:
        info.context.append("slow starts")
        await asyncio.sleep(0.001)
        info.context.append("slow ends")
        return 1

    @strawberry.mutation
    def quick(self, info: Info) -> list[Line]:
        info.context.append("quick")
        return [Line(text="quick")]

    @strawberry.mutation
    def fails(self, info: Info) -> int | None:
        info.context.append("fails")
        raise ValueError("failed")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def lines(self, until: int) -> AsyncGenerator[Line]:
        for number in range(until):
            await asyncio.sleep(0)
            yield Line(text=str(number))
        if until > 2:
            raise ValueError("no more lines")


@strawberry.directive(locations=[DirectiveLocation.FIELD])
def cut(value: DirectiveValue[str], length: int) -> str:
    return value[:length]


def schema_for(executor: Executor, **more: Any) -> strawberry.Schema:
    return strawberry.Schema(Query, Mutation, Subscription, execution_context_class=executor, **more)


def test_a_schemas_resolve_is_around_each_resolver(executor: Executor) -> None:
    schema = schema_for(executor, extensions=[Shouting])
    answer = ask_sync(schema, "{ word lines { __typename text } }", root_value=Query())
    lines = [{"__typename": "Line", "text": f"LINE {number}"} for number in range(2)]
    assert answer == ({"word": "WORD", "lines": lines}, [])


async def test_a_schemas_resolve_may_be_async(executor: Executor) -> None:
    schema = schema_for(executor, extensions=[ShoutingLater])
    answer = await ask(schema, "{ later lines(count: 1) { text } }")
    assert answer == ({"later": "LATER", "lines": [{"text": "LINE 0"}]}, [])


async def test_schema_extensions_see_the_result(executor: Executor) -> None:
    context: list[str] = []
    result = await schema_for(executor, extensions=[Counting]).execute("{ later }", context_value=context)
    assert context == ["before", "{'later': 'later'}"]
    assert result.extensions == {"counted": 2}


async def test_errors_null_what_they_must(executor: Executor) -> None:
    data, errors = await ask(schema_for(executor), "{ lines { text broken } }")
    assert data == {"lines": [{"text": f"line {number}", "broken": None} for number in range(2)]}
    assert errors == [(f"line {number}", ["lines", number, "broken"]) for number in range(2)]
    data, errors = await ask(schema_for(executor), "{ lines { text brokenLater } }")
    assert data == {"lines": [None, None]}
    assert sorted(errors) == [(f"line {number}", ["lines", number, "brokenLater"]) for number in range(2)]


async def test_exception_handlers_answer_with_a_type(executor: Executor) -> None:
    schema = schema_for(executor, exception_handlers=[OutOfStockHandler()])
    query = """query ($m: String!) {
      stock(message: $m) { ... on NoStock { reason } }
      stockLater(message: $m) { ... on NoStock { reason } }
    }"""
    assert await ask(schema, query, {"m": "sold"}) == (
        {"stock": {"reason": "stock: sold"}, "stockLater": {"reason": "stock_later: sold"}},
        [],
    )
    assert await ask(schema, '{ stockLater(message: "") { __typename } }') == (
        {"stockLater": None},
        [("", ["stockLater"])],
    )


async def test_mutations_run_one_after_another(executor: Executor) -> None:
    context: list[str] = []
    query = "mutation { a: slow fails quick { text } b: slow }"
    answer = await ask(schema_for(executor), query, context_value=context)
    assert answer == ({"a": 1, "fails": None, "quick": [{"text": "quick"}], "b": 1}, [("failed", ["fails"])])
    assert context == ["slow starts", "slow ends", "fails", "quick", "slow starts", "slow ends"]


async def test_subscriptions_answer_each_event(executor: Executor) -> None:
    stream = await _stream(schema_for(executor), "subscription { lines(until: 2) { text broken } }")
    answers = [(result.data, [error.message for error in result.errors or ()]) async for result in stream]
    assert answers == [
        ({"lines": {"text": str(number), "broken": None}}, [str(number)]) for number in range(2)
    ]


async def test_a_subscription_whose_source_fails(executor: Executor) -> None:
    answers: list[Any] = []
    errors: list[str] = []
    async for result in await _stream(schema_for(executor), "subscription { lines(until: 3) { text } }"):
        answers.append(result.data)
        errors += [error.message for error in result.errors or ()]
    assert answers[:3] == [{"lines": {"text": str(number)}} for number in range(3)]
    assert errors == ["no more lines"]


async def _stream(schema: strawberry.Schema, query: str) -> Any:
    found: Any = schema.subscribe(query)
    return await found if hasattr(found, "__await__") else found


@pytest.mark.parametrize("length", [2, 3])
async def test_directives_of_the_schema_change_values(executor: Executor, length: int) -> None:
    schema = schema_for(executor, directives=[cut])
    query = (
        "query ($n: Int!) { later @cut(length: $n) plain: later lines(count: 1) { text @cut(length: 4) } }"
    )
    answer = await ask(schema, query, {"n": length})
    assert answer == ({"later": "later"[:length], "plain": "later", "lines": [{"text": "line"}]}, [])


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_execute_sync_refuses_what_is_not_done_at_once(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A record of the log would keep what was started until the process ends.
    monkeypatch.setattr(logging.getLogger("strawberry.execution"), "disabled", True)
    _, errors = ask_sync(schema_for(executor), "{ later }")
    await asyncio.sleep(0)
    gc.collect()  # Strawberry drops what was started, and here is where Python may complain
    assert errors == [("GraphQL execution failed to complete synchronously.", None)]
