"""An access token is fetched once for all, renewed before it ends, and replaced when it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from patchbay.calls.credentials import Signer
from patchbay.scope import Scope, enter_scope
from tests.credentials.asking import CLIENT, failure, token
from tests.credentials.opening import scope_of, signer_of
from tests.credentials.token_server import TokenServer

Later = Callable[[float], None]


def refused(signer: Signer, token: str) -> bool:
    return signer.refused(Scope(), {"Authorization": f"Bearer {token}"})


async def test_all_who_ask_at_once_share_one_token_call(server: TokenServer) -> None:
    async with signer_of(CLIENT, **server.variables) as signer:
        tokens = await asyncio.gather(*(token(signer) for _ in range(50)))
        assert [*tokens, await token(signer)] == ["token-1"] * 51
    assert len(server.asked) == 1


async def test_nothing_is_fetched_before_it_is_needed(server: TokenServer) -> None:
    async with signer_of(CLIENT, **server.variables):
        await asyncio.sleep(0.05)
    assert server.asked == []


async def test_who_goes_away_takes_the_token_from_nobody(server: TokenServer) -> None:
    server.wait.clear()
    async with signer_of(CLIENT, **server.variables) as signer:
        first, *others = [asyncio.create_task(token(signer)) for _ in range(3)]
        await server.until_asked(1)
        first.cancel()
        await asyncio.wait((first,))
        assert first.cancelled()
        server.wait.set()
        assert await asyncio.gather(*others) == ["token-1"] * 2
    assert len(server.asked) == 1


async def test_a_token_that_nobody_waits_for_any_more_is_kept(server: TokenServer) -> None:
    server.wait.clear()
    async with signer_of(CLIENT, **server.variables) as signer:
        only = asyncio.create_task(token(signer))
        await server.until_asked(1)
        only.cancel()
        await asyncio.wait((only,))
        server.wait.set()
        assert await token(signer) == "token-1"
    assert len(server.asked) == 1


async def test_the_first_askers_deadline_does_not_end_the_fetch(server: TokenServer) -> None:
    server.wait.clear()

    async def hurried(signer: Signer) -> str:
        scope = Scope()
        scope.start_clock(0.05)
        enter_scope(scope)
        return await token(signer)

    async with signer_of(CLIENT, **server.variables) as signer:
        first = asyncio.create_task(hurried(signer))
        await server.until_asked(1)
        await asyncio.sleep(0.1)
        server.wait.set()
        assert await first == await token(signer) == "token-1"
    assert len(server.asked) == 1


async def test_a_token_is_renewed_before_it_ends_and_serves_meanwhile(
    server: TokenServer, later: Later
) -> None:
    async with signer_of(CLIENT, **server.variables) as signer:
        assert await token(signer) == "token-1"
        later(3600 - 61)
        assert await token(signer) == "token-1"
        assert len(server.asked) == 1
        later(2)
        server.wait.clear()
        assert await asyncio.gather(*(token(signer) for _ in range(20))) == ["token-1"] * 20
        await server.until_asked(2)
        assert await token(signer) == "token-1"
        server.wait.set()
        async with asyncio.timeout(5):
            while await token(signer) != "token-2":  # noqa: ASYNC110 - a renewal tells nobody that it is done
                await asyncio.sleep(0.005)
    assert len(server.asked) == 2


@pytest.mark.parametrize("seconds", [8, "8", 8.0])
async def test_a_short_lived_token_is_renewed_in_its_last_quarter(
    server: TokenServer, later: Later, seconds: object
) -> None:
    server.extra["expires_in"] = seconds
    async with signer_of(CLIENT, **server.variables) as signer:
        await token(signer)
        later(5.5)
        await token(signer)
        assert len(server.asked) == 1
        later(1)
        assert await token(signer) == "token-1"
        await server.until_asked(2)


async def test_a_token_that_has_ended_is_not_sent(server: TokenServer, later: Later) -> None:
    async with signer_of(CLIENT, **server.variables) as signer:
        await token(signer)
        later(3601)
        assert await asyncio.gather(*(token(signer) for _ in range(20))) == ["token-2"] * 20
    assert len(server.asked) == 2


@pytest.mark.parametrize("seconds", [None, 0, -1, "", "soon", "NaN", "-5"])
async def test_a_token_of_no_told_life_is_used_for_five_minutes(
    server: TokenServer, later: Later, seconds: object
) -> None:
    server.extra["expires_in"] = seconds
    async with signer_of(CLIENT, **server.variables) as signer:
        await token(signer)
        later(230)
        assert await token(signer) == "token-1"
        later(80)
        assert await token(signer) == "token-2"


async def test_a_token_without_expires_in_is_taken(server: TokenServer) -> None:
    server.give(b'{"access_token": "abc"}')
    async with signer_of(CLIENT, **server.variables) as signer:
        assert await token(signer) == "abc"


async def test_a_refused_token_is_dropped_and_fetched_anew(server: TokenServer, later: Later) -> None:
    async with signer_of(CLIENT, **server.variables) as signer:
        assert await token(signer) == "token-1"
        later(20)
        assert refused(signer, "token-1")
        assert await token(signer) == "token-2"


async def test_a_token_that_was_refused_when_new_is_not_fetched_again(
    server: TokenServer, later: Later
) -> None:
    async with signer_of(CLIENT, **server.variables) as signer:
        await token(signer)
        assert not refused(signer, "token-1")
        later(20)
        assert refused(signer, "token-1")
        for _ in range(5):
            assert await token(signer) == "token-2"
            assert not refused(signer, "token-2")
        later(20)
        assert refused(signer, "token-2")


async def test_who_learns_late_that_the_old_token_was_refused_gets_the_new_one(
    server: TokenServer, later: Later
) -> None:
    async with signer_of(CLIENT, **server.variables) as signer:
        await token(signer)
        later(20)
        assert refused(signer, "token-1")
        assert refused(signer, "token-1"), "while the new one is fetched"
        assert await token(signer) == "token-2"
        assert refused(signer, "token-1"), "when the new one is there"
        assert await token(signer) == "token-2"
    assert len(server.asked) == 2


async def test_closing_ends_a_fetch_and_tells_who_waits(server: TokenServer) -> None:
    server.wait.clear()
    async with signer_of(CLIENT, **server.variables) as signer:
        waiting = asyncio.create_task(failure(signer))
        await server.until_asked(1)
        await signer.close()
        assert str(await waiting) == "things: was closed"
        assert str(await failure(signer)) == "things: was closed"
        await signer.close()


async def test_one_token_is_one_identity() -> None:
    values = {"TOKEN_URL": "http://h/", "CLIENT_ID": "a", "CLIENT_SECRET": "b"}
    async with signer_of(CLIENT, **values) as signer:
        assert signer.identity(scope_of(authorization="a")) == signer.identity(Scope()) == ""
