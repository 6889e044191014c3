"""Random queries of the guarded graph, by a seed."""

from __future__ import annotations

import random
from typing import Any

from graphql import GraphQLSchema, get_named_type, is_abstract_type, is_leaf_type

from tests.access.oracle import TYPENAME_KEY

MAX_DEPTH = 7
MAX_ALIASES = 40
"""An operation may have 50."""

IDS = {
    "customer": ("c1", "c2", "nobody"),
    "account": ("a1", "a3", "nobody"),
    # Of a customer, an account, an order and a file.
    "node": ("Q3VzdG9tZXI6YzE=", "QWNjb3VudDphMQ==", "T3JkZXI6bzE=", "RmlsZTpmMQ=="),
}


class RandomQuery:
    """One query, as text.

    Each object tells its type under TYPENAME_KEY. The keys of other fields differ, so that none is merged.
    """

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self._schema = schema
        self._random = random.Random(seed)
        self._aliases = 0
        self._fragments: list[str] = []
        selections = self._selections(schema.query_type, 0)
        self.text = " ".join([f"query {selections}", *self._fragments])

    def _selections(self, type_: Any, depth: int) -> str:
        self._aliases += 1
        parts = [f"{TYPENAME_KEY}: __typename"]
        if is_abstract_type(type_):
            kinds = [*self._schema.get_possible_types(type_), *getattr(type_, "interfaces", ())]
            most = min(3, len(kinds)) if self._aliases < MAX_ALIASES else 0
            chosen = self._random.sample(kinds, self._random.randint(min(1, most), most))
            parts += [f"... on {each.name} {self._selections(each, depth + 1)}" for each in chosen]
        fields = list(getattr(type_, "fields", {}).items())
        if depth >= MAX_DEPTH or self._aliases > MAX_ALIASES / 2:
            fields = [each for each in fields if is_leaf_type(get_named_type(each[1].type))]
        count = self._random.randint(1, 4) if self._aliases < MAX_ALIASES else 0
        for name, field in self._random.sample(fields, min(len(fields), count)):
            parts.append(self._wrapped(type_, self._field(name, field, depth)))
        return "{ " + " ".join(parts) + " }"

    def _field(self, name: str, field: Any, depth: int) -> str:
        self._aliases += 1
        arguments = ""
        if name in IDS and "id" in field.args:
            arguments = f'(id: "{self._random.choice(IDS[name])}")'
        elif "first" in field.args:
            arguments = f"(first: {self._random.randint(0, 3)})"
        type_ = get_named_type(field.type)
        below = "" if is_leaf_type(type_) else f" {self._selections(type_, depth + 1)}"
        return f"a{self._aliases}: {name}{arguments}{below}"

    def _wrapped(self, type_: Any, text: str) -> str:
        """The field as it is, or in a fragment of some kind."""
        match self._random.randrange(8):
            case 0:
                return f"... on {type_.name} {{ {text} }}"
            case 1:
                return f"... @include(if: true) {{ {text} }}"
            case 2:
                name = f"F{len(self._fragments)}"
                self._fragments.append("")
                self._fragments[int(name[1:])] = f"fragment {name} on {type_.name} {{ {text} }}"
                return f"...{name}"
            case _:
                return text
