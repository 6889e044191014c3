"""Running many cases, in one process or in several."""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from tests.execution.differential.cases import Case, case_of
from tests.execution.differential.house import house_case
from tests.execution.differential.judge import Judge
from tests.execution.differential.reduce import reduced
from tests.execution.differential.runs import Runs

COMPILED = "patchbay.execution:CompiledExecutor"
CHUNK = 250

Draw = Callable[[Random], Case]
GRAPHS: dict[str, tuple[Draw, type[Executor[Any]]]] = {
    "random": (case_of, Executor),
    "house": (house_case, StrawberryGraphQLCoreExecutionContext),
}
"""What cases are drawn from, and the reference: Strawberry's fields need Strawberry's `info`."""


@dataclass(frozen=True)
class Found:
    """What a search came to: cases run, those that graphql-core leaves undecided, and differences as text."""

    cases: int
    undecided: int
    differences: tuple[str, ...]


def named(name: str) -> type[Executor[Any]]:
    """The executor class of this "module:Class"."""
    module, _, attribute = name.partition(":")
    found: type[Executor[Any]] = getattr(importlib.import_module(module), attribute)
    if not issubclass(found, Executor):
        raise TypeError(f"{name} is no executor of graphql-core's")
    return found


def search(
    executor_class: type[Executor[Any]],
    cases: range,
    *,
    seed: int = 1,
    graph: str = "random",
    most: int = 1,
) -> Found:
    """Runs the cases of these numbers; ends early after so many differences."""
    differences: list[str] = []
    draw, reference = GRAPHS[graph]
    number = cases.start
    with Runs() as runs:
        judge = Judge(runs, executor_class, reference)
        for number in cases:
            case = draw(Random(f"{seed}/{number}"))
            if judge.difference(case):
                differences.append(f"case {seed}/{number}: {explained(judge, case)}")
                if len(differences) == most:
                    break
        return Found(number - cases.start + 1, judge.undecided, tuple(differences))


def explained(judge: Judge, case: Case) -> str:
    """The difference and the case, made as small as it can be."""
    smallest = reduced(case, lambda each: bool(judge.difference(each)))
    return f"{judge.difference(smallest)}\n--- case\n{smallest}"


def search_all(name: str, seed: int, cases: int, jobs: int, graph: str = "random") -> Iterator[Found]:
    """Searches in chunks, in this process or in several; yields each chunk's, in order."""
    starts = range(0, cases, CHUNK)
    chunks = [(name, seed, graph, range(first, min(first + CHUNK, cases))) for first in starts]
    if jobs == 1:
        yield from map(_chunk, chunks)
        return
    # A fork would take over the event loops and locks of whoever runs this.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(_chunk, chunks)


def _chunk(chunk: tuple[str, int, str, range]) -> Found:
    name, seed, graph, cases = chunk
    return search(named(name), cases, seed=seed, graph=graph, most=len(cases))
