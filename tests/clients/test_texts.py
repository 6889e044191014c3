"""What the protocols' texts say beyond what their audits and tests/server ask.

GraphQL over HTTP by its sections, and graphql-transport-ws. What of GraphQL over SSE is to be said is in
tests/server/test_sse.py.
"""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.clients.conftest import socket_url
from tests.serving import GraphServer

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
TWO = """query A { a: __typename } query B { b: __typename }
mutation M { reserveStock(sku: "", quantity: 1) { sku } }"""
PARTIAL = '{ updateCursor node(id: "nonsense") { id } }'


def post(graph: GraphServer, accept: str | None, **asked: Any) -> httpx2.Response:
    headers = {} if accept is None else {"Accept": accept}
    return graph.request("POST", "/graphql", json=asked, headers=headers)


def get(graph: GraphServer, **parameters: str) -> httpx2.Response:
    return graph.request("GET", "/graphql", params=parameters, headers={"Accept": GRAPHQL})


def kind(response: httpx2.Response) -> str:
    return response.headers["content-type"].partition(";")[0]


# ------------------------------------------------------------------------------------ GraphQL over HTTP: GET


@pytest.mark.parametrize(("name", "data"), [("A", {"a": "Query"}), ("B", {"b": "Query"})])
def test_get_runs_the_operation_that_is_named_beside_a_mutation(
    running_graph: GraphServer, name: str, data: Any
) -> None:
    assert get(running_graph, query=TWO, operationName=name).json() == {"data": data}


def test_get_never_runs_the_mutation_of_a_document(running_graph: GraphServer) -> None:
    response = get(running_graph, query=TWO, operationName="M")
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]
    assert "data" not in response.json()


def test_an_empty_operation_name_in_a_url_is_none(running_graph: GraphServer) -> None:
    assert get(running_graph, query="query A { a: __typename }", operationName="").json()["data"] == {
        "a": "Query"
    }


def test_null_in_a_url_is_an_operation_s_name(running_graph: GraphServer) -> None:
    query = "query null { a: __typename } query other { b: __typename }"
    assert get(running_graph, query=query, operationName="null").json()["data"] == {"a": "Query"}


@pytest.mark.parametrize("name", ["variables", "extensions"])
def test_null_as_a_url_s_map_is_none(running_graph: GraphServer, name: str) -> None:
    assert get(running_graph, query="{ a: __typename }", **{name: "null"}).json()["data"] == {"a": "Query"}


# ----------------------------------------------------------------------------------- GraphQL over HTTP: POST


def test_members_that_nobody_knows_are_passed_over(running_graph: GraphServer) -> None:
    response = post(running_graph, GRAPHQL, query="{ a: __typename }", client={"name": "web"})
    assert response.json() == {"data": {"a": "Query"}}


@pytest.mark.parametrize("content_type", [f"{JSON};charset=UTF-8", f'{JSON}; charset="utf-8"', JSON.upper()])
def test_json_in_utf_8_is_taken_however_it_is_written(running_graph: GraphServer, content_type: str) -> None:
    text = '{"query":"query($id: ID!) { node(id: $id) { id } }","variables":{"id":"ä€😀"}}'
    headers = {"Content-Type": content_type, "Accept": GRAPHQL}
    response = running_graph.request("POST", "/graphql", content=text.encode(), headers=headers)
    assert response.status_code == 200
    assert response.json()["data"] == {"node": None}


def test_json_in_another_encoding_is_refused_and_not_misread(running_graph: GraphServer) -> None:
    headers = {"Content-Type": f"{JSON}; charset=utf-16", "Accept": GRAPHQL}
    body = '{"query":"{ __typename }"}'.encode("utf-16")
    response = running_graph.request("POST", "/graphql", content=body, headers=headers)
    assert 400 <= response.status_code < 500
    assert response.json()["errors"]


# ------------------------------------------------------------------------------- GraphQL over HTTP: Response


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{GRAPHQL};q=0.1, {JSON};q=0.5", JSON),
        (f"{JSON};q=0, */*;q=0.1", GRAPHQL),
        (f"{JSON}, {GRAPHQL};q=0", JSON),
        ("application/*", JSON),
        (f"text/html, {GRAPHQL}", GRAPHQL),
    ],
)
def test_the_answer_has_the_type_of_the_highest_priority(
    running_graph: GraphServer, accept: str, wanted: str
) -> None:
    for query in ("{ __typename }", "{"):
        assert kind(post(running_graph, accept, query=query)) == wanted


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
def test_the_answer_says_that_it_is_in_utf_8(running_graph: GraphServer, accept: str) -> None:
    for query in ("{ __typename }", "{", PARTIAL):
        content_type = post(running_graph, accept, query=query).headers["content-type"]
        assert content_type.lower().replace(" ", "") == f"{accept};charset=utf-8"


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
def test_data_beside_errors_is_a_success(running_graph: GraphServer, accept: str) -> None:
    response = post(running_graph, accept, query=PARTIAL)
    assert response.status_code == 200
    assert response.json().keys() == {"data", "errors"}


@pytest.mark.parametrize(
    "asked",
    [
        {"query": TWO},
        {"query": TWO, "operationName": "C"},
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "query($id: ID!) { node(id: $id) { id } }", "variables": {"id": None}},
    ],
    ids=[
        "no operation is named",
        "none has the name",
        "no document",
        "not of the schema",
        "a variable is null",
    ],
)
def test_what_cannot_run_is_a_400_without_data_and_a_200_to_old_clients(
    running_graph: GraphServer, asked: dict[str, Any]
) -> None:
    response = post(running_graph, GRAPHQL, **asked)
    assert response.status_code == 400
    assert response.json().keys() == {"errors"}
    response = post(running_graph, JSON, **asked)
    assert response.status_code == 200
    assert response.json().get("data") is None


@pytest.mark.parametrize(
    "body", [b"NONSENSE", b'{"query":', b'{"qeury":"{ __typename }"}', b'{"query":"{a}","variables":[7]}']
)
@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
def test_what_is_no_request_is_a_400_to_everybody(
    running_graph: GraphServer, body: bytes, accept: str
) -> None:
    headers = {"Content-Type": JSON, "Accept": accept}
    response = running_graph.request("POST", "/graphql", content=body, headers=headers)
    assert response.status_code == 400
    assert response.json()["errors"]


# -------------------------------------------------------------------------------------- graphql-transport-ws


async def test_the_server_picks_its_subprotocol_among_those_that_are_offered(
    running_graph: GraphServer,
) -> None:
    offered = [Subprotocol("graphql-ws"), Subprotocol("graphql-transport-ws")]
    async with connect(socket_url(running_graph.url), subprotocols=offered) as socket:
        assert socket.subprotocol == "graphql-transport-ws"


async def test_members_of_a_payload_may_be_null(running_graph: GraphServer) -> None:
    payload = {"query": "{ __typename }", "operationName": None, "variables": None, "extensions": None}
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(socket_url(running_graph.url), subprotocols=[protocol]) as socket:
        await socket.send('{"type":"connection_init"}')
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        heard = [json.loads(await socket.recv()) for _ in range(3)]
    assert heard == [
        {"type": "connection_ack"},
        {"id": "1", "type": "next", "payload": {"data": {"__typename": "Query"}}},
        {"id": "1", "type": "complete"},
    ]
