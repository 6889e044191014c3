"""Execution alone, in process: plain Strawberry, the compiled executor, and a loop by hand.

`python -m bench.execution` prints it.

Parsing and validation are warm in the main figures; `first` is the first execution of a text that was never
seen, over 100 rows: parse, validate, compile and run.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from statistics import median
from typing import TYPE_CHECKING, Any, Final, Protocol

import uvloop

from bench import in_memory
from bench.asking import require_same
from bench.cases import POSTS_AND_USERS, TITLES
from bench.execution_table import LOOP
from bench.results import Execution
from patchbay.server.logs import configure_logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    import strawberry

SIZES: Final = (100, 1_000, 10_000, 100_000)
QUICK_SIZES: Final = (100, 1_000, 10_000)

FIELDS: Final = {"Q1": 7, "Q2": 1}
"""Leaf fields in a row."""

QUERIES: Final = {"Q1": POSTS_AND_USERS, "Q2": TITLES}
BY_HAND: Final = {"Q1": in_memory.posts_and_users_by_hand, "Q2": in_memory.titles_by_hand}

PLAIN: Final = "plain Strawberry"
COMPILED: Final = "compiled executor"

ROUNDS: Final = 5
ROUND_SECONDS: Final = 0.1
FIRST_TIMES: Final = 40

_numbers = itertools.count()
"""Of texts that were never seen. All schemas of a process share Strawberry's cache of parsed documents."""


class Way(Protocol):
    """One way to answer a query."""

    async def __call__(self, case: str, query: str) -> dict[str, Any]:
        """The data."""


async def _plain(schema: strawberry.Schema, query: str) -> dict[str, Any]:
    result = await schema.execute(query, context_value=in_memory.loader())
    return _data(result)


async def _compiled(schema: strawberry.Schema, query: str) -> dict[str, Any]:
    return _data(await schema.execute(query))


def _data(result: Any) -> dict[str, Any]:
    if result.errors:
        raise result.errors[0]
    data: dict[str, Any] = result.data
    return data


def _ways() -> dict[str, Way]:
    plain, compiled = in_memory.plain_schema(), in_memory.compiled_schema()

    async def by_plain(case: str, query: str) -> dict[str, Any]:
        del case
        return await _plain(plain, query)

    async def by_compiled(case: str, query: str) -> dict[str, Any]:
        del case
        return await _compiled(compiled, query)

    async def by_loop(case: str, query: str) -> dict[str, Any]:
        del query
        return BY_HAND[case]()

    return {PLAIN: by_plain, COMPILED: by_compiled, LOOP: by_loop}


async def _interleaved(runs: dict[str, Callable[[], Awaitable[object]]]) -> dict[str, float]:
    """The median seconds of one call of each, over rounds in which each runs for ROUND_SECONDS.

    Not call by call: a short one would run in the caches, and pay for the garbage, of the long one before it.
    """
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            gc.collect()
            await run()
            calls, started = 0, time.perf_counter()
            while not calls or time.perf_counter() - started < ROUND_SECONDS:
                await run()
                calls += 1
            taken[name].append((time.perf_counter() - started) / calls)
    return {name: median(seconds) for name, seconds in taken.items()}


async def _first(way: Way, case: str) -> float:
    """The median seconds of a text's first execution; each text has another operation name."""
    taken = []
    for _ in range(FIRST_TIMES):
        query = f"query First{next(_numbers)} {QUERIES[case]}"
        started = time.perf_counter()
        await way(case, query)
        taken.append(time.perf_counter() - started)
    return median(taken)


async def _measure(*, quick: bool) -> list[Execution]:
    ways = _ways()
    found = []
    for rows in QUICK_SIZES if quick else SIZES:
        in_memory.store.fill(rows)
        for case, query in QUERIES.items():
            for name, way in ways.items():
                require_same(name, case, await way(case, query), BY_HAND[case]())
            runs = {name: _bound(way, case, query) for name, way in ways.items()}
            seconds = await _interleaved(runs)
            for name, way in ways.items():
                first = await _first(way, case) if rows == SIZES[0] and name != LOOP else None
                found.append(Execution(name, case, rows, FIELDS[case], seconds[name], first))
    return found


def _bound(way: Way, case: str, query: str) -> Callable[[], Awaitable[object]]:
    return lambda: way(case, query)


def measure_execution(*, quick: bool) -> list[Execution]:
    """Every way with every case and size. Raises WrongAnswer where an answer is not the loop's."""
    # No line for each operation, as in the servers that are measured.
    configure_logs("json", "warning")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(quick=quick))


def _lines(found: list[Execution]) -> Iterator[str]:
    for each in found:
        row = each.seconds / each.rows * 1e6
        first = "" if each.first_seconds is None else f"  first {each.first_seconds * 1e3:.3f} ms"
        yield (
            f"{each.case} {each.rows:>7} rows  {each.how:<18} {each.seconds * 1e3:>10.3f} ms  "
            f"{row:>7.3f} us/row  {row / each.fields:>7.3f} us/field{first}"
        )


if __name__ == "__main__":
    print("\n".join(_lines(measure_execution(quick=False))))
