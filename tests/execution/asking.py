"""Asking a Strawberry schema, with the answer in a form that is easy to compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.execution import ExecutionResult

from patchbay.execution import CompiledExecutor

Executor = type[StrawberryGraphQLCoreExecutionContext]
Told = list[tuple[str, list[str | int] | None]]

EXECUTORS: dict[str, Executor] = {
    "graphql-core": StrawberryGraphQLCoreExecutionContext,
    "compiled": CompiledExecutor,
}


async def ask(schema: strawberry.Schema, query: str, variables: Any = None, **more: Any) -> tuple[Any, Told]:
    """The data, and for each error its message and path."""
    result = await schema.execute(query, variable_values=variables, **more)
    assert isinstance(result, ExecutionResult)
    return result.data, told(result.errors)


def ask_sync(schema: strawberry.Schema, query: str, variables: Any = None, **more: Any) -> tuple[Any, Told]:
    """As `ask`, by execute_sync."""
    result = schema.execute_sync(query, variable_values=variables, **more)
    return result.data, told(result.errors)


def told(errors: Iterable[GraphQLError] | None) -> Told:
    """Message and path of each error, in order."""
    return [(error.message, error.path) for error in errors or ()]
