"""What data is made of: recipes, which are plain and can be printed, and the values that they are made into.

A recipe makes a fresh value for each run, because generators and awaitables can be used once only. What
makes a value asynchronous (`Later`, `Items` of kind "async generator") stands only in cases that are run in
an event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from graphql import GraphQLError

LIST_KINDS = ("list", "list", "list", "tuple", "generator", "deque", "iterable", "dict values")
ASYNC_LIST_KINDS = ("async generator", "async iterable")


@dataclass(frozen=True)
class Plain:
    """This value as it is."""

    value: Any

    def make(self) -> Any:
        return self.value


@dataclass(frozen=True)
class Failure:
    """An error: returned as a value, or raised where code runs."""

    message: str
    raised: bool
    kind: str = "ValueError"

    def error(self) -> Exception:
        if self.kind == "GraphQLError":
            return GraphQLError(self.message, extensions={"code": self.message.upper()})
        return KeyError(self.message) if self.kind == "KeyError" else ValueError(self.message)

    def make(self) -> Exception:
        if self.raised:
            raise self.error()
        return self.error()


@dataclass(frozen=True)
class Shared:
    """One and the same error, wherever it stands: a loader does that for a key that two ask for."""

    error: Exception

    def make(self) -> Exception:
        return self.error


@dataclass(frozen=True)
class Items:
    """A list of this kind; `broken` is what its iterator raises after the last item."""

    kind: str
    items: tuple[Recipe, ...]
    broken: Failure | None = None

    def make(self) -> Any:
        makers: dict[str, Callable[[], Any]] = {
            "list": self._values,
            "tuple": lambda: tuple(self._values()),
            "deque": lambda: deque(self._values()),
            "dict values": lambda: dict(enumerate(self._values())).values(),
            "generator": self._generate,
            "iterable": lambda: _Iterable(self._generate),
            "async generator": self._generate_later,
            "async iterable": lambda: _AsyncIterable(self._generate_later),
        }
        return makers[self.kind]()

    def _values(self) -> list[Any]:
        return [item.make() for item in self.items]

    def _generate(self) -> Iterator[Any]:
        yield from (item.make() for item in self.items)
        if self.broken:
            raise self.broken.error()

    async def _generate_later(self) -> AsyncIterator[Any]:
        for item in self.items:
            await asyncio.sleep(0)
            yield item.make()
        if self.broken:
            raise self.broken.error()


@dataclass(frozen=True)
class Later:
    """An awaitable of this, after some turns of the event loop."""

    recipe: Recipe
    turns: int
    kind: str = "coroutine"

    def make(self) -> Awaitable[Any]:
        if self.kind == "future":
            return asyncio.ensure_future(self._wait())
        return _Awaitable(self._wait) if self.kind == "awaitable" else self._wait()

    async def _wait(self) -> Any:
        for _ in range(self.turns):
            await asyncio.sleep(0)
        return self.recipe.make()


@dataclass(frozen=True)
class Echo:
    """A function that answers with what it was called with."""

    later: bool = False

    def make(self) -> Callable[..., Any]:
        if not self.later:
            return told

        async def told_later(info: Any, **arguments: Any) -> str:
            await asyncio.sleep(0)
            return told(info, **arguments)

        return told_later


@dataclass(frozen=True)
class Method:
    """A function that makes this when it is called."""

    recipe: Recipe

    def make(self) -> Callable[..., Any]:
        return lambda _info, **_arguments: self.recipe.make()


@dataclass(frozen=True)
class Thing:
    """An object.

    Args:
        type: its GraphQL type. shape: "dict" or "object". fields: the fields that the operation asks for
        and that have no resolver of their own. resolved: those that have one, made when it is called.
        named: whether it carries `__typename`. lie: what it does when asked for its type: "" the truth,
        else "raise", "none", "missing" or "stranger".
    """

    type: str
    shape: str
    fields: dict[str, Recipe]
    resolved: dict[str, Recipe]
    named: bool = True
    lie: str = ""

    def make(self) -> Any:
        hidden = {"resolved": self.resolved, "kind": self.type, "lie": self.lie}
        values = {name: recipe.make() for name, recipe in self.fields.items() if not _raises(recipe)}
        if self.shape == "dict":
            return values | hidden | ({"__typename": self.type} if self.named else {})
        broken = {name: recipe for name, recipe in self.fields.items() if _raises(recipe)}
        typename = {"_Something__typename": self.type} if self.named else {}
        return Something(**values, **hidden, **typename, broken=broken)


Recipe = Plain | Failure | Shared | Items | Later | Echo | Method | Thing


class Something(SimpleNamespace):
    """An object that is no dict; it prints as its type, because graphql-core shows wrong values in
    messages."""

    def __getattr__(self, name: str) -> Any:
        broken = self.__dict__.get("broken", {})
        raise broken[name].error() if name in broken else AttributeError(name)

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def _raises(recipe: Recipe) -> bool:
    return isinstance(recipe, Failure) and recipe.raised


def told(info: Any, **arguments: Any) -> str:
    """What a resolver was told, as text; the order of arguments counts."""
    nodes = [f"{node.alias.value if node.alias else ''}:{node.name.value}" for node in info.field_nodes]
    return (
        f"{info.parent_type}.{info.field_name} {info.return_type} {info.path.as_list()} {nodes} {arguments}"
    )


class _Iterable:
    """Has `__iter__` and nothing else."""

    def __init__(self, generate: Callable[[], Iterator[Any]]) -> None:
        self._generate = generate

    def __iter__(self) -> Iterator[Any]:
        return self._generate()


class _AsyncIterable:
    """Has `__aiter__` and nothing else."""

    def __init__(self, generate: Callable[[], AsyncIterator[Any]]) -> None:
        self._generate = generate

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._generate()


class _Awaitable:
    """Has `__await__` and nothing else."""

    def __init__(self, wait: Callable[[], Any]) -> None:
        self._wait = wait

    def __await__(self) -> Generator[Any, None, Any]:
        return self._wait().__await__()  # type: ignore[no-any-return]
