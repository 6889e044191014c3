"""Who is measured: this server, its peers, and the limits. Each is one process on one core."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from bench.cases import C1, CASES, DISCUSSION, Q1, Q2, Q4

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.cases import Case, World

Kind = Literal["limit", "off", "on"]
"""`limit`: no GraphQL server. `off`: each query makes its own upstream calls. `on`: they may be shared."""

BIN: Final = Path(sys.executable).parent

SHARING: Final = (Q1, Q2, Q4, C1)
"""The cases where shared calls can show."""


@dataclass(frozen=True)
class Contestant:
    """One server.

    `command` takes the world that it is started for and its port; `environment` the port, the upstream's
    address and a folder of its own.
    """

    name: str
    kind: Kind
    command: Callable[[World, int], list[str]]
    environment: Callable[[int, str, Path], dict[str, str]]
    cases: tuple[Case, ...] = field(default=CASES)


def _patchbay(world: World, port: int) -> list[str]:
    del port
    module = "bench.graph.discussion" if world is DISCUSSION else "bench.graph"
    return [sys.executable, "-m", module]


def _patchbay_environment(
    single_flight: Literal["on", "off"],
) -> Callable[[int, str, Path], dict[str, str]]:
    return lambda port, upstream, folder: {
        "BLOG_URL": upstream,
        "PORT": str(port),
        "PATCHBAY_SINGLE_FLIGHT": single_flight,
        "PATCHBAY_GRAPHIQL": "false",
        "PATCHBAY_LOG_LEVEL": "warning",
        "PATCHBAY_DATABASE": str(folder / f"{port}.sqlite3"),
    }


def _uvicorn(app: str) -> Callable[[World, int], list[str]]:
    options = ["--host=127.0.0.1", "--no-access-log", "--log-level=warning"]
    return lambda _, port: [str(BIN / "uvicorn"), app, f"--port={port}", *options]


def _granian(app: str) -> Callable[[World, int], list[str]]:
    options = ["--interface=asgi", "--host=127.0.0.1", "--no-access-log", "--log-level=warning", "--no-ws"]
    return lambda _, port: [str(BIN / "granian"), *options, f"--port={port}", app]


def _node(script: str) -> Callable[[World, int], list[str]]:
    return lambda *_: ["node", f"bench/peers/{script}"]


def _environment(**more: str) -> Callable[[int, str, Path], dict[str, str]]:
    return lambda port, upstream, _: {
        "PORT": str(port),
        "UPSTREAM": upstream,
        "NODE_ENV": "production",
        **more,
    }


OURS: Final = "Patchbay"
OURS_SHARING: Final = "Patchbay, single flight"
PREPARED: Final = "bytes prepared beforehand, uvicorn"
BY_HAND: Final = "join written by hand, granian"

JUDGE: Final = Contestant("judge", "limit", _uvicorn("bench.by_hand:app"), _environment())
"""Never measured: the others' answers must be its own."""


def upstream_command(world: World, port: int) -> list[str]:
    """The upstream with this world's rows."""
    sizes = [f"--posts={world.posts}", f"--users={world.users}", f"--comments={world.comments}"]
    return [sys.executable, "-m", "bench.upstream", f"--port={port}", *sizes]


CONTESTANTS: Final = (
    Contestant(PREPARED, "limit", _uvicorn("bench.prepared:app"), _environment()),
    Contestant(BY_HAND, "limit", _granian("bench.by_hand:app"), _environment()),
    Contestant(OURS, "off", _patchbay, _patchbay_environment("off")),
    Contestant("GraphQL Yoga + graphql-jit", "off", _node("yoga.mjs"), _environment()),
    Contestant("mercurius, jit", "off", _node("mercurius.mjs"), _environment()),
    Contestant("Grafserv (Grafast)", "off", _node("grafserv.mjs"), _environment()),
    Contestant("Apollo Server", "off", _node("apollo.mjs"), _environment()),
    Contestant(
        "Strawberry + FastAPI as documented", "off", _uvicorn("bench.plain_strawberry:app"), _environment()
    ),
    Contestant(OURS_SHARING, "on", _patchbay, _patchbay_environment("on"), SHARING),
    Contestant(
        "mercurius, jit, shared calls", "on", _node("mercurius.mjs"), _environment(DEDUPE="on"), SHARING
    ),
)
