"""Reads by key over the wire: whatever a key holds, it stays one key and hurts no other."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from patchbay.errors import UpstreamError
from patchbay.upstreams import Rest
from tests.patchbay.calling import CANARY, assert_safe, opened
from tests.patchbay.wire import Request, Wire, answering, json_reply, reply

ODD_KEYS = [
    "a,b",
    "a/b",
    "../x",
    "a b",
    "a&ids=z",
    "a#f",
    "a?x",
    "%2C",
    "é日本",
    "\0",
    "a\r\nX: y",
    "+",
    "'\"<>\\",
]
UNASKABLE = ["", "a\ud800", "\udfff"]


class Thing(msgspec.Struct, frozen=True):
    id: str
    amount: int = 0


class Cell(msgspec.Struct, frozen=True):
    row: str
    column: int
    text: str = ""


things = Rest("things", base_url="THINGS_URL")
joined = things.batch("GET /things?ids={ids}", Thing, match="id", max_size=100)
repeated = things.batch("GET /things?id={ids*}&v=2", Thing, match="id", max_size=3, at="data")
each_in_path = things.each("GET /things/{id}", Thing)
each_in_query = things.each("GET /thing?id={id}&size={size}", Thing)
cells = things.batch("GET /cells?rows={row}&columns={column}", Cell, match=("row", "column"), max_size=10)


def knowing_everything(request: Request) -> bytes:
    """Every key that is asked for has a record, in reverse order."""
    if request.query("id"):
        return json_reply({"data": [{"id": key} for key in reversed(request.query("id"))]})
    return json_reply([{"id": key} for key in reversed(request.ids())])


async def test_a_joined_list_leaves_out_only_what_would_come_apart() -> None:
    keys = ["first", *ODD_KEYS, *UNASKABLE, "last"]
    async with Wire(answering(knowing_everything)) as wire, opened(things, THINGS_URL=wire.url):
        outcomes = await joined(keys)
        (request,) = wire.requests
    askable = [key for key in keys if "," not in key and key not in UNASKABLE]
    assert request.ids() == askable
    assert outcomes == [Thing(key) if key in askable else None for key in keys]
    assert list(request.headers) == list(dict.fromkeys(request.headers))
    assert "x" not in request.headers


@pytest.mark.parametrize("key", ["a,b", ""])
async def test_one_key_that_would_come_apart_is_left_out_from_among_plain_ones(key: str) -> None:
    async with Wire(answering(knowing_everything)) as wire, opened(things, THINGS_URL=wire.url):
        assert await joined(["a", key, "b"]) == [Thing("a"), None, Thing("b")]
        assert [request.ids() for request in wire.requests] == [["a", "b"]]


async def test_a_repeated_parameter_can_hold_commas_as_well() -> None:
    keys = [*ODD_KEYS, *UNASKABLE]
    async with Wire(answering(knowing_everything)) as wire, opened(things, THINGS_URL=wire.url):
        outcomes = await repeated(keys)
        assert all(request.query("v") == ["2"] for request in wire.requests)
        # The last chunk holds nothing that can be asked.
        assert [len(request.query("id")) for request in wire.requests] == [3, 3, 3, 3, 1]
    assert outcomes == [None if key in UNASKABLE else Thing(key) for key in keys]


async def test_keys_that_cannot_be_asked_make_no_call() -> None:
    async with Wire(reply(b"[]")) as wire, opened(things, THINGS_URL=wire.url):
        assert await joined([*UNASKABLE, "a,b"]) == [None] * 4
        assert wire.requests == []


async def test_a_key_in_a_path_stays_one_segment() -> None:
    def in_path(request: Request) -> bytes:
        assert request.target.count("/") == 2
        return json_reply({"id": request.target[8:], "amount": 1})

    keys = [*ODD_KEYS, *UNASKABLE, ".", "..", "T1"]
    async with Wire(answering(in_path)) as wire, opened(things, THINGS_URL=wire.url):
        outcomes = await each_in_path(keys)
        assert len(wire.requests) == len(ODD_KEYS) + 1
    nowhere = {*UNASKABLE, ".", ".."}
    assert [outcome is None for outcome in outcomes] == [key in nowhere for key in keys]
    assert outcomes[-1] == Thing("T1", 1)


async def test_a_key_in_a_query_stays_one_value() -> None:
    def in_query(request: Request) -> bytes:
        assert request.query("size") == ["5"]
        return json_reply({"id": request.query("id")[0]})

    async with Wire(answering(in_query)) as wire, opened(things, THINGS_URL=wire.url):
        assert await each_in_query(ODD_KEYS, size=5) == [Thing(key) for key in ODD_KEYS]
        assert await each_in_query(["\ud800", "?"], size=5) == [None, Thing("?")]


async def test_a_composite_key_with_a_comma_does_not_shift_the_others() -> None:
    def grid(request: Request) -> bytes:
        rows, columns = (request.query(name)[0].split(",") for name in ("rows", "columns"))
        return json_reply([{"row": r, "column": int(c)} for r, c in zip(rows, columns, strict=True)])

    keys: list[Any] = [("a", 1), ("b,c", 2), ("", 3), ("d\ud800", 4), ("d", 5)]
    async with Wire(answering(grid)) as wire, opened(things, THINGS_URL=wire.url):
        assert await cells(keys) == [Cell("a", 1), None, None, None, Cell("d", 5)]
        assert [request.query("rows") for request in wire.requests] == [["a,d"]]


async def test_one_failed_chunk_is_the_error_of_its_own_keys() -> None:
    def second_fails(request: Request) -> bytes:
        if "d" in request.query("id"):
            return reply(CANARY.encode(), "500 Internal Server Error")
        return knowing_everything(request)

    async with Wire(answering(second_fails)) as wire, opened(things, THINGS_URL=wire.url):
        outcomes = await repeated(list("abcdefg"))
        assert sorted(len(request.query("id")) for request in wire.requests) == [1, 3, 3]
    assert [outcomes[index] for index in (0, 1, 2, 6)] == [Thing(key) for key in "abcg"]
    for error in outcomes[3:6]:
        assert_safe(error)


async def test_the_chunks_of_one_read_are_under_way_together() -> None:
    slow = answering(knowing_everything, after_seconds=0.1)
    async with Wire(slow) as wire, opened(things, THINGS_URL=wire.url):
        await repeated([str(number) for number in range(12)])
        assert wire.most_under_way == 4


async def test_a_wrong_row_is_the_error_of_its_key_with_its_path() -> None:
    rows = [{"id": "a"}, {"id": "b", "amount": CANARY}, {"id": "c"}, {"id": "nobody asked"}]
    async with Wire(json_reply({"data": rows})) as wire, opened(things, THINGS_URL=wire.url):
        a, b, c = await repeated(["a", "b", "c"])
    assert (a, c) == (Thing("a"), Thing("c"))
    assert isinstance(b, UpstreamError)
    assert_safe(b)
    assert b.extensions["path"] == "$.data[1].amount"


async def test_a_wrong_row_of_a_composite_key_is_the_error_of_that_key() -> None:
    rows = [{"row": "a", "column": 1}, {"row": "a", "column": 2, "text": 7}]
    async with Wire(json_reply(rows)) as wire, opened(things, THINGS_URL=wire.url):
        first, second = await cells([("a", "1"), ("a", 2)])
    assert first == Cell("a", 1)
    assert_safe(second)


async def test_each_key_of_a_fan_out_has_its_own_outcome() -> None:
    answers = {"/things/a": json_reply({"id": "a"}), "/things/b": reply(b"", "503 Busy")}
    by_path = answering(lambda request: answers.get(request.target, reply(b"", "404 Not Found")))
    async with Wire(by_path) as wire, opened(things, THINGS_URL=wire.url):
        a, b, c = await each_in_path(["a", "b", "c"])
    assert (a, c) == (Thing("a"), None)
    assert_safe(b)


async def test_a_wrong_row_of_a_numbered_key_is_the_error_of_that_key() -> None:
    class Numbered(msgspec.Struct, frozen=True):
        id: int
        amount: int = 0

    numbered = things.batch("GET /things?ids={ids}", Numbered, match="id", max_size=10)
    async with (
        Wire(json_reply([{"id": 2, "amount": "x"}, {"id": 1}])) as wire,
        opened(things, THINGS_URL=wire.url),
    ):
        one, two, three = await numbered([1, 2, 3])
    assert (one, three) == (Numbered(1), None)
    assert_safe(two)


@pytest.mark.parametrize("keys", [["T1", "T2"], [1, 2]])
async def test_numbers_and_texts_match_alike(keys: list[str | int]) -> None:
    def numbered(request: Request) -> bytes:
        return json_reply([{"id": key} for key in request.ids()])

    async with Wire(answering(numbered)) as wire, opened(things, THINGS_URL=wire.url):
        assert await joined(keys) == [Thing(str(key)) for key in keys]
