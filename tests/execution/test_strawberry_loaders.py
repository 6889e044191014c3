"""Loaders: what one level asks for arrives in one batch."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.types import Info

from tests.execution.asking import Executor, ask

PARENTS = {number: number // 2 for number in range(1, 16)}


@strawberry.type
class Knot:
    number: int

    @strawberry.field
    async def parent(self, info: Info) -> Knot | None:
        found: Knot | None = await info.context.load(PARENTS[self.number])
        return found

    @strawberry.field
    def parent_directly(self, info: Info) -> Knot | None:
        return info.context.load(PARENTS[self.number])  # type: ignore[no-any-return] # an awaitable of it

    @strawberry.field
    async def neighbours(self, info: Info) -> list[Knot | None]:
        found: list[Knot | None] = await info.context.load_many([self.number + 1, self.number + 2])
        return found


@strawberry.type
class Query:
    @strawberry.field
    def knots(self) -> list[Knot]:
        return [Knot(number=number) for number in range(8, 16)]


def loader() -> tuple[DataLoader[int, Any], list[list[int]]]:
    """The loader, and the batches that it has been asked for. Knot 1 is missing, and 3 cannot be read."""
    batches: list[list[int]] = []

    async def load(keys: list[int]) -> list[Any]:
        batches.append(keys)
        return [
            None if key == 1 else ValueError("unreadable") if key == 3 else Knot(number=key) for key in keys
        ]

    return DataLoader(load_fn=load), batches


async def test_each_level_is_one_batch(executor: Executor) -> None:
    load, batches = loader()
    schema = strawberry.Schema(Query, execution_context_class=executor)
    query = "{ knots { number parent { number parent { number } } } }"
    data, errors = await ask(schema, query, context_value=load)
    assert data["knots"][0] == {"number": 8, "parent": {"number": 4, "parent": {"number": 2}}}
    assert data["knots"][7] == {"number": 15, "parent": {"number": 7, "parent": None}}
    assert sorted(batches[0]) == [4, 5, 6, 7]
    assert [sorted(batch) for batch in batches[1:]] == [[2, 3]]
    assert sorted(errors) == [
        ("unreadable", ["knots", number, "parent", "parent"]) for number in (4, 5, 6, 7)
    ]


async def test_siblings_share_their_batches_however_they_are_written(executor: Executor) -> None:
    load, batches = loader()
    schema = strawberry.Schema(Query, execution_context_class=executor)
    query = "{ knots { parent { number } parentDirectly { number } neighbours { number } } }"
    data, errors = await ask(schema, query, context_value=load)
    assert errors == []
    assert data["knots"][0] == {
        "parent": {"number": 4},
        "parentDirectly": {"number": 4},
        "neighbours": [{"number": 9}, {"number": 10}],
    }
    # load_many asks a turn later than load does.
    assert len(batches) <= 2
    assert sorted(key for batch in batches for key in batch) == [4, 5, 6, 7, *range(9, 18)]
