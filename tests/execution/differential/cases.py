"""One case: a schema, an operation over it, the client's variables and the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Any

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, parse, print_schema
from strawberry.execution import optimized_is_awaitable

from tests.execution.differential.data import Baker, Rates
from tests.execution.differential.queries import Writer
from tests.execution.differential.wiring import schema_of

KINDS = ("query", "query", "query", "query", "mutation", "subscription")
_SCHEMAS = 150


@dataclass(frozen=True)
class Case:
    """What both executors get.

    `root` holds recipes; each run makes values of its own from them. `asynchronous` says that the run is in
    an event loop and that awaitables may come; else none does.
    """

    schema: GraphQLSchema
    query: str
    document: DocumentNode
    variables: dict[str, Any]
    root: dict[str, Any]
    asynchronous: bool
    middleware: tuple[Any, ...] | None = None
    is_awaitable: Callable[[Any], bool] | None = None

    @property
    def kind(self) -> str:
        return _operation(self.document).operation.value

    def with_query(self, query: str) -> Case:
        return replace(self, query=query, document=parse(query))

    def __str__(self) -> str:
        lines = [print_schema(self.schema), "", self.query, "", f"variables: {self.variables}"]
        lines += [f"{name}: {recipe}" for name, recipe in self.root.items()]
        return "\n".join(lines)


def case_of(rng: Random) -> Case:
    """A case. Rates of faults and of awaitables differ from case to case."""
    asynchronous = rng.random() < 0.6
    schema = _schema(rng.randrange(_SCHEMAS), asynchronous=asynchronous)
    kinds = KINDS if asynchronous else KINDS[:-1]
    writer = Writer(rng, schema)
    query = writer.operation(rng.choice(kinds))
    document = parse(query)
    operation = _operation(document)
    rates = Rates(
        faults=rng.choice((0.0, 0.01, 0.03, 0.1)),
        later=rng.choice((0.0, 0.03, 0.1, 0.3)) if asynchronous else 0.0,
        many=rng.choice((0.3, 0.9)),
    )
    root_type = schema.get_root_type(operation.operation)
    assert root_type is not None
    root = Baker(rng, schema, document, rates).root(root_type, operation)
    middleware = (_passing_on,) if rng.random() < 0.1 else None
    # Strawberry hands in a test of its own for what is awaitable.
    is_awaitable = optimized_is_awaitable if rng.random() < 0.3 else None
    values = writer.variables.values
    return Case(schema, query, document, values, root, asynchronous, middleware, is_awaitable)


def _passing_on(following: Any, source: Any, info: Any, **arguments: Any) -> Any:
    """Middleware that changes nothing; with any, each resolver has to go through it."""
    info.context["passed"] = info.context.get("passed", 0) + 1
    return following(source, info, **arguments)


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    definition = document.definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return definition


@lru_cache(maxsize=2 * _SCHEMAS)
def _schema(number: int, *, asynchronous: bool) -> GraphQLSchema:
    return schema_of(Random(number), asynchronous=asynchronous)
