"""Edges of compiled operations: each read asked once a level, and its records completed once."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import strawberry

from patchbay.links import link, listing
from patchbay.loading import load
from patchbay.records import is_record
from patchbay.server import GraphSchema
from tests.execution.asking import ask
from tests.patchbay.reads import Read


class Owner(msgspec.Struct, frozen=True):
    id: str
    name: str


class Room(msgspec.Struct, frozen=True):
    id: str
    owner_id: Any


def owner(key: str, **_: Any) -> Any:
    if key == "bad":
        return ValueError("no such owner")
    return None if key == "gone" else Owner(key, key.upper())


OWNERS = Read(owner, turns=2)
CALLED: list[str] = []


@strawberry.type(name="Owner")
class OwnerType:
    is_type_of = is_record(Owner)

    id: strawberry.ID
    name: str

    @strawberry.field
    def shout(self) -> str:
        CALLED.append(self.id)
        return f"{self.name}!"


@strawberry.type(name="Room")
class RoomType:
    is_type_of = is_record(Room)

    id: strawberry.ID
    owner: OwnerType | None = link(OWNERS, key="owner_id")


@strawberry.type(name="House")
class House:
    @strawberry.field
    def rooms(self) -> list[RoomType]:
        return [Room("h1", "ann"), Room("h2", "cid")]  # type: ignore[list-item] # records, as resolvers answer


async def rooms(owners: list[str | None], turns: int = 0) -> Any:
    for _ in range(turns):
        await asyncio.sleep(0)
    return [Room(f"r{number}", key) for number, key in enumerate(owners)]


async def loaded() -> Any:
    return await load(OWNERS, "ann")


async def slow(seconds: float) -> Any:
    await asyncio.sleep(seconds)
    return [Room("s1", "ann"), Room("s2", "dot")]


async def odd() -> Any:
    return [Room("o1", ["a", "list"]), Room("o2", "ann")]


@strawberry.type
class Query:
    rooms: list[RoomType] | None = strawberry.field(resolver=rooms)
    slow: list[RoomType] | None = strawberry.field(resolver=slow)
    odd: list[RoomType] | None = strawberry.field(resolver=odd)
    owner: OwnerType | None = strawberry.field(resolver=loaded)

    @strawberry.field
    def house(self) -> House:
        return House()


SCHEMA = GraphSchema(query=Query)


async def asked(query: str) -> tuple[Any, list[list[Any]]]:
    """The data, and the keys of each call of the read."""
    OWNERS.calls.clear()
    data, errors = await ask(SCHEMA, query)
    assert not errors
    return data, [keys for keys, _ in OWNERS.calls]


async def test_a_key_is_asked_once_however_many_rows_have_it() -> None:
    data, calls = await asked('{ rooms(owners: ["ann", "bob", "ann", null, "gone"]) { owner { name } } }')
    assert calls == [["ann", "bob", "gone"]]
    assert [row["owner"] for row in data["rooms"]] == [
        {"name": "ANN"},
        {"name": "BOB"},
        {"name": "ANN"},
        None,
        None,
    ]


async def test_the_same_edge_under_sibling_roots_is_asked_once_though_they_end_at_different_times() -> None:
    data, calls = await asked(
        '{ a: rooms(owners: ["ann"]) { owner { name } } b: rooms(owners: ["bob", "ann"], turns: 9) '
        "{ owner { id } } }"
    )
    assert calls == [["ann", "bob"]]
    assert data["b"] == [{"owner": {"id": "bob"}}, {"owner": {"id": "ann"}}]


async def test_an_edge_waits_only_a_moment_for_a_slow_sibling() -> None:
    data, calls = await asked(
        '{ a: rooms(owners: ["ann"]) { owner { name } } slow(seconds: 0.4) { owner { name } } }'
    )
    # The slow one's are asked when it comes, and only what is not known by then.
    assert calls == [["ann"], ["dot"]]
    assert [row["owner"]["name"] for row in data["slow"]] == ["ANN", "DOT"]


async def test_edges_of_different_depths_do_not_wait_for_each_other() -> None:
    _, calls = await asked(
        '{ house { rooms { owner { id } } } rooms(owners: ["ann"], turns: 5) { owner { id } } }'
    )
    assert sorted(calls) == [["ann", "cid"]]


async def test_what_a_resolver_has_loaded_serves_an_edge() -> None:
    _, calls = await asked('{ owner { name } rooms(owners: ["ann"], turns: 9) { owner { name } } }')
    assert calls == [["ann"]]


async def test_a_resolver_of_the_record_is_called_for_each_place_that_it_has() -> None:
    CALLED.clear()
    await asked('{ rooms(owners: ["ann", "ann", "bob"]) { owner { shout } } }')
    assert CALLED == ["ann", "ann", "bob"]


async def test_an_error_of_one_key_stands_at_each_of_its_places() -> None:
    data, errors = await ask(SCHEMA, '{ rooms(owners: ["bad", "ann", "bad"]) { owner { name } } }')
    assert data == {"rooms": [{"owner": None}, {"owner": {"name": "ANN"}}, {"owner": None}]}
    assert [path for _, path in errors] == [["rooms", 0, "owner"], ["rooms", 2, "owner"]]


async def test_a_key_that_is_no_key_is_its_row_s_error() -> None:
    data, errors = await ask(SCHEMA, "{ odd { owner { name } } }")
    assert data == {"odd": [{"owner": None}, {"owner": {"name": "ANN"}}]}
    assert [path for _, path in errors] == [["odd", 0, "owner"]]


class Narrow(msgspec.Struct, frozen=True):
    """What a narrower read decodes: no `name`."""

    id: str


class NarrowingRead(Read):
    """Notes what it is narrowed to."""

    def __init__(self) -> None:
        super().__init__(owner)
        self.wanted: list[frozenset[str]] = []
        self.narrow = Read(lambda key, **_: Narrow(key))

    def selecting(self, attributes: frozenset[str]) -> Any:
        self.wanted.append(attributes)
        return self.narrow


NARROWING = NarrowingRead()


class Rows:
    """A list that is read without a key."""

    name, source, arguments = "GET /rooms", "rooms", frozenset[str]()
    calls = 0

    async def __call__(self) -> list[Room]:
        self.calls += 1
        return [Room("r1", "ann"), Room("r2", "bob")]

    def selecting(self, attributes: frozenset[str]) -> Rows:
        del attributes
        return self


ROWS = Rows()


@strawberry.type(name="Room")
class NarrowRoom:
    is_type_of = is_record(Room)

    id: strawberry.ID
    owner: OwnerType | None = link(NARROWING, key="owner_id")


@strawberry.type(name="Query")
class NarrowQuery:
    all_rooms: list[NarrowRoom] | None = listing(ROWS)


async def test_a_read_is_narrowed_to_what_the_operation_looks_at() -> None:
    schema = GraphSchema(query=NarrowQuery)
    data, errors = await ask(
        schema, "{ allRooms { id owner { id } } again: allRooms { owner { __typename } } }"
    )
    assert not errors
    assert data["allRooms"][1] == {"id": "r2", "owner": {"id": "bob"}}
    assert data["again"][0] == {"owner": {"__typename": "Owner"}}
    assert set(NARROWING.wanted) == {frozenset({"id"})}
    assert [keys for keys, _ in NARROWING.narrow.calls] == [["ann", "bob"]]
    assert not NARROWING.calls
    # Two fields, one list: asked once.
    assert ROWS.calls == 1


async def test_a_read_whose_record_a_resolver_sees_stays_whole() -> None:
    NARROWING.wanted.clear()
    schema = GraphSchema(query=NarrowQuery)
    await ask(schema, "{ allRooms { owner { id shout } } }")
    assert NARROWING.wanted == []
