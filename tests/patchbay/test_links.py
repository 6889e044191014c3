"""Links in a schema: what is asked of the other upstream, and what comes of mistakes."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
import strawberry
from graphql import GraphQLError
from strawberry import relay

from patchbay.errors import ConfigurationError, UpstreamError
from patchbay.links import LinkField, connection_link, link
from patchbay.paging import Connection, encode_cursor
from patchbay.records import is_record, plain_key
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Rest
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


def parts_by_owner(owner: str, offset: int, limit: int) -> Parts:
    """As many as the owner's place in the alphabet."""
    rows = [Part(f"{owner}{number}") for number in range(ord(owner) - ord("a") + 1)]
    return Parts(rows[offset : offset + limit], len(rows))


ROOMS, WEATHER, PARTS = Read(), Read(), Read()


@strawberry.type
class PartType(relay.Node):
    id: relay.NodeID[str]
    number: str = plain_key("Its number.")
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


async def test_last_without_before_is_refused_as_it_would_be_a_call_per_length_of_list() -> None:
    graph = Graph(*(Owner(key) for key in "abc"))
    graph.parts.answer = parts_by_owner
    assert await graph.ask("parts(last: 2) { totalCount }") == [{"parts": None}] * 3
    assert {error.message for error in graph.errors} == {
        "argument 'last' needs 'before' in a nested list, whose pages are read from the start"
    }
    assert graph.errors[0].extensions == {"code": "BAD_USER_INPUT", "argument": "last"}
    assert graph.parts.calls == []


async def test_last_pages_of_parents_with_lists_of_different_lengths_are_one_call() -> None:
    graph = Graph(*(Owner(key) for key in "abcde"))
    graph.parts.answer = parts_by_owner
    owners = await graph.ask(
        f'parts(last: 2, before: "{encode_cursor(4)}") '
        "{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor } edges { node { number } } }"
    )
    assert graph.errors == []
    assert graph.parts.calls == [(list("abcde"), {"offset": 2, "limit": 2})]
    pages = [owner["parts"] for owner in owners]
    assert [page["totalCount"] for page in pages] == [1, 2, 3, 4, 5]
    assert [[edge["node"]["number"] for edge in page["edges"]] for page in pages] == [
        [],
        [],
        [],
        ["d2", "d3"],
        ["e2", "e3"],
    ]
    infos = [tuple(page["pageInfo"].values()) for page in pages]
    assert infos == [(False, True, None)] * 3 + [
        (False, True, encode_cursor(2)),
        (True, True, encode_cursor(2)),
    ]


async def test_last_before_a_row_of_each_list_gives_the_rows_in_front_of_it() -> None:
    graph = Graph(ALICE)
    (owner,) = await graph.ask(
        f'parts(last: 5, after: "{encode_cursor(1)}", before: "{encode_cursor(4)}") '
        "{ edges { node { number } } }"
    )
    assert [edge["node"]["number"] for edge in owner["parts"]["edges"]] == ["a2", "a3"]
    assert graph.parts.calls == [(["a"], {"offset": 2, "limit": 2})]


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


things = Rest("things", base_url="THINGS_URL")
by_size = things.batch("GET /things?ids={ids}&size={size}", Part, match="id", max_size=9)
each_of_size = things.each("GET /things/{id}?size={size}", Part)
paged = things.batch("GET /parts?of={ids}&offset={offset}&limit={limit}", Part, match="id", max_size=9)
paged_each = things.each("GET /things/{id}/parts?offset={offset}&limit={limit}", Parts)


@pytest.mark.parametrize("read", [by_size, each_of_size], ids=["batch", "each"])
def test_a_read_with_an_argument_that_the_link_does_not_give_is_refused(read: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        link(read, key="id")
    assert str(caught.value) == (f"things: {read.name} takes size beside its key, and the link gives nothing")
    with pytest.raises(
        ConfigurationError, match=r" takes size beside its key, and the link gives offset and limit$"
    ):
        connection_link(read, key="id")


def test_the_parts_of_a_composite_key_fill_the_first_places() -> None:
    assert isinstance(link(each_of_size, key=("id", "place")), LinkField)


@pytest.mark.parametrize("read", [paged, paged_each], ids=["batch", "each"])
def test_a_paged_read_is_for_connections_only(read: Any) -> None:
    assert isinstance(connection_link(read, key="id"), LinkField)
    with pytest.raises(
        ConfigurationError, match=r" takes limit, offset beside its key, and the link gives nothing$"
    ):
        link(read, key="id")


def test_a_connection_over_a_read_without_pages_is_refused() -> None:
    plain = things.batch("GET /things?ids={ids}", Part, match="id", max_size=9)
    with pytest.raises(ConfigurationError, match=r"^things: GET /things does not take limit, offset "):
        connection_link(plain, key="id")


def test_a_copied_field_is_still_a_link() -> None:
    declared = link(ROOMS, key="place")
    declared.edge = "Owner.room"
    copied = copy.copy(declared)
    assert copied is not declared
    assert (copied.by_ids, copied.key, copied.edge) == (ROOMS, ("place",), "Owner.room")
