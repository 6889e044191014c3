"""Row 33: a foreign page can make no browser run anything here."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.promises import operations
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.promises.server import Server
    from tests.promises.world import World

PATH: Final = "/graphql"
EVIL: Final = "https://evil.example"
CUSTOMER: Final = f'{{ customer(id: "{operations.customer_id(0)}") {{ name }} }}'
CHANGE: Final = (
    f'mutation {{ changeEmail(id: "{operations.customer_id(0)}", email: "a@example.com") {{ id }} }}'
)
HASH: Final = sha256(CUSTOMER.encode()).hexdigest()
CONNECTIONS: Final = 4
"""So few that none is refused for there being too many."""

PREFLIGHTED: Final = {"GraphQL-Require-Preflight": "1"}
BROWSER: Final = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/146.0.0.0"}

ACCEPTS: Final = (
    "*/*", "application/json", "image/avif,image/webp,*/*;q=0.8", "text/css,*/*;q=0.1", "text/event-stream",
    "application/graphql-response+json",
)  # fmt: skip
SITES: Final = ("cross-site", "same-site")
BY_THEMSELVES: Final = (
    {"Authorization": "Basic dTpw"},
    {"Cookie": "session=1"},
    {"Content-Type": "text/plain; application/json"},
    {"Origin": EVIL},
)
"""What browsers add to what foreign pages ask for, or let them add."""

TYPES: Final = (
    "text/plain", "text/plain;charset=UTF-8", "text/plain; application/json", "application/json, text/plain",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql", "",
)  # fmt: skip
MULTIPART: Final = (
    '--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{operation}\r\n'
    '--x\r\nContent-Disposition: form-data; name="map"\r\n\r\n{{}}\r\n--x--\r\n'
)


@dataclass(frozen=True)
class Lure:
    """One request of a foreign page's."""

    method: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = field(default_factory=dict)
    body: bytes | None = None

    async def sent(self, client: httpx2.AsyncClient) -> int:
        """The status of the answer to it."""
        told = await client.request(
            self.method,
            PATH,
            params=self.parameters or None,
            headers=self.headers,
            content=self.body,
        )
        return told.status_code


def _by_get() -> Iterable[Lure]:
    """Images, scripts, links and fetches of documents, of their ids, and of mutations."""
    persisted = {"extensions": json.dumps({"persistedQuery": {"version": 1, "sha256Hash": HASH}})}
    asked = ({"query": CUSTOMER}, {"documentId": f"sha256:{HASH}"}, persisted, {"query": CHANGE})
    for parameters in asked:
        for accept in ACCEPTS:
            plain = {**BROWSER, "Accept": accept}
            yield Lure("GET", parameters, plain)
            for site in SITES:
                yield Lure("GET", parameters, {**plain, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": site})
        for header in BY_THEMSELVES:
            yield Lure("GET", parameters, {**BROWSER, **header})
        yield Lure("HEAD", parameters, BROWSER)
    for headers in (PREFLIGHTED, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        yield Lure("GET", {"query": CHANGE}, headers)


def _by_post() -> Iterable[Lure]:
    """Forms, and fetches that need no preflight."""
    for document in (CUSTOMER, CHANGE):
        operation = json.dumps({"query": document})
        bodies = (operation, f"query={document}", document, MULTIPART.format(operation=operation))
        for type_ in TYPES:
            for body in bodies:
                headers = {"Content-Type": type_} if type_ else {}
                yield Lure("POST", headers={**BROWSER, **headers}, body=body.encode())
            yield Lure("POST", {"query": document}, {"Content-Type": type_} if type_ else {})
        twice = [("Content-Type", "application/json"), ("Content-Type", "text/plain")]
        yield Lure("POST", headers=twice, body=operation.encode())


async def refused(world: World, conditions: Conditions) -> Seen:
    """Row 33."""
    seen = Seen()
    crm = world["crm"]
    async with world.server(mutant=conditions.mutant) as server:
        await _would_run(server, seen)
        # What has been asked once is known by its hash from now on.
        ran = crm.counts().requests
        seen.note(f"{ran} of 2 run that were asked for properly", holds=ran == 2)
        crm.reset()
        limits = httpx2.Limits(max_connections=CONNECTIONS)
        async with httpx2.AsyncClient(base_url=server.url, trust_env=False, limits=limits) as client:
            for kind, lures in (("GET", list(_by_get())), ("POST", list(_by_post()))):
                statuses = await asyncio.gather(*(lure.sent(client) for lure in lures))
                told = sum(400 <= status < 500 for status in statuses)
                seen.note(f"{told} of {len(lures)} by {kind} are 4xx", holds=told == len(lures))
        statuses = [await _socket(server, origin) for origin in (EVIL, "null", "http://127.0.0.1:1")]
        seen.note(f"WebSockets of foreign pages: {statuses}", holds=set(statuses) == {403})
        ran = crm.counts().requests
        seen.note(f"{ran} calls of the upstream", holds=ran == 0)
    return seen


async def _would_run(server: Server, seen: Seen) -> None:
    """The same operations, asked for properly; else nothing of what follows would show anything."""
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": HASH}}
    for body in ({"query": CUSTOMER, "extensions": extensions}, {"query": CHANGE}):
        told = await server.request("POST", PATH, json=body)
        assert told.status_code == 200, told.text
    told = await server.request("GET", PATH, params={"query": "{ __typename }"}, headers=PREFLIGHTED)
    own = await _socket(server, server.url)
    seen.note(f"with a preflight's header {told.status_code}", holds=told.status_code == 200)
    seen.note(f"our page's WebSocket {own}", holds=own == 101)


async def _socket(server: Server, origin: str) -> int:
    """The status of a handshake of this origin's page; where it succeeds, a mutation is asked for."""
    address = f"{server.url.replace('http', 'ws', 1)}{PATH}"
    try:
        async with connect(
            address, origin=Origin(origin), subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None
        ) as socket:
            if origin != server.url:
                await _run_on(socket)
            return 101
    except InvalidStatus as error:
        return error.response.status_code


async def _run_on(socket: Any) -> None:
    await socket.send('{"type": "connection_init"}')
    await socket.recv()
    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": CHANGE}}))
    await socket.recv()


ROWS = (
    Row(
        33,
        "CSRF",
        "GET mutation; text/plain, form, multipart; GET without a preflight header; a foreign page's "
        "WebSocket: all 4xx, and nothing runs",
        "What a page of another origin can make a browser send, with every Accept, Content-Type and "
        "Sec-Fetch-Site that it can have: queries by text, id and hash, and mutations, by GET, HEAD, POST "
        "and WebSocket. The proxy before the CRM counts what is run. The same operations, asked for "
        "properly, do run.",
        refused,
        {
            "no-csrf-guard": "a GET needs to prove nothing",
            "any-body-is-json": "a body is read whatever its type",
            "sockets-for-all": "a WebSocket is opened for any page",
        },
    ),
)
