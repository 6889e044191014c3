"""Row 38: a WebSocket says who it is first, carries so many operations, and ends with its token."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from demo.signing import standard_headers
from patchbay.inbox.updates import encode_change_cursor
from tests.access.oidc import AUDIENCE, OidcIssuer
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.server import Server
    from tests.promises.world import World

NO_CHECK: Final = "no-init-check"
NO_LIMIT: Final = "no-subscription-limit"
NO_TIMER: Final = "no-expiry-timer"

MOST: Final = 100
"""The setting's default."""

TOKEN_SECONDS: Final = 3
PROMISED_SECONDS: Final = 60.0
PATIENCE_SECONDS: Final = 3.0
QUIET_SECONDS: Final = 0.5
MANY: Final = 1_000_000
UNAUTHORIZED: Final = 4401

QUERY: Final = "subscription($after: String) { parcelUpdated(after: $after) { node { id } } }"
VARIABLES: Final = {"after": encode_change_cursor(0)}
"""From the beginning: it does not matter when the server gets to it."""


async def kept(world: World, conditions: Conditions) -> Seen:
    """Row 38."""
    seen = Seen()
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(OidcIssuer())
        settings = {
            "PATCHBAY_JWT_ISSUER": issuer.url,
            "PATCHBAY_JWT_AUDIENCE": AUDIENCE,
            "PATCHBAY_JWT_LEEWAY_SECONDS": "0",
        }
        server = await stack.enter_async_context(world.server(mutant=conditions.mutant, settings=settings))
        secret = world.environment["SHIPMENTS_WEBHOOK_SECRET"]
        if conditions.mutant in (None, NO_CHECK):
            await _post(server, secret, "P0")
            await _before_init(server, seen)
        if conditions.mutant in (None, NO_LIMIT):
            await _limited(server, issuer, secret, seen, parcels=2 if conditions.mutant is None else 1)
        if conditions.mutant in (None, NO_TIMER):
            await _expired(server, issuer, seen)
    return seen


def _opened(server: Server) -> connect:
    url = f"{server.url.replace('http', 'ws')}/graphql"
    return connect(url, subprotocols=[Subprotocol("graphql-transport-ws")])


async def _initialise(socket: ClientConnection, token: str | None) -> None:
    payload = None if token is None else {"authorization": f"Bearer {token}"}
    await socket.send(json.dumps({"type": "connection_init", "payload": payload}))


async def _subscribe(socket: ClientConnection, id: str) -> None:
    payload = {"query": QUERY, "variables": VARIABLES}
    await socket.send(json.dumps({"id": id, "type": "subscribe", "payload": payload}))


async def _heard(
    socket: ClientConnection, number: int, seconds: float = PATIENCE_SECONDS
) -> list[dict[str, Any]]:
    """So many messages; fewer where the socket is closed, or nothing comes for so long."""
    heard: list[dict[str, Any]] = []
    with suppress(TimeoutError, ConnectionClosed):
        while len(heard) < number:
            heard.append(json.loads(await asyncio.wait_for(socket.recv(), seconds)))
    return heard


def _code(socket: ClientConnection) -> int | None:
    frame = socket.protocol.close_rcvd
    return None if frame is None else int(frame.code)


async def _post(server: Server, secret: str, parcel: str) -> None:
    """An event that subscribers are told of."""
    body = json.dumps({"id": parcel, "version": 1}).encode()
    headers = standard_headers(secret, f"msg_{parcel}", body, int(time.time()))
    async with httpx2.AsyncClient(trust_env=False) as client:
        response = await client.post(f"{server.url}/webhooks/parcels", content=body, headers=headers)
    assert response.status_code == 200, response.status_code


async def _before_init(server: Server, seen: Seen) -> None:
    for what, is_initialised in (("before init", False), ("after one without a token", True)):
        async with _opened(server) as socket:
            if is_initialised:
                await _initialise(socket, None)
            await _subscribe(socket, "1")
            results = len(await _heard(socket, MANY))
        code = _code(socket)
        seen.note(
            f"an operation {what}: {code}, {results} results", holds=code == UNAUTHORIZED and not results
        )


async def _limited(server: Server, issuer: OidcIssuer, secret: str, seen: Seen, *, parcels: int) -> None:
    async with _opened(server) as socket:
        await _initialise(socket, issuer.token())
        await _heard(socket, 1)
        for number in range(MOST + 1):
            await _subscribe(socket, str(number))
        await _post(server, secret, "P1")
        # Each is told of that event, and of the one before, if there was one; one too many is told once.
        heard = await _heard(socket, MOST * parcels + 1)
        heard += await _heard(socket, MANY, QUIET_SECONDS)
        refused = [each for each in heard if each["type"] == "error"]
        codes = {error["extensions"]["code"] for each in refused for error in each["payload"]}
        seen.note(
            f"of {MOST + 1}: {len(refused)} refused, {', '.join(codes) or 'no code'}",
            holds=len(refused) == 1 and codes == {"TOO_MANY_SUBSCRIPTIONS"},
        )
        told = {each["id"] for each in heard if _tells_of(each, "P1")}
        seen.note(f"{len(told)} told of an event", holds=len(told) == MOST)
        await socket.send(json.dumps({"id": "0", "type": "complete"}))
        await _subscribe(socket, "another")
        heard = await _heard(socket, 1)
        seen.note(
            "in place of one that has ended, another", holds=[each["type"] for each in heard] == ["next"]
        )


def _tells_of(message: dict[str, Any], parcel: str) -> bool:
    if message["type"] != "next":
        return False
    data = message["payload"]["data"]
    return bool(data) and data["parcelUpdated"]["node"]["id"] == parcel


async def _expired(server: Server, issuer: OidcIssuer, seen: Seen) -> None:
    expires_at = int(time.time()) + TOKEN_SECONDS
    token = issuer.token(exp=expires_at)

    async def by_socket() -> tuple[str, float | None]:
        async with _opened(server) as socket:
            await _initialise(socket, token)
            await _subscribe(socket, "1")
            with suppress(TimeoutError):
                async with asyncio.timeout(TOKEN_SECONDS + PATIENCE_SECONDS):
                    await socket.wait_closed()
                    return f"{_code(socket)} {socket.close_reason}", time.time() - expires_at
        return "nothing", None

    async def by_stream() -> tuple[str, float | None]:
        body = {"query": QUERY, "variables": VARIABLES}
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(TOKEN_SECONDS + PATIENCE_SECONDS),
                httpx2.AsyncClient(trust_env=False, timeout=None) as client,
                client.stream("POST", f"{server.url}/graphql", json=body, headers=headers) as response,
            ):
                text = "".join([part async for part in response.aiter_text()])
                told = "TOKEN_EXPIRED" if "TOKEN_EXPIRED" in text else "no code"
                return told, time.time() - expires_at
        return "nothing", None

    (closed, after), (told, stream_after) = await asyncio.gather(by_socket(), by_stream())
    for what, outcome, seconds, wanted in (
        ("a socket", closed, after, f"{UNAUTHORIZED} token expired"),
        ("an event stream", told, stream_after, "TOKEN_EXPIRED"),
    ):
        when = "not ended" if seconds is None else f"ended after {seconds:.1f} s"
        holds = seconds is not None and 0 <= seconds <= PROMISED_SECONDS and outcome == wanted
        seen.note(f"{what} whose token expires: {when}, {outcome}", holds=holds)


ROWS = (
    Row(
        38,
        "WebSocket",
        "operation before init, 101st subscription, token expires: 4401; the limit holds; ended within 60 s",
        "A server that wants tokens of an OIDC provider on loopback. A client subscribes before it says who "
        f"it is, and another one after it said so without a token. One opens {MOST + 1} subscriptions on one "
        "socket, all of which are to be told of an event but for the last. One has a token of "
        f"{TOKEN_SECONDS} s, with a subscription on a socket and one on an event stream.",
        kept,
        {
            NO_CHECK: "operations are run before the client has said who it is",
            NO_LIMIT: "a socket carries any number of operations",
            NO_TIMER: "a token is looked at once, when the connection begins",
        },
    ),
)
