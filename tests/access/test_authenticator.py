"""Who asks: what is looked for where, and what is refused whoever it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from patchbay.access.identity import NOBODY
from patchbay.access.proofs.authenticator import Authenticator
from patchbay.access.proofs.issuer import Issuer
from patchbay.access.proofs.key_store import KeyStore
from patchbay.access.proofs.presented import Headers
from patchbay.access.proofs.unauthenticated import IdentityUnavailable, Unauthenticated
from patchbay.errors import ConfigurationError
from patchbay.inbox.database import Database
from patchbay.server import Settings
from tests.access.keys_database import opened
from tests.access.oidc import AUDIENCE, OidcIssuer


class World(NamedTuple):
    """An authenticator that lets nobody in without credentials, and credentials that it knows."""

    authenticator: Authenticator
    key: str
    other_key: str
    token: str
    other_token: str
    database: Database


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with OidcIssuer() as issuer, opened(tmp_path / "inbox.sqlite3") as database:
        authenticator = Authenticator(
            issuers=[Issuer(issuer.url, (AUDIENCE,))], api_keys=True, anonymous=False
        )
        await authenticator.open(database)
        _, key = await KeyStore(database).create("shop")
        _, other = await KeyStore(database).create("other")
        yield World(authenticator, key, other, issuer.token(), issuer.token(jti="2"), database)
        await authenticator.close()


def headers(*pairs: tuple[str, str]) -> Headers:
    return [(b"host", b"patchbay"), *((name.encode(), value.encode()) for name, value in pairs)]


async def refusal(authenticator: Authenticator, sent: Headers, proof: dict[str, Any] | None = None) -> str:
    assert authenticator.known(sent) is None or proof
    with pytest.raises(Unauthenticated) as caught:
        await authenticator.identify(sent, proof)
    return str(caught.value)


async def test_a_credential_is_found_in_each_of_its_places(world: World) -> None:
    authenticator, key, _, token, _, _ = world
    for sent in (
        [("authorization", f"Bearer {token}")],
        [("authorization", f"bearer   {token}  ")],
        [("authorization", f"Bearer {key}")],
        [("authorization", f"ApiKey {key}")],
        [("x-api-key", key)],
        [("x-api-key", key), ("authorization", f"Bearer {key}")],
    ):
        identity = await authenticator.identify(headers(*sent))
        assert identity.kind == ("key" if key in repr(sent) else "token")
        assert authenticator.known(headers(*sent)) is identity
    proof: dict[str, Any]
    for proof in (
        {"authorization": f"Bearer {token}"},
        {"Authorization": f"Bearer {key}", "other": {"x": 1}},
        {"x-api-key": key},
        {"X-Api-Key": key},
        {"apiKey": key, "authorization": None},
        {"headers": {"Authorization": f"Bearer {token}"}},
        {"headers": {"X-API-KEY": key}, "x-api-key": key},
    ):
        assert (await authenticator.identify(headers(), proof)).is_authenticated
    for proof in ({}, {"other": 1}, {"headers": 5}, {"authorization": None}):
        assert (await authenticator.identify(headers(("x-api-key", key)), proof)).kind == "key"


async def test_more_than_one_credential_is_refused(world: World) -> None:
    authenticator, key, other, token, _, _ = world
    several = "more than one credential was sent"
    for sent in (
        [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")],
        [("authorization", f"Bearer {token}"), ("authorization", "Basic x")],
        [("x-api-key", key), ("x-api-key", key)],
        [("x-api-key", key), ("x-api-key", other)],
        [("x-api-key", key), ("authorization", f"Bearer {token}")],
        [("x-api-key", key), ("authorization", f"Bearer {other}")],
    ):
        assert await refusal(authenticator, headers(*sent)) == several
    bearer = headers(("authorization", f"Bearer {key}"))
    proof: dict[str, Any] = {"authorization": f"Bearer {key}"}
    assert await refusal(authenticator, bearer, proof) == several
    for proof in (
        {"authorization": f"Bearer {key}", "Authorization": f"Bearer {other}"},
        {"authorization": f"Bearer {key}", "apiKey": other},
        {"x-api-key": key, "headers": {"x-api-key": other}},
    ):
        assert await refusal(authenticator, headers(), proof) == several
    with pytest.raises(Unauthenticated) as caught:
        await authenticator.identify(bearer, proof)
    assert 'error="invalid_request"' in caught.value.challenge


async def test_what_is_no_credential_is_refused(world: World) -> None:
    authenticator, key, _, token, _, _ = world
    for value in (
        "", "Bearer", "Bearer ", f"Basic {key}", key, token, f"Bearer {key} {key}", f"Bearer {key},",
        "Bearer é", "Bearer " + "x" * 9000, f"Bearer\t{key}", "Bearer \x00", "Bearer undefined",
    ):  # fmt: skip
        assert await refusal(authenticator, headers(("authorization", value)))
    proof: dict[str, Any]
    for value in ("", " ", token, f"Bearer {key}", "x" * 9000):
        assert await refusal(authenticator, headers(("x-api-key", value)))
    for proof in (
        {"authorization": 5},
        {"apiKey": [key]},
        {"apiKey": ""},
        {"headers": {"authorization": {}}},
    ):
        assert await refusal(authenticator, headers(), proof)


async def test_nobody_is_let_in_only_where_that_is_allowed(world: World) -> None:
    strict, _, _, _, _, database = world
    assert await refusal(strict, headers()) == "credentials are needed: an API key or a token"
    open_to_all = Authenticator(api_keys=True, anonymous=True)
    await open_to_all.open(database)
    assert open_to_all.known(headers()) is NOBODY
    assert await open_to_all.identify(headers()) is NOBODY
    # Who shows something must show something right.
    assert await refusal(open_to_all, headers(("x-api-key", "pbk_wrong"))) == "the API key is not known"
    assert "tokens are not accepted" in await refusal(open_to_all, headers(("authorization", "Bearer a.b.c")))
    await open_to_all.close()


async def test_without_identities_credentials_are_left_for_upstreams() -> None:
    authenticator = Authenticator()
    sent = headers(("authorization", "Basic x"), ("authorization", "Bearer y"))
    assert authenticator.known(sent) is NOBODY
    assert await authenticator.identify(sent, {"authorization": 5}) is NOBODY
    await authenticator.close()


async def test_an_issuer_in_code_counts_as_one_of_the_settings(world: World) -> None:
    mine = Issuer("https://issuer.example", ("me",))
    assert (await Authenticator.of(Settings()).identify([])) is NOBODY
    assert await refusal(Authenticator.of(Settings(), [mine]), headers())
    anybody = Settings.read({"PATCHBAY_ANONYMOUS": "on"})
    assert Authenticator.of(anybody, [mine]).known(headers()) is NOBODY


async def test_keys_are_refused_where_only_tokens_are_accepted(world: World) -> None:
    async with OidcIssuer() as issuer:
        authenticator = Authenticator(issuers=[Issuer(issuer.url, (AUDIENCE,))])
        await authenticator.open(world.database)
        told = await refusal(authenticator, headers(("x-api-key", world.key)))
        assert told == "API keys are not accepted here"
        await authenticator.close()


async def test_after_its_end_nobody_is_known(world: World) -> None:
    sent = headers(("x-api-key", world.key))
    await world.authenticator.identify(sent)
    await world.authenticator.close()
    assert world.authenticator.known(sent) is None
    with pytest.raises((Unauthenticated, IdentityUnavailable)):
        await world.authenticator.identify(sent)
    await world.authenticator.open(world.database)
    assert (await world.authenticator.identify(sent)).kind == "key"


def test_one_issuer_is_declared_once() -> None:
    one = Issuer("https://issuer.example", ("me",))
    with pytest.raises(ConfigurationError, match="twice"):
        Authenticator(issuers=[one, Issuer("https://issuer.example", ("you",))])


async def test_what_is_known_costs_a_fraction_of_what_is_new(world: World) -> None:
    loop = asyncio.get_running_loop()
    sent = headers(("authorization", f"Bearer {world.token}"))
    new, known = [], []
    for _ in range(20):
        await world.authenticator.close()
        await world.authenticator.open(world.database)
        await world.authenticator.identify(headers(("authorization", f"Bearer {world.other_token}")))
        started = loop.time()
        await world.authenticator.identify(sent)
        new.append(loop.time() - started)
        started = loop.time()
        for _ in range(10):
            assert world.authenticator.known(sent) is not None
        known.append((loop.time() - started) / 10)
    assert min(known) < min(new) / 4
