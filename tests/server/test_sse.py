"""GraphQL over SSE as its text has it: a stream for each operation, and one stream for all of a client's."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from patchbay.server.transports import reservations, sse
from tests.access.oidc import OidcIssuer
from tests.server.feeds import Served, serving

STREAM = {"Accept": "text/event-stream"}
COUNT = "subscription { count(to: 2) }"
ENDLESS = "subscription { endless }"
TOKEN = "x-graphql-event-stream-token"


class Events:
    """The events of one response, as browsers read them: (name, data, id)."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.comments = 0
        self._lines = response.aiter_lines()

    async def next(self) -> tuple[str, Any, str | None]:
        fields: dict[str, str] = {}
        async with asyncio.timeout(5):
            async for line in self._lines:
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                elif fields:
                    data = json.loads(fields["data"]) if fields["data"] else None
                    return fields["event"], data, fields.get("id")
        raise StopAsyncIteration

    async def all(self) -> list[tuple[str, Any]]:
        """Those that are left."""
        found: list[tuple[str, Any]] = []
        while True:
            try:
                name, data, _ = await self.next()
            except StopAsyncIteration:
                return found
            found.append((name, data))


@asynccontextmanager
async def streaming(
    client: httpx2.AsyncClient, method: str, url: str, **arguments: Any
) -> AsyncIterator[Events]:
    headers = {**STREAM, **arguments.pop("headers", {})}
    async with client.stream(method, url, headers=headers, **arguments) as response:
        yield Events(response)


# ----------------------------------------------------------------------------- a stream for each operation


@pytest.mark.parametrize(
    ("query", "results"),
    [
        ("{ one }", [{"data": {"one": 1}}]),
        ("mutation { write }", [{"data": {"write": 1}}]),
        (COUNT, [{"data": {"count": 1}}, {"data": {"count": 2}}]),
    ],
)
async def test_each_result_is_a_next_and_complete_comes_last(
    served: Served, client: httpx2.AsyncClient, query: str, results: list[Any]
) -> None:
    served.seen.gate.set()
    async with streaming(client, "POST", served.url, json={"query": query}) as events:
        assert events.response.status_code == 200
        assert events.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-store" in events.response.headers["cache-control"]
        assert events.response.headers["x-accel-buffering"] == "no"
        assert await events.all() == [*(("next", each) for each in results), ("complete", None)]
        assert events.comments >= 1


async def test_events_are_parted_as_every_client_expects(served: Served, client: httpx2.AsyncClient) -> None:
    response = await client.post(served.url, json={"query": "{ one }"}, headers=STREAM)
    assert response.text == ':\n\nevent: next\ndata: {"data":{"one":1}}\n\nevent: complete\ndata:\n\n'


async def test_a_browser_s_event_source_asks_by_get(served: Served, client: httpx2.AsyncClient) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with streaming(client, "GET", served.url, params={"query": COUNT}, headers=headers) as events:
        assert len(await events.all()) == 3


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A($n: Int!) { parts(number: $n) { number } }"}, "BAD_USER_INPUT"),
        ({"query": "query A { one }", "operationName": "B"}, "BAD_REQUEST"),
    ],
)
async def test_what_cannot_run_is_told_by_events(
    served: Served, client: httpx2.AsyncClient, body: dict[str, Any], code: str
) -> None:
    async with streaming(client, "POST", served.url, json=body) as events:
        assert events.response.status_code == 200
        assert events.response.headers["content-type"].startswith("text/event-stream")
        (name, data), last = await events.all()
    assert (name, last) == ("next", ("complete", None))
    assert {error["extensions"]["code"] for error in data["errors"]} == {code}
    assert "data" not in data


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [(b"{", "application/json", 400), (b"[1]", "application/json", 400), (b"{}", "text/plain", 415)],
)
async def test_what_is_no_request_is_a_4xx(
    served: Served, client: httpx2.AsyncClient, content: bytes, content_type: str, status: int
) -> None:
    headers = {**STREAM, "Content-Type": content_type}
    response = await client.post(served.url, content=content, headers=headers)
    assert response.status_code == status
    assert response.json()["errors"][0]["message"]


async def test_a_server_that_is_busy_says_so_by_its_status(
    tmp_path: Path, client: httpx2.AsyncClient
) -> None:
    async with serving(tmp_path, PATCHBAY_MAX_OPERATIONS="1") as served:
        asking = asyncio.create_task(client.post(served.url, json={"query": "{ slow }"}))
        await asyncio.sleep(0.1)
        response = await client.post(served.url, json={"query": "{ one }"}, headers=STREAM)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        served.seen.gate.set()
        assert (await asking).json() == {"data": {"slow": 1}}


async def test_comments_keep_a_silent_stream_alive(
    served: Served, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.03)
    async with streaming(client, "POST", served.url, json={"query": "{ slow }"}) as events:
        asking = asyncio.create_task(events.next())
        await asyncio.sleep(0.3)
        served.seen.gate.set()
        assert (await asking)[1] == {"data": {"slow": 1}}
        assert events.comments >= 4


async def test_a_client_that_leaves_ends_its_subscription(served: Served, client: httpx2.AsyncClient) -> None:
    async with streaming(client, "POST", served.url, json={"query": ENDLESS}) as events:
        await events.next()
        assert served.seen.open == 1
    await served.until_open(0)


async def test_a_client_that_does_not_read_holds_up_what_it_is_told(served: Served) -> None:
    body = json.dumps({"query": "subscription { flood }"}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1000)
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await reader.readexactly(1)
    before = -1
    while served.seen.told > before:
        before = served.seen.told
        await asyncio.sleep(0.3)
    assert 1 <= before < 150
    writer.transport.abort()
    await served.until_open(0)


async def test_a_stop_of_the_server_completes_subscriptions(
    served: Served, client: httpx2.AsyncClient
) -> None:
    async with streaming(client, "POST", served.url, json={"query": ENDLESS}) as events:
        await events.next()
        served.state.end_subscriptions()
        assert await events.all() == [("complete", None)]
    assert served.seen.open == 0


async def test_a_stream_ends_with_the_token_of_its_client(tmp_path: Path, client: httpx2.AsyncClient) -> None:
    async with OidcIssuer() as issuer, serving(tmp_path, issuer) as served:
        headers = {"Authorization": f"Bearer {issuer.token(exp=int(time.time()) + 2)}"}
        async with streaming(client, "POST", served.url, json={"query": ENDLESS}, headers=headers) as events:
            await events.next()
            (name, data), last = await events.all()
        assert (name, last) == ("next", ("complete", None))
        assert [error["extensions"]["code"] for error in data["errors"]] == ["TOKEN_EXPIRED"]
        assert served.seen.open == 0


# ------------------------------------------------------------------------------------ one stream for them all


class Single:
    """One client of the single connection mode."""

    def __init__(
        self, client: httpx2.AsyncClient, url: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self._client = client
        self._url = url
        self.headers = dict(headers or {})

    async def reserve(self) -> httpx2.Response:
        response = await self._client.put(self._url, headers=self.headers)
        if response.status_code == 201:
            self.headers[TOKEN] = response.text
        return response

    def stream(self) -> Any:
        return streaming(self._client, "GET", self._url, headers=self.headers)

    async def ask(self, id: Any, query: str) -> httpx2.Response:
        body = {"query": query, "extensions": {"operationId": id}}
        return await self._client.post(self._url, json=body, headers=self.headers)

    async def stop(self, id: str) -> httpx2.Response:
        return await self._client.delete(self._url, params={"operationId": id}, headers=self.headers)


@pytest.fixture
def single(served: Served, client: httpx2.AsyncClient) -> Single:
    return Single(client, served.url)


async def test_a_reservation_is_a_token_that_opens_one_stream(single: Single) -> None:
    response = await single.reserve()
    assert response.status_code == 201
    assert response.headers["content-type"].startswith("text/plain")
    assert len(response.text) >= 32
    async with single.stream() as events, single.stream() as second:
        assert events.response.status_code == 200
        assert events.response.headers["content-type"].startswith("text/event-stream")
        assert second.response.status_code == 409


async def test_results_come_through_the_stream_with_their_ids(single: Single) -> None:
    await single.reserve()
    async with single.stream() as events:
        for id, query in (("a", "{ one }"), ("b", COUNT)):
            response = await single.ask(id, query)
            assert (response.status_code, response.content) == (202, b"")
        heard = [(await events.next())[:2] for _ in range(5)]
    assert [each for each in heard if each[1]["id"] == "a"] == [
        ("next", {"id": "a", "payload": {"data": {"one": 1}}}),
        ("complete", {"id": "a"}),
    ]
    assert [each for each in heard if each[1]["id"] == "b"] == [
        ("next", {"id": "b", "payload": {"data": {"count": 1}}}),
        ("next", {"id": "b", "payload": {"data": {"count": 2}}}),
        ("complete", {"id": "b"}),
    ]


async def test_what_is_asked_before_the_stream_is_open_is_told_when_it_is(single: Single) -> None:
    await single.reserve()
    assert (await single.ask("a", COUNT)).status_code == 202
    async with single.stream() as events:
        heard = [(await events.next())[0] for _ in range(3)]
    assert heard == ["next", "next", "complete"]


async def test_an_operation_is_ended_by_its_id_and_nothing_more_is_told_of_it(
    served: Served, single: Single
) -> None:
    await single.reserve()
    async with single.stream() as events:
        await single.ask("a", ENDLESS)
        await events.next()
        assert (await single.stop("a")).status_code == 200
        await served.until_open(0)
        await single.ask("a", "{ one }")
        assert (await events.next())[1]["payload"] == {"data": {"one": 1}}


async def test_requests_that_cannot_be_meant_have_their_statuses(single: Single) -> None:
    single.headers[TOKEN] = "unknown"
    assert (await single.ask("a", "{ one }")).status_code == 404
    assert (await single.stop("a")).status_code == 404
    async with single.stream() as events:
        assert events.response.status_code == 404
    await single.reserve()
    async with single.stream():
        assert (await single.ask("a", ENDLESS)).status_code == 202
        assert (await single.ask("a", ENDLESS)).status_code == 409
        for id in (None, "", 5, "x" * 257):
            assert (await single.ask(id, ENDLESS)).status_code == 400
        assert (await single.stop("")).status_code == 400
        response = await single.ask("b", "{ nothing }")
        assert response.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        # The id of what was refused is free.
        assert (await single.ask("b", "{ one }")).status_code == 202


async def test_a_stream_carries_so_many_operations(tmp_path: Path, client: httpx2.AsyncClient) -> None:
    async with serving(tmp_path, PATCHBAY_MAX_SUBSCRIPTIONS="2") as served:
        single = Single(client, served.url)
        await single.reserve()
        async with single.stream() as events:
            for id in ("a", "b"):
                await single.ask(id, ENDLESS)
                await events.next()
            refused = await single.ask("c", ENDLESS)
            assert refused.status_code == 429
            assert refused.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
            assert served.seen.open == 2
            await single.stop("a")
            assert (await single.ask("c", ENDLESS)).status_code == 202


async def test_all_ends_with_the_stream_and_the_token_is_worth_nothing_then(
    served: Served, single: Single
) -> None:
    await single.reserve()
    async with single.stream() as events:
        await single.ask("a", ENDLESS)
        await events.next()
    await served.until_open(0)
    async with single.stream() as events:
        assert events.response.status_code == 404


async def test_a_reservation_that_nobody_opens_is_dropped_with_what_runs_on_it(
    served: Served, single: Single, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reservations, "PATIENCE_SECONDS", 0.2)
    await single.reserve()
    await single.ask("a", ENDLESS)
    await served.until_open(1)
    await served.until_open(0)
    assert (await single.ask("a", ENDLESS)).status_code == 404
    monkeypatch.setattr(reservations, "MOST_OF_ONE", 1)
    single.headers.clear()
    assert (await single.reserve()).status_code == 201


@pytest.mark.parametrize("bound", ["MOST", "MOST_OF_ONE"])
async def test_reservations_are_bounded_and_those_that_are_open_do_not_count(
    single: Single, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(reservations, bound, 1)
    await single.reserve()
    response = await single.reserve()
    assert response.status_code == 429
    assert response.headers["retry-after"]
    assert response.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_RESERVATIONS"
    async with single.stream():
        assert (await single.reserve()).status_code == 201


async def test_a_stop_of_the_server_completes_all_on_a_stream(served: Served, single: Single) -> None:
    await single.reserve()
    async with single.stream() as events:
        await single.ask("a", ENDLESS)
        await events.next()
        served.state.end_subscriptions()
        assert await events.all() == [("complete", {"id": "a"})]
    assert served.seen.open == 0


async def test_a_stream_belongs_to_who_has_reserved_it(tmp_path: Path, client: httpx2.AsyncClient) -> None:
    async with OidcIssuer() as issuer, serving(tmp_path, issuer) as served:

        def as_(subject: str) -> Single:
            token = issuer.token(sub=subject)
            return Single(client, served.url, {"Authorization": f"Bearer {token}"})

        jane, joe = as_("jane"), as_("joe")
        await jane.reserve()
        joe.headers[TOKEN] = jane.headers[TOKEN]
        assert (await joe.ask("a", ENDLESS)).status_code == 404
        assert (await joe.stop("a")).status_code == 404
        async with joe.stream() as events:
            assert events.response.status_code == 404
        nobody = Single(client, served.url, {TOKEN: jane.headers[TOKEN]})
        assert (await nobody.ask("a", ENDLESS)).status_code == 401
        # A browser's EventSource sends the token in the URL, and no credentials.
        parameters = {"token": jane.headers[TOKEN]}
        async with streaming(client, "GET", served.url, params=parameters) as events:
            assert (await jane.ask("a", ENDLESS)).status_code == 202
            assert (await events.next())[1]["id"] == "a"


async def test_operations_and_streams_end_with_their_tokens(
    tmp_path: Path, client: httpx2.AsyncClient
) -> None:
    async with OidcIssuer() as issuer, serving(tmp_path, issuer) as served:

        def bearer(seconds: int) -> dict[str, str]:
            return {"Authorization": f"Bearer {issuer.token(exp=int(time.time()) + seconds)}"}

        single = Single(client, served.url, bearer(3))
        await single.reserve()
        async with single.stream() as events:
            await single.ask("long", ENDLESS)
            await events.next()
            single.headers |= bearer(2)
            await single.ask("short", ENDLESS)
            await events.next()
            heard = await events.all()
        told = [(name, data["id"]) for name, data in heard]
        assert told == [("next", "short"), ("complete", "short"), ("next", "long"), ("complete", "long")]
        codes = {heard[place][1]["payload"]["errors"][0]["extensions"]["code"] for place in (0, 2)}
        assert codes == {"TOKEN_EXPIRED"}
        assert served.seen.open == 0
