"""`python -m bench.imported`: an imported graph beside the adapter that was written by hand, in one run.

Both are in this process and ask the same upstream, a process on another core; one takes its types and calls
from bench/imported.openapi.yaml, the other is bench.graph. A round runs each for a moment, in turn, with
several queries under way at once. Figures are medians of the rounds: CPU of this process for one query, from
its text to its data, without the HTTP of the server, which is the same for both and would hide a difference.

Exit code 1 where the imported graph takes more than 1/0.8 of the other's time: it must not lose over 20 %.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import uvloop

from bench.asking import require_same
from bench.cases import Q1, Q2, Q4
from bench.contestants import upstream_command
from bench.graph.blog import blog
from bench.graph.posts import schema as by_hand
from bench.measuring import LOAD_CORE, SERVER_CORE
from bench.processes import HOST, Process, free_port
from patchbay.calls import Resources
from patchbay.environment import Environment
from patchbay.importing.build import Edits, Link, Part, build_graph
from patchbay.importing.compile import REST, Description, compile_offline
from patchbay.importing.rest import ImportedRest
from patchbay.inbox import Inbox
from patchbay.scope import Scope, enter_scope
from patchbay.server.logs import configure_logs
from patchbay.upstreams import Runtime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bench.cases import Case
    from patchbay.server import GraphSchema

DOCUMENT: Final = Path(__file__).with_name("imported.openapi.yaml")
LIMIT: Final = 0.8

BY_HAND: Final = "adapter written by hand"
IMPORTED: Final = "imported document"
CASES: Final = (Q1, Q2, Q4)

ROUND_SECONDS: Final = 0.25
AT_ONCE: Final = 8

EDGE: Final = Link("blog", "Post", "user", "blog", "users", (("id", "userId"),), match="id", most=1000)


def imported() -> tuple[ImportedRest, GraphSchema]:
    """The imported upstream, and the graph of it with the edge from posts to their users."""
    model = compile_offline(Description("blog", REST, str(DOCUMENT)))
    upstream = ImportedRest(model)
    return upstream, build_graph([Part(model, upstream)], Edits(links=(EDGE,))).schema


@asynccontextmanager
async def graphs(url: str) -> AsyncIterator[dict[str, GraphSchema]]:
    """Both graphs by name, over the upstream at this address."""
    upstream, schema = imported()
    runtime = Runtime(
        Environment({"BLOG_URL": url}), Inbox(Path("unused.sqlite3")), Resources(single_flight=False)
    )
    await blog.open(runtime)
    await upstream.open(runtime)
    try:
        yield {BY_HAND: by_hand, IMPORTED: schema}
    finally:
        await blog.close()
        await upstream.close()


async def answer(schema: GraphSchema, query: str) -> dict[str, Any]:
    """The data of one query, asked as an operation of its own. Raises its first error."""
    enter_scope(Scope())
    result: Any = await schema.execute(query)
    if result.errors:
        raise result.errors[0]
    data: dict[str, Any] = result.data
    return data


async def _round(schema: GraphSchema, query: str) -> float:
    """CPU seconds of one query."""
    gc.collect()
    await answer(schema, query)
    queries, before, started = 0, time.process_time(), time.perf_counter()
    while not queries or time.perf_counter() - started < ROUND_SECONDS:
        await asyncio.gather(*(answer(schema, query) for _ in range(AT_ONCE)))
        queries += AT_ONCE
    return (time.process_time() - before) / queries


async def _compare(case: Case, url: str, rounds: int) -> dict[str, float]:
    """Name -> median CPU seconds of one query."""
    async with graphs(url) as both:
        expected = await answer(both[BY_HAND], case.query)
        require_same(IMPORTED, case.name, await answer(both[IMPORTED], case.query), expected)
        taken: dict[str, list[float]] = {name: [] for name in both}
        for _ in range(rounds):
            for name, schema in both.items():
                taken[name].append(await _round(schema, case.query))
        return {name: median(seconds) for name, seconds in taken.items()}


def measure(case: Case, rounds: int, folder: Path) -> dict[str, float]:
    """As `_compare`, with the upstream running meanwhile."""
    port = free_port()
    upstream = Process(
        f"upstream, {case.world.name}",
        upstream_command(case.world, port),
        port=port,
        core=LOAD_CORE,
        environment={},
        folder=folder,
    )
    with upstream, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_compare(case, f"http://{HOST}:{port}", rounds))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; see the module."""
    parser = argparse.ArgumentParser(prog="python -m bench.imported")
    parser.add_argument("--rounds", type=int, default=9, help="how often each is measured (9)")
    rounds = parser.parse_args(arguments).rounds
    configure_logs("json", "warning")
    os.sched_setaffinity(0, {SERVER_CORE})
    is_well = True
    with tempfile.TemporaryDirectory(prefix="patchbay-bench-") as folder:
        for case in CASES:
            seconds = measure(case, rounds, Path(folder))
            ratio = seconds[BY_HAND] / seconds[IMPORTED]
            is_well = is_well and ratio >= LIMIT
            print(
                f"{case.name}  {case.title}: by hand {seconds[BY_HAND] * 1e6:,.0f} us, "
                f"imported {seconds[IMPORTED] * 1e6:,.0f} us, {ratio:.3f} of its speed"
                f"{'' if ratio >= LIMIT else '  TOO SLOW'}"
            )
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
