"""A front end's folder and a server; two more for what only they have: keys, and trusted documents alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo.launch import Demo
from demo.process import Upstream
from tests.clients.uploads import uploads_url
from tests.clients.workshop import CODEGEN_MANIFEST, RELAY_MANIFEST, Done, Workshop, missing_part
from tests.serving import ROOT, GraphServer, database_variables

SUITES = (
    "audits",
    "introspection",
    "sockets",
    "legacy_sockets",
    "events",
    "apollo",
    "urql",
    "relay",
    "trusted",
    "uploads",
)


@dataclass(frozen=True)
class Guarded:
    """A server that answers nobody without a key, and a key to it."""

    server: GraphServer
    key: str


@dataclass(frozen=True)
class Report:
    """What came of the suites."""

    outcomes: dict[str, dict[str, Any]]
    """suite -> check -> {ok, told}."""
    broken: dict[str, str]
    """Suites that could not be loaded, and why."""
    stray: list[str]
    """Rejections that nobody has handled."""


@pytest.fixture(scope="session")
def workshop(running_graph: GraphServer, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Skips where node or the packages are missing."""
    missing = missing_part()
    if missing:
        pytest.skip(missing)
    running_graph.wait_until_circuits_are_closed()
    return Workshop(tmp_path_factory.mktemp("workshop"), running_graph.url)


@pytest.fixture(scope="session")
def introspected(workshop: Workshop) -> Done:
    """schema.graphql, as graphql-inspector reads it from the server."""
    url = f"{workshop.url}/graphql"
    return workshop.run("graphql-inspector", "introspect", url, "--write", "schema.graphql")


@pytest.fixture(scope="session")
def compiled(workshop: Workshop, introspected: Done) -> dict[str, Done]:
    """What the front ends' compilers make of the schema and the documents."""
    commands = {
        "relay": ("relay-compiler", "relay.config.json"),
        "relay persisted": ("relay-compiler", "relay-persisted.config.json"),
        "codegen": ("graphql-codegen", "--config", "codegen/codegen.ts"),
    }
    return {name: workshop.run(*command) for name, command in commands.items()}


@pytest.fixture(scope="session")
def guarded(running_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with API keys, which also speaks the legacy WebSocket protocol, and is told by webhooks."""
    database = tmp_path_factory.mktemp("guarded") / "inbox.sqlite3"
    variables = {"PATCHBAY_API_KEYS": "true", "PATCHBAY_LEGACY_WEBSOCKET": "true"}
    with (
        GraphServer({**running_demo.environment, **variables}, database) as server,
        telling(server, running_demo),
    ):
        command = [sys.executable, "-m", "patchbay", "keys", "create", "--name", "clients"]
        made = subprocess.run(
            command, cwd=ROOT, env=database_variables(database), capture_output=True, text=True, check=True
        )
        yield Guarded(server, made.stdout.strip())


@pytest.fixture(scope="session")
def trusting(
    running_demo: Demo,
    workshop: Workshop,
    compiled: dict[str, Done],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[GraphServer]:
    """A server that runs what the compilers' manifests have, and nothing else."""
    folder = tmp_path_factory.mktemp("trusting")
    manifests = folder / "manifests"
    manifests.mkdir()
    for name in (RELAY_MANIFEST, CODEGEN_MANIFEST):
        shutil.copy(workshop.path / name, manifests / Path(name).name)
    variables = {"PATCHBAY_TRUSTED_DOCUMENTS": str(manifests), "PATCHBAY_TRUSTED_ONLY": "true"}
    with GraphServer({**running_demo.environment, **variables}, folder / "inbox.sqlite3") as server:
        yield server


@pytest.fixture(scope="session")
def taking_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that takes files."""
    with uploads_url(tmp_path_factory.mktemp("uploads")) as url:
        yield url


@pytest.fixture(scope="session")
def report(workshop: Workshop, guarded: Guarded, trusting: GraphServer, taking_files: str) -> Report:
    """The suites, all in one process of node."""
    workshop.write_snippets(trusting.url, "relay-persisted.js")
    done = workshop.run(
        "node",
        "run.mjs",
        *SUITES,
        GRAPH_SOCKET_URL=socket_url(workshop.url),
        GUARDED_URL=f"{guarded.server.url}/graphql",
        GUARDED_SOCKET_URL=socket_url(guarded.server.url),
        GUARDED_KEY=guarded.key,
        TRUSTED_URL=f"{trusting.url}/graphql",
        UPLOADS_URL=taking_files,
    )
    assert done.code == 0, done.output
    return Report(**json.loads(done.output.splitlines()[0]))


@contextmanager
def telling(server: GraphServer, demo: Demo) -> Iterator[None]:
    """A sender of webhooks of the server's own, as the demo's last one is the other tests'."""
    sender = Upstream("sender", demo.environment, ("--target", server.url, "--order-seconds", "0"))
    sender.start()
    try:
        yield
    finally:
        sender.stop()


def socket_url(url: str) -> str:
    """Where a server's WebSocket is."""
    return f"{url.replace('http', 'ws')}/graphql"
