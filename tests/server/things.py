"""A graph over one upstream, which is a Wire, served by uvicorn in the test's own event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import strawberry
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from patchbay.hints import CacheControl
from patchbay.loading import load
from patchbay.records import is_record
from patchbay.scope import current_scope
from patchbay.server import GraphSchema, Settings, create_app
from patchbay.server.door import Door
from patchbay.upstreams import Rest
from tests.patchbay.wire import Request, Wire, json_reply
from tests.server.hosting import hosted

things = Rest("things", base_url="THINGS_URL", retry=None, breaker=None)


class ThingRecord(msgspec.Struct, frozen=True):
    id: str
    name: str = ""


things_by_ids = things.batch("GET /things?ids={ids}", ThingRecord, match="id", max_size=100)
put_thing = things.write("PUT /things/{id}", ThingRecord)


@strawberry.type
class Thing:
    is_type_of = is_record(ThingRecord)

    id: str
    name: str


@strawberry.type
class Tick:
    number: int

    @strawberry.field
    async def thing(self, id: str = "") -> Thing | None:
        found: Thing | None = await thing(id or f"T{self.number}")
        return found

    @strawberry.field
    def stale(self) -> int:
        """Every second tick is told from what was kept."""
        if self.number % 2 == 0:
            current_scope().warn_stale("things", float(self.number))
        return self.number


async def thing(id: str) -> Any:
    return await load(things_by_ids, id)


async def put(id: str) -> Any:
    return await put_thing(None, id=id)


def caller(name: str) -> str | None:
    return current_scope().caller.header(name)


def own(info: strawberry.Info[Any, Any]) -> int:
    info.context["response"].headers["cache-control"] = "max-age=1"
    return 1


def broken() -> int | None:
    raise ValueError("it is broken")


def stale(age: float) -> int:
    current_scope().warn_stale("things", age)
    return 1


@strawberry.type
class Query:
    thing: Thing | None = strawberry.field(resolver=thing)
    caller: str | None = strawberry.field(resolver=caller)
    stale: int = strawberry.field(resolver=stale, directives=[CacheControl(max_age=60)])
    kept: int | None = strawberry.field(resolver=lambda: 1, directives=[CacheControl(max_age=60)])
    own: int = strawberry.field(resolver=own)
    broken: int | None = strawberry.field(resolver=broken, directives=[CacheControl(max_age=60)])


@strawberry.type
class Mutation:
    put: Thing | None = strawberry.field(resolver=put)
    caller: str | None = strawberry.field(resolver=caller)
    stale: int = strawberry.field(resolver=stale)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, number: int = 4) -> AsyncIterator[Tick]:
        for each in range(1, number + 1):
            yield Tick(number=each)

    @strawberry.subscription
    async def caller(self, name: str) -> AsyncIterator[str]:
        yield caller(name) or ""


schema = GraphSchema(query=Query, mutation=Mutation, subscription=Subscription)


class Running:
    """The server at `port`, over the upstream `wire`."""

    def __init__(self, port: int, wire: Wire, door: Door) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/graphql"
        self.wire = wire
        self.door = door
        self.state: Any = None
        """The application's."""

    @asynccontextmanager
    async def socket(self, headers: Mapping[str, str] | None = None) -> AsyncIterator[ClientConnection]:
        """An initialised WebSocket."""
        async with connect(
            self.url.replace("http", "ws"),
            subprotocols=[Subprotocol("graphql-transport-ws")],
            additional_headers=dict(headers or {}),
        ) as socket:
            await socket.send('{"type":"connection_init"}')
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            yield socket


async def named(request: Request, writer: asyncio.StreamWriter) -> None:
    """The things of the ids that are asked for, or the one that is put."""
    rows: Any = [{"id": id, "name": f"thing {id}"} for id in request.ids()]
    writer.write(json_reply(rows if request.method == "GET" else {"id": request.target.rpartition("/")[2]}))


@asynccontextmanager
async def running(answer: Any, folder: Path, **variables: str) -> AsyncIterator[Running]:
    """The server, over an upstream that answers so; see Wire."""
    async with Wire(answer) as wire:
        settings = Settings.read({"PATCHBAY_DATABASE": str(folder / "inbox.sqlite3"), **variables})
        app = create_app(
            upstreams=(things,), schema=schema, settings=settings, environment={"THINGS_URL": wire.url}
        )
        async with hosted(app) as port:
            made = Running(port, wire, app.state.door)
            made.state = app.state
            yield made


PREFLIGHT = "GraphQL-Require-Preflight: 1"
"""What shows that no foreign page can have made a GET."""


def get(query: str, *headers: str) -> bytes:
    """A request by GET, as it stands on the wire."""
    head = [f"GET /graphql?query={quote(query)} HTTP/1.1", "Host: x", PREFLIGHT, *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n"


def post(query: str, *headers: str, path: str = "/graphql", **members: Any) -> bytes:
    """A request by POST, as it stands on the wire."""
    body = json.dumps({"query": query, **members}).encode()
    head = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers]
    if not any(header.startswith("Content-Type") for header in headers):
        head.append("Content-Type: application/json")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def asking(port: int, request: bytes) -> AsyncIterator[asyncio.StreamReader]:
    """A connection on which this was sent; the client goes away at the block's end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        yield reader
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], Any]:
    """Status, headers with names in lower case, and the body as JSON."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = (line.partition(": ") for line in head[1:] if line)
    headers = {name.lower(): value for name, _, value in pairs}
    body = await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split(" ")[1]), headers, json.loads(body) if body else None
