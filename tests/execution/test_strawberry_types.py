"""Strawberry's kinds of types."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import sys
import uuid
from dataclasses import dataclass
from typing import Annotated, Any, Generic, NewType, TypeVar

import strawberry
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from tests.execution.asking import Executor, ask_sync

T = TypeVar("T")
Reverse = NewType("Reverse", str)


@strawberry.interface
class Animal:
    name: str

    @strawberry.field
    def loud(self) -> str:
        return self.name.upper()


@strawberry.type
class Cat(Animal):
    lives: int = 9


@strawberry.type
class Dog(Animal):
    bones: int

    @classmethod
    def is_type_of(cls, value: object, _info: Any) -> bool:
        return isinstance(value, Dog | DogRow)


@dataclass
class DogRow:
    name: str
    bones: int
    loud: str = "a row"


Pet = Annotated[Cat | Dog, strawberry.union("Pet")]


@strawberry.type
class Page(Generic[T]):
    items: list[T]
    after: T | None = None


@strawberry.enum
class Flavour(enum.Enum):
    SWEET = "sugar"
    SOUR = strawberry.enum_value("lemon", name="ACID")


@strawberry.enum
class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


@strawberry.type
class Node:
    label: str
    parent: Annotated[Node, strawberry.lazy("tests.execution.test_strawberry_types")] | None = None


@strawberry.type
class Scalars:
    day: dt.date
    moment: dt.datetime
    amount: decimal.Decimal
    key: uuid.UUID
    anything: JSON
    reverse: Reverse
    id: strawberry.ID
    ratio: float
    clock: dt.time


@strawberry.type
class Query:
    @strawberry.field
    def animals(self) -> list[Animal]:
        return [Cat(name="Tom"), Dog(name="Rex", bones=2), DogRow("Row", 1)]  # type: ignore[list-item] # is_type_of knows it

    @strawberry.field
    def pets(self) -> list[Pet | None]:
        return [Cat(name="Tom"), None, Dog(name="Rex", bones=2)]

    @strawberry.field
    def strangers(self) -> list[Pet | None]:
        return [Cat(name="Tom"), Node(label="no pet")]  # type: ignore[list-item] # on purpose

    @strawberry.field
    def pages(self) -> Page[Cat]:
        return Page(items=[Cat(name="Tom")], after=Cat(name="Next", lives=1))

    @strawberry.field
    def numbers(self) -> Page[int]:
        return Page(items=[1, 2])

    @strawberry.field
    def flavours(self, wanted: Flavour = Flavour.SOUR) -> list[Flavour]:
        assert isinstance(wanted, Flavour)
        return [wanted, Flavour.SWEET, "lemon"]  # type: ignore[list-item] # by value

    @strawberry.field
    def sizes(self) -> list[Size | None]:
        return [Size.LARGE, 1, 3]  # type: ignore[list-item] # by value, and no such value

    @strawberry.field
    def node(self) -> Node:
        return Node(label="leaf", parent=Node(label="root"))

    @strawberry.field
    def scalars(self) -> Scalars:
        return Scalars(
            day=dt.date(2026, 1, 2),
            moment=dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC),
            amount=decimal.Decimal("1.50"),
            key=uuid.UUID(int=7),
            anything=JSON({"a": [1, None]}),
            reverse=Reverse("abc"),
            id=strawberry.ID("i"),
            ratio=2,
            clock=dt.time(3, 4),
        )

    @strawberry.field
    def wrong(self) -> Scalars | None:
        return Scalars(  # wrong types throughout, which are told field by field
            day="no day",  # type: ignore[arg-type]
            moment=5,  # type: ignore[arg-type]
            amount=decimal.Decimal(1),
            key=uuid.UUID(int=7),
            anything=JSON(None),
            reverse=Reverse("abc"),
            id=strawberry.ID("i"),
            ratio=float("nan"),
            clock=dt.time(1),
        )


def schema_for(executor: Executor) -> strawberry.Schema:
    reverse = strawberry.scalar(
        name="Reverse",
        serialize=lambda value: value[::-1],
        parse_value=lambda value: value[::-1],
    )
    config = StrawberryConfig(scalar_map={Reverse: reverse})
    return strawberry.Schema(Query, config=config, execution_context_class=executor)


def test_interfaces(executor: Executor) -> None:
    query = "{ animals { __typename name loud ... on Cat { lives } ... on Dog { bones } } }"
    assert ask_sync(schema_for(executor), query) == (
        {
            "animals": [
                {"__typename": "Cat", "name": "Tom", "loud": "TOM", "lives": 9},
                {"__typename": "Dog", "name": "Rex", "loud": "REX", "bones": 2},
                {"__typename": "Dog", "name": "Row", "loud": "ROW", "bones": 1},
            ]
        },
        [],
    )


def test_unions(executor: Executor) -> None:
    query = "{ pets { __typename ... on Cat { lives } ... on Animal { name } } }"
    assert ask_sync(schema_for(executor), query) == (
        {
            "pets": [
                {"__typename": "Cat", "lives": 9, "name": "Tom"},
                None,
                {"__typename": "Dog", "name": "Rex"},
            ]
        },
        [],
    )


def test_a_value_that_is_not_of_the_union(executor: Executor) -> None:
    data, errors = ask_sync(schema_for(executor), "{ strangers { __typename } }")
    assert data == {"strangers": [{"__typename": "Cat"}, None]}
    assert [path for _, path in errors] == [["strangers", 1]]
    assert "Node" in errors[0][0]


def test_generics(executor: Executor) -> None:
    query = "{ pages { __typename items { name } after { lives } } numbers { __typename items after } }"
    assert ask_sync(schema_for(executor), query) == (
        {
            "pages": {"__typename": "CatPage", "items": [{"name": "Tom"}], "after": {"lives": 1}},
            "numbers": {"__typename": "IntPage", "items": [1, 2], "after": None},
        },
        [],
    )


def test_enums_by_member_and_by_value(executor: Executor) -> None:
    query = "query ($f: Flavour = SWEET) { flavours(wanted: $f) other: flavours }"
    answer = ask_sync(schema_for(executor), query)
    assert answer == ({"flavours": ["SWEET", "SWEET", "ACID"], "other": ["ACID", "SWEET", "ACID"]}, [])
    data, errors = ask_sync(schema_for(executor), "{ sizes }")
    assert data == {"sizes": ["LARGE", "SMALL", None]}
    assert [path for _, path in errors] == [["sizes", 2]]


def test_lazy_types(executor: Executor) -> None:
    assert "tests.execution.test_strawberry_types" in sys.modules
    assert ask_sync(schema_for(executor), "{ node { label parent { label parent { label } } } }") == (
        {"node": {"label": "leaf", "parent": {"label": "root", "parent": None}}},
        [],
    )


def test_scalars(executor: Executor) -> None:
    query = "{ scalars { day moment amount key anything reverse id ratio clock } }"
    assert ask_sync(schema_for(executor), query) == (
        {
            "scalars": {
                "day": "2026-01-02",
                "moment": "2026-01-02T03:04:00+00:00",
                "amount": "1.50",
                "key": "00000000-0000-0000-0000-000000000007",
                "anything": {"a": [1, None]},
                "reverse": "cba",
                "id": "i",
                "ratio": 2.0,
                "clock": "03:04:00",
            }
        },
        [],
    )


def test_wrong_values_of_scalars(executor: Executor) -> None:
    data, errors = ask_sync(schema_for(executor), "{ wrong { reverse ratio } }")
    assert data == {"wrong": None}
    assert errors == [("Float cannot represent non numeric value: nan", ["wrong", "ratio"])]
    data, errors = ask_sync(schema_for(executor), "{ wrong { day moment } }")
    assert data == {"wrong": None}
    assert [path for _, path in errors] == [["wrong", "day"]]
