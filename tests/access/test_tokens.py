"""Tokens of an OIDC provider: which are right, which are wrong, and that no other is believed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies
from joserfc.jwk import Key

from patchbay.access.proofs.authenticator import Authenticator
from patchbay.access.proofs.issuer import Issuer
from patchbay.access.proofs.tokens import MAX_TOKEN_BYTES, Tokens
from patchbay.access.proofs.unauthenticated import TokenExpired, Unauthenticated
from patchbay.errors import ConfigurationError
from patchbay.server import Settings
from tests.access.forged import FORGED
from tests.access.oidc import AUDIENCE, OidcIssuer, ec_key, encoded, okp_key, rsa_key


@pytest.fixture
async def issuer() -> AsyncIterator[OidcIssuer]:
    async with OidcIssuer() as issuer:
        yield issuer


@pytest.fixture
async def tokens(issuer: OidcIssuer) -> AsyncIterator[Tokens]:
    tokens = Tokens([Issuer(issuer.url, (AUDIENCE, "another"))])
    yield tokens
    await tokens.close()


async def refused(tokens: Tokens, token: str) -> str:
    """The sentence."""
    with pytest.raises(Unauthenticated) as caught:
        await tokens.identify(token)
    assert tokens.known(token) is None
    told = f"{caught.value} {caught.value.challenge} {caught.value.__cause__}"
    assert not any(len(part) > 4 and part in told for part in token.split("."))
    return str(caught.value)


async def test_a_right_token_is_an_identity_and_is_kept(issuer: OidcIssuer, tokens: Tokens) -> None:
    token = issuer.token(scope="read write", scp=["admin", 5])
    assert tokens.known(token) is None
    identity = await tokens.identify(token)
    assert (identity.kind, identity.subject, identity.issuer) == ("token", "248289761001", issuer.url)
    assert identity.scopes == {"read", "write", "admin"}
    assert identity.claims["email"] == "jane@example.com"
    assert identity.expires_at == identity.claims["exp"] + 30
    assert tokens.known(token) is identity
    assert (issuer.fetches("openid-configuration"), issuer.fetches()) == (1, 1)


async def test_settings_alone_make_a_sign_in_as_googles_work(issuer: OidcIssuer) -> None:
    read = Settings.read({"PATCHBAY_JWT_ISSUER": issuer.url, "PATCHBAY_JWT_AUDIENCE": AUDIENCE})
    authenticator = Authenticator.of(read)
    await authenticator.open(None)  # type: ignore[arg-type] # keys are off, so that no database is asked
    token = issuer.token(azp=AUDIENCE, at_hash="x", hd="example.com", given_name="Jane", jti="1")
    headers = [(b"host", b"x"), (b"authorization", f"bearer  {token}".encode())]
    assert authenticator.known(headers) is None
    identity = await authenticator.identify(headers)
    assert identity.claims["email"] == "jane@example.com"
    assert authenticator.known(headers) is identity
    with pytest.raises(Unauthenticated) as caught:
        await authenticator.identify([])
    assert caught.value.challenge == 'Bearer realm="patchbay"'
    await authenticator.close()


async def test_no_forged_token_is_accepted(issuer: OidcIssuer, tokens: Tokens) -> None:
    accepted = []
    await tokens.identify(issuer.token())
    for name, make in FORGED.items():
        token = make(issuer)
        try:
            await refused(tokens, token)
        except pytest.fail.Exception:
            accepted.append(name)
    assert accepted == []
    # However many keys were named that there are not: those that there are had been fetched a moment ago.
    assert issuer.fetches() == 1


def right() -> dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """What it is -> header and claims."""
    return {
        "an expiry a moment ago": ({}, {"exp": time.time() - 5}),
        "a start in a moment": ({}, {"nbf": time.time() + 5}),
        "one of several audiences": ({}, {"aud": ["other", AUDIENCE]}),
        "the second audience": ({}, {"aud": "another"}),
        "no kid": ({"kid": None}, {}),
        "no type": ({"typ": None}, {}),
        "an access token": ({"typ": "at+JWT"}, {}),
        "members that nobody knows": ({"x": {"y": 1}, "jku": "https://evil.example/keys"}, {}),
        "a broken jku": ({"x5c": ["x" * 600]}, {}),
        "claims of any shape": (
            {},
            {"realm_access": {"roles": ["a"]}, "iat": None, "scope": {"no": "scopes"}},
        ),
    }


async def test_right_tokens_of_all_kinds_are_accepted(issuer: OidcIssuer, tokens: Tokens) -> None:
    for name, (header, claims) in right().items():
        identity = await tokens.identify(issuer.token(header, **claims))
        assert identity.subject == "248289761001", name
        assert identity.scopes == frozenset(), name
    assert issuer.fetches() == 1


async def test_what_was_wrong_is_said_without_anything_of_the_token(
    issuer: OidcIssuer, tokens: Tokens
) -> None:
    sentences = {
        "aud wrong": "the token is for another audience",
        "exp missing": "the token has no exp",
        "iss and more": "the token is of an issuer that is not known here",
        "none": "the token is signed by an algorithm that its issuer does not use",
        "another payload": "the token's signature is not its issuer's",
        "nothing": "the credential is neither an API key nor a token (JWT)",
    }
    for name, sentence in sentences.items():
        assert await refused(tokens, FORGED[name](issuer)) == sentence


async def test_an_expired_token_has_a_code_of_its_own(issuer: OidcIssuer, tokens: Tokens) -> None:
    with pytest.raises(TokenExpired) as caught:
        await tokens.identify(issuer.token(exp=int(time.time()) - 61))
    assert caught.value.code == "TOKEN_EXPIRED"
    assert caught.value.challenge == (
        'Bearer realm="patchbay", error="invalid_token", error_description="the token has expired"'
    )


async def test_a_kept_token_ends_when_it_expires(issuer: OidcIssuer) -> None:
    tokens = Tokens([Issuer(issuer.url, (AUDIENCE,), leeway_seconds=0)])
    token = issuer.token(exp=time.time() + 1.2)
    identity = await tokens.identify(token)
    assert tokens.known(token) is identity
    await asyncio.sleep(max(0.0, (identity.expires_at or 0) - time.time()))
    assert tokens.known(token) is None
    with pytest.raises(TokenExpired):
        await tokens.identify(token)
    await tokens.close()


async def test_each_family_verifies_its_own_and_no_other() -> None:
    rsa = rsa_key()
    plain = type(rsa).import_key({**rsa.as_dict(private=True), "alg": "PS256"})
    keys: dict[str, Key] = {"ES256": ec_key(), "EdDSA": okp_key(), "Ed25519": okp_key(), "PS256": plain}
    async with OidcIssuer(*keys.values()) as issuer:
        for declared in keys:
            tokens = Tokens([Issuer(issuer.url, (AUDIENCE,), (declared,))])
            for algorithm, key in keys.items():
                token = issuer.token({"alg": algorithm}, key)
                if algorithm == declared:
                    assert (await tokens.identify(token)).subject
                else:
                    await refused(tokens, token)
            await tokens.close()


async def test_each_issuer_speaks_for_itself_alone(issuer: OidcIssuer) -> None:
    async with OidcIssuer(rsa_key(), path="/realms/two", cache_control="public, max-age=20000") as other:
        tokens = Tokens([Issuer(issuer.url, (AUDIENCE,)), Issuer(other.url, ("two",), scopes_claim="roles")])
        identity = await tokens.identify(other.token(aud="two", roles=["a", "b"]))
        assert identity.issuer == other.url
        assert identity.scopes == {"a", "b"}
        await tokens.identify(issuer.token())
        await refused(tokens, other.token(iss=issuer.url))
        await refused(tokens, issuer.token(iss=other.url, aud="two"))
        await refused(tokens, other.token())
        await tokens.close()


async def test_two_subjects_are_two_identities(issuer: OidcIssuer, tokens: Tokens) -> None:
    one, same, other = [
        await tokens.identify(issuer.token(sub=sub, jti=jti)) for sub, jti in ("a1", "a2", "b1")
    ]
    assert one.key == same.key != other.key


@settings(max_examples=150, deadline=None)
@given(
    strategies.one_of(
        strategies.text(max_size=60),
        strategies.binary(max_size=60).map(encoded),
        strategies.recursive(
            strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(max_size=5),
            lambda inner: (
                strategies.lists(inner, max_size=2)
                | strategies.dictionaries(
                    strategies.sampled_from(
                        ["alg", "kid", "crit", "b64", "typ", "iss", "aud", "exp", "sub", "RS256"]
                    ),
                    inner | strategies.sampled_from(["RS256", "none", "HS256"]),
                    max_size=4,
                )
            ),
            max_leaves=6,
        ).map(encoded),
    ),
    strategies.integers(0, 2),
)
@example("\ud800", 0)
@example("e30", 1)
@example("é" * 20, 2)
def test_whatever_stands_in_a_part_is_refused(part: str, place: int) -> None:
    parts = [
        encoded({"alg": "RS256", "kid": "x"}),
        encoded({"iss": "https://a.example", "aud": "a", "sub": "b", "exp": 1}),
        "AAAA",
    ]
    parts[place] = part

    async def ask() -> None:
        authenticator = Authenticator(issuers=[Issuer("https://a.example", ("a",))])
        await authenticator.open(None)  # type: ignore[arg-type] # as above
        with pytest.raises(Unauthenticated):
            await authenticator.identify([], {"authorization": f"Bearer {'.'.join(parts)}"})

    asyncio.run(ask())


async def test_a_token_has_a_size(issuer: OidcIssuer, tokens: Tokens) -> None:
    assert f"at most {MAX_TOKEN_BYTES} bytes" in await refused(
        tokens, issuer.token(more="x" * MAX_TOKEN_BYTES)
    )
    assert (await tokens.identify(issuer.token(more="x" * 5000))).is_authenticated


WRONG: dict[str, dict[str, Any]] = {
    "an audience is missing": {"audiences": ()},
    "an audience is a text": {"audiences": "abc"},
    "none": {"algorithms": ("none",)},
    "a shared secret": {"algorithms": ("HS256",)},
    "two families": {"algorithms": ("RS256", "ES256")},
    "RSA in two ways": {"algorithms": ("RS256", "PS256")},
    "no algorithm": {"algorithms": ()},
    "a leeway of minutes": {"leeway_seconds": 61},
    "no URL": {"issuer": "accounts.google.com"},
    "plain http": {"issuer": "http://issuer.example"},
    "plain http for keys": {"jwks_url": "http://issuer.example/keys"},
    "a name that begins like this machine": {"issuer": "http://127.0.0.1.evil.example"},
    "credentials in it": {"issuer": "https://user:word@issuer.example"},
}


@pytest.mark.parametrize("name", WRONG)
def test_an_issuer_that_cannot_be_meant_is_told(name: str) -> None:
    right: dict[str, Any] = {"issuer": "https://issuer.example", "audiences": ("me",)}
    Issuer(**right)
    Issuer(
        **{**right, "issuer": "accounts.google.com", "jwks_url": "https://www.googleapis.com/oauth2/v3/certs"}
    )
    with pytest.raises(ConfigurationError, match="JWT issuer: "):
        Issuer(**{**right, **WRONG[name]})


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"PATCHBAY_JWT_ISSUER": "https://i.example"}, "PATCHBAY_JWT_AUDIENCE is not"),
        ({"PATCHBAY_JWT_AUDIENCE": "me"}, "PATCHBAY_JWT_ISSUER is not"),
        ({"PATCHBAY_JWT_JWKS_URL": "https://i.example"}, "PATCHBAY_JWT_ISSUER is not"),
        ({"PATCHBAY_ANONYMOUS": "off"}, "nobody could ask"),
    ],
)
def test_settings_that_contradict_each_other_are_told(variables: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        Authenticator.of(Settings.read(variables))
