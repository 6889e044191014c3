"""@defer and @stream, which the compiled executor leaves to graphql-core."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from tests.execution.asking import Executor


@strawberry.type
class Part:
    name: str

    @strawberry.field
    async def later(self) -> str:
        return f"{self.name}, later"


@strawberry.type
class Query:
    @strawberry.field
    def parts(self) -> list[Part]:
        return [Part(name=name) for name in "abc"]


async def payloads(executor: Executor, query: str) -> list[Any]:
    config = StrawberryConfig(enable_experimental_incremental_execution=True)
    schema = strawberry.Schema(Query, config=config, execution_context_class=executor)
    result: Any = await schema.execute(query)
    if not hasattr(result, "initial_result"):
        return [result.data]
    return [result.initial_result.formatted, *[each.formatted async for each in result.subsequent_results]]


async def test_deferred_fragments_come_after_the_rest(executor: Executor) -> None:
    first, *rest = await payloads(executor, '{ parts { name ... @defer(label: "more") { later } } }')
    assert first["data"] == {"parts": [{"name": name} for name in "abc"]}
    assert first["hasNext"]
    assert [each["label"] for each in first["pending"]] == ["more"] * 3
    delivered = [each["data"]["later"] for payload in rest for each in payload.get("incremental", ())]
    assert sorted(delivered) == [f"{name}, later" for name in "abc"]


async def test_streamed_items_come_after_the_first(executor: Executor) -> None:
    first, *rest = await payloads(executor, "{ parts @stream(initialCount: 1) { name } }")
    assert first["data"] == {"parts": [{"name": "a"}]}
    items = [item for payload in rest for each in payload.get("incremental", ()) for item in each["items"]]
    assert items == [{"name": "b"}, {"name": "c"}]


async def test_an_operation_without_either_is_answered_whole(executor: Executor) -> None:
    assert await payloads(executor, "{ parts { later } }") == [
        {"parts": [{"later": f"{name}, later"} for name in "abc"]}
    ]
