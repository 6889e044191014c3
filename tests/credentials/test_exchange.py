"""Each caller's exchanged token is its own, and there are not too many of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from patchbay.calls import TokenExchange
from patchbay.calls.credentials import Signer
from patchbay.errors import UpstreamUnauthenticated
from tests.credentials.opening import OUTGOING, scope_of, signer_of
from tests.credentials.token_server import TokenServer

EXCHANGE = TokenExchange("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")
Later = Callable[[float], None]


async def token(signer: Signer, caller: str) -> str:
    headers = await signer.sign(OUTGOING, scope_of(authorization=f"Bearer {caller}"))
    return headers["Authorization"].removeprefix("Bearer ")


def given_to(server: TokenServer) -> dict[str, str]:
    """Token -> the caller that it was given for."""
    return {f"token-{number}": form["subject_token"] for number, form in enumerate(server.forms, 1)}


async def test_callers_never_get_each_others_tokens(server: TokenServer) -> None:
    callers = [f"caller-{number % 10}" for number in range(100)]
    async with signer_of(EXCHANGE, **server.variables) as signer:
        for _ in range(3):
            tokens = await asyncio.gather(*(token(signer, caller) for caller in callers))
            assert [given_to(server)[each] for each in tokens] == callers
    assert len(server.asked) == 10


async def test_identities_are_digests_that_tell_callers_apart(server: TokenServer) -> None:
    async with signer_of(EXCHANGE, **server.variables) as signer:
        first, same, other = (
            signer.identity(scope_of(authorization=f"Bearer {name}")) for name in ("one", "one", "two")
        )
    assert first == same != other
    assert "one" not in first
    assert len(first) == 64


async def test_only_who_asked_last_is_remembered(
    server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patchbay.calls.credentials.exchange.MAX_CALLERS", 3)
    async with signer_of(EXCHANGE, **server.variables) as signer:
        for caller in ("a", "b", "c", "a", "d", "a", "c", "b"):
            await token(signer, caller)
        assert [form["subject_token"] for form in server.forms] == ["a", "b", "c", "d", "b"]
        assert len(vars(signer)["_kept"]) == 3


async def test_tokens_that_have_ended_make_room_first(
    server: TokenServer, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patchbay.calls.credentials.exchange.MAX_CALLERS", 3)
    async with signer_of(EXCHANGE, **server.variables) as signer:
        await token(signer, "long")
        server.extra["expires_in"] = 100
        await token(signer, "short")
        later(200)
        for caller in ("new", "newer", "long"):
            await token(signer, caller)
        assert [form["subject_token"] for form in server.forms] == ["long", "short", "new", "newer"]
        later(200)
        await token(signer, "newest")
        assert len(vars(signer)["_kept"]) == 2


async def test_a_flood_of_callers_takes_the_token_from_nobody_who_waits(
    server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patchbay.calls.credentials.exchange.MAX_CALLERS", 2)
    server.wait.clear()
    async with signer_of(EXCHANGE, **server.variables) as signer:
        waiting = [asyncio.create_task(token(signer, f"c{number}")) for number in range(8)]
        await server.until_asked(8)
        server.wait.set()
        tokens = await asyncio.gather(*waiting)
        assert [given_to(server)[each] for each in tokens] == [f"c{number}" for number in range(8)]


async def test_one_callers_failure_is_no_others(server: TokenServer) -> None:
    async with signer_of(EXCHANGE, **server.variables) as signer:
        server.refuse("400 Bad Request", "invalid_grant")
        with pytest.raises(UpstreamUnauthenticated):
            await token(signer, "bad")
        server.answer = None
        assert await token(signer, "good") == "token-2"
        with pytest.raises(UpstreamUnauthenticated):
            await token(signer, "bad")
    assert len(server.asked) == 2


async def test_a_refused_token_is_its_callers_only(server: TokenServer, later: Later) -> None:
    async with signer_of(EXCHANGE, **server.variables) as signer:
        await token(signer, "a")
        await token(signer, "b")
        later(20)
        assert signer.refused(scope_of(authorization="Bearer a"), {"Authorization": "Bearer token-1"})
        assert await token(signer, "a") == "token-3"
        assert await token(signer, "b") == "token-2"
        assert signer.refused(scope_of(authorization="Bearer unknown"), {})
