"""The reference graph answers the same however its operations are executed."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import OperationType, get_operation_ast, parse

from demo.launch import Demo
from main import application
from patchbay.server import Settings
from patchbay.server.graphiql import load_examples
from schema import schema
from tests.execution.asking import EXECUTORS, Executor
from tests.serving import ROOT, GraphServer

EXAMPLES = [
    example
    for example in load_examples(ROOT / "docs" / "examples")
    if get_operation_ast(parse(example.query)).operation is not OperationType.SUBSCRIPTION  # type: ignore[union-attr]
]


def copied(database: Path, folder: Path) -> Path:
    """A copy of the inbox, which a server has open."""
    copy = folder / "inbox.sqlite3"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


@asynccontextmanager
async def client_of(
    executor: Executor, environment: dict[str, str], database: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the graph in this process, which goes Strawberry's way with this executor."""
    monkeypatch.setattr(schema, "operations", None)
    monkeypatch.setattr(schema, "execution_context_class", executor)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app = application(Settings.read(environment | {"PATCHBAY_DATABASE": str(database)}))
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        yield client


def timeless(answer: Any) -> Any:
    """The answer without what the ERP makes anew for each reservation."""
    if isinstance(answer, dict):
        made_anew = {"reservationId", "reservedAt"}
        return {name: timeless(each) for name, each in answer.items() if name not in made_anew}
    return [timeless(each) for each in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_an_example_is_answered_the_same(
    example: Any, graph: GraphServer, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"server": timeless(graph.execute(example.query).body)}
    assert answers["server"]["data"]
    database = copied(Path(graph._environment["PATCHBAY_DATABASE"]), tmp_path)  # noqa: SLF001 -- it is not public
    for name, executor in EXECUTORS.items():
        async with client_of(executor, demo.environment, database, monkeypatch) as client:
            response = await client.post("/graphql", json={"query": example.query})
            answers[name] = timeless(response.json())
    assert answers["compiled"] == answers["graphql-core"]
    assert answers["server"] == answers["graphql-core"]
