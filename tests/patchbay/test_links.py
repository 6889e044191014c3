"""Links in a schema: what is asked of the other upstream, and what comes of mistakes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import strawberry
from graphql import GraphQLError
from strawberry import relay

from patchbay.errors import UpstreamError
from patchbay.links import LinkField, connection_link, link
from patchbay.paging import Connection
from patchbay.records import is_record
from patchbay.scope import Scope, enter_scope
from tests.patchbay.reads import Read


class Owner(msgspec.Struct, frozen=True):
    id: str
    place: str | None = None
    floor: int | None = 1


class Part(msgspec.Struct, frozen=True):
    id: str


class Parts(msgspec.Struct, frozen=True):
    items: list[Part]
    total: int


def parts_of(owner: str, offset: int, limit: int) -> Parts | None:
    if owner == "none":
        return None
    rows = [Part(f"{owner}{number}") for number in range(7)]
    return Parts(rows[offset : offset + limit], len(rows))


ROOMS, WEATHER, PARTS = Read(), Read(), Read()


@strawberry.type
class PartType(relay.Node):
    id: relay.NodeID[str]
    is_type_of = is_record(Part)


@strawberry.type
class OwnerType:
    id: str
    room: str | None = link(ROOMS, key="place", description="Where they sit.")
    weather: str | None = link(WEATHER, key=("place", "floor"))
    parts: Connection[PartType] | None = connection_link(PARTS, key="id")
    placed: Connection[PartType] | None = connection_link(PARTS, key="place")


@strawberry.type
class Query:
    owners: list[OwnerType]


SCHEMA = strawberry.Schema(Query)


class Graph:
    """A schema with an edge of each sort, over the given owners; its reads have not been called yet."""

    def __init__(self, *owners: Owner) -> None:
        self.owners = owners
        self.errors: list[GraphQLError] = []
        self.rooms, self.weather, self.parts = ROOMS, WEATHER, PARTS
        ROOMS.answer = lambda key: f"<{key}>"
        WEATHER.answer = str
        PARTS.answer = parts_of
        for read in (ROOMS, WEATHER, PARTS):
            read.calls.clear()

    async def ask(self, fields: str) -> Any:
        enter_scope(Scope())
        result = await SCHEMA.execute(f"{{ owners {{ {fields} }} }}", root_value=self)
        assert result.data is not None, result.errors
        self.errors = result.errors or []
        return result.data["owners"]


ALICE, BOB, CAROL = Owner("a", "x"), Owner("b", None), Owner("c", "y", None)


async def test_an_edge_asks_once_for_all_parents() -> None:
    graph = Graph(ALICE, Owner("d", "y"), Owner("e", "x"))
    assert await graph.ask("room") == [{"room": "<x>"}, {"room": "<y>"}, {"room": "<x>"}]
    assert graph.rooms.calls == [(["x", "y"], {})]


async def test_a_key_that_is_none_asks_nothing() -> None:
    graph = Graph(BOB)
    assert await graph.ask("room weather placed { totalCount }") == [
        {"room": None, "weather": None, "placed": None}
    ]
    assert graph.errors == []
    assert graph.rooms.calls == graph.weather.calls == graph.parts.calls == []


async def test_a_composite_key_with_a_none_in_it_asks_nothing() -> None:
    graph = Graph(ALICE, BOB, CAROL)
    assert [owner["weather"] for owner in await graph.ask("weather")] == ["('x', 1)", None, None]
    assert graph.errors == []
    assert graph.weather.calls == [([("x", 1)], {})]


async def test_an_error_nulls_its_own_edge_only() -> None:
    graph = Graph(ALICE, Owner("d", "y"))
    graph.rooms.answer = lambda key: UpstreamError("rooms", "wrong") if key == "x" else key
    assert await graph.ask("id room") == [{"id": "a", "room": None}, {"id": "d", "room": "y"}]
    (error,) = graph.errors
    assert error.path == ["owners", 0, "room"]
    assert error.extensions == {"code": "UPSTREAM_ERROR", "source": "rooms"}


async def test_pages_of_many_parents_are_one_call() -> None:
    graph = Graph(*(Owner(key) for key in "abc"))
    owners = await graph.ask(
        "parts(first: 2) { totalCount pageInfo { hasNextPage } edges { node { __typename } } }"
    )
    assert [len(owner["parts"]["edges"]) for owner in owners] == [2, 2, 2]
    assert all(owner["parts"]["totalCount"] == 7 for owner in owners)
    assert graph.parts.calls == [(["a", "b", "c"], {"offset": 0, "limit": 2})]


async def test_last_pages_of_many_parents_are_two_calls() -> None:
    graph = Graph(*(Owner(key) for key in "abc"))
    await graph.ask("parts(last: 2) { totalCount }")
    assert [(len(keys), arguments) for keys, arguments in graph.parts.calls] == [
        (3, {"offset": 0, "limit": 0}),
        (3, {"offset": 5, "limit": 2}),
    ]


async def test_a_parent_that_the_upstream_does_not_know_has_an_empty_page() -> None:
    graph = Graph(Owner("none"), ALICE)
    owners = await graph.ask("parts { totalCount edges { cursor } }")
    assert owners[0]["parts"] == {"totalCount": 0, "edges": []}
    assert owners[1]["parts"]["totalCount"] == 7


async def test_a_wrong_page_asks_nothing() -> None:
    graph = Graph(ALICE)
    assert await graph.ask("parts(first: -1) { totalCount }") == [{"parts": None}]
    assert graph.errors[0].extensions == {"code": "BAD_USER_INPUT", "argument": "first"}
    assert graph.parts.calls == []


def test_a_link_tells_its_read_and_its_key() -> None:
    read = Read()
    for declared, key in ((link(read, key="a"), ("a",)), (connection_link(read, key=("a", "b")), ("a", "b"))):
        assert isinstance(declared, LinkField)
        assert (declared.by_ids, declared.key) == (read, key)


def test_the_description_stands_in_the_schema() -> None:
    assert '"""Where they sit."""' in SCHEMA.as_str()


def test_a_link_used_for_two_edges_is_refused_with_both_names() -> None:
    shared = link(Read(), key="place")

    class First:
        room = shared

    # Python 3.11 wraps what __set_name__ raises in a RuntimeError; newer ones let it through.
    with pytest.raises((TypeError, RuntimeError)) as caught:

        class Second:
            seat = shared

    error = caught.value if isinstance(caught.value, TypeError) else caught.value.__cause__
    assert isinstance(error, TypeError)
    assert "First.room" in str(error)
    assert "Second.seat" in str(error)
    assert First.room is shared
