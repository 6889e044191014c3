"""Valid operations over the reference graph, drawn at random, with arguments that bring something."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_object_type,
)
from strawberry.relay.utils import to_base64

from patchbay.paging import encode_cursor

MAX_DEPTH = 10
MAX_FIELDS = 9
GREEDY = 0.05
OFTEN = ("order", "order", "order", "customer")
"""Roots of which all that follows is known exactly: a call that is not reckoned with shows at once."""
_CONDITIONS = {
    "payments": ('{status: {eq: "succeeded"}}', "{amountCents: {gte: 1000}}"),
    "shipments": ('{status: {in: ["delivered", "in_transit"]}}',),
}
_ORDERS = {"payments": "[{field: CAPTURED_AT, direction: DESC}]", "shipments": "[{field: STATUS}]"}


class Drawn(NamedTuple):
    """One operation and the variables that a client sends with it."""

    name: str
    text: str
    variables: dict[str, Any]


class Queries:
    """Draws operations; the same seed draws the same.

    A response key stands for the same field with the same arguments all over the operation, so that whatever
    is selected twice can be merged.

    Args:
        seed: of the draws.
        schema: the reference graph's.
        ids: type -> keys of some of its records.
    """

    def __init__(self, seed: int, schema: GraphQLSchema, ids: dict[str, list[str]]) -> None:
        self._rng = Random(seed)
        self._schema = schema
        self._ids = ids

    def __iter__(self) -> Iterator[Drawn]:
        for number in itertools.count():
            yield _Writer(self._rng, self._schema, self._ids).operation(f"Drawn{number}")


class _Writer:
    def __init__(self, rng: Random, schema: GraphQLSchema, ids: dict[str, list[str]]) -> None:
        self._rng = rng
        self._schema = schema
        self._ids = ids
        self._declared: list[str] = []
        self._values: dict[str, Any] = {}
        self._arguments: dict[tuple[str, str], str] = {}
        self._fragments: list[tuple[str, str, str]] = []
        # Now and then one that asks for much.
        is_greedy = rng.random() < GREEDY
        self._sizes = (50, 100) if is_greedy else (0, 1, 1, 2, 2, 3, 4)
        self._left = 2 * MAX_FIELDS if is_greedy else MAX_FIELDS
        self._deeper = 0.85 if is_greedy else 0.6

    def operation(self, name: str) -> Drawn:
        root = self._schema.query_type
        assert root is not None
        chosen = [
            self._field(root, self._rng.choice([*root.fields, *OFTEN]), 0)
            for _ in range(self._rng.randint(1, 2))
        ]
        if self._rng.random() < 0.03:
            chosen.append("__schema { types { name fields { name type { name ofType { name } } } } }")
        head = f"query {name}({', '.join(self._declared)})" if self._declared else f"query {name}"
        fragments = [f"fragment {name} on {on} {text}" for name, on, text in self._fragments]
        return Drawn(name, "\n".join([f"{head} {{ {' '.join(chosen)} }}", *fragments]), self._values)

    def _selections(self, type_: Any, depth: int) -> str:
        if not is_object_type(type_):
            return self._of_some_type(type_, depth)
        if "edges" in type_.fields and depth < MAX_DEPTH:
            rest = self._rng.choice(("", " totalCount", " pageInfo { hasNextPage }"))
            return f"{{ {self._field(type_, 'edges', depth)}{rest} }}"
        chosen = []
        for _ in range(self._rng.randint(1, 4)):
            self._left -= 1
            chance = self._rng.random()
            if chance < 0.08:
                chosen.append("__typename")
            elif chance < 0.2 and depth < MAX_DEPTH:
                chosen.append(self._fragment(type_, depth))
            else:
                chosen.append(self._field(type_, self._name(type_, depth), depth))
        return f"{{ {' '.join(chosen)} }}"

    def _of_some_type(self, type_: Any, depth: int) -> str:
        """What is selected on an interface."""
        chosen = ["id"]
        types = self._rng.sample(list(self._schema.get_possible_types(type_)), self._rng.randint(1, 3))
        chosen += [f"... on {each.name} {self._selections(each, depth + 1)}" for each in types]
        if self._rng.random() < 0.4:
            chosen.append("__typename")
        return f"{{ {' '.join(chosen)} }}"

    def _name(self, type_: GraphQLObjectType, depth: int) -> str:
        composite = [n for n, each in type_.fields.items() if is_composite_type(get_named_type(each.type))]
        leaves = [name for name in type_.fields if name not in composite]
        if (
            self._left > 0
            and depth < MAX_DEPTH
            and composite
            and (not leaves or self._rng.random() < self._deeper)
        ):
            return str(self._rng.choice(composite))
        return str(self._rng.choice(leaves))

    def _fragment(self, type_: GraphQLObjectType, depth: int) -> str:
        fitting = [name for name, on, _ in self._fragments if on == type_.name]
        if fitting and self._rng.random() < 0.6:
            return f"...{self._rng.choice(fitting)}"
        text = self._selections(type_, depth + 1)
        if self._rng.random() < 0.5:
            return f"...{self._rng.choice(('', f' on {type_.name}'))} {text}"
        name = f"F{len(self._fragments)}"
        self._fragments.append((name, type_.name, text))
        return f"...{name}"

    def _field(self, type_: GraphQLObjectType, name: str, depth: int) -> str:
        field = type_.fields[name]
        named = get_named_type(field.type)
        key = name if self._rng.random() < 0.75 else f"{name}_{self._rng.choice('ab')}"
        place = (type_.name, key)
        if place not in self._arguments:
            self._arguments[place] = self._given(type_, name, field)
        # A key with other arguments or of another nullability may not stand on another type.
        alias = f"{key}_{type_.name}" if key != name or field.args else ""
        nested = f" {self._selections(named, depth + 1)}" if is_composite_type(named) else ""
        condition = self._condition() if depth else ""
        return f"{alias}{': ' if alias else ''}{name}{self._arguments[place]}{condition}{nested}"

    def _given(self, type_: GraphQLObjectType, name: str, field: GraphQLField) -> str:
        given = []
        if "id" in field.args:
            given.append(f"id: {self._id(name)}")
        if "first" in field.args:
            given += self._page(is_nested=type_ is not self._schema.query_type)
        if "where" in field.args and self._rng.random() < 0.3:
            given.append(f"where: {self._rng.choice(_CONDITIONS[name])}")
        if "orderBy" in field.args and self._rng.random() < 0.3:
            given.append(f"orderBy: {_ORDERS[name]}")
        self._rng.shuffle(given)
        return f"({', '.join(given)})" if given else ""

    def _page(self, *, is_nested: bool) -> list[str]:
        chance = self._rng.random()
        if chance < 0.08:
            return []
        if chance < 0.13:
            return ["first: null"]
        if chance < 0.28:
            before = [f'before: "{encode_cursor(5)}"'] if is_nested or self._rng.random() < 0.4 else []
            return [f"last: {self._size()}", *before]
        after = [f'after: "{encode_cursor(self._rng.randint(0, 2))}"'] if self._rng.random() < 0.15 else []
        return [f"first: {self._size()}", *after]

    def _size(self) -> str:
        size = self._rng.choice(self._sizes)
        if self._rng.random() < 0.6:
            return str(size)
        default = self._rng.choice((None, None, 1, 3))
        value = None if self._rng.random() < 0.1 else size
        return self._variable("Int", value, default=default)

    def _id(self, name: str) -> str:
        type_ = self._rng.choice(list(self._ids)) if name == "node" else name.capitalize()
        key = self._rng.choice(self._ids[type_]) if self._rng.random() < 0.93 else "X0"
        text = to_base64(type_, key) if name == "node" or self._rng.random() < 0.3 else key
        return f'"{text}"' if self._rng.random() < 0.5 else self._variable("ID!", text)

    def _condition(self) -> str:
        if self._rng.random() < 0.94:
            return ""
        name = self._rng.choice(("skip", "include"))
        return f" @{name}(if: {self._variable('Boolean!', self._rng.random() < 0.5)})"

    def _variable(self, type_: str, value: Any, *, default: Any = None) -> str:
        name = f"v{len(self._declared)}"
        self._declared.append(f"${name}: {type_}" + ("" if default is None else f" = {default}"))
        if default is None or self._rng.random() < 0.5:
            self._values[name] = value
        return f"${name}"
