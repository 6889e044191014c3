"""Graphs of one description over a server, and operations that select what there is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from patchbay.importing.build import Part, build_graph
from patchbay.importing.compile import REST, Description, compile_offline
from patchbay.importing.model import Selection
from patchbay.importing.rest import ImportedRest
from tests.upstreams.opening import opened

DEEPEST = 1

MOST_ALIASES = 45
"""The server takes 50; what would need more is left out."""

TEXTS = {
    "DateTime": "2026-05-04T03:02:01Z",
    "Date": "2026-05-04",
    "Time": "03:02:01Z",
    "Duration": "PT1M",
    "UUID": "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b",
    "Decimal": "12.50",
    "BigInt": "12",
    "Base64": "YQ==",
}


@dataclass
class Asked:
    """A graph, and what it answers."""

    schema: Any

    @property
    def core(self) -> GraphQLSchema:
        """graphql-core's schema."""
        core: GraphQLSchema = self.schema.graphql_schema
        return core

    def operations(self) -> Iterator[tuple[str, str]]:
        """Name and text of an operation for each root field."""
        for kind, root in (("query", self.core.query_type), ("mutation", self.core.mutation_type)):
            for name, field in root.fields.items() if root else ():
                selection = _Aliases().selection(field.type, 0)
                yield name, f"{kind} {{ {name}{_arguments(field)} {selection} }}"

    def is_anything(self, name: str) -> bool:
        """Whether a root field answers any JSON."""
        roots = [each for each in (self.core.query_type, self.core.mutation_type) if each]
        return any(str(root.fields[name].type) == "JSON" for root in roots if name in root.fields)

    async def ask(self, text: str) -> tuple[Any, list[Any]]:
        """Data and errors."""
        result = await self.schema.execute(text)
        return result.data, result.errors or []


@asynccontextmanager
async def graph(path: Path, url: str, *include: str, **variables: str) -> AsyncIterator[Asked]:
    """The graph of an OpenAPI document in front of a server."""
    model = compile_offline(Description("api", REST, str(path), Selection(include=include)))
    async with opened(ImportedRest(model), API_URL=url, **variables) as upstream:
        yield Asked(build_graph([Part(model, upstream)]).schema)


class _Aliases:
    """Selections of everything that is there, to a depth. Fields of a union's members are kept apart."""

    def __init__(self) -> None:
        self._left = MOST_ALIASES

    def selection(self, type_: Any, depth: int) -> str:
        """What is selected of a type."""
        named = get_named_type(type_)
        if is_leaf_type(named):
            return ""
        if isinstance(named, GraphQLUnionType):
            parts = [f"... on {each.name} {self._fields(each, depth, each.name)}" for each in named.types]
            return "{ __typename " + " ".join(parts) + " }"
        return self._fields(named, depth)

    def _fields(self, type_: GraphQLNamedType, depth: int, member: str = "") -> str:
        assert isinstance(type_, GraphQLObjectType)
        parts = ["__typename"]
        for name, field in type_.fields.items():
            is_leaf = is_leaf_type(get_named_type(field.type))
            needs_more = any(is_non_null_type(each.type) for each in field.args.values())
            if needs_more or (not is_leaf and depth >= DEEPEST) or (member and self._left <= 0):
                continue
            self._left -= bool(member)
            alias = f"{member}_{name}: " if member else ""
            parts.append(f"{alias}{name} {self.selection(field.type, depth + 1)}")
        return "{ " + " ".join(parts) + " }"


def _arguments(field: GraphQLField) -> str:
    given = [
        f"{name}: {_value(each.type, 0)}" for name, each in field.args.items() if is_non_null_type(each.type)
    ]
    return f"({', '.join(given)})" if given else ""


def _value(type_: GraphQLInputType, depth: int) -> str:
    """A literal that the type takes, with what is required alone."""
    if is_non_null_type(type_):
        return _value(type_.of_type, depth)
    if is_list_type(type_):
        return f"[{_value(type_.of_type, depth)}]"
    if isinstance(type_, GraphQLEnumType):
        return str(next(iter(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):
        required = {name: each for name, each in type_.fields.items() if is_non_null_type(each.type)}
        if type_.is_one_of:
            required = dict([next(iter(type_.fields.items()))])
        return (
            "{"
            + ", ".join(f"{name}: {_value(each.type, depth + 1)}" for name, each in required.items())
            + "}"
        )
    return _scalar(str(type_))


def _scalar(name: str) -> str:
    if name in {"Int", "SafeInt"}:
        return "1"
    if name == "Float":
        return "1.5"
    if name == "Boolean":
        return "true"
    return json.dumps(TEXTS.get(name, "text"))
