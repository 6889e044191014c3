"""A graph whose results come in every way that transports know, served in the test's own event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from patchbay import server as patchbay_server
from patchbay.access.proofs.issuer import Issuer
from patchbay.errors import InputError
from patchbay.server import GraphSchema, Settings
from tests.access.oidc import AUDIENCE, OidcIssuer
from tests.server.hosting import hosted

PROTOCOL = Subprotocol("graphql-transport-ws")
BIG = 100_000
"""Characters of one result of `flood`."""


class Seen:
    """What the graph has done since the server started."""

    def __init__(self) -> None:
        self.open = 0
        """Subscriptions under way."""
        self.told = 0
        """Results of `flood`."""
        self.written = 0
        """Mutations that have ended."""
        self.gate = asyncio.Event()
        """Set, `slow` and `write` end."""


seen: Seen


@strawberry.type
class Part:
    number: int

    @strawberry.field
    async def late(self) -> str:
        await asyncio.sleep(0.02)
        return f"late {self.number} ---"

    @strawberry.field
    async def fails(self) -> str:
        await asyncio.sleep(0.01)
        raise InputError("number", "it is never right")


async def slow() -> int:
    await seen.gate.wait()
    return 1


def broken() -> int:
    raise InputError("number", "it is never right")


async def write() -> int:
    await seen.gate.wait()
    seen.written += 1
    return seen.written


@strawberry.type
class Query:
    one: int = strawberry.field(resolver=lambda: 1)
    slow: int = strawberry.field(resolver=slow)
    fails: int | None = strawberry.field(resolver=broken)
    must: int = strawberry.field(resolver=broken)

    @strawberry.field
    def part(self) -> Part:
        return Part(number=1)

    @strawberry.field
    def parts(self, number: int = 3) -> list[Part]:
        return [Part(number=each) for each in range(number)]


@strawberry.type
class Mutation:
    write: int = strawberry.field(resolver=write)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for each in range(1, to + 1):
            yield each

    @strawberry.subscription
    async def endless(self) -> AsyncIterator[int]:
        seen.open += 1
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            seen.open -= 1

    @strawberry.subscription
    async def flood(self) -> AsyncIterator[str]:
        seen.open += 1
        try:
            while True:
                seen.told += 1
                yield "x" * BIG
                await asyncio.sleep(0)
        finally:
            seen.open -= 1


schema = GraphSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(enable_experimental_incremental_execution=True),
)


class Served:
    """The server at `url`.

    Attributes:
        seen: what the graph has done.
        state: the application's.
    """

    def __init__(self, port: int, state: Any) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/graphql"
        self.seen = seen
        self.state = state

    def opened(self, headers: Mapping[str, str] | None = None, **options: Any) -> connect:
        """A WebSocket that is not initialised."""
        arguments = {"subprotocols": [PROTOCOL], "additional_headers": dict(headers or {}), **options}
        return connect(self.url.replace("http", "ws"), **arguments)

    @asynccontextmanager
    async def socket(self, **options: Any) -> AsyncIterator[Talk]:
        """An initialised WebSocket."""
        async with self.opened(**options) as connection:
            talk = Talk(connection)
            await talk.say({"type": "connection_init"})
            assert await talk.hear() == {"type": "connection_ack"}
            yield talk

    async def until_open(self, number: int) -> None:
        """Until so many subscriptions are under way."""
        async with asyncio.timeout(3):
            while self.seen.open != number:  # noqa: ASYNC110 - the graph tells nobody
                await asyncio.sleep(0.01)


class Talk:
    """A WebSocket that speaks JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, message: Any) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def ask(self, id: str, query: str, **members: Any) -> None:
        await self.say({"id": id, "type": "subscribe", "payload": {"query": query, **members}})

    async def hear(self) -> Any:
        async with asyncio.timeout(5):
            return json.loads(await self.connection.recv())

    async def hear_nothing_of(self, id: str) -> None:
        """A ping comes back, and nothing of this operation before it."""
        await asyncio.sleep(0.1)
        await self.say({"type": "ping"})
        while (message := await self.hear()) != {"type": "pong"}:
            assert message.get("id") != id, message


@asynccontextmanager
async def serving(folder: Path, issuer: OidcIssuer | None = None, **variables: str) -> AsyncIterator[Served]:
    """The server; with an issuer it wants tokens."""
    global seen  # noqa: PLW0603 - resolvers find it there
    seen = Seen()
    issuers = () if issuer is None else (Issuer(issuer.url, (AUDIENCE,), leeway_seconds=0),)
    app = patchbay_server.create_app(
        upstreams=(),
        schema=schema,
        settings=Settings.read({"PATCHBAY_DATABASE": str(folder / "inbox.sqlite3"), **variables}),
        environment={},
        issuers=issuers,
    )
    async with hosted(app) as port:
        try:
            yield Served(port, app.state)
        finally:
            seen.gate.set()
