"""A schema with resolvers: of fields, of types, synchronous or not, and none at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import isawaitable
from random import Random
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from tests.execution.differential.sdl import INTERFACES, OBJECTS, UNIONS, schema_text


def schema_of(rng: Random, *, asynchronous: bool) -> GraphQLSchema:
    """A schema with its resolvers; in a synchronous one none returns an awaitable."""
    schema = build_schema(schema_text(rng))
    _set_values(schema)
    for name in (*OBJECTS, "Query", "Mutation", "Subscription"):
        type_: Any = schema.type_map[name]
        for field in type_.fields.values():
            _wire(field, rng, asynchronous=asynchronous, root=name[0] in "QM")
        if name in OBJECTS:
            _know_values(type_, rng, asynchronous=asynchronous)
    for name in INTERFACES + UNIONS:
        _resolve_types(schema.type_map[name], rng, asynchronous=asynchronous)
    for field in schema.type_map["Subscription"].fields.values():  # type: ignore[attr-defined]
        field.subscribe = events
    return schema


def is_resolved(field: GraphQLField) -> bool:
    """Whether the field has a resolver of its own."""
    return field.resolve is not None


def _set_values(schema: GraphQLSchema) -> None:
    """Enum values that are not their names, a scalar that refuses some, and arguments of another name."""
    color = schema.type_map["Color"]
    assert isinstance(color, GraphQLEnumType)
    for number, value in enumerate(color.values.values()):
        value.value = number
    odd: Any = schema.type_map["Odd"]
    odd.coerce_output_value = _odd
    for type_ in (schema.query_type, schema.mutation_type, *(schema.type_map[name] for name in OBJECTS)):
        for field in type_.fields.values():  # type: ignore[union-attr]
            for name, argument in field.args.items():
                argument.out_name = "renamed" if name == "y" else None


def _odd(value: Any) -> Any:
    if value == "nothing":
        return None
    if isinstance(value, int) and value % 2:
        return {"odd": value}
    raise TypeError(f"not odd: {value!r}")


def _wire(field: GraphQLField, rng: Random, *, asynchronous: bool, root: bool) -> None:
    chance = rng.random()
    if asynchronous and chance < 0.25:
        field.resolve = _later(rng.randint(0, 3), logged=root)
    elif chance < (0.45 if asynchronous else 0.35):
        field.resolve = _logging if root else _at_once


def _at_once(source: Any, info: Any, **arguments: Any) -> Any:
    """The value that the source's recipe makes; callables are called, as the default resolver does."""
    resolved = source.get("resolved") if isinstance(source, dict) else getattr(source, "resolved", None)
    recipe = (resolved or {}).get(info.field_name)
    value = recipe.make() if recipe else None
    return value(info, **arguments) if callable(value) else value


def _logging(source: Any, info: Any, **arguments: Any) -> Any:
    info.context["log"].append(f"{info.path.key} is called")
    return _at_once(source, info, **arguments)


def _later(turns: int, *, logged: bool) -> Callable[..., Any]:
    async def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        log = info.context["log"] if logged else []
        log.append(f"{info.path.key} is called")
        for _ in range(turns):
            await asyncio.sleep(0)
        value = _at_once(source, info, **arguments)
        if isawaitable(value):
            value = await value
        log.append(f"{info.path.key} has returned")
        return value

    return resolve


def events(source: Any, info: Any, **_arguments: Any) -> Any:
    """The source of a subscription's events: what the root's recipe makes, or its error."""
    value = source["events"].make()
    if isinstance(value, Exception):
        raise value
    return value


def _told(value: Any, key: str) -> str:
    if isinstance(value, dict):
        return str(value.get(key, ""))
    return str(getattr(value, "__dict__", {}).get(key, ""))


def _know_values(type_: GraphQLObjectType, rng: Random, *, asynchronous: bool) -> None:
    def knows(value: Any, _info: Any) -> bool:
        if _told(value, "lie") == "raise":
            raise ValueError(f"is this a {type_.name}?")
        return _told(value, "kind") == type_.name

    async def knows_later(value: Any, info: Any) -> bool:
        await asyncio.sleep(0)
        return knows(value, info)

    chance = rng.random()
    if asynchronous and chance < 0.15:
        type_.is_type_of = knows_later
    elif chance < 0.4:
        type_.is_type_of = knows


def _resolve_types(type_: Any, rng: Random, *, asynchronous: bool) -> None:
    def resolve(value: Any, _info: Any, _type: GraphQLAbstractType) -> Any:
        lie = _told(value, "lie")
        if lie == "raise":
            raise ValueError(f"which {type_.name} is it?")
        lies = {"none": None, "missing": "Nowhere", "stranger": "Query", "number": 7, "enum": "Color"}
        return lies[lie] if lie in lies else _told(value, "kind")

    async def resolve_later(value: Any, info: Any, abstract: GraphQLAbstractType) -> Any:
        await asyncio.sleep(0)
        return resolve(value, info, abstract)

    chance = rng.random()
    if asynchronous and chance < 0.2:
        type_.resolve_type = resolve_later
    elif chance < 0.6:
        type_.resolve_type = resolve
