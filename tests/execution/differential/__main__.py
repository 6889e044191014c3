"""Compares an executor with graphql-core's own on random cases.

Usage: `python -m tests.execution.differential [--cases 100000] [--seed 1] [--jobs 2] [--graph random|house]
[--executor MODULE:CLASS] [--most 3]`

Progress goes to stderr, differences and a closing line to stdout. The same seed gives the same cases.
Exit status: 0 no difference, 1 differences, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.execution.differential.search import COMPILED, GRAPHS, named, search_all


def main() -> int:
    """The exit status, see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m tests.execution.differential", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument(
        "--executor", default=COMPILED, help="module:Class, a subclass of graphql-core's Executor"
    )
    parser.add_argument("--graph", choices=GRAPHS, default="random", help="what operations are drawn over")
    parser.add_argument("--most", type=int, default=3, help="how many differences are printed")
    arguments = parser.parse_args()
    named(arguments.executor)
    started = time.monotonic()
    cases = undecided = differences = 0
    wanted = (arguments.executor, arguments.seed, arguments.cases, arguments.jobs, arguments.graph)
    for found in search_all(*wanted):
        for text in found.differences[: max(0, arguments.most - differences)]:
            sys.stdout.write(f"{text}\n\n")
        cases += found.cases
        undecided += found.undecided
        differences += len(found.differences)
        sys.stderr.write(f"\r{cases} of {arguments.cases} cases, {differences} differences")
        sys.stderr.flush()
    seconds = time.monotonic() - started
    sys.stderr.write("\n")
    sys.stdout.write(
        f"{cases} cases with seed {arguments.seed} in {seconds:.0f} s: {differences} differences; "
        f"in {undecided} graphql-core itself leaves open which errors are told\n"
    )
    return 1 if differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
