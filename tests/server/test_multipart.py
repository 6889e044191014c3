"""multipart/mixed: what comes in parts adds up to the whole, and subscriptions come as Apollo has them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from patchbay.server.transports import multipart
from tests.access.oidc import OidcIssuer
from tests.server.feeds import Served, serving

PLAIN = "multipart/mixed"
V0_2 = "multipart/mixed;incrementalSpec=v0.2,application/graphql-response+json,application/json;q=0.9"
OLDER = "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9"
UPDATES = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
ENDLESS = "subscription { endless }"

DEFERRED = {
    "a deferred field": '{ part { number ... @defer(label: "x") { late } } }',
    "in a list": "{ parts { number ... @defer { late } } }",
    "one in another": "{ part { ... @defer { number ... @defer { late } } } }",
    "two that overlap": "{ part { ... @defer { number late } ... @defer { late again: late } } }",
    "the whole of a field": "{ one ... @defer { part { late } parts { number } } }",
    "a list in parts": "{ parts(number: 4) @stream(initialCount: 1) { number late } }",
    "a list in parts from its beginning": "{ parts @stream { number } }",
    "a list in parts in what is deferred": "{ ... @defer { parts @stream(initialCount: 2) { number } } }",
    "what is deferred in such a list": "{ parts @stream(initialCount: 1) { number ... @defer { late } } }",
}  # fmt: skip


class Parts:
    """The parts of one response as clients cut them: at each boundary, wherever it stands."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        head = response.headers["content-type"]
        self._boundary = "--" + head.partition("boundary=")[2].partition(";")[0].strip('"')
        self._texts = response.aiter_text()
        self._buffer = ""

    async def _cut(self) -> str:
        while self._boundary not in self._buffer:
            self._buffer += await anext(self._texts)
        text, _, self._buffer = self._buffer.partition(self._boundary)
        return text

    async def next(self) -> Any:
        async with asyncio.timeout(5):
            while not (text := await self._cut()):
                pass
            head, _, body = text.partition("\r\n\r\n")
            assert head == "\r\ncontent-type: application/json; charset=utf-8"
            assert body.endswith("\r\n")
            return json.loads(body)

    async def _is_at_end(self) -> bool:
        """Whether the boundary that was cut last is the last one."""
        while len(self._buffer) < len("--"):
            self._buffer += await anext(self._texts)
        return self._buffer.startswith("--") and not self._buffer.startswith(self._boundary)

    async def all(self) -> list[Any]:
        """Those that are left; the last boundary ends them."""
        found = []
        while not await self._is_at_end():
            found.append(await self.next())
        assert self._buffer + "".join([text async for text in self._texts]) == "--\r\n"
        return found


@asynccontextmanager
async def asked(
    client: httpx2.AsyncClient, url: str, query: str, accept: str, **headers: str
) -> AsyncIterator[Parts]:
    arguments = {"json": {"query": query}, "headers": {"Accept": accept, **headers}}
    async with client.stream("POST", url, **arguments) as response:  # type: ignore[arg-type] # by name
        assert response.status_code == 200
        assert "no-store" in response.headers["cache-control"]
        yield Parts(response)


def at(data: Any, path: list[Any]) -> Any:
    for step in path:
        data = data[step]
    return data


def merged(into: Any, more: Any) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and name in into:
            merged(into[name], value)
        else:
            into[name] = value


def added_up(frames: list[Any]) -> Any:
    """The data, as a client that knows ids puts it together."""
    data = frames[0]["data"]
    paths: dict[str, list[Any]] = {}
    for frame in frames:
        paths |= {each["id"]: each["path"] for each in frame.get("pending", ())}
        for each in frame.get("incremental", ()):
            found = at(data, [*paths[each["id"]], *each.get("subPath", ())])
            if "items" in each:
                found.extend(each["items"])
            else:
                merged(found, each["data"])
    return data


def added_up_as_in_2022(frames: list[Any]) -> Any:
    """The data, as Apollo Client's older handler does it: by paths, the first item of each list in parts."""
    data = frames[0]["data"]
    for frame in frames[1:]:
        assert not {"pending", "completed"} & set(frame)
        for each in frame.get("incremental", ()):
            if "items" in each:
                *path, index = each["path"]
                (item,) = each["items"]
                found = at(data, path)
                assert len(found) == index
                found.append(item)
            else:
                merged(at(data, each["path"]), each["data"])
    return data


@pytest.mark.parametrize("accept", [PLAIN, V0_2, OLDER])
@pytest.mark.parametrize("name", DEFERRED)
async def test_the_parts_add_up_to_the_whole(
    served: Served, client: httpx2.AsyncClient, name: str, accept: str
) -> None:
    query = DEFERRED[name]
    whole = await client.post(served.url, json={"query": query}, headers={"Accept": "application/json"})
    async with asked(client, served.url, query, accept) as parts:
        frames = await parts.all()
    assert [frame["hasNext"] for frame in frames] == [True] * (len(frames) - 1) + [False]
    assert len(frames) > 1
    add_up = added_up_as_in_2022 if accept == OLDER else added_up
    assert add_up(frames) == whole.json()["data"]


async def test_the_answer_says_which_form_it_has(served: Served, client: httpx2.AsyncClient) -> None:
    query = DEFERRED["a deferred field"]
    for accept, wanted in (
        (PLAIN, 'multipart/mixed; boundary="-"'),
        (V0_2, 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'),
        (OLDER, 'multipart/mixed; boundary="-"; deferSpec=20220824'),
    ):
        async with asked(client, served.url, query, accept) as parts:
            assert parts.response.headers["content-type"] == wanted
            first = await parts.next()
            assert ("pending" in first) == (accept != OLDER)


async def test_a_label_comes_back(served: Served, client: httpx2.AsyncClient) -> None:
    async with asked(client, served.url, DEFERRED["a deferred field"], OLDER) as parts:
        _, second = await parts.all()
    assert second["incremental"] == [{"label": "x", "path": ["part"], "data": {"late": "late 1 ---"}}]


@pytest.mark.parametrize("accept", [V0_2, OLDER])
async def test_what_fails_later_is_told_with_its_path(
    served: Served, client: httpx2.AsyncClient, accept: str
) -> None:
    async with asked(client, served.url, "{ part { number ... @defer { fails } } }", accept) as parts:
        first, second = await parts.all()
    assert first["data"] == {"part": {"number": 1}}
    (told,) = second["completed"] if accept == V0_2 else second["incremental"]
    assert [error["path"] for error in told["errors"]] == [["part", "fails"]]
    if accept == OLDER:
        assert (told["path"], told["data"]) == (["part"], None)


async def test_a_result_that_comes_whole_is_one_part(served: Served, client: httpx2.AsyncClient) -> None:
    for query in ("{ one }", "{ one part { number ... @defer(if: false) { late } } }"):
        async with asked(client, served.url, query, PLAIN) as parts:
            (frame,) = await parts.all()
        assert frame["data"]["one"] == 1
        assert frame["hasNext"] is False


async def test_a_client_that_takes_json_alone_gets_the_whole(
    served: Served, client: httpx2.AsyncClient
) -> None:
    for accept in ("application/json", "application/graphql-response+json"):
        response = await client.post(
            served.url, json={"query": DEFERRED["a deferred field"]}, headers={"Accept": accept}
        )
        assert response.headers["content-type"].startswith(accept)
        assert response.json() == {"data": {"part": {"number": 1, "late": "late 1 ---"}}}


async def test_what_cannot_run_is_json_with_its_status(served: Served, client: httpx2.AsyncClient) -> None:
    response = await client.post(served.url, json={"query": "{ nothing }"}, headers={"Accept": OLDER})
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("application/graphql-response+json")


# ---------------------------------------------------------------------------------------------- subscriptions


async def test_a_subscription_s_results_are_wrapped_and_heartbeats_are_empty(
    served: Served, client: httpx2.AsyncClient
) -> None:
    async with asked(client, served.url, "subscription { count(to: 2) }", UPDATES) as parts:
        content_type = parts.response.headers["content-type"]
        assert content_type == "multipart/mixed; boundary=graphql; subscriptionSpec=1.0"
        assert await parts.all() == [
            {},
            {"payload": {"data": {"count": 1}}},
            {"payload": {"data": {"count": 2}}},
        ]


async def test_heartbeats_keep_a_silent_subscription_alive(
    served: Served, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart, "HEARTBEAT_SECONDS", 0.03)
    async with asked(client, served.url, ENDLESS, UPDATES) as parts:
        heard = [await parts.next() for _ in range(6)]
        assert heard == [{}, {"payload": {"data": {"endless": 1}}}, {}, {}, {}, {}]
    await served.until_open(0)


async def test_a_stop_of_the_server_ends_a_subscription(served: Served, client: httpx2.AsyncClient) -> None:
    async with asked(client, served.url, ENDLESS, UPDATES) as parts:
        assert [await parts.next(), await parts.next()][0] == {}
        served.state.end_subscriptions()
        assert await parts.all() == []
    assert served.seen.open == 0


async def test_a_subscription_ends_with_the_token_of_its_client(
    tmp_path: Path, client: httpx2.AsyncClient
) -> None:
    async with OidcIssuer() as issuer, serving(tmp_path, issuer) as served:
        bearer = f"Bearer {issuer.token(exp=int(time.time()) + 2)}"
        async with asked(client, served.url, ENDLESS, UPDATES, Authorization=bearer) as parts:
            *_, last = await parts.all()
        assert last["payload"] is None
        assert [error["extensions"]["code"] for error in last["errors"]] == ["TOKEN_EXPIRED"]
        assert served.seen.open == 0
