"""Resolvers that never end: when the operation's time is over, they are errors at their paths."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import strawberry

from patchbay.server import GraphSchema

ENDED: list[str] = []


async def endless() -> str:
    try:
        await asyncio.Event().wait()
    finally:
        ENDED.append("never")
    return ""


async def deaf() -> str:
    """Does not end when it is asked to, but soon after."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.sleep(0.05)
        ENDED.append("deaf")
    return "too late"


async def quick() -> str:
    return "here"


@strawberry.type
class Row:
    never: str | None = strawberry.field(resolver=endless)
    quick: str = strawberry.field(resolver=quick)


async def rows() -> Any:
    return [Row(), Row()]


@strawberry.type
class Query:
    never: str | None = strawberry.field(resolver=endless)
    rows: list[Row] = strawberry.field(resolver=rows)
    must: str = strawberry.field(resolver=endless)
    deaf: str | None = strawberry.field(resolver=deaf)

    quick: str = strawberry.field(resolver=quick)


SCHEMA = GraphSchema(query=Query)
CONTEXT = {"operation_deadline_seconds": 0.2}


async def ask(query: str) -> tuple[Any, list[tuple[Any, Any]]]:
    result = await SCHEMA.execute(query, context_value=CONTEXT)
    return result.data, [(error.path, (error.extensions or {})["code"]) for error in result.errors or ()]


async def test_the_others_are_kept() -> None:
    ENDED.clear()
    started = time.monotonic()
    data, errors = await ask("{ quick never rows { quick never } deaf }")
    assert time.monotonic() - started < 2
    assert data == {
        "quick": "here",
        "never": None,
        "rows": [{"quick": "here", "never": None}] * 2,
        "deaf": None,
    }
    paths = [["never"], ["rows", 0, "never"], ["rows", 1, "never"], ["deaf"]]
    assert sorted(map(str, errors)) == sorted(str((path, "OPERATION_TIMEOUT")) for path in paths)
    assert sorted(ENDED) == ["deaf", "never", "never", "never"]


async def test_where_null_may_not_stand_it_goes_up() -> None:
    data, errors = await ask("{ quick must }")
    assert (data, errors) == (None, [(["must"], "OPERATION_TIMEOUT")])


async def test_a_single_one_is_no_exception() -> None:
    data, errors = await ask("{ never }")
    assert (data, errors) == ({"never": None}, [(["never"], "OPERATION_TIMEOUT")])
