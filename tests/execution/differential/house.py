"""The house's own kind of graph: Strawberry types over records, links to other reads, functions of a parent.

The compiled executor reads such fields as columns, past the layers around Strawberry's resolvers. Rows hold
what rows hold, and at times what they should not.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec
import strawberry
from graphql import parse
from strawberry import relay
from strawberry.types import Info

from patchbay.errors import UpstreamUnavailable
from patchbay.links import link
from patchbay.records import is_record, plain_key
from patchbay.scope import Scope, enter_scope
from tests.execution.differential.cases import Case
from tests.execution.differential.data import LEAF_VALUES, WRONG_VALUES
from tests.execution.differential.queries import Writer

# Members are Any, because here no border has checked them.


class Owner(msgspec.Struct, frozen=True):
    id: Any
    name: Any
    age: Any
    boss_key: Any


class Room(msgspec.Struct, frozen=True):
    id: Any
    title: Any
    size: Any
    ratio: Any
    is_open: Any
    tags: Any
    grid: Any
    level: Any
    owner_key: Any


class Hall(msgspec.Struct, frozen=True):
    title: Any
    owner_key: Any


class OwnersById:
    """A read whose outcomes are put in before each run."""

    name = "owners"
    source = "house"

    def __init__(self) -> None:
        self.outcomes: dict[Any, Any] = {}
        self.error: Exception | None = None

    async def __call__(self, ids: Sequence[Any], **_arguments: Any) -> list[Any]:
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        return [self.outcomes.get(key) for key in ids]

    def selecting(self, _attributes: frozenset[str]) -> OwnersById:
        return self


OWNERS = OwnersById()


@strawberry.enum
class Level(enum.Enum):
    HIGH = "high"
    LOW = "low"


@strawberry.type(name="Owner")
class OwnerType:
    name: str
    age: int | None
    is_type_of = is_record(Owner)
    boss: OwnerType | None = link(OWNERS, key="boss_key")

    @strawberry.field
    def shout(self: Any) -> str | None:
        return self.name.upper()  # type: ignore[no-any-return] # fails where the name is none


@strawberry.interface
class Titled:
    title: str | None


@strawberry.type(name="Room")
class RoomType(Titled, relay.Node):
    id: relay.NodeID[str]
    number: str | None = plain_key("Its number.")
    title: str | None
    size: int | None
    ratio: float
    is_open: bool | None
    tags: list[str]
    grid: list[list[int | None]] | None
    level: Level | None
    is_type_of = is_record(Room)
    owner: OwnerType | None = link(OWNERS, key="owner_key")

    @strawberry.field
    def label(self: Any, prefix: str = "room", times: int | None = 1) -> str | None:
        return f"{prefix} {self.title} {times}"

    @strawberry.field
    async def later(self: Any) -> int:
        await asyncio.sleep(0)
        return self.size  # type: ignore[no-any-return]

    @strawberry.field
    def told(self, info: Info) -> str:
        return f"{info.path.as_list()} {info.field_name}"

    @strawberry.field
    def doubled(root: strawberry.Parent[Any]) -> float | None:  # noqa: N805 -- Strawberry's name for the parent
        return root.ratio * 2  # type: ignore[no-any-return]


@strawberry.type(name="Hall")
class HallType(Titled):
    title: str | None
    is_type_of = is_record(Hall)
    keeper: OwnerType = link(OWNERS, key="owner_key")


@strawberry.type
class Query:
    @strawberry.field
    def rooms(root: strawberry.Parent[Any]) -> list[RoomType | None]:  # noqa: N805 -- as above
        return root.rooms  # type: ignore[no-any-return]

    @strawberry.field
    async def room(root: strawberry.Parent[Any], number: int = 0) -> RoomType | None:  # noqa: N805 -- as above
        return root.rooms[number % 3]  # type: ignore[no-any-return]

    @strawberry.field
    def titled(root: strawberry.Parent[Any]) -> list[Titled | None] | None:  # noqa: N805 -- as above
        return root.titled  # type: ignore[no-any-return]

    owner: OwnerType | None
    word: str | None


SCHEMA = strawberry.Schema(Query, types=[RoomType, HallType])


@dataclass(frozen=True)
class Rows:
    """The root value, and what the read answers with; `read_error` is what the whole read raises."""

    rooms: tuple[Any, ...]
    titled: tuple[Any, ...]
    owner: Any
    word: Any
    owners: tuple[tuple[Any, Any], ...]
    read_error: Exception | None = None

    def make(self) -> Rows:
        enter_scope(Scope())
        OWNERS.outcomes, OWNERS.error = dict(self.owners), self.read_error
        return self


def house_case(rng: Random) -> Case:
    """A query of the house, with rows that are good or not."""
    faults = rng.choice((0.0, 0.0, 0.03, 0.15))
    graphql_schema = SCHEMA._schema  # noqa: SLF001 -- Strawberry has no public name for it
    writer = Writer(rng, graphql_schema)
    query = writer.operation("query")
    rows = _rows(_Values(rng, faults))
    return Case(
        graphql_schema, query, parse(query), writer.variables.values, {"root": rows}, asynchronous=True
    )


class _Values:
    """Draws values, of which some are faults."""

    def __init__(self, rng: Random, faults: float) -> None:
        self.rng = rng
        self._faults = faults

    def of(self, values: Sequence[Any]) -> Any:
        if self.rng.random() >= self._faults:
            return self.rng.choice(values)
        return self.rng.choice((None, None, ValueError("value"), KeyError("value"), *WRONG_VALUES))

    def leaf(self, name: str, *, nullable: bool = True) -> Any:
        return self.of((*LEAF_VALUES[name], None) if nullable else LEAF_VALUES[name])

    def many(self, values: Sequence[Any]) -> Any:
        return self.of([[self.of(values) for _ in range(self.rng.randint(0, 4))] for _ in range(3)])


def _rows(values: _Values) -> Rows:
    keys: tuple[Any, ...] = ("a", "b", "c", "d", None, "missing", "broken")
    owners: list[tuple[Any, Any]] = [
        (key, Owner(key, values.leaf("String", nullable=False), values.leaf("Int"), values.of(keys)))
        for key in "abcd"
    ]
    owners.append(("broken", UpstreamUnavailable("house", "is down")))
    rooms = tuple(values.of([_room(values, keys)]) for _ in range(values.rng.choice((3, 3, 4, 12))))
    halls = tuple(Hall(values.leaf("String"), values.of(keys[:4])) for _ in range(3))
    titled = (
        [*rooms, *halls, *values.rng.choice([(), (), ("no row",)])]
        if values.rng.random() < 0.5
        else list(halls)
    )
    values.rng.shuffle(titled)
    error = ValueError("the read fails") if values.rng.random() < 0.05 else None
    owner = values.of([owners[0][1], None])
    return Rows(rooms, tuple(titled), owner, values.leaf("String"), tuple(owners), error)


def _room(values: _Values, keys: tuple[Any, ...]) -> Room:
    return Room(
        id=values.leaf("ID", nullable=False),
        title=values.leaf("String"),
        size=values.leaf("Int"),
        ratio=values.leaf("Float", nullable=False),
        is_open=values.leaf("Boolean"),
        tags=values.many(LEAF_VALUES["String"]),
        grid=values.of([[values.many((*LEAF_VALUES["Int"], None)) for _ in range(2)], None]),
        level=values.of([*Level, "high", None]),
        owner_key=values.of(keys),
    )
