"""The cost of a query's text over a Strawberry schema."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, validate

from patchbay.access.cost.model import Bound, CostModel, OperationCost


def cost_of(schema: strawberry.Schema, text: str, *, is_validated: bool = True) -> OperationCost:
    """The cost of the document's only operation, which must be valid."""
    graphql_schema = schema._schema  # noqa: SLF001 - it is offered under no other name
    document = parse(text)
    assert not (is_validated and validate(graphql_schema, document)), text
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    (operation,) = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    return CostModel(graphql_schema).of(operation, fragments)


def bound(schema: strawberry.Schema, text: str, variables: dict[str, Any] | None = None) -> Bound:
    """What it comes to at most."""
    return cost_of(schema, text).bound(variables)


def points(schema: strawberry.Schema, text: str, variables: dict[str, Any] | None = None) -> int:
    """Points at most."""
    return bound(schema, text, variables).points
