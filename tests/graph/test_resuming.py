"""Subscriptions that go on from a cursor, over graphql-transport-ws and SSE, and their filters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from demo.launch import Demo
from patchbay.inbox.updates import encode_change_cursor
from tests.graph.test_subscriptions import PAYMENTS, SHIPMENTS, news, some, sse
from tests.serving import GraphServer

CASES = {"shipment": ("shipmentUpdated", SHIPMENTS), "payment": ("paymentUpdated", PAYMENTS)}
ALL = """subscription($after: String) { shipmentUpdated(after: $after) { cursor node { number status } } }"""


@pytest.fixture
def order(graph: GraphServer) -> str:
    """The number of an order of C1007's that has a payment and a shipment."""
    query = '{ customer(id: "C1007") { orders(first: 1) { edges { node { number } } } } }'
    number: str = graph.execute(query).data["customer"]["orders"]["edges"][0]["node"]["number"]
    return number


async def over_websocket(graph: GraphServer, query: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
    """The data of each event."""
    url = f"{graph.url.replace('http', 'ws')}/graphql"
    transport = WebsocketsTransport(url=url, subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL])
    async with Client(transport=transport) as session:
        async for data in session.subscribe(GraphQLRequest(query, variable_values=variables)):
            yield data


async def over_sse(graph: GraphServer, query: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
    """The same."""
    async for event in sse(f"{graph.url}/graphql", query, **variables):
        yield event["data"]


async def events_of(
    graph: GraphServer, *, headers: dict[str, str] | None = None, **variables: Any
) -> AsyncIterator[tuple[str, str]]:
    """SSE as browsers read it, by GET: each event's id, and the cursor in its data."""
    event_id = ""
    headers = {"Accept": "text/event-stream", "Sec-Fetch-Site": "same-origin", **(headers or {})}
    parameters = {"query": ALL, "variables": json.dumps(variables)}
    async with (
        httpx2.AsyncClient(timeout=15, trust_env=False) as client,
        client.stream("GET", f"{graph.url}/graphql", params=parameters, headers=headers) as response,
    ):
        assert response.status_code == 200
        async for line in response.aiter_lines():
            if line.startswith("id: "):
                event_id = line.removeprefix("id: ")
            elif line.startswith("data: {"):
                yield event_id, json.loads(line.removeprefix("data: "))["data"]["shipmentUpdated"]["cursor"]


@pytest.mark.parametrize("transport", [over_websocket, over_sse])
@pytest.mark.parametrize("kind", CASES)
async def test_nothing_is_missed_by_who_comes_back_with_a_cursor(
    graph: GraphServer, demo: Demo, order: str, kind: str, transport: Any
) -> None:
    field, query = CASES[kind]
    async with news(demo, kind, order):
        watched = asyncio.create_task(some(over_sse(graph, query, orderId=order), 8))
        first = await some(transport(graph, query, orderId=order), 2)
        after = first[-1][field]["cursor"]
        # Somebody else sees what is told meanwhile.
        await some(over_sse(graph, query, orderId=order), 2)
        rest = await some(transport(graph, query, orderId=order, after=after), 4)
        whole = [event[field]["cursor"] for event in await watched]
    seen = [event[field]["cursor"] for event in first + rest]
    start = whole.index(seen[0])
    assert len(whole[start:]) >= 5
    assert seen[: len(whole) - start] == whole[start:][: len(seen)]


async def test_the_id_of_an_sse_event_is_its_cursor_and_comes_back_by_itself(
    graph: GraphServer, demo: Demo, order: str
) -> None:
    async with news(demo, "shipment", order):
        seen = await some(events_of(graph), 5)
        assert all(event_id == cursor for event_id, cursor in seen)
        again = await some(events_of(graph, headers={"Last-Event-ID": seen[0][0]}), 4)
        assert again == seen[1:]
        # A browser repeats the address that it began with, argument and all.
        old = await some(events_of(graph, headers={"Last-Event-ID": seen[2][0]}, after=seen[0][0]), 2)
        assert old == seen[3:]


@pytest.mark.parametrize("transport", [over_websocket, over_sse])
async def test_filters_choose_what_is_told(
    graph: GraphServer, demo: Demo, order: str, transport: Any
) -> None:
    async with news(demo, "shipment", order):
        (any_one,) = await some(transport(graph, SHIPMENTS, orderId=order), 1)
        node = any_one["shipmentUpdated"]["node"]
        fitting = {"carrier": ["nobody", node["carrier"]], "status": [node["status"]]}
        (again,) = await some(transport(graph, SHIPMENTS, orderId=order, **fitting), 1)
        assert again["shipmentUpdated"]["node"]["status"] == node["status"]
        for name, values in (("carrier", ["nobody"]), ("status", []), ("status", ["lost for good"])):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(
                    some(transport(graph, SHIPMENTS, orderId=order, **{name: values}), 1), 1
                )


@pytest.mark.parametrize("cursor", ["nonsense", "", encode_change_cursor(10**12)])
async def test_a_cursor_that_cannot_be_used_is_an_error_that_names_it(
    graph: GraphServer, cursor: str
) -> None:
    (event,) = await some(sse(f"{graph.url}/graphql", ALL, after=cursor), 1)
    (error,) = event["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "after"}
    with pytest.raises(TransportQueryError) as told:
        await some(over_websocket(graph, ALL, after=cursor), 1)
    assert told.value.errors is not None
    assert [each["extensions"] for each in told.value.errors] == [error["extensions"]]


async def test_nothing_is_missed_between_reading_and_subscribing(
    graph: GraphServer, demo: Demo, order: str
) -> None:
    """By who reads the cursor first, and then takes its time."""
    ask = "query($id: ID!) { updateCursor order(id: $id) { shipment { number } } }"
    answer = await asyncio.to_thread(graph.execute, ask, id=order)
    sent = await asyncio.to_thread(demo["sender"].send, "shipment", order)
    await asyncio.sleep(0.5)
    after = answer.data["updateCursor"]
    (first,) = await some(over_sse(graph, SHIPMENTS, orderId=order, after=after), 1)
    assert sent
    assert first["shipmentUpdated"]["node"]["number"] == answer.data["order"]["shipment"]["number"]
