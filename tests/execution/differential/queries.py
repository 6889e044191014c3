"""Operations over a schema: valid ones, with everything that an executor has to collect and to merge."""

from __future__ import annotations

from random import Random
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_object_type,
)

from tests.execution.differential.arguments import Variables, arguments

DEPTH = 5
_MOST_FIELDS = 30


class Writer:
    """Writes one operation.

    A response key stands for the same field with the same arguments and type all over the operation, so that
    whatever is selected twice can be merged.
    """

    def __init__(self, rng: Random, schema: GraphQLSchema) -> None:
        self._rng = rng
        self._schema = schema
        self._keys: dict[str, tuple[str, str, str]] = {}
        self._fragments: list[tuple[str, Any, str]] = []
        self._left = _MOST_FIELDS
        self.variables = Variables(rng)

    def operation(self, kind: str) -> str:
        """The text of a "query", "mutation" or "subscription"."""
        root = {
            "query": self._schema.query_type,
            "mutation": self._schema.mutation_type,
            "subscription": self._schema.subscription_type,
        }[kind]
        assert isinstance(root, GraphQLObjectType)
        if kind == "subscription":
            # One root field and no more, and neither skipped nor included.
            name = self._rng.choice(list(root.fields))
            selections = "{ " + self._field(name, root.fields[name], 0, alone=True) + " }"
        else:
            selections = self._selections(root, 0)
        fragments = [f"fragment {name} on {on} {text}" for name, on, text in self._fragments]
        return "\n".join([f"{kind} Case{self.variables.text} {selections}", *fragments])

    def _selections(self, parent: Any, depth: int) -> str:
        chosen = [self._selection(parent, depth) for _ in range(self._rng.randint(1, 4 if depth else 6))]
        return "{ " + " ".join(chosen) + " }"

    def _selection(self, parent: Any, depth: int) -> str:
        self._left -= 1
        chance = self._rng.random()
        if chance < 0.12 and depth < DEPTH:
            return self._inline(parent, depth)
        if chance < 0.22 and depth < DEPTH:
            return self._spread(parent, depth)
        if not hasattr(parent, "fields"):
            return self._inline(parent, depth) if chance < 0.7 and depth < DEPTH else self._typename()
        if chance < 0.26:
            return self._typename()
        names = list(parent.fields)
        if depth >= DEPTH or self._left <= 0:
            names = [name for name in names if is_leaf_type(get_named_type(parent.fields[name].type))]
        if not names:
            return self._typename()
        name = self._rng.choice(names)
        return self._field(name, parent.fields[name], depth)

    def _typename(self) -> str:
        alias = self._rng.choice(("", "", "kind: "))
        return f"{alias}__typename{self._directives()}"

    def _field(self, name: str, field: GraphQLField, depth: int, *, alone: bool = False) -> str:
        named = get_named_type(field.type)
        key, written = self._key(name, field)
        nested = f" {self._selections(named, depth + 1)}" if is_composite_type(named) else ""
        alias = f"{key}: " if key != name else ""
        return f"{alias}{name}{written}{'' if alone else self._directives()}{nested}"

    def _key(self, name: str, field: GraphQLField) -> tuple[str, str]:
        """The response key and the arguments."""
        type_text = str(field.type)
        key = name if self._rng.random() < 0.8 else f"{name}{self._rng.choice('ab')}"
        while key in self._keys:
            known_name, known_type, written = self._keys[key]
            if (known_name, known_type) == (name, type_text):
                return key, written
            key += "x"
        written = arguments(self._rng, field.args, self.variables)
        self._keys[key] = (name, type_text, written)
        return key, written

    def _inline(self, parent: Any, depth: int) -> str:
        on = self._narrowed(parent)
        condition = f" on {on}" if on is not parent or self._rng.random() < 0.5 else ""
        return f"...{condition}{self._directives()} {self._selections(on, depth + 1)}"

    def _spread(self, parent: Any, depth: int) -> str:
        """A named fragment: one that is there and fits, or a new one."""
        fitting = [name for name, on, _ in self._fragments if self._overlap(on, parent)]
        if fitting and self._rng.random() < 0.5:
            return f"...{self._rng.choice(fitting)}{self._directives()}"
        on = self._narrowed(parent)
        text = self._selections(on, depth + 1)
        self._fragments.append((f"F{len(self._fragments)}", on, text))
        return f"...{self._fragments[-1][0]}{self._directives()}"

    def _narrowed(self, parent: Any) -> Any:
        """A type on which a fragment can stand here: the parent, or one that shares an object with it."""
        others = [type_ for type_ in self._schema.type_map.values() if self._overlap(type_, parent)]
        return self._rng.choice([parent, *others])

    def _overlap(self, one: Any, other: Any) -> bool:
        return bool(self._objects(one) & self._objects(other))

    def _objects(self, type_: Any) -> set[str]:
        if is_abstract_type(type_):
            return {each.name for each in self._schema.get_possible_types(type_)}
        return {type_.name} if is_object_type(type_) else set()

    def _directives(self) -> str:
        if self._rng.random() < 0.85:
            return ""
        text = ""
        for directive in self._rng.sample(("skip", "include"), self._rng.choice((1, 1, 2))):
            condition = (
                self.variables.flag() if self._rng.random() < 0.5 else self._rng.choice(("true", "false"))
            )
            text += f" @{directive}(if: {condition})"
        return text
