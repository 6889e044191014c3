"""Reactions over HTTP: what health tells everybody, and what operators see and do with their token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from patchbay.environment import Secret
from patchbay.reactions import Reaction, Step
from patchbay.server.reactions import reactions_health_router, reactions_router
from tests.inbox.database import eventually
from tests.inbox.ledger import Entry, Ledger, World, payments_reaction, running, write
from tests.inbox.vendor import Payment

TOKEN = "canary-token-of-operators"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}
NONE = {"running": 0, "held": 0, "failed": 0, "in_doubt": 0}


def reserve_and_ship() -> Reaction[Payment]:
    reaction = payments_reaction()

    @reaction.step()
    async def reserve(payment: Payment, step: Step) -> Entry | None:
        return await write("reserve", step)

    @reaction.step()
    async def ship(payment: Payment, step: Step) -> Entry | None:
        assert isinstance(step.result_of(reserve), Entry)
        return await write("ship", step)

    return reaction


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    app.include_router(reactions_health_router(world.inbox.reactions))
    app.include_router(reactions_router(world.inbox.reactions, Secret(TOKEN, "PATCHBAY_OPERATOR_TOKEN")))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        await task


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/inbox/reactions"),
        ("GET", "/inbox/reactions/1"),
        ("POST", "/inbox/reactions/1/retry"),
        ("POST", "/inbox/reactions/1/resolve"),
    ],
)
async def test_nothing_without_the_token(tmp_path: Path, method: str, path: str) -> None:
    async with running(tmp_path / "inbox", None, []) as world, serving(world) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            answer = await client.request(method, path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["cache-control"] == "no-store"


async def test_operators_see_reactions_and_mend_them(tmp_path: Path) -> None:
    async with (
        Ledger() as ledger,
        running(tmp_path / "inbox", ledger, [reserve_and_ship()]) as world,
        serving(world) as client,
    ):
        assert (await client.get("/health/reactions")).json() == NONE
        ledger.fail(500, 422)
        await world.tell("pi_canary", "evt_1")
        await world.until("in_doubt")
        assert (await client.get("/health/reactions")).json() == {**NONE, "in_doubt": 1}
        answer = await client.get("/inbox/reactions?state=in_doubt&most=1", headers=RIGHT)
        assert "canary" not in answer.text
        listed: dict[str, Any] = answer.json()
        assert listed["next"] == 1
        (reaction,) = listed["reactions"]
        assert [(each["name"], each["state"], each["error"]) for each in reaction["steps"]] == [
            ("reserve", "in_doubt", "ledger: answered HTTP 500"),
            ("ship", "waiting", None),
        ]
        told = {"done": {"number": 7}}
        answer = await client.post("/inbox/reactions/1/resolve", json=told, headers=RIGHT)
        assert (answer.status_code, answer.json()["state"]) == (200, "running")
        await world.until("failed")
        assert (await client.post("/inbox/reactions/1/retry", headers=RIGHT)).status_code == 200
        await world.until("done")
        assert (await client.get("/inbox/reactions?before=1", headers=RIGHT)).json() == {
            "reactions": [],
            "next": None,
        }
    assert ledger.counts() == {"/ship": 1}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/inbox/reactions?state=lost", None, 400),
        ("GET", "/inbox/reactions?most=0", None, 400),
        ("GET", "/inbox/reactions?other=1", None, 400),
        ("GET", "/inbox/reactions/2", None, 404),
        ("GET", "/inbox/reactions/x", None, 404),
        ("GET", "/inbox/reactions/99999999999999999999", None, 404),
        ("POST", "/inbox/reactions/2/retry", None, 404),
        ("POST", "/inbox/reactions/2/resolve", b'{"done": 1}', 404),
        ("POST", "/inbox/reactions/1/retry", None, 409),
        ("POST", "/inbox/reactions/1/resolve", b'{"done": 1}', 409),
        ("POST", "/inbox/reactions/1/resolve", b"{}", 400),
        ("POST", "/inbox/reactions/1/resolve", b"[" * 100_000, 400),
        ("POST", "/inbox/reactions/1/resolve", b'{"done": 1, "other": 2}', 400),
        ("POST", "/inbox/reactions/1/resolve", b"\xff", 400),
        ("PUT", "/inbox/reactions/1/resolve", b"", 405),
    ],
)
async def test_what_cannot_be_done_is_told(
    tmp_path: Path, method: str, path: str, body: bytes | None, status: int
) -> None:
    async with (
        Ledger() as ledger,
        running(tmp_path / "inbox", ledger, [reserve_and_ship()]) as world,
        serving(world) as client,
    ):
        await world.tell()
        await world.until("done")
        answer = await client.request(method, path, content=body, headers=RIGHT)
        assert answer.status_code == status, answer.text


async def test_health_says_that_nobody_can_say(tmp_path: Path) -> None:
    async with running(tmp_path / "inbox", None, []) as world, serving(world) as client:
        await world.inbox.stop_reacting()
        await world.inbox.close()
        answer = await client.get("/health/reactions")
        assert (answer.status_code, answer.json()) == (503, {})
