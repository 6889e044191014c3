"""A write forgets what it changes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from patchbay.cached import Ttl
from patchbay.calls import Resources
from patchbay.environment import Environment
from patchbay.errors import UpstreamError
from patchbay.inbox import Inbox
from patchbay.upstreams import Runtime, Soap
from tests.cache.things import Thing, operation, rest, runtime, serving, until
from tests.patchbay.wire import Request, Wire, answering, json_reply, reply
from tests.soap.rows import Put, Row
from tests.soap.service import Service, answered, row


class Renamed(msgspec.Struct, frozen=True):
    size: int


class TestWrites:
    @pytest.mark.parametrize("status", ["200 OK", "503 Busy", "409 Conflict"])
    async def test_a_write_forgets_its_key_also_where_it_failed(self, status: str) -> None:
        upstream = rest()
        read = upstream.batch("GET /things?ids={ids}", Thing, match="id", max_size=9, cache=Ttl(60))
        whole = upstream.list("GET /all", Thing, cache=Ttl(60))
        write = upstream.write("PUT /things/{id}", Thing, forgets=[(read, "id"), (whole, None)])
        size = 1

        def answer(request: Request) -> bytes:
            if request.method == "PUT":
                return reply(b'{"id":"a"}', status)
            ids = request.ids() or ["a"]
            return json_reply([{"id": key, "size": size} for key in ids])

        async with Wire(answering(answer)) as wire:
            await upstream.open(runtime(wire.url, Resources()))
            await read(["a", "b"])
            await whole()
            size = 2
            try:
                await write(Renamed(2), id="a")
            except UpstreamError:
                assert status != "200 OK"
            assert await read(["a", "b"]) == [Thing("a", 2), Thing("b", 1)]
            assert await whole() == [Thing("a", 2)]
            await upstream.close()

    async def test_a_write_that_is_cancelled_forgets_as_well(self) -> None:
        async with serving(Ttl(60)) as served:
            upstream = rest()
            write = upstream.write("PUT /things/{id}", Thing, forgets=[(served.read, "id")])
            await upstream.open(runtime(served.wire.url, Resources()))
            await served.sizes(["a"])
            served.things.size = 2
            served.things.may_answer.clear()
            writing = asyncio.create_task(operation(lambda: write(id="a")))
            await until(lambda: len(served.asked) == 2)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            served.things.may_answer.set()
            assert await served.sizes(["a"]) == [2]
            await upstream.close()

    @pytest.mark.parametrize(
        ("names", "arguments", "forgotten"),
        [
            ("id", {"id": "a"}, ["a"]),
            ("ids", {"ids": ["a", "b"]}, ["a", "b"]),
            ("thing.id", {"thing": {"id": "b"}}, ["b"]),
            ("id", {"other": "a"}, ["a", "b", "c"]),
            ("thing.id", {"thing": "a"}, ["a", "b", "c"]),
            (None, {"id": "a"}, ["a", "b", "c"]),
        ],
    )
    async def test_which_keys_a_write_changes(self, names: Any, arguments: Any, forgotten: list[str]) -> None:
        async with serving(Ttl(60)) as served:
            upstream = rest()
            write = upstream.write("POST /things", Thing, forgets=[(served.read, names)])
            await served.sizes(["a", "b", "c"])
            with pytest.raises(UpstreamError, match="is not open"):
                await write(**arguments)
            await served.sizes(["a", "b", "c"])
            assert served.asked[1:] == [forgotten]

    async def test_a_soap_write_forgets_its_key(self) -> None:
        soap = Soap("rows", wsdl="ROWS_WSDL")
        read = soap.batch("GetRows", Row, keys="Ids.Id", at="Rows.Row", match="id", max_size=9, cache=Ttl(60))
        put = soap.write("PutRow", Put, forgets=[(read, "Id")])
        async with Service() as service:
            service.describe()
            await soap.open(
                Runtime(Environment({"ROWS_WSDL": service.wsdl_url}), Inbox(Path("unused.sqlite3")))
            )
            service.reply(answered(row("a", 1)))
            assert await read(["a"]) == await read(["a"]) == [Row("a", 1)]
            assert len(service.posts) == 1
            service.reply("<html/>", 500)
            with pytest.raises(UpstreamError):
                await put(Id="a", Count=2)
            service.reply(answered(row("a", 2)))
            assert await read(["a"]) == [Row("a", 2)]
            await soap.close()
