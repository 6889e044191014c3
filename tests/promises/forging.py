"""Row 36: no token is believed but one that its issuer has signed for this server and for now."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from tests.access.forged import FORGED
from tests.access.oidc import AUDIENCE, OidcIssuer, rsa_key
from tests.promises.load import Operation
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.server import Server
    from tests.promises.world import World

QUERY: Final = "{ __typename }"
ROTATION: Final = "rotation-unnoticed"
ROTATION_SECONDS: Final = 60.0
MUTANT_SECONDS: Final = 12.0
"""After which a new key would have been noticed: keys are fetched anew after ten at the most."""

POLL_SECONDS: Final = 0.25
STRANGERS: Final = 100
REFUSED: Final = "UNAUTHENTICATED"
EXPIRED: Final = "TOKEN_EXPIRED"


async def believed(world: World, conditions: Conditions) -> Seen:
    """Row 36."""
    seen = Seen()
    async with AsyncExitStack() as stack:
        # So long that nothing but a token that names a new key makes the server ask for it.
        issuer = await stack.enter_async_context(OidcIssuer(cache_control="max-age=600"))
        stranger = await stack.enter_async_context(OidcIssuer(rsa_key()))
        settings = {"PATCHBAY_JWT_ISSUER": issuer.url, "PATCHBAY_JWT_AUDIENCE": AUDIENCE}
        server = await stack.enter_async_context(world.server(mutant=conditions.mutant, settings=settings))
        started = time.monotonic()
        await _right(server, issuer, seen)
        if conditions.mutant != ROTATION:
            await _forged(server, issuer, stranger, seen)
        if conditions.mutant in (None, ROTATION):
            await _rotated(server, issuer, conditions, seen)
        most = 1 + int((time.monotonic() - started) / 10)
        fetches = issuer.fetches()
        seen.note(f"keys fetched {fetches} times", holds=fetches <= most)
    return seen


async def _outcome(server: Server, token: str | None) -> str:
    """`fine`, or the code of the refusal."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = await server.client.ask(Operation(QUERY, headers=headers))
    is_refusal = answer.status == 401 and answer.data is None
    return answer.outcome if answer.is_fine or is_refusal else f"HTTP {answer.status} {answer.outcome}"


async def _right(server: Server, issuer: OidcIssuer, seen: Seen) -> None:
    now = int(time.time())
    tokens = [
        issuer.token(),
        issuer.token(aud=["other", AUDIENCE]),
        issuer.token(exp=now - 5),
        issuer.token(nbf=now + 5),
        issuer.token({"kid": None}),
        issuer.token({"typ": "at+jwt"}, scope="read write"),
    ]
    outcomes = [await _outcome(server, token) for token in tokens]
    accepted = outcomes.count("fine")
    seen.note(f"right ones: {accepted} of {len(tokens)} accepted", holds=accepted == len(tokens))


async def _forged(server: Server, issuer: OidcIssuer, stranger: OidcIssuer, seen: Seen) -> None:
    tokens: dict[str, str | None] = {name: make(issuer) for name, make in FORGED.items()}
    foreign = {"iss": issuer.url}
    leading = {"jku": stranger.jwks_url, "x5u": stranger.jwks_url}
    tokens |= {
        "no token": None,
        "a stranger's, with a jku": stranger.token(leading, **foreign),
        "a stranger's, with a jku and a known kid": stranger.token(
            {**leading, "kid": issuer.key.kid}, **foreign
        ),
        "a stranger's own": stranger.token(),
    }
    told_each = await asyncio.gather(*(_outcome(server, token) for token in tokens.values()))
    outcomes = dict(zip(tokens, told_each, strict=True))
    accepted = [name for name, outcome in outcomes.items() if outcome == "fine"]
    told = f" ({', '.join(accepted)})" if accepted else ""
    seen.note(f"forged ones: {len(accepted)} of {len(tokens)} accepted{told}", holds=not accepted)
    others = {name: each for name, each in outcomes.items() if each not in ("fine", REFUSED, EXPIRED)}
    if others:
        seen.note(f"not refused as they should be: {others}", holds=False)
    seen.note(f"{stranger.fetches()} calls to a stranger's keys", holds=not stranger.fetches())
    flood = [issuer.token({"kid": f"unknown-{number}"}, stranger.key) for number in range(STRANGERS)]
    answers = await asyncio.gather(*(_outcome(server, token) for token in flood))
    refused = answers.count(REFUSED)
    seen.note(f"{refused} of {STRANGERS} unknown keys refused", holds=refused == STRANGERS)


async def _rotated(server: Server, issuer: OidcIssuer, conditions: Conditions, seen: Seen) -> None:
    old = issuer.token()
    issuer.rotate(rsa_key())
    new = issuer.token()
    patience = ROTATION_SECONDS if conditions.mutant is None else MUTANT_SECONDS
    at = time.monotonic()
    is_accepted = False
    for _ in range(int(patience / POLL_SECONDS)):
        is_accepted = await _outcome(server, new) == "fine"
        if is_accepted:
            break
        await asyncio.sleep(POLL_SECONDS)
    seconds = time.monotonic() - at
    told = f"a new key accepted after {seconds:.1f} s"
    seen.note(told, holds=is_accepted and seconds <= ROTATION_SECONDS)
    seen.note("and the old one still", holds=await _outcome(server, old) == "fine")


ROWS = (
    Row(
        36,
        "JWT",
        "`none`, HS256 with the public PEM or JWK, unknown `crit`, `iss` prefix, no aud, exp + 61 s, `jku`: "
        "0 accepted; key rotation within 60 s",
        "A server that knows an OIDC provider on loopback by two settings is asked with "
        f"{len(FORGED)} kinds of forged tokens, with those of a stranger who says where its keys are, and "
        f"with {STRANGERS} that name keys that nobody has. Right tokens are accepted before, and then those "
        "of a new key of the provider, although the keys that are kept are fresh for ten minutes.",
        believed,
        {
            "audience-unread": "a token for anybody is accepted",
            "expiry-unread": "a token is accepted for ever",
            "algorithm-of-the-token": "the token says how it is verified",
            "key-of-the-token": "a key that stands in the token verifies it",
            "issuer-by-prefix": "the beginning of `iss` decides whose a token is",
            "critical-unread": "critical members of a header are ignored",
            ROTATION: "keys are fetched once in their time, whatever tokens name",
        },
    ),
)
