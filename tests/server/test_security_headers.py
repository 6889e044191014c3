"""Every answer of the running server tells browsers how careful to be with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from adapters import UPSTREAMS
from demo.launch import Demo
from patchbay.server import Settings, create_app
from patchbay.server.security_headers import ANSWER_HEADERS, PAGE_HEADERS, with_security_headers
from schema import schema
from tests.serving import GraphServer

TOKEN = "a-token-of-operators"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
NEEDED = {name.decode(): value.decode() for name, value in ANSWER_HEADERS}


@pytest.fixture(scope="module")
def variables(running_demo: Demo) -> dict[str, str]:
    return {**running_demo.environment, "PATCHBAY_OPERATOR_TOKEN": TOKEN}


@pytest.fixture(scope="module")
def server(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    folder = tmp_path_factory.mktemp("headers")
    with GraphServer({**variables, "PATCHBAY_GRAPHIQL": "everyone"}, folder / "inbox.sqlite3") as server:
        yield server


@pytest.fixture(scope="module")
def requests(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Method and path of each route that the application has, and of some that it has not."""
    database = str(tmp_path_factory.mktemp("routes") / "inbox.sqlite3")
    told = {name: value for name, value in variables.items() if name.startswith("PATCHBAY_")}
    app = create_app(
        upstreams=UPSTREAMS,
        schema=schema,
        settings=Settings.read({**told, "PATCHBAY_DATABASE": database}),
        environment=variables,
    )
    found = [
        (method, re.sub(r"{[^}]*}", "x", route.path))
        for route in flat(app.routes)
        for method in sorted(route.methods or ("GET", "POST"))
    ]
    return [*found, ("GET", "/nothing"), ("PATCH", "/graphql"), ("POST", "/health/live")]


def flat(routes: list[BaseRoute]) -> Iterator[Route]:
    """All routes of HTTP, of routers inside of routers too."""
    for route in routes:
        if isinstance(route, Route):
            yield route
        else:
            router = getattr(route, "original_router", route)
            yield from flat(list(getattr(router, "routes", None) or ()))


def assert_careful(answer: httpx2.Response) -> None:
    """It has what every answer has, once."""
    for name, value in NEEDED.items():
        assert answer.headers.get_list(name) == [value], (answer.request.method, answer.request.url, name)


def test_the_application_has_the_routes_that_are_looked_at(requests: list[tuple[str, str]]) -> None:
    paths = {path for _, path in requests}
    assert {"/graphql", "/", "/health/live", "/health/ready", "/inbox/events", "/webhooks/x"} <= paths
    assert "/graphiql/assets/x" in paths


def test_every_route_s_answer_is_careful(server: GraphServer, requests: list[tuple[str, str]]) -> None:
    for method, path in requests:
        for headers in ({}, BROWSER, {"Authorization": f"Bearer {TOKEN}"}):
            answer = server.request(method, path, headers=headers)
            assert answer.status_code < 500 or path.startswith("/health/"), (method, path)
            assert_careful(answer)


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "POST", "json": {"query": "{ __typename }"}},
        {"method": "POST", "json": {"query": "{ nothing }"}},
        {
            "method": "POST",
            "json": {"query": "{"},
            "headers": {"Accept": "application/graphql-response+json"},
        },
        {"method": "POST", "content": b"query=x", "headers": {"Content-Type": "text/plain"}},
        {"method": "GET", "params": {"query": "{ __typename }"}},
        {
            "method": "GET",
            "params": {"query": "{ __typename }"},
            "headers": {"GraphQL-Require-Preflight": "1"},
        },
    ],
    ids=["an answer", "an error", "a refusal", "no JSON", "a forgeable GET", "a GET"],
)
def test_every_kind_of_answer_to_an_operation_is_careful(
    server: GraphServer, request_: dict[str, Any]
) -> None:
    assert_careful(server.request(path="/graphql", **request_))


def test_the_page_and_what_it_loads_are_careful(server: GraphServer) -> None:
    page = server.request("GET", "/graphql", headers=BROWSER)
    assert page.headers["content-type"].startswith("text/html")
    for name, value in PAGE_HEADERS.items():
        assert page.headers.get_list(name) == [value], name
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    assets = re.findall(r'(?:src|href)="(/graphiql/[^"]+)"', page.text)
    assert len(assets) > 3
    for path in assets:
        assert_careful(server.request("GET", path))


async def test_what_an_answer_says_itself_is_left_alone() -> None:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = ((b"Cross-Origin-Resource-Policy", b"cross-origin"), (b"a", b"b"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    await with_security_headers(app)({"type": "http"}, receive, send)
    headers = sent[0]["headers"]
    assert headers == [
        (b"Cross-Origin-Resource-Policy", b"cross-origin"),
        (b"a", b"b"),
        (b"x-content-type-options", b"nosniff"),
    ]
    assert sent[1]["body"] == b""
