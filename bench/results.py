"""What a run of the benchmark found, as it stands in bench/results.json."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import msgspec

from bench.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS: Final = ROOT / "bench" / "results.json"
PEERS_LOCK: Final = ROOT / "bench" / "peers" / "package-lock.json"

PYTHON_PACKAGES: Final = (
    "strawberry-graphql", "graphql-core", "fastapi", "uvicorn", "granian", "httpx", "aiohttp", "msgspec",
    "orjson",
)  # fmt: skip
NODE_PACKAGES: Final = (
    "graphql-yoga",
    "graphql-jit",
    "mercurius",
    "grafserv",
    "@apollo/server",
    "graphql",
    "undici",
)


class Round(msgspec.Struct, frozen=True):
    """One measurement of one server with one case."""

    requests_per_second: float
    cpu_microseconds_per_request: float
    upstream_calls_per_request: float
    p50_milliseconds: float
    p99_milliseconds: float
    rss_bytes: int
    failed: int
    others_share: float
    """How much of the measured core other programs used, from 0 to 1."""


class Row(msgspec.Struct, frozen=True):
    """All rounds of one server with one case. Its figures are the medians of the rounds."""

    server: str
    kind: str
    case: str
    rounds: list[Round]

    def median(self, member: str) -> float:
        """Of this member of the rounds."""
        return float(median(getattr(each, member) for each in self.rounds))


class Execution(msgspec.Struct, frozen=True):
    """One way to execute one query in process, over so many rows. Seconds are medians."""

    how: str
    case: str
    rows: int
    fields: int
    seconds: float
    first_seconds: float | None = None


class Machine(msgspec.Struct, frozen=True):
    """Where it ran, and with what."""

    cpu: str
    cores: int
    system: str
    python: str
    node: str
    wrk: str
    packages: dict[str, str]


class Results(msgspec.Struct, frozen=True):
    """A whole run."""

    machine: Machine
    rounds: int
    seconds: float
    rows: list[Row] = []
    execution: list[Execution] = []

    def row(self, server: str, case: str) -> Row | None:
        """The row of a server and a case; None where it was not measured."""
        return next((row for row in self.rows if row.server == server and row.case == case), None)


def this_machine() -> Machine:
    """The machine, the programs and the packages of this run."""
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 0,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        node=_said(["node", "--version"]).removeprefix("v"),
        wrk=next(iter(_said(["wrk", "-v"]).split("\n"))).removeprefix("wrk ").partition(" ")[0],
        packages={**{name: metadata.version(name) for name in PYTHON_PACKAGES}, **_node_packages()},
    )


def save(results: Results, path: Path = RESULTS) -> None:
    """Write a run to its file."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def load(path: Path = RESULTS) -> Results:
    """The run that a file holds."""
    return msgspec.json.decode(path.read_bytes(), type=Results)


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _said(command: Sequence[str]) -> str:
    """What a program said; wrk tells its version with exit status 1."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()


def _node_packages() -> dict[str, str]:
    lock = msgspec.json.decode(PEERS_LOCK.read_bytes())
    return {name: lock["packages"][f"node_modules/{name}"]["version"] for name in NODE_PACKAGES}
