"""Nothing of one call, or of the machine, gets into another call."""

from __future__ import annotations

import asyncio

import pytest

from patchbay.calls import Call
from tests.patchbay.calling import CANARY, GET, pipeline_to
from tests.patchbay.wire import Wire, reply


@pytest.mark.parametrize(
    "cookie", ["session=1", "session=1; Path=/; HttpOnly", "session=1; Domain=127.0.0.1", "a=b=c; ;;\xff"]
)
async def test_cookies_are_not_kept(cookie: str) -> None:
    async with Wire(reply(b"{}", set_cookie=cookie)) as wire, pipeline_to(wire.url) as pipe:
        await pipe.send(GET)
        await pipe.send(GET)
        assert [request.headers.get("cookie") for request in wire.requests] == [None, None]


async def test_proxies_and_netrc_of_the_machine_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login user password {CANARY}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with Wire(reply(b"proxied")) as proxy, Wire(reply(b"direct")) as wire:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with pipeline_to(wire.url) as pipe:
            assert (await pipe.send(GET)).body == b"direct"
        assert proxy.connections == 0
        assert "authorization" not in wire.requests[0].headers


async def test_a_redirect_takes_no_credential_elsewhere() -> None:
    async with Wire(reply(b"stolen")) as other:
        moved = reply(b"", "307 Temporary Redirect", location=f"{other.url}/things")
        async with Wire(moved) as wire, pipeline_to(wire.url) as pipe:
            assert (await pipe.send(GET)).status == 307
        await asyncio.sleep(0.05)
        assert other.connections == 0


async def test_headers_and_body_of_a_call_go_out_once() -> None:
    call = Call("POST /things", "POST", "/things?a=%2F", {"Content-Type": "text/plain"}, b"hello")
    async with (
        Wire(reply(b"", "201 Created", x_answer="yes")) as wire,
        pipeline_to(f"{wire.url}/api/") as pipe,
    ):
        answer = await pipe.send(call)
        (request,) = wire.requests
    assert (answer.status, answer.headers["x-answer"]) == (201, "yes")
    assert (request.method, request.target, request.body) == ("POST", "/api/things?a=%2F", b"hello")
    assert request.headers["content-type"] == "text/plain"
    assert request.headers["user-agent"].startswith("patchbay/")


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        ("GET", None, None),
        ("DELETE", None, None),
        ("DELETE", b"x", "1"),
        ("POST", None, "0"),
        ("PUT", b"", "0"),
        ("PATCH", b"xy", "2"),
    ],
)
async def test_a_body_is_announced_where_there_is_one_or_should_be(
    method: str, body: bytes | None, length: str | None
) -> None:
    async with Wire(reply(b"{}")) as wire, pipeline_to(wire.url) as pipe:
        await pipe.send(Call(f"{method} /things", method, "/things", {"X-A": "b"}, body))
        (request,) = wire.requests
    assert (request.headers.get("content-length"), request.body) == (length, body or b"")
    assert request.headers["x-a"] == "b"


async def test_connections_are_used_again() -> None:
    async with Wire(reply(b"{}")) as wire, pipeline_to(wire.url) as pipe:
        for _ in range(5):
            await pipe.send(GET)
        assert (len(wire.requests), wire.connections) == (5, 1)


async def test_a_closed_pipeline_leaves_no_connection_open() -> None:
    async with Wire(reply(b"{}")) as wire:
        async with pipeline_to(wire.url) as pipe:
            await pipe.send(GET)
        await asyncio.wait_for(wire.all_closed.wait(), 2)


async def test_an_upstream_that_closes_idle_connections_is_called_anew() -> None:
    closing = reply(b"{}", connection="close")
    async with Wire(closing) as wire, pipeline_to(wire.url) as pipe:
        assert [(await pipe.send(GET)).status for _ in range(3)] == [200] * 3
        assert wire.connections == 3
