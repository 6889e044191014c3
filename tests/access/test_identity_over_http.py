"""Who asks, over HTTP and WebSocket: a server that is told of a provider and of keys by settings alone."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from patchbay.access.proofs.key_store import KeyStore
from tests.access.keys_database import opened
from tests.access.oidc import AUDIENCE, OidcIssuer
from tests.server.things import Running, named, running

QUERY = '{ thing(id: "a") { name } }'


@pytest.fixture
async def issuer() -> AsyncIterator[OidcIssuer]:
    async with OidcIssuer() as issuer:
        yield issuer


@pytest.fixture
async def server(issuer: OidcIssuer, tmp_path: Path) -> AsyncIterator[Running]:
    variables = {
        "PATCHBAY_JWT_ISSUER": issuer.url,
        "PATCHBAY_JWT_AUDIENCE": f"another, {AUDIENCE}",
        "PATCHBAY_API_KEYS": "true",
    }
    async with running(named, tmp_path, **variables) as server:
        yield server


async def ask(server: Running, **headers: str) -> httpx2.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.post(server.url, json={"query": QUERY}, headers=given)


def code_of(response: httpx2.Response) -> str:
    (error,) = response.json()["errors"]
    assert "data" not in response.json()
    return str(error["extensions"]["code"])


async def test_a_sign_in_like_googles_works_by_settings_alone(server: Running, issuer: OidcIssuer) -> None:
    for _ in range(3):
        answer = await ask(server, Authorization=f"Bearer {issuer.token()}")
        assert answer.json() == {"data": {"thing": {"name": "thing a"}}}
    assert (issuer.fetches("openid-configuration"), issuer.fetches()) == (1, 1)


async def test_a_key_that_is_made_beside_the_server_works_until_it_is_revoked(
    server: Running, tmp_path: Path
) -> None:
    async with opened(tmp_path / "inbox.sqlite3") as database:
        record, key = await KeyStore(database).create("shop")
        assert (await ask(server, X_Api_Key=key)).status_code == 200
        assert (await ask(server, Authorization=f"Bearer {key}")).status_code == 200
        await KeyStore(database).revoke(record.id)
    revoked_at = time.monotonic()
    answer = await ask(server, X_Api_Key=key)
    while answer.status_code == 200:
        answer = await ask(server, X_Api_Key=key)
    assert time.monotonic() - revoked_at < 5
    assert (answer.status_code, code_of(answer)) == (401, "UNAUTHENTICATED")


async def test_who_proves_nothing_is_told_how(server: Running, issuer: OidcIssuer) -> None:
    answer = await ask(server)
    assert (answer.status_code, code_of(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == 'Bearer realm="patchbay"'
    expired = await ask(server, Authorization=f"Bearer {issuer.token(exp=1)}")
    assert (expired.status_code, code_of(expired)) == (401, "TOKEN_EXPIRED")
    assert 'error="invalid_token"' in expired.headers["www-authenticate"]
    assert server.wire.requests == []


async def test_an_issuer_that_is_away_makes_no_token_wrong(server: Running, issuer: OidcIssuer) -> None:
    issuer.down = True
    answer = await ask(server, Authorization=f"Bearer {issuer.token()}")
    assert (answer.status_code, code_of(answer)) == (503, "IDENTITY_UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"


async def begun(server: Running, payload: Any) -> str:
    """The type of what answers connection_init, or the code of the close."""
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(server.url.replace("http", "ws"), subprotocols=[protocol]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        try:
            return str(json.loads(await socket.recv())["type"])
        except ConnectionClosed:
            return str(socket.close_code)


async def test_a_socket_begins_with_a_proof(server: Running, issuer: OidcIssuer) -> None:
    token = issuer.token()
    assert await begun(server, {"authorization": f"Bearer {token}"}) == "connection_ack"
    assert await begun(server, {"headers": {"Authorization": f"Bearer {token}"}}) == "connection_ack"
    for wrong in ({"authorization": f"Bearer {token}x"}, {"apiKey": "pbk_wrong"}, {}, {"authorization": 5}):
        assert await begun(server, wrong) in ("4401", "4403")
