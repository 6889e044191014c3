"""Pages of which origins may ask, what they may send, and what they may read."""

from __future__ import annotations

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from patchbay.errors import ConfigurationError
from patchbay.server.answer import BUSY
from patchbay.server.cors import checked_origins, with_cors

OURS = "https://app.example.com"
THEIRS = "https://evil.example"
PATH = "/graphql"


async def answer(request: Request) -> Response:
    del request
    return JSONResponse({"data": None})


ROUTED = Starlette(routes=[Route(path, answer, methods=["GET", "POST"]) for path in (PATH, "/inbox")])


async def busy(scope: Scope, receive: Receive, send: Send) -> None:
    """As the fast path refuses at the door."""
    del scope, receive
    await BUSY.send(send)


def client(
    app: ASGIApp = ROUTED, origins: tuple[str, ...] = (OURS,), **options: list[str]
) -> httpx2.AsyncClient:
    """Asks an application that pages of these origins may ask."""
    shared = with_cors(app, origins, path=PATH, more_headers=options.get("more_headers", ()))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(shared), base_url="https://graph.example.com")


def preflight(origin: str, *, method: str = "POST", names: str = "content-type") -> dict[str, str]:
    """What a browser asks before it sends."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": names,
    }


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_pages_of_a_named_origin_may_ask(method: str) -> None:
    names = "authorization,content-type,graphql-require-preflight,x-api-key,x-graphql-event-stream-token"
    told = await client().options(PATH, headers=preflight(OURS, method=method, names=names))
    assert told.status_code == 200
    assert told.headers["access-control-allow-origin"] == OURS
    assert method in told.headers["access-control-allow-methods"]
    assert int(told.headers["access-control-max-age"]) >= 600
    assert "Origin" in told.headers["vary"]


@pytest.mark.parametrize(
    "origin", [THEIRS, "null", f"{OURS}.evil.example", f"{OURS}:8443", "http://app.example.com"]
)
async def test_pages_of_another_origin_may_not(origin: str) -> None:
    told = await client().options(PATH, headers=preflight(origin))
    assert told.status_code == 400
    assert "access-control-allow-origin" not in told.headers
    answered = await client().post(PATH, headers={"Origin": origin}, json={})
    assert "access-control-allow-origin" not in answered.headers


async def test_a_header_that_nobody_has_named_may_not_be_sent() -> None:
    asked = preflight(OURS, names="content-type,x-tenant")
    assert (await client().options(PATH, headers=asked)).status_code == 400
    named = client(more_headers=["X-Tenant"])
    assert (await named.options(PATH, headers=asked)).status_code == 200


async def test_pages_may_read_the_answer_and_when_to_ask_again() -> None:
    told = await client().post(PATH, headers={"Origin": OURS}, json={})
    assert told.headers["access-control-allow-origin"] == OURS
    assert "retry-after" in told.headers["access-control-expose-headers"]
    assert told.headers["vary"] == "Origin"


async def test_a_refusal_at_the_door_can_be_read_as_well() -> None:
    told = await client(busy).post(PATH, headers={"Origin": OURS}, json={})
    assert told.status_code == 503
    assert told.headers["access-control-allow-origin"] == OURS


@pytest.mark.parametrize("origins", [(OURS,), ("*",)])
async def test_what_browsers_add_by_themselves_is_never_allowed(origins: tuple[str, ...]) -> None:
    for told in (
        await client(origins=origins).options(PATH, headers=preflight(OURS)),
        await client(origins=origins).post(PATH, headers={"Origin": OURS, "Cookie": "a=b"}, json={}),
    ):
        assert "access-control-allow-credentials" not in told.headers


async def test_every_origin_may_ask_where_that_is_said() -> None:
    anybody = client(origins=("*",))
    told = await anybody.options(PATH, headers=preflight(THEIRS))
    assert told.headers["access-control-allow-origin"] == "*"
    told = await anybody.post(PATH, headers={"Origin": THEIRS}, json={})
    assert told.headers["access-control-allow-origin"] == "*"


async def test_no_other_path_is_for_foreign_pages() -> None:
    asked = await client().options("/inbox", headers=preflight(OURS))
    assert asked.status_code == 405
    for told in (asked, await client().get("/inbox", headers={"Origin": OURS})):
        assert not [name for name in told.headers if name.startswith("access-control")]


def test_without_origins_there_is_nothing_in_between() -> None:
    assert with_cors(ROUTED, (), path=PATH) is ROUTED


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.COM", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80", "http://app.example.com"),
        ("http://app.example.com:0443", "http://app.example.com:443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
        ("*", "*"),
    ],
)
def test_origins_become_what_browsers_send(given: str, sent: str) -> None:
    assert checked_origins([given]) == (sent,)
    assert checked_origins([given, given]) == (sent,)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("https://app.example.com/", "without a slash at its end"),
        ("https://app.example.com/path", "scheme://host"),
        ("https://app.example.com?a", "scheme://host"),
        ("https://user:secret@app.example.com", "scheme://host"),
        ("user:secret@*", "one by one"),
        ("app.example.com", "scheme://host"),
        ("https://", "scheme://host"),
        ("https://bücher.example", "scheme://host"),
        ("https://app.example.com\n", "scheme://host"),
        ("https://*.example.com", "one by one"),
        ("https://app.example.com:0", "no such port"),
        ("https://app.example.com:65536", "no such port"),
        ("null", "any page"),
        ("NULL", "any page"),
        ("file://host", "files"),
    ],
)
def test_what_is_no_origin_stops_the_start(name: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as raised:
        checked_origins(["https://fine.example", name])
    assert str(raised.value).startswith("PATCHBAY_CORS_ORIGINS: ")
    assert "secret" not in str(raised.value)


def test_every_origin_is_said_alone() -> None:
    with pytest.raises(ConfigurationError, match=r"^PATCHBAY_CORS_ORIGINS: \* is every origin"):
        checked_origins(["*", OURS])


def test_all_problems_are_told() -> None:
    with pytest.raises(ConfigurationError) as raised:
        checked_origins(["one", "two"])
    assert len(str(raised.value).splitlines()) == 2
