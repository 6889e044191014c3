"""What stands between a Strawberry field and its value."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission, PermissionExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from tests.execution.asking import Executor, ask, ask_sync


class Insider(BasePermission):
    message = "for insiders"

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        del source, kwargs
        return bool(info.context["inside"])


class InsiderLater(BasePermission):
    message = "for insiders, later"

    async def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        del source, kwargs
        await asyncio.sleep(0)
        return bool(info.context["inside"])


class Doubling(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        return next_(source, info, **kwargs) * 2

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any
    ) -> Any:
        return await next_(source, info, **kwargs) * 2


class AddingOne(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        return next_(source, info, **kwargs) + 1


class AddingOneLater(FieldExtension):
    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any
    ) -> Any:
        return await next_(source, info, **kwargs) + 1


@strawberry.type
class Guarded:
    @strawberry.field(permission_classes=[Insider])  # type: ignore[untyped-decorator] # the decorator loses the type
    def sync(self) -> str | None:
        return "seen"

    @strawberry.field(permission_classes=[InsiderLater])  # type: ignore[untyped-decorator] # the decorator loses the type
    async def later(self) -> str | None:
        return "seen"

    @strawberry.field(permission_classes=[InsiderLater])  # type: ignore[untyped-decorator] # the decorator loses the type
    def mixed(self) -> str | None:
        return "seen"

    @strawberry.field(permission_classes=[Insider])  # type: ignore[untyped-decorator] # the decorator loses the type
    def required(self) -> str:
        return "seen"

    @strawberry.field(extensions=[PermissionExtension([Insider()], fail_silently=True)])  # type: ignore[untyped-decorator] # the decorator loses the type
    def quiet(self) -> str | None:
        return "seen"

    @strawberry.field(extensions=[PermissionExtension([InsiderLater()], fail_silently=True)])  # type: ignore[untyped-decorator] # the decorator loses the type
    def quiet_list(self) -> list[str]:
        return ["seen"]


@strawberry.type
class Extended:
    @strawberry.field(extensions=[Doubling()])  # type: ignore[untyped-decorator] # the decorator loses the type
    def doubled(self, number: int) -> int:
        return number

    @strawberry.field(extensions=[Doubling()])  # type: ignore[untyped-decorator] # the decorator loses the type
    async def doubled_later(self, number: int) -> int:
        await asyncio.sleep(0)
        return number

    @strawberry.field(extensions=[AddingOne(), Doubling()])  # type: ignore[untyped-decorator] # the decorator loses the type
    def chained(self, number: int) -> int:
        return number

    @strawberry.field(extensions=[AddingOneLater(), Doubling()])  # type: ignore[untyped-decorator] # the decorator loses the type
    async def chained_later(self, number: int) -> int:
        return number


@dataclass
class Row:
    first: str
    last: str


def full_name(parent: strawberry.Parent[Row]) -> str:
    return f"{parent.first} {parent.last}"


async def full_name_later(root: Row) -> str:
    await asyncio.sleep(0)
    return f"{root.first} {root.last}"


@strawberry.type
class Person:
    first: str
    last: str = strawberry.field(name="familyName")
    full: str = strawberry.field(resolver=full_name)
    full_later: str = strawberry.field(resolver=full_name_later)
    private: strawberry.Private[int] = 0

    @strawberry.field
    def initials(self: Row) -> str:
        return self.first[0] + self.last[0]

    @strawberry.field
    @staticmethod
    def greeting(root: strawberry.Parent[Row], loud: bool = False) -> str:  # noqa: FBT001, FBT002 -- as clients see it
        return f"hello {root.first}".upper() if loud else f"hello {root.first}"


@strawberry.type
class Told:
    @strawberry.field
    def about(self, info: Info, number: int = 3) -> str:
        del number
        chosen = [getattr(selection, "name", None) for selection in info.selected_fields]
        return f"{info.field_name} {info.python_name} {info.path.as_list()} {chosen} {info.variable_values}"

    @strawberry.field
    async def context(self, info: Info) -> str:
        return f"{info.context} {info.root_value} {info.operation.name.value} {info.return_type}"  # type: ignore[union-attr]


@strawberry.type
class Query:
    @strawberry.field
    def guarded(self) -> Guarded:
        return Guarded()

    @strawberry.field
    def extended(self) -> Extended:
        return Extended()

    @strawberry.field
    def people(self) -> list[Person]:
        return [Person(first="Ada", last="Byron"), Row("Alan", "Turing")]  # type: ignore[list-item] # read by attribute

    @strawberry.field
    async def told(self) -> list[Told]:
        return [Told(), Told()]


@strawberry.type
class Ware:
    name: str
    size: int


@strawberry.type
class Shop:
    @strawberry.field
    def wares(self) -> list[Ware]:
        return [{"name": "a", "size": 1}, {"name": "b", "size": 2}]  # type: ignore[list-item] # read by key


GUARDED = "{ guarded { sync later mixed quiet quietList } }"


async def test_permissions_let_insiders_pass(executor: Executor) -> None:
    schema = strawberry.Schema(Query, execution_context_class=executor)
    data, errors = await ask(schema, GUARDED, context_value={"inside": True})
    assert errors == []
    assert data["guarded"] == {
        "sync": "seen",
        "later": "seen",
        "mixed": "seen",
        "quiet": "seen",
        "quietList": ["seen"],
    }


async def test_permissions_keep_others_out_and_are_silent_where_they_should(executor: Executor) -> None:
    schema = strawberry.Schema(Query, execution_context_class=executor)
    data, errors = await ask(schema, GUARDED, context_value={"inside": False})
    assert data["guarded"] == {"sync": None, "later": None, "mixed": None, "quiet": None, "quietList": []}
    assert sorted(errors) == [
        ("for insiders", ["guarded", "sync"]),
        ("for insiders, later", ["guarded", "later"]),
        ("for insiders, later", ["guarded", "mixed"]),
    ]


async def test_a_field_that_must_not_be_null_takes_its_parents_with_it(executor: Executor) -> None:
    schema = strawberry.Schema(Query, execution_context_class=executor)
    answer = await ask(schema, "{ guarded { quiet required } }", context_value={"inside": False})
    assert answer == (None, [("for insiders", ["guarded", "required"])])


async def test_field_extensions_run_in_their_order(executor: Executor) -> None:
    schema = strawberry.Schema(Query, execution_context_class=executor)
    query = """{ extended {
      doubled(number: 4) doubledLater(number: 4) chained(number: 4) chainedLater(number: 4)
    } }"""
    data, errors = await ask(schema, query)
    assert errors == []
    assert data["extended"] == {"doubled": 8, "doubledLater": 8, "chained": 10, "chainedLater": 10}


async def test_methods_resolvers_and_parents(executor: Executor) -> None:
    schema = strawberry.Schema(Query, execution_context_class=executor)
    query = "{ people { first familyName full fullLater initials greeting loud: greeting(loud: true) } }"
    data, errors = await ask(schema, query)
    assert errors == []
    assert data["people"][0] == {
        "first": "Ada",
        "familyName": "Byron",
        "full": "Ada Byron",
        "fullLater": "Ada Byron",
        "initials": "AB",
        "greeting": "hello Ada",
        "loud": "HELLO ADA",
    }
    assert data["people"][1]["loud"] == "HELLO ALAN"


async def test_info_tells_where_a_field_stands(executor: Executor) -> None:
    schema = strawberry.Schema(Query, execution_context_class=executor)
    query = """
      query Named($n: Int = 5) { told { ...Aliased about context } }
      fragment Aliased on Told { mine: about(number: $n) }
    """
    data, errors = await ask(schema, query, {"n": 7}, context_value="context", root_value="root")
    assert errors == []
    assert data["told"][1] == {
        "mine": "about about ['told', 1, 'mine'] ['about'] {'n': 7}",
        "about": "about about ['told', 1, 'about'] ['about'] {'n': 7}",
        "context": "context root Named <class 'str'>",
    }


def test_a_default_resolver_of_the_schemas_own(executor: Executor) -> None:
    config = StrawberryConfig(default_resolver=lambda source, name: source[name])
    schema = strawberry.Schema(Shop, config=config, execution_context_class=executor)
    assert ask_sync(schema, "{ wares { size name } }") == (
        {"wares": [{"size": 1, "name": "a"}, {"size": 2, "name": "b"}]},
        [],
    )
