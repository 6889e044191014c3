"""One world: start everything, compare the answers, measure in interleaved rounds, end everything."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.asking import ask, require_same, take_calls
from bench.contestants import JUDGE, upstream_command
from bench.load import apply_load
from bench.processes import HOST, Process, free_port, idle_seconds
from bench.results import Round, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bench.cases import Case, World
    from bench.contestants import Contestant
    from bench.load import Load

LOAD_CORE: Final = 0
"""For wrk and the upstreams."""

SERVER_CORE: Final = 1
"""For the measured server alone."""


@dataclass(frozen=True)
class Plan:
    """How long and how often. `seconds` and `warm_seconds` are whole, as wrk counts in them."""

    rounds: int
    seconds: float
    warm_seconds: float


@dataclass(frozen=True)
class Subject:
    """A running server, and a count of its upstream calls since the last count."""

    contestant: Contestant
    process: Process
    take_calls: Callable[[], int]


def measure_world(
    world: World, contestants: Sequence[Contestant], cases: Sequence[Case], plan: Plan, folder: Path
) -> list[Row]:
    """The rows of this world: every contestant with each of its cases that are asked over it."""
    cases = [case for case in cases if case.world is world]
    taking_part = [each for each in contestants if set(each.cases) & set(cases)]
    if not taking_part:
        return []
    with ExitStack() as running:
        upstream = running.enter_context(
            Process(
                f"upstream, {world.name}",
                upstream_command(world, port := free_port()),
                port=port,
                core=LOAD_CORE,
                environment={},
                folder=folder,
            )
        )
        knowing = running.enter_context(_server(JUDGE, world, upstream.port, folder))
        processes = [
            running.enter_context(_server(each, world, upstream.port, folder)) for each in taking_part
        ]
        pairs = [
            (Subject(each, process, lambda: take_calls(upstream.port)), case)
            for case in cases
            for each, process in zip(taking_part, processes, strict=True)
            if case in each.cases
        ]
        expected = {case.name: ask(knowing.port, case.query) for case in cases}
        for subject, case in pairs:
            answer = ask(subject.process.port, case.query)
            require_same(subject.contestant.name, case.name, answer, expected[case.name])
        return measure(pairs, plan, folder)


def _server(contestant: Contestant, world: World, upstream_port: int, folder: Path) -> Process:
    port = free_port()
    return Process(
        contestant.name,
        contestant.command(world, port),
        port=port,
        core=SERVER_CORE,
        environment=contestant.environment(port, f"http://{HOST}:{upstream_port}", folder),
        folder=folder,
    )


def measure(pairs: Sequence[tuple[Subject, Case]], plan: Plan, folder: Path) -> list[Row]:
    """One row for each pair. Each round goes over all pairs, so that a busy machine hits all alike."""
    rounds: list[list[Round]] = [[] for _ in pairs]
    for number in range(plan.rounds):
        for index, (subject, case) in enumerate(pairs):
            done = _measure_once(subject, case, plan, folder)
            rounds[index].append(done)
            _tell(number, subject, case, done)
    return [
        Row(subject.contestant.name, subject.contestant.kind, case.name, of_pair)
        for (subject, case), of_pair in zip(pairs, rounds, strict=True)
    ]


def _measure_once(subject: Subject, case: Case, plan: Plan, folder: Path) -> Round:
    url = f"http://{HOST}:{subject.process.port}/graphql"

    def apply(seconds: float) -> Load:
        return apply_load(
            url, case.query, connections=case.connections, seconds=seconds, core=LOAD_CORE, folder=folder
        )

    apply(plan.warm_seconds)
    subject.process.settle()
    subject.take_calls()
    before, idle, started = subject.process.usage(), idle_seconds(SERVER_CORE), time.monotonic()
    load = apply(plan.seconds)
    after, seconds = subject.process.usage(), time.monotonic() - started
    used = after.cpu_seconds - before.cpu_seconds + idle_seconds(SERVER_CORE) - idle
    # Each connection leaves one request behind, which servers finish: its CPU time and calls are counted too,
    # and a server that is still at it would take the core from the next one.
    subject.process.settle()
    cpu_seconds = subject.process.usage().cpu_seconds - before.cpu_seconds
    requests = load.requests + case.connections
    return Round(
        requests_per_second=load.requests_per_second,
        cpu_microseconds_per_request=cpu_seconds / requests * 1e6,
        upstream_calls_per_request=subject.take_calls() / requests,
        p50_milliseconds=load.p50_milliseconds,
        p99_milliseconds=load.p99_milliseconds,
        rss_bytes=after.rss_bytes,
        failed=load.failed,
        others_share=max(0.0, 1 - used / seconds),
    )


def _tell(number: int, subject: Subject, case: Case, done: Round) -> None:
    failed = f", {done.failed} FAILED" if done.failed else ""
    print(
        f"round {number + 1}  {case.name}  {subject.contestant.name:<36} "
        f"{done.requests_per_second:>9,.1f}/s  {done.cpu_microseconds_per_request:>9,.0f} us CPU  "
        f"{done.upstream_calls_per_request:.2f} calls{failed}",
        flush=True,
    )
