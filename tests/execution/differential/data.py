"""Data for an operation: recipes for what it selects and no more, with a fault here and there."""

from __future__ import annotations

import decimal
import enum
import math
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from tests.execution.differential.recipes import (
    ASYNC_LIST_KINDS,
    LIST_KINDS,
    Echo,
    Failure,
    Items,
    Later,
    Method,
    Plain,
    Recipe,
    Shared,
    Thing,
)
from tests.execution.differential.wiring import is_resolved


class Word(str):
    """A string of a class of its own, which shows when it is printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Word({str(self)!r})"


class Number(enum.IntEnum):
    """An integer of a class of its own."""

    ONE = 1


class Level(enum.Enum):
    """An enum's member, which no scalar takes as it is."""

    HIGH = "high"


LEAF_VALUES: dict[str, tuple[Any, ...]] = {
    "Int": (0, 1, -5, 2**31 - 1, 2**31 - 1, True, 3.0, Number.ONE, "12"),
    "Float": (0.5, 1, -2.25, 1e300, True, "1.5", decimal.Decimal("2.5")),
    "String": ("", "word", "\u00e9\U0001f980", Word("subclass"), 5, 1.5, False),
    "Boolean": (True, False, True, False, 1, 0),
    "ID": ("id", "12", 7, -1, uuid.UUID(int=5), Word("id")),
    "Odd": (1, 3, 5),
    "Color": (0, 1, 2),
}
WRONG_VALUES: tuple[Any, ...] = (
    *(2**31, -(2**31) - 1, 2**70, math.nan, math.inf, 2.5, "", "text", b"bytes", "nothing"),
    *([], [1], {}, {"a": 1}, (), Level.HIGH, object, 2, -0.0, 1e16, {1}, ["a", None], Undefined),
)


def _lasts(recipe: Recipe) -> bool:
    return isinstance(recipe, Plain | Shared | Failure | Echo | Method)


@dataclass(frozen=True)
class Rates:
    """How often: faults of values, awaitables, lists longer than short."""

    faults: float
    later: float
    many: float


class Baker:
    """Makes recipes for one operation over one schema."""

    def __init__(self, rng: Random, schema: GraphQLSchema, document: DocumentNode, rates: Rates) -> None:
        self._rng = rng
        self._schema = schema
        self._rates = rates
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._shared = [ValueError("shared"), ValueError("shared too")]
        self._left = 400

    def root(self, root: GraphQLObjectType, operation: OperationDefinitionNode) -> dict[str, Any]:
        """What the root value has: a recipe for each root field, and for a subscription its events."""
        recipe = self._thing(root, [operation.selection_set], shape="dict")
        if operation.operation.value != "subscription":
            return {"root": recipe}
        thing = (
            self._thing(root, [operation.selection_set], shape="dict") for _ in range(self._rng.randint(0, 4))
        )
        events: Recipe = Items(
            "async generator", tuple(thing), self._failure("event") if self._fault() else None
        )
        if self._fault():
            events = self._rng.choice((Plain(None), Plain(5), Failure("no events", raised=False)))
        return {"root": recipe, "events": events}

    def _thing(self, type_: Any, selected: Sequence[SelectionSetNode], shape: str | None = None) -> Thing:
        wanted: dict[str, list[FieldNode]] = {}
        for node in self._field_nodes(selected):
            wanted.setdefault(node.name.value, []).append(node)
        fields: dict[str, Recipe] = {}
        resolved: dict[str, Recipe] = {}
        for name, nodes in wanted.items():
            field = type_.fields.get(name)
            if field is None or self._rng.random() < self._rates.faults / 2:
                continue
            recipe = self._field(field, [node.selection_set for node in nodes if node.selection_set])
            # Under two keys the value is completed twice, and a generator or coroutine can be used only once.
            if len({node.alias.value if node.alias else name for node in nodes}) > 1 and not _lasts(recipe):
                recipe = Method(recipe)
            (resolved if is_resolved(field) else fields)[name] = recipe
        lie = (
            self._rng.choice(("raise", "none", "missing", "stranger", "number", "enum"))
            if self._fault()
            else ""
        )
        shape = shape or self._rng.choice(("dict", "object"))
        return Thing(type_.name, shape, fields, resolved, named=self._rng.random() < 0.7, lie=lie)

    def _field_nodes(self, selected: Sequence[SelectionSetNode]) -> Iterator[FieldNode]:
        for selection in (each for selection_set in selected for each in selection_set.selections):
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, FragmentSpreadNode):
                yield from self._field_nodes([self._fragments[selection.name.value].selection_set])
            else:
                yield from self._field_nodes([selection.selection_set])  # type: ignore[attr-defined]

    def _field(self, field: Any, nested: list[SelectionSetNode]) -> Recipe:
        named = get_named_type(field.type)
        if named.name in {"String", "ID"} and self._rng.random() < (0.7 if field.args else 0.15):
            return Echo(later=self._rng.random() < self._rates.later)
        recipe = self._value(field.type, nested)
        if self._fault() and self._rng.random() < 0.5:
            recipe = self._failure("field")
        if isinstance(recipe, Failure) and recipe.raised and is_resolved(field):
            return recipe
        return Method(recipe) if self._rng.random() < 0.15 else recipe

    def _value(self, type_: Any, nested: list[SelectionSetNode]) -> Recipe:
        """A value of this type, possibly an awaitable of one."""
        if self._rng.random() >= self._rates.later:
            return self._at_once(type_, nested)
        recipe = self._failure("awaited", raised=True) if self._fault() else self._at_once(type_, nested)
        kind = self._rng.choice(("coroutine", "coroutine", "awaitable", "future"))
        return Later(recipe, self._rng.choice((0, 0, 1, 2, 5)), kind)

    def _at_once(self, type_: Any, nested: list[SelectionSetNode]) -> Recipe:
        if is_non_null_type(type_):
            # Null where it must not be is a fault; elsewhere it is common.
            return self._faulty() if self._fault() else self._inner(type_.of_type, nested)
        if self._rng.random() < 0.1:
            return Plain(None)
        return self._faulty() if self._fault() else self._inner(type_, nested)

    def _inner(self, type_: Any, nested: list[SelectionSetNode]) -> Recipe:
        if is_list_type(type_):
            return self._items(type_.of_type, nested)
        if is_leaf_type(type_):
            return Plain(self._rng.choice(LEAF_VALUES[type_.name]))
        if is_abstract_type(type_):
            type_ = self._rng.choice(self._schema.get_possible_types(type_))
        return self._thing(type_, nested)

    def _items(self, of: Any, nested: list[SelectionSetNode]) -> Recipe:
        count = self._rng.choice((0, 1, 2, 2, 3, 3, 8)) if self._rng.random() < self._rates.many else 1
        if nested:
            count = min(count, max(1, self._left // 10))
            self._left -= count
        kinds = ASYNC_LIST_KINDS if self._rng.random() < self._rates.later / 2 else LIST_KINDS
        kind = self._rng.choice(kinds)
        broken = (
            self._failure("iterator") if self._fault() and kind not in {"list", "tuple", "deque"} else None
        )
        return Items(kind, tuple(self._value(of, nested) for _ in range(count)), broken)

    def _fault(self) -> bool:
        return self._rng.random() < self._rates.faults

    def _faulty(self) -> Recipe:
        chance = self._rng.random()
        if chance < 0.3:
            return Plain(None)
        if chance < 0.55:
            return self._failure("value", raised=False)
        return (
            Shared(self._rng.choice(self._shared)) if chance < 0.65 else Plain(self._rng.choice(WRONG_VALUES))
        )

    def _failure(self, what: str, *, raised: bool = True) -> Failure:
        kind = self._rng.choice(("ValueError", "ValueError", "KeyError", "GraphQLError"))
        return Failure(f"{what} {self._rng.randint(0, 99)}", raised, kind)
