"""`extensions.warnings`: what was served stale is told with the answer, on every way to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.server.things import Running, asking, get, named, post, read_answer, running

STALE = "{ stale(age: 2.5) }"
WARNINGS = {"warnings": [{"code": "STALE", "source": "things", "age_seconds": 2.5}]}
TICKS = "subscription { ticks { stale } }"


async def by_http(server: Running, request: bytes) -> tuple[dict[str, str], Any]:
    """Headers and body of the answer."""
    async with asking(server.port, request) as reader:
        status, headers, body = await read_answer(reader)
    assert status == 200
    return headers, body


async def by_socket(server: Running, query: str) -> list[Any]:
    """The payloads of all results."""
    async with server.socket() as socket:
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
        messages: list[Any] = []
        while not messages or messages[-1]["type"] != "complete":
            messages.append(json.loads(await socket.recv()))
    return [message["payload"] for message in messages[:-1]]


async def by_stream(server: Running, query: str) -> list[Any]:
    """The data of all events."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        response = await client.post(
            server.url, json={"query": query}, headers={"Accept": "text/event-stream"}
        )
    return [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: {")]


WAYS = {
    "by POST": post(STALE),
    "by POST, asking for HTML": post(STALE, "Accept: text/html"),
    "by POST, too long to be kept": post(STALE + " #" + "x" * 9000),
    "by GET": get(STALE),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_stale_answer_has_a_warning_and_may_not_be_kept(tmp_path: Path, way: str) -> None:
    async with running(named, tmp_path) as server:
        headers, body = await by_http(server, WAYS[way])
    assert body == {"data": {"stale": 1}, "extensions": WARNINGS}
    assert headers["cache-control"] == "no-store"


async def test_a_mutation_s_answer_has_it_as_well(tmp_path: Path) -> None:
    async with running(named, tmp_path) as server:
        _, body = await by_http(server, post("mutation { stale(age: 2.5) }"))
    assert body == {"data": {"stale": 1}, "extensions": WARNINGS}


@pytest.mark.parametrize("way", ["by POST", "by GET"])
async def test_data_errors_and_extensions_stand_in_this_order(tmp_path: Path, way: str) -> None:
    query = "{ stale(age: 2.5) broken }"
    request = post(query) if way == "by POST" else get(query)
    async with running(named, tmp_path) as server:
        _, body = await by_http(server, request)
    assert list(body) == ["data", "errors", "extensions"]
    assert body["data"] == {"stale": 1, "broken": None}
    assert body["extensions"] == WARNINGS


@pytest.mark.parametrize("way", ["by POST", "by GET"])
async def test_without_a_warning_there_are_no_extensions(tmp_path: Path, way: str) -> None:
    query = "{ kept }"
    request = post(query) if way == "by POST" else get(query)
    async with running(named, tmp_path) as server:
        _, body = await by_http(server, request)
    assert body == {"data": {"kept": 1}}


async def test_the_oldest_answer_of_an_upstream_is_told_once(tmp_path: Path) -> None:
    async with running(named, tmp_path) as server:
        _, body = await by_http(server, post("{ a: stale(age: 1.5) b: stale(age: 2.5) c: stale(age: 0.5) }"))
    assert body["extensions"] == WARNINGS


async def test_a_query_over_a_socket_and_a_stream_has_it(tmp_path: Path) -> None:
    async with running(named, tmp_path) as server:
        expected = [{"data": {"stale": 1}, "extensions": WARNINGS}]
        assert await by_socket(server, STALE) == expected
        assert await by_stream(server, STALE) == expected


@pytest.mark.parametrize("ask", [by_socket, by_stream])
async def test_each_event_tells_of_itself_only(tmp_path: Path, ask: Any) -> None:
    async with running(named, tmp_path) as server:
        events = await ask(server, TICKS)
    assert [event["data"]["ticks"]["stale"] for event in events] == [1, 2, 3, 4]
    ages = [
        [warning["age_seconds"] for warning in event.get("extensions", {}).get("warnings", [])]
        for event in events
    ]
    assert ages == [[], [2.0], [], [4.0]]


# ------------------------------------------------------------------------------------------------- callers


HEADER = '{ caller(name: "Authorization") }'
BEARER = "Authorization: Bearer x"
CALLER = {"data": {"caller": "Bearer x"}}


@pytest.mark.parametrize(
    "request_",
    [
        post(HEADER, BEARER),
        post("mutation " + HEADER, BEARER),
        post(HEADER, BEARER, "Accept: text/html"),
        post(HEADER + " #" + "x" * 9000, BEARER),
        get(HEADER, BEARER),
    ],
)
async def test_an_operation_knows_who_asks(tmp_path: Path, request_: bytes) -> None:
    async with running(named, tmp_path) as server:
        assert (await by_http(server, request_))[1] == CALLER


@pytest.mark.parametrize("type_", ["query", "mutation", "subscription"])
async def test_so_do_operations_over_sockets_and_streams(tmp_path: Path, type_: str) -> None:
    headers = {"Authorization": "Bearer x"}
    async with running(named, tmp_path) as server:
        async with server.socket(headers) as socket:
            payload = {"query": f"{type_} {HEADER}"}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            assert json.loads(await socket.recv())["payload"] == CALLER
        async with httpx2.AsyncClient(trust_env=False, headers=headers) as client:
            response = await client.post(
                server.url, json={"query": f"{type_} {HEADER}"}, headers={"Accept": "text/event-stream"}
            )
        told = [line[6:] for line in response.text.splitlines() if line.startswith("data: {")]
        assert [json.loads(each) for each in told] == [CALLER]


async def test_nobody_in_particular_asks_without_headers(tmp_path: Path) -> None:
    async with running(named, tmp_path) as server:
        assert (await by_http(server, post(HEADER)))[1] == {"data": {"caller": None}}
