"""`python -m bench`: measures, writes bench/results.json, and docs/performance.md and .svg from it.

Exit code 0; 1 with one sentence where something is missing, does not start or answers wrongly.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec

from bench import report, results
from bench.asking import WrongAnswer
from bench.cases import CASES, WORLDS
from bench.contestants import CONTESTANTS
from bench.execution import measure_execution
from bench.load import NoLoadGenerator, require_wrk
from bench.measuring import LOAD_CORE, SERVER_CORE, Plan, measure_world
from bench.processes import StartError
from bench.reference import Q6, measure_reference
from bench.tables import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

ALL_CASES = [*(case.name for case in CASES), Q6.name]


class NotEnoughCores(Exception):
    """The server under test and the load on it need a core each."""


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure this server and its peers.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each case is measured (3)")
    parser.add_argument("--seconds", type=int, default=5, help="how long each measurement takes (5)")
    parser.add_argument("--quick", action="store_true", help="one round of two seconds; nothing is written")
    parser.add_argument(
        "--only", metavar="TEXT", help="servers whose name holds this text; nothing is written"
    )
    parser.add_argument(
        "--cases", nargs="+", choices=ALL_CASES, default=ALL_CASES, help="these alone; nothing is written"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the results there in any case")
    parser.add_argument("--report", action="store_true", help="make the report from the kept results; no run")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.rounds, chosen.seconds = 1, 2
    return chosen


def run(chosen: argparse.Namespace) -> results.Results:
    """Measure what was chosen."""
    plan = Plan(chosen.rounds, chosen.seconds, warm_seconds=1)
    contestants = [each for each in CONTESTANTS if (chosen.only or "").lower() in each.name.lower()]
    cases = [case for case in CASES if case.name in chosen.cases]
    found = results.Results(results.this_machine(), plan.rounds, plan.seconds)
    os.sched_setaffinity(0, {LOAD_CORE})
    with tempfile.TemporaryDirectory(prefix="patchbay-bench-") as folder:
        for world in WORLDS:
            found.rows.extend(measure_world(world, contestants, cases, plan, Path(folder)))
        if Q6.name in chosen.cases and not chosen.only:
            found.rows.extend(measure_reference(plan, Path(folder)))
    if chosen.cases == ALL_CASES and not chosen.only:
        os.sched_setaffinity(0, {SERVER_CORE})
        found.execution.extend(measure_execution(quick=chosen.quick))
    return found


def _check_machine() -> None:
    require_wrk()
    if not {LOAD_CORE, SERVER_CORE} <= os.sched_getaffinity(0):
        raise NotEnoughCores(f"the benchmark needs the cores {LOAD_CORE} and {SERVER_CORE}")


def _end(*_: object) -> NoReturn:
    """As Ctrl-C, so that every process that was started is ended."""
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; the exit code."""
    chosen = options(arguments)
    signal.signal(signal.SIGTERM, _end)
    try:
        if not chosen.report:
            _check_machine()
            found = run(chosen)
            print("\n" + "\n".join(tables(found)))
            if chosen.write:
                results.save(found, chosen.write)
            if chosen.quick or chosen.only or chosen.cases != ALL_CASES:
                return 0
            results.save(found)
        report.write(results.load())
    except (NoLoadGenerator, NotEnoughCores, StartError, WrongAnswer, OSError, msgspec.MsgspecError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted; every process that it started has ended.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
