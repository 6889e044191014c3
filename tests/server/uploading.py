"""A graph that takes files, and forms as they stand on the wire."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import strawberry
from starlette.routing import Route
from strawberry.file_uploads import Upload
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from patchbay.access.authorization.directives import RequiresScopes
from patchbay.hints import CacheControl
from patchbay.scalars import SCALARS
from patchbay.server import GraphSchema, Settings, create_app
from patchbay.server.app import GraphApp
from patchbay.server.transports.http import GraphQLHttp
from patchbay.uploads import UploadedFile
from tests.patchbay.wire import Wire
from tests.server.hosting import hosted
from tests.server.things import Thing, named, put_thing, thing, things

BOUNDARY = "----patchbay7MA4YWxk"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "GraphQL-Require-Preflight": "1"}

DESCRIBE = "mutation($file: Upload!) { describe(file: $file) { name type size digest } }"


@strawberry.type
class Told:
    """What a resolver has seen of a file."""

    name: str
    type: str
    size: int
    digest: str


@strawberry.input
class Attachment:
    file: UploadedFile
    note: str = ""


def told(file: Any) -> Told:
    assert isinstance(file, UploadedFile)
    digest = hashlib.sha256(file.content).hexdigest()
    return Told(name=file.filename, type=file.content_type, size=file.size, digest=digest)


def measure(file: UploadedFile) -> int:
    return file.size


async def put(file: UploadedFile) -> Any:
    return await put_thing(None, id=file.filename)


@strawberry.type
class Query:
    thing: Thing | None = strawberry.field(resolver=thing)
    measure: int = strawberry.field(resolver=measure, directives=[CacheControl(max_age=60)])


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def describe(self, file: Upload) -> Told:
        content: bytes = await file.read()  # type: ignore[attr-defined] # Strawberry declares bytes
        assert content == file.content  # type: ignore[attr-defined]
        return told(file)

    @strawberry.mutation
    def describe_all(self, files: list[UploadedFile | None]) -> list[Told | None]:
        return [None if each is None else told(each) for each in files]

    @strawberry.mutation
    def attach(self, inputs: list[Attachment]) -> list[Told]:
        return [told(each.file) for each in inputs]

    @strawberry.mutation
    def anything(self, value: JSON) -> str:
        return str(value)

    put: Thing | None = strawberry.mutation(resolver=put, directives=[RequiresScopes(scopes=[["files"]])])


schema = GraphSchema(query=Query, mutation=Mutation, config=StrawberryConfig(scalar_map=SCALARS))


@dataclass
class Uploading:
    """The server at `url`, over the upstream `wire`."""

    url: str
    wire: Wire
    client: httpx2.AsyncClient
    graphql: GraphQLHttp

    async def post(self, body: Any, headers: Mapping[str, str] = FORM) -> httpx2.Response:
        return await self.client.post(self.url, content=body, headers=dict(headers))


@asynccontextmanager
async def posting(app: GraphApp, wire: Wire) -> AsyncIterator[Uploading]:
    """The server of an application over this upstream."""
    async with hosted(app) as port, httpx2.AsyncClient(trust_env=False, timeout=5) as client:
        routes = [each for each in app.routes if isinstance(each, Route)]
        (graphql,) = [each.endpoint for each in routes if isinstance(each.endpoint, GraphQLHttp)]
        yield Uploading(f"http://127.0.0.1:{port}/graphql", wire, client, graphql)


@asynccontextmanager
async def uploading(folder: Path, **variables: str) -> AsyncIterator[Uploading]:
    """The server of this graph."""
    async with Wire(named) as wire:
        settings = Settings.read({"PATCHBAY_DATABASE": str(folder / "inbox.sqlite3"), **variables})
        app = create_app(
            upstreams=(things,), schema=schema, settings=settings, environment={"THINGS_URL": wire.url}
        )
        async with posting(app, wire) as server:
            yield server


def part(name: str, content: bytes | str, filename: str | None = None, type: str = "") -> bytes:
    """One part of a form, boundary first."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    head += "" if filename is None else f'; filename="{filename}"'
    head += f"\r\nContent-Type: {type}" if type else ""
    return f"{head}\r\n\r\n".encode() + (content.encode() if isinstance(content, str) else content) + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def form(
    query: str,
    variables: Any,
    places: Mapping[str, Any],
    *files: bytes,
    **members: Any,
) -> bytes:
    """A whole request: the operation, its map, and the parts with its files."""
    operations = json.dumps({"query": query, "variables": variables, **members})
    return part("operations", operations) + part("map", json.dumps(places)) + b"".join(files) + END


def one(content: bytes | str = b"text", filename: str = "a.txt", type: str = "text/plain") -> bytes:
    """The request for one file."""
    return form(DESCRIBE, {"file": None}, {"0": ["variables.file"]}, part("0", content, filename, type))
