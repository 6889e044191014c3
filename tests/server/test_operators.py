"""Operators' addresses: nothing without the token, and what they do with events over HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from demo.launch import Demo
from patchbay.environment import Secret
from patchbay.inbox import Arrival, Inbox, InboxOptions
from patchbay.server.operators import operator_router
from patchbay.upstreams.base import Runtime
from tests.inbox.database import Location, all_applied, eventually, rows, states
from tests.inbox.vendor import environment, payment_event, payments_webhook
from tests.postgres_server import PostgresServer
from tests.serving import GraphServer

TOKEN = "canary-token-of-operators"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}
ROUTES = [
    ("GET", "/inbox/events"),
    ("GET", "/inbox/events/payments/e1"),
    ("POST", "/inbox/events/payments/e1/replay"),
    ("GET", "/inbox/counts"),
    ("POST", "/inbox/replay"),
    ("POST", "/inbox/purge"),
    ("POST", "/inbox/rebuild"),
    ("GET", "/inbox/rebuild"),
]


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "sqlite":
        return tmp_path / "inbox.sqlite3"
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return Secret(postgres.new_url(), "PATCHBAY_DATABASE_URL")


class Served:
    """Operators' routes over an inbox with some events."""

    def __init__(self, inbox: Inbox, location: Location, client: httpx2.AsyncClient) -> None:
        self.inbox = inbox
        self.location = location
        self.client = client

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        content = None if body is None else json.dumps(body)
        return await self.client.request(
            method, path, content=content, headers=RIGHT if headers is None else headers
        )


@asynccontextmanager
async def serving(location: Location) -> AsyncIterator[Served]:
    inbox = Inbox(location, options=InboxOptions(attempts=1))
    await inbox.open()
    webhook, _ = payments_webhook()
    await webhook.open(Runtime(environment(), inbox))
    app = FastAPI()
    app.include_router(operator_router(inbox, Secret(TOKEN, "PATCHBAY_OPERATOR_TOKEN")))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield Served(inbox, location, client)
    finally:
        server.should_exit = True
        await task
        await webhook.close()
        await inbox.close()


@pytest.fixture
async def served(location: Location) -> AsyncIterator[Served]:
    async with serving(location) as served:
        await served.inbox.store("payments", Arrival("e1", payment_event("pi_1", 1), "payment"))
        await served.inbox.store("payments", Arrival("e/2 ?", payment_event(type_="boom"), "payment"))
        await served.inbox.store("payments", Arrival("e3", payment_event(type_="refund"), "refund"))
        await all_applied(location)
        yield served


async def test_nothing_is_told_or_done_without_the_token(served: Served) -> None:
    before = rows(served.location, "SELECT * FROM events ORDER BY seq")
    right = f"Bearer {TOKEN}"
    values = ("Bearer", "Bearer x", right[:-1], f"{right}x", f"Basic {TOKEN}", TOKEN, "Bearer \xe9\xff")
    wrong: list[list[tuple[bytes, bytes]]] = [
        [],
        *([(b"Authorization", value.encode("latin-1"))] for value in values),
        [(b"X-Api-Key", TOKEN.encode())],
        [(b"Authorization", right.encode()), (b"Authorization", right.encode())],
    ]
    for method, path in ROUTES:
        for headers in wrong:
            body = json.dumps({"state": "dead", "older_than_days": 0})
            answer = await served.client.request(method, path, headers=headers, content=body)
            assert answer.status_code == 401, (method, path, headers)
            assert answer.json() == {"error": "the operators' token is missing or wrong"}
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["cache-control"] == "no-store"
    assert rows(served.location, "SELECT * FROM events ORDER BY seq") == before


async def test_events_are_listed_and_shown(served: Served) -> None:
    answer = await served.ask("GET", "/inbox/events?most=2")
    assert answer.headers["cache-control"] == "no-store"
    first = answer.json()
    assert [each["event_id"] for each in first["events"]] == ["e3", "e/2 ?"]
    second = (await served.ask("GET", f"/inbox/events?most=2&before={first['next']}")).json()
    assert [each["event_id"] for each in second["events"]] == ["e1"]
    assert second["next"] is None
    dead = (await served.ask("GET", "/inbox/events?state=dead&upstream=payments&type=payment")).json()
    assert [each["error"][:8] for each in dead["events"]] == ["KeyError"]

    event = (await served.ask("GET", "/inbox/events/payments/e1")).json()
    assert "body" not in event
    assert event["records"] == [{"kind": "payments.Payment", "key": "pi_1"}]
    whole = (await served.ask("GET", "/inbox/events/payments/e1?body=true")).json()
    assert whole == {**event, "body": payment_event("pi_1", 1).decode()}
    assert (await served.ask("GET", "/inbox/events/payments/e%2F2%20%3F")).json()["state"] == "dead"
    counts = (await served.ask("GET", "/inbox/counts")).json()["counts"]
    assert {(each["state"], each["type"]): each["count"] for each in counts} == {
        ("applied", "payment"): 1,
        ("dead", "payment"): 1,
        ("ignored", "refund"): 1,
    }


async def test_events_are_replayed_and_purged(served: Served) -> None:
    handled: list[str] = []
    served.inbox.register("payments", [lambda event: handled.append(event.event_id)])
    answer = await served.ask("POST", "/inbox/events/payments/e%2F2%20%3F/replay")
    assert answer.json() == {"replayed": 1}
    await eventually(lambda: handled == ["e/2 ?"])
    assert (await served.ask("POST", "/inbox/replay", {"state": "ignored"})).json() == {"replayed": 2}
    await eventually(lambda: handled == ["e/2 ?", "e/2 ?", "e3"])
    purged = await served.ask("POST", "/inbox/purge", {"state": "ignored", "older_than_days": 0})
    assert purged.json() == {"purged": 0}
    rows(served.location, "UPDATE events SET received_at = received_at - 864000")
    purged = await served.ask("POST", "/inbox/purge", {"state": "ignored"})
    assert purged.json() == {"purged": 2}
    assert [name for name, _ in states(served.location)] == ["e1"]


async def test_a_rebuild_runs_in_the_background_and_tells_how_far_it_is(served: Served) -> None:
    assert (await served.ask("GET", "/inbox/rebuild")).json() == {"rebuild": None}
    rows(served.location, "UPDATE records SET body = ?", b"{}")
    started = await served.ask("POST", "/inbox/rebuild", {"upstreams": ["payments"]})
    assert started.status_code == 202
    assert started.json()["rebuild"]["upstreams"] == ["payments"]
    done = "SELECT 1 FROM runs WHERE name = 'rebuild' AND state <> 'running'"
    await eventually(lambda: bool(rows(served.location, done)))
    run = (await served.ask("GET", "/inbox/rebuild")).json()["rebuild"]
    assert (run["state"], run["events"], run["changed"]) == ("done", 2, 1)
    assert rows(served.location, "SELECT body FROM records") != [(b"{}",)]
    rows(served.location, "UPDATE runs SET state = 'running', seen_at = ?", time.time())
    refused = await served.ask("POST", "/inbox/rebuild")
    assert (refused.status_code, refused.json()) == (409, {"error": "another rebuild is under way"})


BAD: list[tuple[str, str, Any, int]] = [
    ("GET", "/inbox/events?most=0", None, 400),
    ("GET", "/inbox/events?most=many", None, 400),
    ("GET", "/inbox/events?state=lost", None, 400),
    ("GET", "/inbox/events?colour=red", None, 400),
    ("GET", "/inbox/events?before=99999999999999999999", None, 400),
    ("GET", "/inbox/events/payments/e9", None, 404),
    ("GET", "/inbox/events/nobody/e1", None, 404),
    ("POST", "/inbox/events/payments/e9/replay", None, 404),
    ("POST", "/inbox/replay", None, 400),
    ("POST", "/inbox/replay", {"state": "lost"}, 400),
    ("POST", "/inbox/replay", {"state": "dead", "all": True}, 400),
    ("POST", "/inbox/replay", [], 400),
    ("POST", "/inbox/purge", {}, 400),
    ("POST", "/inbox/purge", {"state": "new"}, 400),
    ("POST", "/inbox/purge", {"state": "dead", "older_than_days": -1}, 400),
    ("POST", "/inbox/rebuild", {"upstreams": ["nobody"]}, 400),
]


async def test_what_cannot_be_done_is_told(served: Served) -> None:
    for method, path, body, status_code in BAD:
        answer = await served.ask(method, path, body)
        assert answer.status_code == status_code, (method, path, body, answer.text)
        assert list(answer.json()) == ["error"]


async def test_a_database_that_is_away_is_a_503(served: Served) -> None:
    rows(served.location, "ALTER TABLE events RENAME TO away")
    answer = await served.ask("GET", "/inbox/events")
    rows(served.location, "ALTER TABLE away RENAME TO events")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json() == {"error": "the inbox's database cannot be read"}


async def test_a_server_that_ends_ends_its_rebuild(location: Location) -> None:
    async with serving(location) as served:
        await asyncio.gather(
            *(served.inbox.store("payments", Arrival(f"e{n}", payment_event(f"pi_{n}"))) for n in range(200))
        )
        await all_applied(location)
        before = rows(location, "SELECT * FROM records ORDER BY key")
        await served.ask("POST", "/inbox/rebuild")
    assert rows(location, "SELECT state FROM runs WHERE name = 'rebuild'") in ([("failed",)], [("done",)])
    assert rows(location, "SELECT * FROM records WHERE kind = 'payments.Payment' ORDER BY key") == before


async def test_the_whole_server_on_postgresql_with_and_without_operators(
    demo: Demo, postgres: PostgresServer, tmp_path: Path
) -> None:
    location = Secret(postgres.new_url(), "PATCHBAY_DATABASE_URL")
    token = tmp_path / "token"
    token.write_text(TOKEN)
    with GraphServer({**demo.environment, "PATCHBAY_OPERATOR_TOKEN_FILE": str(token)}, location) as server:
        inbox = server.request("GET", "/health/ready").json()["inbox"]
        assert (inbox["ok"], inbox["database"]) == (True, "postgresql")
        assert server.request("GET", "/inbox/events").status_code == 401
        answer = server.request("GET", "/inbox/events", headers=RIGHT)
        assert (answer.status_code, answer.json()) == (200, {"events": [], "next": None})
        started = server.request("POST", "/inbox/rebuild", headers=RIGHT)
        assert started.status_code == 202
        assert set(started.json()["rebuild"]["upstreams"]) >= {"payments", "shipments"}
        await eventually(lambda: rows(location, "SELECT state FROM runs") == [("done",)])
        text = "".join(server.text)
    assert TOKEN not in text
    assert location.reveal() not in text
    with GraphServer(demo.environment, location) as server:
        assert server.request("GET", "/inbox/events", headers=RIGHT).status_code == 404
