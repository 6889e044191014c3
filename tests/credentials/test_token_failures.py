"""What comes of a token endpoint that gives no token, or none that can be used."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable

import pytest

from patchbay.calls.credentials.token_endpoint import TokenReply
from patchbay.errors import UpstreamError, UpstreamTimeout, UpstreamUnavailable
from tests.credentials.asking import CLIENT, failure, token
from tests.credentials.opening import signer_of
from tests.credentials.token_server import TokenServer
from tests.patchbay.wire import json_reply

Later = Callable[[float], None]


async def test_while_renewing_fails_the_token_serves_to_its_end(server: TokenServer, later: Later) -> None:
    async with signer_of(CLIENT, **server.variables) as signer:
        await token(signer)
        server.refuse("503 Down", "temporarily_unavailable")
        later(3600 - 30)
        for number in range(2, 5):
            for _ in range(5):
                assert await token(signer) == "token-1"
            await server.until_asked(number)
            await asyncio.sleep(0.05)
            later(1.1)
        assert len(server.asked) == 4
        later(30)
        await failure(signer)
        server.answer = None
        later(1.1)
        assert await token(signer) == "token-6"


async def test_an_endpoint_that_fails_is_left_alone_for_a_second(server: TokenServer, later: Later) -> None:
    server.refuse("401 Unauthorized", "invalid_client")
    async with signer_of(CLIENT, **server.variables) as signer:
        errors = await asyncio.gather(*(failure(signer) for _ in range(20)))
        errors += [await failure(signer) for _ in range(20)]
        assert len(server.asked) == 1
        assert {str(error) for error in errors} == {"things: no access token could be had"}
        assert {str(error.__cause__) for error in errors} == {
            "things: asked for a token, the server answered invalid_client (HTTP 401)"
        }
        assert len(set(map(id, errors))) == 40
        server.answer = None
        later(1.1)
        assert await token(signer) == "token-2"


async def test_what_went_wrong_is_the_cause(server: TokenServer, closed_url: str, later: Later) -> None:
    causes: list[tuple[bytes, type[UpstreamError], str]] = [
        (json_reply({"error": "my-secret"}, "400 Bad Request"), UpstreamError, "answered HTTP 400"),
        (json_reply({}, "502 Bad Gateway"), UpstreamUnavailable, "answered HTTP 502"),
        (b"HTTP/1.1 nonsense", UpstreamUnavailable, "broke"),
    ]
    async with signer_of(CLIENT, **server.variables) as signer:
        for answer, kind, text in causes:
            server.answer = answer
            error = await failure(signer)
            assert isinstance(error.__cause__, kind)
            assert text in str(error.__cause__)
            later(1.1)
    down = {**server.variables, "TOKEN_URL": closed_url}
    async with signer_of(CLIENT, **down) as signer:
        assert isinstance((await failure(signer)).__cause__, UpstreamUnavailable)


async def test_a_silent_endpoint_ends_at_its_deadline(
    server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.credentials.opening.DEADLINE_SECONDS", 0.2)
    server.wait.clear()
    async with signer_of(CLIENT, **server.variables) as signer:
        async with asyncio.timeout(2):
            error = await failure(signer)
        assert isinstance(error.__cause__, UpstreamTimeout)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>hidden</html>",
        b'"hidden"',
        b"[]",
        b"{}",
        b'{"access_token": ""}',
        b'{"access_token": 5}',
        b'{"access_token": "hidden\\r\\nX-Admin: 1"}',
        b'{"access_token": "hidden hidden"}',
        '{"access_token": "hiddené"}'.encode(),
        b'{"access_token": "hidden\xff"}',
        b'{"access_token": "hidden", "token_type": "mac"}',
        b'{"access_token": "hidden", "expires_in": [1]}',
        b'{"access_token": "%s"}' % (b"hidden" * 10_000),
        b'{"access_token": "hidden", "pad": "%s"}' % (b"x" * 200_000),
        b"[" * 100_000,
    ],
)
async def test_what_is_no_token_is_refused_without_showing_it(server: TokenServer, body: bytes) -> None:
    server.give(body)
    async with signer_of(CLIENT, **server.variables) as signer:
        error = await failure(signer)
    cause = error.__cause__
    assert isinstance(cause, UpstreamError)
    assert cause.code == "UPSTREAM_BAD_DATA"
    assert cause.__cause__ is cause.__context__ is None
    assert "hidden" not in f"{cause} {cause!r} {vars(cause)}"


def test_what_a_server_gives_does_not_print() -> None:
    given = TokenReply("hidden", refresh_token="hidden")
    assert "hidden" not in f"{given} {given!r} {[given]}"


async def test_a_failure_that_nobody_waits_for_leaves_no_trace_in_the_loop(
    server: TokenServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.wait.clear()
    server.refuse("400 Bad Request", "invalid_grant")
    async with signer_of(CLIENT, **server.variables) as signer:
        only = asyncio.create_task(token(signer))
        await server.until_asked(1)
        only.cancel()
        await asyncio.wait((only,))
        server.wait.set()
        await failure(signer)
    del signer
    gc.collect()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
