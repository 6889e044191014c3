"""An issuer's public keys: found, kept, fetched anew in time, and not by strangers' wish."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from patchbay.access.proofs.issuer import Issuer
from patchbay.access.proofs.jwks import Algorithms, PublicKeys
from patchbay.access.proofs.kept_keys import (
    ASK_AGAIN_SECONDS,
    MAX_FRESH_SECONDS,
    MIN_FRESH_SECONDS,
    STALE_SECONDS,
)
from patchbay.access.proofs.tokens import Tokens
from patchbay.access.proofs.unauthenticated import IdentityUnavailable, Unauthenticated
from tests.access.oidc import AUDIENCE, OidcIssuer, ec_key, okp_key, rsa_key
from tests.calls.clock import Clock


@pytest.fixture
async def issuer() -> AsyncIterator[OidcIssuer]:
    async with OidcIssuer() as issuer:
        yield issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def tokens(issuer: OidcIssuer, clock: Clock) -> AsyncIterator[Tokens]:
    tokens = Tokens([Issuer(issuer.url, (AUDIENCE,))], clock)
    yield tokens
    await tokens.close()


async def is_accepted(tokens: Tokens, token: str) -> bool:
    try:
        await tokens.identify(token)
    except Unauthenticated:
        return False
    return True


async def until_fetched(issuer: OidcIssuer, times: int) -> None:
    """What is fetched in the background is there, and was taken."""
    async with asyncio.timeout(5):
        while issuer.fetches() < times:  # noqa: ASYNC110 - the wire counts, and tells nobody
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)


async def test_a_new_key_is_noticed_by_the_first_token_that_names_it(
    issuer: OidcIssuer, tokens: Tokens, clock: Clock
) -> None:
    old = issuer.token()
    assert await is_accepted(tokens, old)
    issuer.rotate()
    clock.pass_seconds(ASK_AGAIN_SECONDS)
    assert await is_accepted(tokens, issuer.token())
    assert await is_accepted(tokens, old)
    assert issuer.fetches() == 2
    assert issuer.fetches("openid-configuration") == 1


async def test_a_withdrawn_key_ends_the_tokens_that_were_verified_with_it(
    issuer: OidcIssuer, tokens: Tokens, clock: Clock
) -> None:
    old = issuer.token()
    assert await is_accepted(tokens, old)
    issuer.rotate(withdraw=True)
    clock.pass_seconds(MIN_FRESH_SECONDS)
    # Kept keys serve while others are fetched.
    assert tokens.known(old) is not None
    await until_fetched(issuer, 2)
    assert tokens.known(old) is None
    assert not await is_accepted(tokens, old)
    assert await is_accepted(tokens, issuer.token())


async def test_a_flood_of_unknown_keys_makes_one_fetch_in_ten_seconds(
    issuer: OidcIssuer, tokens: Tokens, clock: Clock
) -> None:
    assert await is_accepted(tokens, issuer.token())
    issuer.cache_control = "max-age=600"
    stranger = rsa_key()
    for _ in range(4):
        clock.pass_seconds(5)
        flood = [issuer.token({"kid": f"unknown-{number}"}, stranger) for number in range(50)]
        assert not any(await asyncio.gather(*(is_accepted(tokens, token) for token in flood)))
    assert issuer.fetches() == 3


async def test_a_flood_while_keys_are_fetched_waits_for_that_fetch(
    issuer: OidcIssuer, tokens: Tokens
) -> None:
    issuer.slow_seconds = 0.05
    asking = [is_accepted(tokens, issuer.token(jti=str(number))) for number in range(50)]
    assert all(await asyncio.gather(*asking))
    assert (issuer.fetches(), issuer.fetches("openid-configuration")) == (1, 1)


async def test_who_leaves_takes_the_fetch_from_nobody(issuer: OidcIssuer, tokens: Tokens) -> None:
    issuer.slow_seconds = 0.05
    first = asyncio.create_task(tokens.identify(issuer.token()))
    second = asyncio.create_task(tokens.identify(issuer.token(jti="2")))
    await asyncio.sleep(0.02)
    first.cancel()
    assert (await second).subject
    assert issuer.fetches() == 1


async def test_a_rotation_without_key_ids_is_noticed_as_well(clock: Clock) -> None:
    def nameless() -> RSAKey:
        return RSAKey.generate_key(2048)

    async with OidcIssuer(nameless()) as issuer:
        tokens = Tokens([Issuer(issuer.url, (AUDIENCE,))], clock)
        issuer.body = json.dumps({"keys": [issuer.key.as_dict(private=False, kid=None)]}).encode()
        assert await is_accepted(tokens, issuer.token({"kid": None}))
        issuer.rotate(nameless(), withdraw=True)
        issuer.body = json.dumps({"keys": [issuer.key.as_dict(private=False)]}).encode()
        assert not await is_accepted(tokens, issuer.token({"kid": None}))
        clock.pass_seconds(ASK_AGAIN_SECONDS)
        assert await is_accepted(tokens, issuer.token({"kid": None}))
        await tokens.close()


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        (None, MIN_FRESH_SECONDS),
        ("no-store, max-age=0", MIN_FRESH_SECONDS),
        ("public, max-age=120, must-revalidate", 120),
        ("s-max-age=9", MIN_FRESH_SECONDS),
        ("max-age=22222", MAX_FRESH_SECONDS),
    ],
)
async def test_keys_are_fresh_for_as_long_as_their_answer_says_within_bounds(
    issuer: OidcIssuer, tokens: Tokens, clock: Clock, cache_control: str | None, seconds: float
) -> None:
    issuer.cache_control = cache_control
    token = issuer.token()
    assert await is_accepted(tokens, token)
    clock.pass_seconds(seconds - 0.1)
    assert tokens.known(token) is not None
    await asyncio.sleep(0.05)
    assert issuer.fetches() == 1
    clock.pass_seconds(0.1)
    assert tokens.known(token) is not None
    await until_fetched(issuer, 2)


async def test_keys_outlive_an_issuer_that_is_away_for_an_hour_and_no_longer(
    issuer: OidcIssuer, tokens: Tokens, clock: Clock
) -> None:
    token = issuer.token(exp=4_000_000_000)
    assert await is_accepted(tokens, token)
    issuer.down = True
    clock.pass_seconds(MIN_FRESH_SECONDS + STALE_SECONDS - 1)
    assert await is_accepted(tokens, issuer.token())
    # Whether the issuer has such a key, nobody can tell now.
    with pytest.raises(IdentityUnavailable):
        await tokens.identify(issuer.token(None, rsa_key()))
    clock.pass_seconds(2)
    assert tokens.known(token) is None
    with pytest.raises(IdentityUnavailable):
        await tokens.identify(token)
    issuer.down = False
    clock.pass_seconds(ASK_AGAIN_SECONDS)
    assert await is_accepted(tokens, token)


async def test_an_issuer_that_was_down_at_first_is_asked_again_and_not_by_everybody(
    issuer: OidcIssuer, tokens: Tokens, clock: Clock
) -> None:
    issuer.down = True
    for number in range(20):
        with pytest.raises(IdentityUnavailable):
            await tokens.identify(issuer.token(jti=str(number)))
    assert issuer.fetches("openid-configuration") == 1
    issuer.down = False
    clock.pass_seconds(1)
    assert await is_accepted(tokens, issuer.token())


DISCOVERIES: dict[str, Mapping[str, Any]] = {
    "of another issuer": {"issuer": "https://accounts.google.com"},
    "of nearly this issuer": {"issuer": "http://127.0.0.1"},
    "without keys": {"jwks_uri": None},
    "with keys in a file": {"jwks_uri": "file:///etc/passwd"},
    "with keys by plain http": {"jwks_uri": "http://keys.example/jwks"},
    "with keys behind credentials": {"jwks_uri": "https://me:word@keys.example/jwks"},
    "with keys at a cloud's metadata": {"jwks_uri": "https://169.254.169.254/jwks"},
}


@pytest.mark.parametrize("name", DISCOVERIES)
async def test_a_discovery_document_that_leads_astray_is_not_followed(
    issuer: OidcIssuer, tokens: Tokens, name: str
) -> None:
    issuer.discovery = dict(DISCOVERIES[name])
    with pytest.raises(IdentityUnavailable):
        await tokens.identify(issuer.token())
    assert issuer.fetches() == 0


async def test_keys_that_have_moved_are_found_again(issuer: OidcIssuer, tokens: Tokens, clock: Clock) -> None:
    async with OidcIssuer(issuer.key) as place:
        issuer.discovery = {"jwks_uri": place.jwks_url}
        assert await is_accepted(tokens, issuer.token())
        assert (issuer.fetches(), place.fetches()) == (0, 1)
    issuer.discovery = {}
    token = issuer.token(jti="2")
    assert await is_accepted(tokens, token)
    for _ in range(2):
        clock.pass_seconds(MIN_FRESH_SECONDS)
        assert await is_accepted(tokens, token)
        await asyncio.sleep(0.05)
    assert issuer.fetches() == 1


async def test_with_a_place_of_keys_nothing_is_discovered(issuer: OidcIssuer) -> None:
    issuer.path = "/does-not-exist"
    tokens = Tokens([Issuer("accounts.google.com", (AUDIENCE,), jwks_url=issuer.jwks_url)])
    assert await is_accepted(tokens, issuer.token(iss="accounts.google.com"))
    assert not await is_accepted(tokens, issuer.token(iss="https://accounts.google.com"))
    assert issuer.fetches("openid-configuration") == 0
    await tokens.close()


BODIES: dict[str, bytes] = {
    "no JSON": b"<html>",
    "no object": b"[]",
    "no keys": b"{}",
    "keys of another shape": b'{"keys": {"a": 1}}',
    "too many": json.dumps({"keys": [{"kty": "RSA"}] * 101}).encode(),
    "too large": b'{"keys": ["' + b"x" * 300_000 + b'"]}',
    "deep": b'{"keys":' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", BODIES)
async def test_an_answer_without_keys_leaves_those_that_there_are(
    issuer: OidcIssuer, tokens: Tokens, clock: Clock, name: str
) -> None:
    token = issuer.token()
    assert await is_accepted(tokens, token)
    issuer.body = BODIES[name]
    clock.pass_seconds(MIN_FRESH_SECONDS)
    assert tokens.known(token) is not None
    await until_fetched(issuer, 2)
    assert tokens.known(token) is not None


def usable(*keys: Any, algorithms: tuple[str, ...] = ("RS256", "RS512")) -> int:
    return len(PublicKeys(json.dumps({"keys": keys}).encode(), Algorithms(algorithms)))


def test_keys_that_are_of_no_use_hurt_no_other() -> None:
    right: dict[str, Any] = dict(rsa_key().as_dict(private=False))
    assert usable(right) == 1
    n = str(right["n"])
    useless = [
        "text",
        None,
        {},
        {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "oct", "k": "c2VjcmV0", "alg": "RS256"},
        {"kty": "quantum"},
        {"kty": ["RSA"]},
        {**right, "use": "enc"},
        {**right, "use": 5},
        {**right, "alg": "RSA-OAEP"},
        {**right, "alg": "HS256"},
        {**right, "n": 5},
        {**right, "n": n[:100]},
        {**right, "n": "A" * 300 + n[:42]},
        {**right, "n": n * 8},
        {**right, "n": "é"},
        {**right, "e": ""},
        {**right, "e": "AA"},
        {**right, "kid": 5},
        dict(ec_key().as_dict(private=False)),
        dict(okp_key().as_dict(private=False)),
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
    ]
    for each in useless:
        assert usable(each) == 0, each
    assert usable(*useless, right) == 1
    assert usable({**right, "x5u": 5, "x5c": "none", "oth": [1], "d": "AA"}) == 1


def test_the_same_keys_in_another_order_are_the_same() -> None:
    one, two = (rsa_key().as_dict(private=False) for _ in range(2))

    def digest(*keys: Any) -> str:
        return PublicKeys(json.dumps({"keys": keys}).encode(), Algorithms(("RS256",))).digest

    assert digest(one, two) == digest(two, one) != digest(one)
