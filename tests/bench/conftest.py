"""The benchmark's upstream as a process, and graphs over it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.cases import World
from bench.contestants import CONTESTANTS, OURS, upstream_command
from bench.processes import HOST, Process, free_port

TINY = World("tiny", posts=20, users=4, comments=60)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For what the processes write."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="session")
def upstream(folder: Path) -> Iterator[Process]:
    """The upstream over a few rows."""
    port = free_port()
    command = upstream_command(TINY, port)
    with Process("upstream", command, port=port, core=0, environment={}, folder=folder) as process:
        yield process


@pytest.fixture(scope="session")
def graph(upstream: Process, folder: Path) -> Iterator[Callable[[str], Process]]:
    """Starts a module of the benchmark's graph over the upstream."""
    (ours,) = (each for each in CONTESTANTS if each.name == OURS)
    with ExitStack() as running:

        def start(module: str) -> Process:
            port = free_port()
            environment = ours.environment(port, f"http://{HOST}:{upstream.port}", folder)
            command = [sys.executable, "-m", module]
            return running.enter_context(
                Process(module, command, port=port, core=0, environment=environment, folder=folder)
            )

        yield start
