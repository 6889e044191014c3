"""graphql-core's own execution tests, run against the compiled executor.

Usage: `python -m tests.execution.conformance [--executor MODULE:CLASS] [--sources FOLDER] [pytest options]`

The tests are those of the installed graphql-core version, out of its source distribution. Closing lines say
how many tests ran, how many of them ran an executor of ours, what became of the operations, and what failed.
`--executor strawberry.schema.schema:StrawberryGraphQLCoreExecutionContext` is the control: the class that the
compiled executor falls back to.

Exit status: 0 all pass but those listed in EXCEPTIONS, 1 not so, 2 wrong usage, 3 there are no tests to run.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.execution.sources import ROOT, SourcesUnavailable, sources

COMPILED = "patchbay.execution:CompiledExecutor"
OUTCOMES = "patchbay.execution.metrics:OUTCOMES"
UNAVAILABLE = 3

# Tests of execution, and tests of something else that run operations to see it.
EXECUTION = ("tests/execution",)
BESIDES = (
    *("tests/test_star_wars_query.py", "tests/test_star_wars_introspection.py", "tests/test_graphql.py"),
    *("tests/test_user_registry.py", "tests/type", "tests/utilities"),
)

_NONNULL = "tests/execution/test_nonnull.py::describe_execute_handles_non_nullable_types"
_RACES = (
    "which of the errors below a position that becomes null has come up before, and so is told, is a matter "
    "of turns of the event loop; a column takes fewer than the awaitables of its values one by one"
)

# Test -> why it does not pass. A test that stands here and passes is a failure too.
EXCEPTIONS = {
    "tests/execution/test_executor.py::describe_execute_handles_basic_execution_tasks"
    "::provides_info_about_current_execution_state": (
        "compares `info` with graphql-core's own class; Strawberry gives resolvers one of its own, with the "
        "plain dict of variables and the operation's extensions"
    ),
    f"{_NONNULL}::describe_nulls_a_complex_tree_of_nullable_fields_each::throws": (
        "expects the errors of concurrent fields in the order in which graphql-core's tasks get their turns; "
        "the same errors are told, those of one level together"
    ),
    f"{_NONNULL}::describe_handles_multiple_errors_for_a_single_response_position"
    "::slower_nullable_after_non_nullable_root_field": _RACES,
    f"{_NONNULL}::describe_handles_multiple_errors_for_a_single_response_position"
    "::slower_nullable_after_non_nullable_nested_field": _RACES,
}


@dataclass(frozen=True)
class Report:
    """What a run came to.

    tests: test -> "passed", "failed" or "skipped", in the order they ran. builds: test -> executors of ours
    that it built. operations: outcome -> operations, or None where the executor does not count.
    """

    tests: dict[str, str]
    builds: dict[str, int]
    operations: dict[str, int] | None

    @property
    def unexpected(self) -> list[str]:
        """One line for each test that failed and should not, or passed and should not."""
        failed = {test for test, outcome in self.tests.items() if outcome == "failed"}
        passed = {test for test, outcome in self.tests.items() if outcome == "passed"}
        lines = [f"failed: {test}" for test in self.tests if test in failed and test not in EXCEPTIONS]
        lines += [f"passes, but is listed as an exception: {test}" for test in EXCEPTIONS if test in passed]
        return lines

    def lines(self) -> Iterable[str]:
        """The closing lines."""
        for label, folders in (("execution tests", EXECUTION), ("other tests that execute", BESIDES)):
            ran = {test: outcome for test, outcome in self.tests.items() if test.startswith(folders)}
            reached = sum(test in self.builds for test in ran)
            counts = Counter(ran.values())
            outcomes = ", ".join(
                f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped")
            )
            yield f"{label}: {len(ran)} ran, {reached} of them with this executor; {outcomes}"
        yield f"executors built: {sum(self.builds.values())}"
        if self.operations is None:
            yield "operations: this executor does not count them"
        else:
            yield "operations: " + ", ".join(
                f"{count} {name}" for name, count in sorted(self.operations.items())
            )
        for test, reason in EXCEPTIONS.items():
            if test in self.tests:
                yield f"exception ({self.tests[test]}): {test}: {reason}"
        yield from self.unexpected


def run(executor: str, folder: Path, options: Iterable[str]) -> Report:
    """Runs the tests in this folder in a process of their own; pytest's output goes to ours."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(ROOT)]),
            "SWAP_EXECUTOR": executor,
            "SWAP_OUTCOMES": OUTCOMES if executor == COMPILED else "",
            "SWAP_REPORT": str(report),
        }
        environment.pop("PYTEST_ADDOPTS", None)
        command = [sys.executable, "-m", "pytest", "-p", "swap", "-p", "no:cacheprovider", "--quiet"]
        command += ["--override-ini", "addopts=", *options, *EXECUTION, *BESIDES]
        subprocess.run(command, cwd=folder, env=environment, check=False)
        if not report.exists():
            raise SystemExit("pytest ended before it had run a test")
        found = json.loads(report.read_text(encoding="utf-8"))
    return Report(found["tests"], found["builds"], found["operations"])


def main() -> int:
    """The exit status, see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m tests.execution.conformance", description=__doc__)
    parser.add_argument(
        "--executor", default=COMPILED, help="module:Class, a subclass of graphql-core's Executor"
    )
    parser.add_argument(
        "--sources", type=Path, help="an unpacked source distribution, instead of a fetched one"
    )
    arguments, options = parser.parse_known_args()
    try:
        folder = arguments.sources or sources(importlib.metadata.version("graphql-core"))
    except SourcesUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return UNAVAILABLE
    report = run(arguments.executor, folder, options)
    wrong = report.unexpected or not report.builds
    sys.stdout.write("\n".join([*report.lines(), f"conformance: {'not met' if wrong else 'met'}", ""]))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
