"""Load by wrk: so many connections, each one request after the other, and what came back."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.processes import pinned

if TYPE_CHECKING:
    from pathlib import Path

SPARE_SECONDS: Final = 30.0
"""How much longer than its own duration wrk may take."""

_SCRIPT: Final = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"
wrk.body = [==[%s]==]

done = function(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %%d, "microseconds": %%d, "failed": %%d, "p50": %%d, "p99": %%d}\\n',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


class NoLoadGenerator(Exception):
    """wrk is not installed."""


@dataclass(frozen=True)
class Load:
    """What one run of wrk brought."""

    requests: int
    failed: int
    requests_per_second: float
    p50_milliseconds: float
    p99_milliseconds: float


def require_wrk() -> str:
    """The path of wrk. Raises NoLoadGenerator."""
    found = shutil.which("wrk")
    if found is None:
        raise NoLoadGenerator(
            "the benchmark needs wrk: apt-get install wrk (Debian), brew install wrk (macOS)"
        )
    return found


def apply_load(url: str, query: str, *, connections: int, seconds: float, core: int, folder: Path) -> Load:
    """Ask the query for so long.

    Args:
        url: of the GraphQL endpoint.
        query: as a client sends it, without variables.
        connections: how many ask at once.
        seconds: for how long; wrk counts in whole ones, so at least 1.
        core: wrk's.
        folder: for wrk's script.
    """
    script = folder / "wrk.lua"
    script.write_text(_SCRIPT % json.dumps({"query": query}))
    command = [
        require_wrk(),
        "--threads=1",
        f"--connections={connections}",
        f"--duration={max(1, round(seconds))}s",
        "--timeout=30s",
        f"--script={script}",
        url,
    ]
    done = subprocess.run(
        pinned(core, command), capture_output=True, text=True, check=True, timeout=seconds + SPARE_SECONDS
    )
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return Load(
        requests=told["requests"],
        failed=told["failed"],
        requests_per_second=told["requests"] / told["microseconds"] * 1e6,
        p50_milliseconds=told["p50"] / 1e3,
        p99_milliseconds=told["p99"] / 1e3,
    )
