"""REST upstreams over the wire: pages, writes, status codes, and opening."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from patchbay.calls import ApiKey, Limits
from patchbay.errors import ConfigurationError, PatchbayError, UpstreamError
from patchbay.paging import encode_cursor, page_resolver
from patchbay.scope import Scope, enter_scope
from patchbay.upstreams import Rest
from tests.patchbay.calling import CANARY, assert_safe, opened, runtime
from tests.patchbay.reads import Read
from tests.patchbay.wire import Answer, Request, Wire, answering, cut_off, json_reply, reply, silence


class Thing(msgspec.Struct, frozen=True):
    id: str
    amount: int = 0


class Change(msgspec.Struct, frozen=True, rename="camel"):
    new_amount: int


things = Rest("things", base_url="THINGS_URL", limits=Limits(deadline_seconds=0.5))
thing_by_id = things.each("GET /things/{id}", Thing)
things_by_ids = things.batch("GET /things?ids={ids}", Thing, match="id", max_size=10)
things_page = things.page(
    "GET /shops/{shop}/things?offset={offset}&limit={limit}", Thing, items="data.rows", total="data.total"
)
change_thing = things.write("PATCH /things/{id}", Thing)
make_thing = things.write("POST /things", Thing, at="made")

Ask = Callable[[], Awaitable[Any]]


async def by_id() -> Any:
    return (await thing_by_id(["T1"]))[0]


async def by_ids() -> Any:
    return (await things_by_ids(["T1"]))[0]


async def page() -> Any:
    return (await things_page([(0, 10)], shop="s"))[0]


async def write() -> Any:
    return await change_thing(Change(5), id="T1")


every_operation = pytest.mark.parametrize("ask", [by_id, by_ids, page, write], ids=lambda ask: ask.__name__)


async def outcome(ask: Ask, answer: Answer | bytes) -> tuple[Any, Wire]:
    """What comes of asking, an error included, and the wire with what arrived."""
    async with Wire(answer) as wire, opened(things, THINGS_URL=wire.url):
        try:
            return await ask(), wire
        except PatchbayError as error:
            return error, wire


class TestStatus:
    @every_operation
    @pytest.mark.parametrize(
        ("status", "code"),
        [
            ("204 No Content", "UPSTREAM_BAD_DATA"),
            ("301 Moved Permanently", "UPSTREAM_REFUSED"),
            ("304 Not Modified", "UPSTREAM_REFUSED"),
            ("400 Bad Request", "UPSTREAM_REFUSED"),
            ("401 Unauthorized", "UPSTREAM_REFUSED"),
            ("403 Forbidden", "UPSTREAM_REFUSED"),
            ("429 Too Many Requests", "UPSTREAM_QUOTA"),
            ("500 Internal Server Error", "UPSTREAM_UNAVAILABLE"),
            ("503 Service Unavailable", "UPSTREAM_UNAVAILABLE"),
            ("599 Odd", "UPSTREAM_UNAVAILABLE"),
        ],
    )
    async def test_each_class_has_its_error(self, ask: Ask, status: str, code: str) -> None:
        body = b"" if status[:3] in ("204", "304") else json_reply({"id": CANARY}).partition(b"\r\n\r\n")[2]
        error, wire = await outcome(ask, reply(body, status))
        assert_safe(error)
        assert error.code == code
        if code == "UPSTREAM_REFUSED":
            assert error.extensions["status"] == int(status[:3])
        again = status.startswith("503") and ask is not write
        assert len(wire.requests) == (3 if again else 1)

    @pytest.mark.parametrize(("ask", "code"), [(by_ids, "UPSTREAM_REFUSED"), (page, "UPSTREAM_REFUSED")])
    async def test_a_collection_that_is_not_found_is_an_error(self, ask: Ask, code: str) -> None:
        error, _ = await outcome(ask, reply(b"", "404 Not Found"))
        assert error.code == code

    @pytest.mark.parametrize(
        ("ask", "status"), [(by_id, "404 Gone"), (by_id, "410 Gone"), (write, "404 Gone")]
    )
    async def test_a_thing_that_is_not_found_is_none(self, ask: Ask, status: str) -> None:
        assert (await outcome(ask, reply(b"", status)))[0] is None

    @every_operation
    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            pytest.param(silence, "UPSTREAM_TIMEOUT", id="silent"),
            pytest.param(cut_off(b""), "UPSTREAM_UNAVAILABLE", id="closed"),
            pytest.param(reply(f"<h1>{CANARY}</h1>".encode()), "UPSTREAM_BAD_DATA", id="HTML"),
            pytest.param(reply(b'{"data":{"rows":[{"id":"T'), "UPSTREAM_BAD_DATA", id="truncated"),
            pytest.param(reply(b'"\xff"'), "UPSTREAM_BAD_DATA", id="bad UTF-8"),
            pytest.param(reply(b'{"x":' * 100_000), "UPSTREAM_BAD_DATA", id="too deep"),
            pytest.param(json_reply([[CANARY]]), "UPSTREAM_BAD_DATA", id="another shape"),
            pytest.param(reply(b"x", content_encoding="br"), "UPSTREAM_BAD_DATA", id="unknown encoding"),
        ],
    )
    async def test_wrong_answers_end_as_errors_of_this_upstream(
        self, ask: Ask, answer: Answer | bytes, code: str
    ) -> None:
        error, _ = await outcome(ask, answer)
        assert_safe(error)
        assert error.code == code


class TestPage:
    async def test_rows_and_total_are_read_from_their_places(self) -> None:
        answer = json_reply({"data": {"rows": [{"id": "T1", "x": 1}, {"id": "T2"}], "total": 7}})
        read, wire = await outcome(page, answer)
        assert (read.items, read.total) == ([Thing("T1"), Thing("T2")], 7)
        assert wire.requests[0].target == "/shops/s/things?offset=0&limit=10"

    async def test_a_wrong_row_is_named(self) -> None:
        rows = [{"id": "T1"}, {"id": "T2", "amount": CANARY}]
        error, _ = await outcome(page, json_reply({"data": {"rows": rows, "total": 2}}))
        assert error.path == "$.data.rows[1].amount"

    async def test_a_list_at_no_possible_address_is_empty(self) -> None:
        pages, wire = await outcome(lambda: things_page([(0, 10)], shop=".."), json_reply({}))
        assert (pages, wire.requests) == ([None], [])

    async def test_each_page_is_read_once_and_only_so_many_at_a_time(self) -> None:
        def rows(request: Request) -> bytes:
            return json_reply({"rows": [{"id": request.query("offset")[0]}], "total": 9})

        few = things.page(
            "GET /things?offset={offset}&limit={limit}", Thing, items="rows", total="total", concurrency=3
        )
        resolve = page_resolver(few)
        enter_scope(Scope())
        slow = answering(rows, after_seconds=0.02)
        async with Wire(slow) as wire, opened(things, THINGS_URL=wire.url):
            asked = [resolve(first=1, after=encode_cursor(number % 6)) for number in range(60)]
            slices = await asyncio.gather(*asked)
        assert [each.edges[0].node.id for each in slices] == [str(number % 6 + 1) for number in range(60)]
        assert (len(wire.requests), wire.most_under_way) == (6, 3)

    async def test_one_failed_page_hurts_no_other(self) -> None:
        def second_fails(request: Request) -> bytes:
            if request.query("offset") == ["10"]:
                return reply(b"", "500 Odd")
            return json_reply({"data": {"rows": [], "total": 3}})

        async with Wire(answering(second_fails)) as wire, opened(things, THINGS_URL=wire.url):
            first, second = await things_page([(0, 10), (10, 10)], shop="s")
        assert first is not None
        assert not isinstance(first, UpstreamError)
        assert first.total == 3
        assert_safe(second)


class TestWrite:
    async def test_the_body_goes_out_once_as_json(self) -> None:
        record, wire = await outcome(write, json_reply({"id": "T1", "amount": 5}))
        assert record == Thing("T1", 5)
        (request,) = wire.requests
        assert (request.method, request.target, request.body) == ("PATCH", "/things/T1", b'{"newAmount":5}')
        assert request.headers["content-type"] == "application/json"

    async def test_without_a_body_none_is_sent(self) -> None:
        record, wire = await outcome(make_thing, json_reply({"made": {"id": "T9"}}, "201 Created"))
        assert record == Thing("T9")
        assert wire.requests[0].body == b""
        assert "content-type" not in wire.requests[0].headers

    @pytest.mark.parametrize(
        "answer", [cut_off(b""), silence, reply(b"", "503 Odd")], ids=["reset", "silent", "503"]
    )
    async def test_it_is_never_made_twice(self, answer: Answer | bytes) -> None:
        error, wire = await outcome(write, answer)
        assert isinstance(error, UpstreamError)
        assert len(wire.requests) == 1

    @pytest.mark.parametrize(
        "answer", [json_reply({"id": "T1"}), silence, cut_off(b""), reply(b"", "500 Odd")]
    )
    async def test_what_was_loaded_is_forgotten_however_it_ends(self, answer: Answer | bytes) -> None:
        scope = Scope()
        enter_scope(scope)
        scope.reads["loaded"] = Read()  # type: ignore[assignment] # no loader, but as good as one here
        await outcome(write, answer)
        assert scope.reads == {}

    @pytest.mark.parametrize("key", ["", ".", "..", "T\ud800"])
    async def test_a_key_that_no_path_can_hold_changes_nothing(self, key: str) -> None:
        record, wire = await outcome(lambda: change_thing(Change(5), id=key), json_reply({"id": "T1"}))
        assert (record, wire.requests) == (None, [])


class TestOpening:
    @pytest.mark.parametrize(
        ("url", "message"),
        [
            ("", "environment variable THINGS_URL is not set"),
            ("things.example", "environment variable THINGS_URL must be an address"),
            (f"https://user:{CANARY}@h", "environment variable THINGS_URL must not hold credentials"),
            (f"https://h?key={CANARY}", "environment variable THINGS_URL must not have a query"),
        ],
    )
    async def test_a_missing_or_wrong_address_names_its_variable(self, url: str, message: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            await things.open(runtime(THINGS_URL=url))
        assert str(caught.value).startswith(message)
        assert CANARY not in str(caught.value)

    async def test_it_tells_all_its_variables(self) -> None:
        rest = Rest("crm", base_url="CRM_URL", credentials=ApiKey("CRM_KEY"))
        assert [variable.name for variable in rest.variables()] == ["CRM_URL", "CRM_KEY"]
        with pytest.raises(ConfigurationError, match="CRM_KEY is not set"):
            await rest.open(runtime(CRM_URL="http://127.0.0.1"))

    @every_operation
    async def test_what_is_not_open_is_unavailable(self, ask: Ask) -> None:
        await things.close()
        try:
            error = await ask()
        except UpstreamError as raised:
            error = raised
        assert_safe(error)
        assert str(error) == "things: is not open"

    async def test_an_upstream_that_is_down_can_be_opened_and_checked(self) -> None:
        async with Wire(reply(b"", "404 Not Found")) as wire, opened(things, THINGS_URL=wire.url):
            await things.check()
            wire.answer = reply(b"", "502 Bad Gateway")
            with pytest.raises(UpstreamError, match="things: answered HTTP 502"):
                await things.check()
            assert wire.requests[0].target == "/"
        async with opened(things, THINGS_URL=wire.url):
            with pytest.raises(UpstreamError, match="things: connection refused"):
                await things.check()


async def test_the_fan_out_is_bounded_at_the_upstream() -> None:
    one_by_one = things.each("GET /things/{id}", Thing, concurrency=3)
    slow = answering(lambda request: json_reply({"id": request.target[8:]}), after_seconds=0.02)
    async with Wire(slow) as wire, opened(things, THINGS_URL=wire.url):
        keys = [f"T{number}" for number in range(10)]
        assert await one_by_one(keys) == [Thing(key) for key in keys]
        assert wire.most_under_way == 3
        await asyncio.gather(one_by_one(keys), one_by_one(keys))
        assert wire.most_under_way == 6
