"""Subscriptions over graphql-transport-ws and SSE, fed by webhooks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from gql import Client, GraphQLRequest
from gql.transport.websockets import WebsocketsTransport
from websockets.asyncio.client import connect

from demo.launch import Demo
from tests.serving import GraphServer

SHIPMENTS = """subscription($orderId: ID, $carrier: [String!], $status: [String!], $after: String) {
  shipmentUpdated(orderId: $orderId, carrier: $carrier, status: $status, after: $after) {
    cursor
    node { number carrier status weather { temperatureCelsius } order { number customer { name } } }
  }
}"""
PAYMENTS = """subscription($orderId: ID, $status: [String!], $after: String) {
  paymentUpdated(orderId: $orderId, status: $status, after: $after) {
    cursor
    node { status amount { cents currency } order { number } }
  }
}"""
CASES = {"shipment": ("shipmentUpdated", SHIPMENTS), "payment": ("paymentUpdated", PAYMENTS)}


@pytest.fixture
def order(graph: GraphServer) -> str:
    """The number of an order of C1007's that has a payment and a shipment."""
    query = '{ customer(id: "C1007") { orders(first: 1) { edges { node { number shipment { id } } } } } }'
    node = graph.execute(query).data["customer"]["orders"]["edges"][0]["node"]
    assert node["shipment"]
    number: str = node["number"]
    return number


@asynccontextmanager
async def news(demo: Demo, kind: str, number: str) -> AsyncIterator[None]:
    """The sender goes on telling of this order: a subscription has no word for "now I listen"."""

    async def tell() -> None:
        while True:
            await asyncio.to_thread(demo["sender"].send, kind, number)
            await asyncio.sleep(0.1)

    telling = asyncio.create_task(tell())
    yield
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)


async def some(events: AsyncIterator[Any], number: int) -> list[Any]:
    """The first events of a stream."""
    seen: list[Any] = []
    async with asyncio.timeout(10):
        async for event in events:
            seen.append(event)
            if len(seen) == number:
                break
    return seen


async def sse(url: str, query: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
    """The `next` events of an SSE stream."""
    headers = {"Accept": "text/event-stream"}
    body = {"query": query, "variables": variables}
    async with (
        httpx2.AsyncClient(timeout=15, trust_env=False) as client,
        client.stream("POST", url, json=body, headers=headers) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                yield json.loads(line.removeprefix("data: "))


@pytest.mark.parametrize("kind", CASES)
async def test_websocket_clients_see_changes(graph: GraphServer, demo: Demo, order: str, kind: str) -> None:
    field, query = CASES[kind]
    url = f"{graph.url.replace('http', 'ws')}/graphql"
    transport = WebsocketsTransport(url=url, subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL])
    async with Client(transport=transport) as session, news(demo, kind, order):
        events = await some(session.subscribe(GraphQLRequest(query, variable_values={"orderId": order})), 2)
    assert {event[field]["node"]["order"]["number"] for event in events} == {order}
    assert all(event[field]["node"]["status"] for event in events)


@pytest.mark.parametrize("kind", CASES)
async def test_sse_clients_see_changes(graph: GraphServer, demo: Demo, order: str, kind: str) -> None:
    field, query = CASES[kind]
    async with news(demo, kind, order):
        events = await some(sse(f"{graph.url}/graphql", query, orderId=order), 2)
    assert {event["data"][field]["node"]["order"]["number"] for event in events} == {order}


async def test_each_event_is_read_anew(graph: GraphServer, demo: Demo, order: str) -> None:
    query = """subscription($orderId: ID) {
      shipmentUpdated(orderId: $orderId) { node { order { customer { email } } } }
    }"""
    change = "mutation($id: ID!, $email: String!) { changeCustomerEmail(id: $id, email: $email) { email } }"
    seen: list[str] = []
    async with news(demo, "shipment", order), asyncio.timeout(10):
        async for event in sse(f"{graph.url}/graphql", query, orderId=order):
            seen.append(event["data"]["shipmentUpdated"]["node"]["order"]["customer"]["email"])
            if len(seen) == 1:
                await asyncio.to_thread(graph.execute, change, id="C1007", email="changed@example.com")
            if seen[-1] == "changed@example.com":
                break
    await asyncio.to_thread(graph.execute, change, id="C1007", email=seen[0])


async def test_an_upstream_that_is_down_does_not_end_a_subscription(
    graph: GraphServer, demo: Demo, order: str
) -> None:
    demo["weather"].fault(mode="fail", status=503)
    async with news(demo, "shipment", order):
        events = await some(sse(f"{graph.url}/graphql", SHIPMENTS, orderId=order), 2)
    for event in events:
        node = event["data"]["shipmentUpdated"]["node"]
        assert node["weather"] is None
        assert node["order"]["number"] == order
        assert [error["extensions"]["code"] for error in event["errors"]] == ["UPSTREAM_UNAVAILABLE"]


async def test_a_malformed_argument_is_an_error_that_names_it(graph: GraphServer) -> None:
    (event,) = await some(sse(f"{graph.url}/graphql", SHIPMENTS, orderId="nonsense"), 1)
    (error,) = event["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "orderId"}
    assert error["message"] == "argument 'orderId' is not an id of type Order"


async def test_queries_run_over_the_socket_too(graph: GraphServer) -> None:
    url = f"{graph.url.replace('http', 'ws')}/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        await socket.send('{"type":"connection_init"}')
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        payload = {"query": '{ customer(id: "C1007") { number } }'}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        message = json.loads(await socket.recv())
        assert message["payload"]["data"] == {"customer": {"number": "C1007"}}
        assert json.loads(await socket.recv()) == {"id": "1", "type": "complete"}


async def test_the_legacy_protocol_is_off(graph: GraphServer) -> None:
    url = f"{graph.url.replace('http', 'ws')}/graphql"
    async with connect(url, subprotocols=["graphql-ws"]) as socket:  # type: ignore[list-item]
        await socket.wait_closed()
        assert socket.close_code == 4406


def test_a_client_that_only_mentions_sse_gets_json(graph: GraphServer) -> None:
    accept = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed"
    response = graph.request("POST", "/graphql", json={"query": "{ __typename }"}, headers={"Accept": accept})
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert response.json()["data"] == {"__typename": "Query"}
