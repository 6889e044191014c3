"""Python's gql, over each of its transports."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gql import Client, FileVar, GraphQLRequest
from gql import gql as parsed
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport
from gql.transport.requests import RequestsHTTPTransport
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed

from tests.clients.conftest import Guarded, socket_url
from tests.clients.workshop import snippets
from tests.serving import GraphServer

CUSTOMER = parsed("query($id: ID!) { customer(id: $id) { number email } }")
CHANGE = parsed(
    "mutation($id: ID!, $email: String!) { changeCustomerEmail(id: $id, email: $email) { email } }"
)
SHIPMENTS = parsed("subscription { shipmentUpdated { cursor node { number status } } }")
SECONDS = 10


@pytest.fixture
async def clients(running_graph: GraphServer) -> SimpleNamespace:
    """What docs/clients.md makes, for this server. Made in a loop: gql would make one, and not close it."""
    made: dict[str, Any] = {}
    host = running_graph.url.removeprefix("http://")
    exec(snippets()["gql.py"].replace("127.0.0.1:8000", host), made)  # noqa: S102 - the page's own text
    return SimpleNamespace(**made)


def asked(query: GraphQLRequest, **variables: Any) -> GraphQLRequest:
    return GraphQLRequest(query.document, variable_values=variables)


async def first(session: Any, query: GraphQLRequest, count: int) -> list[dict[str, Any]]:
    """The first results of a subscription."""
    seen: list[dict[str, Any]] = []
    async with asyncio.timeout(SECONDS):
        async for result in session.subscribe(query):
            seen.append(result)
            if len(seen) == count:
                break
    return seen


@pytest.mark.parametrize("way", ["over_http", "over_socket"])
async def test_queries_and_mutations(clients: SimpleNamespace, way: str) -> None:
    async with vars(clients)[way] as session:
        data = await session.execute(asked(CUSTOMER, id="C1019"))
        assert data["customer"]["number"] == "C1019"
        email = data["customer"]["email"]
        data = await session.execute(asked(CHANGE, id="C1019", email=email))
        assert data == {"changeCustomerEmail": {"email": email}}


async def test_subscriptions_over_a_socket(clients: SimpleNamespace) -> None:
    async with clients.over_socket as session:
        seen = await first(session, SHIPMENTS, 2)
    assert len({result["shipmentUpdated"]["cursor"] for result in seen}) == 2


async def test_subscriptions_by_multipart_over_http(running_graph: GraphServer) -> None:
    transport = AIOHTTPTransport(url=f"{running_graph.url}/graphql")
    async with Client(transport=transport) as session:
        seen = await first(session, SHIPMENTS, 2)
    assert all(result["shipmentUpdated"]["node"]["status"] for result in seen)


@pytest.mark.parametrize("transport", [RequestsHTTPTransport, HTTPXTransport])
def test_the_schema_is_fetched_and_documents_are_validated_against_it(
    running_graph: GraphServer, transport: Any
) -> None:
    client = Client(transport=transport(url=f"{running_graph.url}/graphql"), fetch_schema_from_transport=True)
    with client as session:
        assert session.execute(asked(CUSTOMER, id="C1019"))["customer"]["number"] == "C1019"
        assert client.schema is not None
        assert client.schema.get_type("Shipment") is not None


@pytest.mark.parametrize("way", ["over_http", "over_socket"])
async def test_errors_have_their_codes(clients: SimpleNamespace, way: str) -> None:
    async with vars(clients)[way] as session:
        for text, code in {
            "{ nothing }": "GRAPHQL_VALIDATION_FAILED",
            '{ node(id: "nonsense") { id } }': "BAD_USER_INPUT",
        }.items():
            with pytest.raises(TransportQueryError) as failed:
                await session.execute(parsed(text))
            assert failed.value.errors is not None
            assert [error["extensions"]["code"] for error in failed.value.errors] == [code]


async def test_a_key_says_who_asks(guarded: Guarded) -> None:
    headers = {"X-Api-Key": guarded.key}
    over_http = AIOHTTPTransport(url=f"{guarded.server.url}/graphql", headers=headers)
    over_socket = WebsocketsTransport(url=socket_url(guarded.server.url), init_payload=headers)
    for transport in (over_http, over_socket):
        async with Client(transport=transport) as session:
            assert (await session.execute(asked(CUSTOMER, id="C1019")))["customer"]


async def test_without_a_key_the_socket_is_closed(guarded: Guarded) -> None:
    transport = WebsocketsTransport(url=socket_url(guarded.server.url))
    with pytest.raises(TransportConnectionFailed) as failed:
        async with Client(transport=transport):
            pass
    closed = failed.value.__cause__
    assert isinstance(closed, ConnectionClosed)
    assert closed.rcvd is not None
    assert closed.rcvd.code == 4401


@pytest.mark.parametrize(
    ("transport", "name"),
    [
        # aiohttp quotes names as in a URL. Browsers do not, so that nobody can take it back.
        (AIOHTTPTransport, "gr%C3%B6%C3%9Fe.bin"),
        (HTTPXAsyncTransport, "größe.bin"),
    ],
)
async def test_files(taking_files: str, tmp_path: Path, transport: Any, name: str) -> None:
    content = bytes(range(256)) * 800
    (tmp_path / "größe.bin").write_bytes(content)
    files = [FileVar(str(tmp_path / "größe.bin"), content_type="image/png"), None]
    query = parsed("mutation($files: [Upload]!) { describeAll(files: $files) { name type size digest } }")
    headers = {"GraphQL-Require-Preflight": "1"}
    async with Client(transport=transport(url=taking_files, headers=headers)) as session:
        data = await session.execute(asked(query, files=files), upload_files=True)
    digest = hashlib.sha256(content).hexdigest()
    (told, nothing) = data["describeAll"]
    assert nothing is None
    assert told == {"name": name, "type": "image/png", "size": len(content), "digest": digest}
