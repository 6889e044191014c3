"""docs/performance.md and its plot, out of a run's results and a part that is written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.processes import ROOT
from bench.tables import tables

if TYPE_CHECKING:
    from bench.results import Results

PAGE: Final = ROOT / "docs" / "performance.md"
PLOT: Final = ROOT / "docs" / "performance.svg"
BY_HAND: Final = ROOT / "bench" / "where_the_time_goes.md"

_HEAD: Final = """# Performance

This page is made by `make bench` from [the results of one run](../bench/results.json) and is not edited
by hand; its last part comes from [a file of its own](../bench/where_the_time_goes.md). `make bench`
needs two cores, wrk (`apt-get install wrk`) and Node 20 or newer, and takes about 25 minutes. `make
bench ARGS=--quick` takes five, prints the same tables and writes nothing. Figures differ from machine to
machine: compare those of one run.

![Requests per second of each server, but for the bytes prepared beforehand](performance.svg)

## What is measured

Every server is one process, alone on one core, over the same upstream; the load generator (wrk, one
thread) and the upstream have the other core. Before it is measured, each server's answer is compared
with that of the join written by hand. Rounds are interleaved: each goes over all servers, and a figure
is the median of the rounds. The upstream counts its calls.

- **limit**: no GraphQL. Whole answers kept as bytes, and the join written by hand with ASGI, aiohttp and
  orjson.
- **own calls**: every query makes its own upstream calls.
- **shared calls**: queries at the same time may share calls. Nothing is kept after it has been answered.
"""


def page(results: Results, by_hand: str) -> str:
    """The whole page."""
    parts = [_HEAD, _machine(results), "", *tables(results), "## Where the time goes", "", by_hand.strip()]
    return "\n".join(parts) + "\n"


def write(results: Results) -> None:
    """Make docs/performance.md and docs/performance.svg."""
    from bench.plot import draw  # noqa: PLC0415 - matplotlib is in the group bench alone

    PAGE.write_text(page(results, BY_HAND.read_text()))
    draw(results, PLOT)


def _machine(results: Results) -> str:
    machine = results.machine
    versions = [
        f"Python {machine.python}",
        f"Node {machine.node}",
        f"wrk {machine.wrk}",
        *(f"{name} {version}" for name, version in machine.packages.items()),
    ]
    return (
        f"{machine.cpu}, {machine.cores} cores, {machine.system}. "
        f"{results.rounds} rounds of {results.seconds:g} s. {', '.join(versions)}."
    )
