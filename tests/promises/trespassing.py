"""Row 37: what is not for a client is not told to it, on any way, and nothing is called for it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import httpx2
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.access.guarded_server import ADDRESS, CALLS_PATH
from tests.access.oidc import AUDIENCE, OidcIssuer
from tests.access.table import CODE, ROLES, Case, cases
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from tests.promises.server import Server
    from tests.promises.world import World

GRAPH: Final = "tests/access/guarded_server.py"
BATCH: Final = 20
EVERY: Final = 10
EVERY_FOR_MUTANTS: Final = 30
"""The short form asks one in so many of the cases by paths, and for a mutant fewer."""

HOUR_SECONDS: Final = 3600
SETTLE_SECONDS: Final = 2.0
EXPIRED: Final = "expired"
"""The role whose token has expired: it is told so, and nothing else."""

MUTANT_WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "fragments-unseen": ("POST",),
    "types-unguarded": ("POST",),
    "node-unchecked": ("POST",),
    "plans-shared": ("POST",),
    "flights-shared": ("POST",),
    "later-unguarded": ("SSE",),
    "streams-opened": ("WebSocket",),
}
"""The way by which each mutant is looked for."""

SETTINGS: Final[Mapping[str, str]] = {
    "PATCHBAY_JWT_AUDIENCE": AUDIENCE,
    "PATCHBAY_ANONYMOUS": "true",
    "PATCHBAY_INTROSPECTION": "everyone",
    "PATCHBAY_MAX_BATCH": str(BATCH),
    # Nobody is refused for asking often.
    "PATCHBAY_LOAD_SHEDDING": "false",
}


class Tally:
    """What came of all answers."""

    def __init__(self) -> None:
        self.asked = 0
        self.leaks: list[str] = []
        self.missing: list[str] = []
        self.errors: Counter[str] = Counter()
        self.expected: Counter[str] = Counter()

    def take(self, case: Case, role: str, parts: Sequence[Mapping[str, Any]], status: int = 200) -> None:
        """All that one client was told of one operation."""
        self.asked += 1
        if role == EXPIRED:
            self.errors["answers to an expired token"] += status != 401
            return
        self.expected.update(case.calls(role))
        told = json.dumps([part[name] for part in parts for name in ("data", "items") if part.get(name)])
        errors = [error for part in parts for error in part.get("errors") or ()]
        codes = {error["extensions"]["code"] for error in errors}
        self.errors.update(codes - {CODE})
        if (case.holds in told) and not case.sees(role):
            self.leaks.append(f"{role}, {case.name}")
        elif case.sees(role) and case.holds not in told:
            self.missing.append(f"{role}, {case.name}")
        elif not case.sees(role) and CODE not in codes:
            self.errors["denied without a word"] += 1


async def kept_apart(world: World, conditions: Conditions) -> Seen:
    """Row 37."""
    seen = Seen()
    chosen = list(cases())
    if conditions.short or conditions.mutant:
        every = EVERY_FOR_MUTANTS if conditions.mutant else EVERY
        chosen = [each for index, each in enumerate(chosen) if index % every == 0 or each.name == each.query]
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(OidcIssuer())
        settings = {**SETTINGS, "PATCHBAY_JWT_ISSUER": issuer.url, ADDRESS: "http://127.0.0.1:9"}
        started = world.server(mutant=conditions.mutant, settings=settings, graph=GRAPH)
        server = await stack.enter_async_context(started)
        client = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False, timeout=30))
        clients = {role: _headers(issuer, role) for role in ROLES}
        single = [each for each in chosen if not each.streams]
        streams = [each for each in chosen if each.streams]
        for way, asked in (
            ("POST", _by_post(client, server, clients, single)),
            ("batch", _by_batch(client, server, clients, [each for each in single if not each.operation])),
            ("SSE", _by_sse(client, server, clients, streams)),
            ("WebSocket", _by_socket(server, clients, streams)),
        ):
            if way not in MUTANT_WAYS.get(conditions.mutant or "", (way,)):
                continue
            await client.delete(server.url + CALLS_PATH)
            tally = Tally()
            async for case, role, parts, status in asked:
                tally.take(case, role, parts, status)
            await _note(way, tally, client, server, seen)
    return seen


def _headers(issuer: OidcIssuer, role: str) -> dict[str, str]:
    """By which a client of this role proves who it is."""
    proven = ROLES[role]
    if not proven.get("token"):
        return {}
    claims: dict[str, Any] = dict.fromkeys(proven.get("claims", ()), True)
    now = int(time.time())
    ends = now + (-HOUR_SECONDS if proven.get("expired") else HOUR_SECONDS)
    token = issuer.token(sub=role, scope=" ".join(proven.get("scopes", ())), exp=ends, **claims)
    return {"Authorization": f"Bearer {token}"}


async def _note(way: str, tally: Tally, client: httpx2.AsyncClient, server: Server, seen: Seen) -> None:
    leaks = f" ({tally.leaks[0]})" if tally.leaks else ""
    seen.note(f"{way}: {len(tally.leaks)} leaks in {tally.asked} answers{leaks}", holds=not tally.leaks)
    if tally.missing:
        seen.note(f"{len(tally.missing)} denied wrongly ({tally.missing[0]})", holds=False)
    wrong = {what: count for what, count in tally.errors.items() if count}
    if wrong:
        seen.note(f"{wrong}", holds=False)
    surplus, lacking = await _difference(tally.expected, client, server)
    seen.note(f"{surplus} calls for what was denied", holds=not surplus)
    if lacking:
        seen.note(f"{lacking} calls too few", holds=False)


async def _difference(expected: Counter[str], client: httpx2.AsyncClient, server: Server) -> tuple[int, int]:
    """How many calls more and fewer than expected there were, when they do not change any more."""
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        made = Counter((await client.get(server.url + CALLS_PATH)).json())
        if made == expected or time.monotonic() > end:
            return (made - expected).total(), (expected - made).total()
        await asyncio.sleep(0.05)


Told = tuple[Case, str, list[dict[str, Any]], int]


def _body(case: Case) -> dict[str, Any]:
    return {"query": case.query, "variables": case.variables, "operationName": case.operation}


async def _by_post(
    client: httpx2.AsyncClient,
    server: Server,
    clients: Mapping[str, Mapping[str, str]],
    asked: Iterable[Case],
) -> AsyncIterator[Told]:
    """Every client at once, so that they would share what can be shared."""
    for case in asked:
        posts = (
            client.post(f"{server.url}/graphql", json=_body(case), headers=headers)
            for headers in clients.values()
        )
        for role, answer in zip(clients, await asyncio.gather(*posts), strict=True):
            yield case, role, [answer.json()], answer.status_code


async def _by_batch(
    client: httpx2.AsyncClient,
    server: Server,
    clients: Mapping[str, Mapping[str, str]],
    asked: Sequence[Case],
) -> AsyncIterator[Told]:
    for start in range(0, len(asked), BATCH):
        some = asked[start : start + BATCH]
        for role, headers in clients.items():
            answer = await client.post(
                f"{server.url}/graphql", json=[_body(case) for case in some], headers=headers
            )
            parts = answer.json()
            for index, case in enumerate(some):
                told = [parts[index]] if isinstance(parts, list) else [parts]
                yield case, role, told, answer.status_code


async def _by_sse(
    client: httpx2.AsyncClient,
    server: Server,
    clients: Mapping[str, Mapping[str, str]],
    asked: Iterable[Case],
) -> AsyncIterator[Told]:
    for case in asked:
        for role, headers in clients.items():
            accepting = {**headers, "Accept": "text/event-stream"}
            answer = await client.post(f"{server.url}/graphql", json=_body(case), headers=accepting)
            lines = [line[5:].strip() for line in answer.text.splitlines() if line.startswith("data:")]
            yield case, role, _parts(json.loads(line) for line in lines if line), answer.status_code


async def _by_socket(
    server: Server, clients: Mapping[str, Mapping[str, str]], asked: Sequence[Case]
) -> AsyncIterator[Told]:
    url = f"{server.url.replace('http', 'ws')}/graphql"
    for role, headers in clients.items():
        if role == EXPIRED:
            continue
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            proof = {name.lower(): value for name, value in headers.items()}
            await socket.send(json.dumps({"type": "connection_init", "payload": proof}))
            await socket.recv()
            for number, case in enumerate(asked):
                message = {"id": str(number), "type": "subscribe", "payload": _body(case)}
                await socket.send(json.dumps(message))
                results: list[dict[str, Any]] = []
                while (heard := json.loads(await socket.recv()))["type"] == "next":
                    results.append(heard["payload"])
                if heard["type"] == "error":
                    results.append({"errors": heard["payload"]})
                yield case, role, _parts(results), 200


def _parts(results: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results, and what each has in it of such as are delivered in parts."""
    found: list[dict[str, Any]] = []
    for each in results:
        found += [each, *each.get("incremental", ()), *each.get("completed", ())]
    return found


ROWS = (
    Row(
        37,
        "field authorization",
        "role x field x path (alias, fragment, interface, node, subscription, batch, cache): 0 leaks; null + "
        "`UNAUTHORIZED_FIELD_OR_TYPE`; 0 upstream calls for a denied field",
        f"A server of a graph of which most is not for everybody is asked by clients in {len(ROLES)} roles, "
        "anonymous ones and holders of tokens with scopes and claims: every kind of guarded field by every "
        "path that leads to it, and whole operations, by POST all roles at once, in batches, by SSE and by "
        "WebSocket. What each may see is a table. An answer that holds what is not for its client is a leak; "
        "the graph counts the calls of its reads, which must be those of what was allowed, and no others.",
        kept_apart,
        {
            "fragments-unseen": "plans are told apart by what stands outside of fragments alone",
            "types-unguarded": "what stands at types is not asked",
            "node-unchecked": "a node is read before its type is looked at",
            "plans-shared": "clients are given the plan of the one who came first",
            "later-unguarded": "what is deferred or streamed is executed as graphql-core does it",
            "streams-opened": "a subscription's source is opened before anybody is asked who may see it",
            "flights-shared": "identical operations share a flight, whoever asks",
        },
    ),
)
