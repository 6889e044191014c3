"""Rows 1 to 3: a hung upstream takes nothing from others, and its own callers hear of it in time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from tests.promises import operations
from tests.promises.graph.options import DEADLINE_SECONDS, TOTAL_SECONDS
from tests.promises.load import FINE, Answer, open_loop, outcomes, percentile
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.load import Make
    from tests.promises.server import Server
    from tests.promises.world import World

HUNG_PER_SECOND = 80
WELL_PER_SECOND = 50
WELL_SECONDS = 0.01
"""What B takes. Without it, the base is one millisecond, of which a fifth is how soon a core wakes up."""

P50_RATIO = 1.2
P99_MORE_SECONDS = 0.25
LATE_SECONDS = 0.1
OPEN_SECONDS = 0.05
TRICKLE_SECONDS = 0.8
TOTAL_RATIO = 1.1
PATIENCE_SECONDS = 4 * DEADLINE_SECONDS
WARM_SECONDS = 1.0
SETTLED_SECONDS = 2 * DEADLINE_SECONDS
"""After which a breaker has opened, if there is one: nothing but timeouts tells it of a hung upstream."""


@dataclass
class _Hung:
    """What both loads met, round by round."""

    base: list[list[Answer]] = field(default_factory=list)
    well: list[list[Answer]] = field(default_factory=list)
    hung: list[list[Answer]] = field(default_factory=list)

    def base_seconds(self) -> float:
        """The median latency before."""
        return median(percentile(base, 0.5) for base in self.base)

    def ratio(self) -> float:
        """Of the median latencies of the upstream that is well: beside the hung one, and before."""
        pairs = zip(self.well, self.base, strict=True)
        return median(percentile(well, 0.5) / percentile(base, 0.5) for well, base in pairs)

    def more_seconds(self) -> float:
        """By how much its p99 is longer."""
        pairs = zip(self.well, self.base, strict=True)
        return median(percentile(well, 0.99) - percentile(base, 0.99) for well, base in pairs)


async def _loads(server: Server, seconds: float) -> tuple[list[Answer], list[Answer]]:
    """The answers of the upstream that may hang, and of the one that is well."""

    async def load(make: Make, per_second: float) -> list[Answer]:
        return await open_loop(
            server.client, make, per_second=per_second, seconds=seconds, patience_seconds=PATIENCE_SECONDS
        )

    hung, well = await asyncio.gather(
        load(operations.customer, HUNG_PER_SECOND), load(operations.product, WELL_PER_SECOND)
    )
    return hung, well


async def _hang(
    world: World, conditions: Conditions, case: str, seconds: float, *, with_base: bool = False
) -> _Hung:
    seen = _Hung()
    async with world.server(case, mutant=conditions.mutant) as server:
        world["shop"].fault("delay", seconds=WELL_SECONDS)
        for number in range(conditions.rounds):
            # Later, a breaker has to close first that the last round has opened.
            await _loads(server, SETTLED_SECONDS if number else WARM_SECONDS)
            if with_base:
                seen.base.append((await _loads(server, seconds))[1])
            world["crm"].fault("hang")
            hung, well = await _loads(server, seconds)
            world["crm"].heal()
            seen.hung.append(hung)
            seen.well.append(well)
    return seen


async def isolated(world: World, conditions: Conditions) -> Seen:
    """Row 1."""
    hang = await _hang(world, conditions, "no breaker", conditions.seconds(8.0, 3.0), with_base=True)
    seen = Seen()
    told = outcomes(answer for answers in hang.well for answer in answers)
    asked = sum(told.values())
    errors = asked - told.pop(FINE, 0)
    kinds = f" ({', '.join(told)})" if told else ""
    seen.note(f"B: {errors} errors of {asked}{kinds}", holds=errors == 0)
    base, ratio, more = hang.base_seconds(), hang.ratio(), hang.more_seconds()
    seen.note(f"p50 {ratio:.2f}x its base of {base * 1000:.1f} ms", holds=ratio <= P50_RATIO)
    seen.note(f"p99 base {more * 1000:+.0f} ms", holds=more <= P99_MORE_SECONDS)
    return seen


async def on_time(world: World, conditions: Conditions) -> Seen:
    """Row 2."""
    seen = Seen()
    if conditions.mutant != "no-breaker":
        hang = await _hang(world, conditions, "no breaker", conditions.seconds(8.0, 3.0))
        late = median(percentile(answers, 0.99) for answers in hang.hung) - DEADLINE_SECONDS
        seen.note(f"p99 timeout {late * 1000:+.0f} ms", holds=late <= LATE_SECONDS)
    if conditions.mutant != "no-deadline":
        hang = await _hang(world, conditions, "plain", SETTLED_SECONDS + conditions.seconds(8.0, 5.0))
        # Among them the call that is let through now and then, to see, and waits for its answer.
        behind = [
            [answer for answer in answers if answer.at >= answers[0].at + SETTLED_SECONDS]
            for answers in hang.hung
        ]
        fast = median(percentile(answers, 0.99) for answers in behind)
        refused = sum(outcomes(answers)["UPSTREAM_CIRCUIT_OPEN"] for answers in behind)
        seen.note(f"breaker open: p99 {fast * 1000:.0f} ms", holds=refused > 0 and fast <= OPEN_SECONDS)
    return seen


async def total(world: World, conditions: Conditions) -> Seen:
    """Row 3."""
    async with world.server(case="slow", mutant=conditions.mutant) as server:
        for make in (operations.customer, operations.stocked):
            await server.client.ask(make(0))
        world["crm"].fault("trickle", seconds=TRICKLE_SECONDS)
        world["erp"].fault("trickle", seconds=TRICKLE_SECONDS)
        answers = await asyncio.gather(
            *(
                server.client.ask(make(number), patience_seconds=3 * TOTAL_SECONDS)
                for make in (operations.customer, operations.stocked)
                for number in range(conditions.rounds * 4)
            )
        )
    seen = Seen()
    longest = max(answer.seconds for answer in answers) / TOTAL_SECONDS
    timeouts = outcomes(answers)["UPSTREAM_TIMEOUT"]
    seen.note(f"{timeouts} of {len(answers)} timed out", holds=timeouts == len(answers))
    seen.note(f"the last after {longest:.2f}x the deadline", holds=longest <= TOTAL_RATIO)
    return seen


ROWS = (
    Row(
        1,
        "a hung upstream is isolated",
        "B: 0 errors, p50 <= 1.2x its base, p99 <= base + 250 ms",
        "The CRM (A) is asked 80 times a second and the shop (B), which takes 10 ms, 50 times, by "
        "operations of their own; each round first with both well, which is B's base, and then with an A "
        "that never answers. A has no breaker here, which would make it easy. Latencies are the client's.",
        isolated,
        {"shared-places": "one bulkhead for all upstreams"},
    ),
    Row(
        2,
        "callers of a hung upstream fail on time",
        "p99 <= timeout + 100 ms; with the breaker open <= 50 ms",
        f"As row 1: the latencies of A's callers, with a timeout of {DEADLINE_SECONDS:g} s; then the same "
        "with the breaker, from two timeouts after A began to hang, and with the calls that it lets "
        "through to see.",
        on_time,
        {
            "no-deadline": "calls may take a minute",
            "no-breaker": "the breaker lets every call through",
        },
    ),
    Row(
        3,
        "the deadline is total",
        "<= 1.1x the deadline",
        f"Bodies of the CRM (JSON) and the ERP (XML) arrive one byte per 0.8 s, and the deadline is "
        f"{TOTAL_SECONDS:g} s; the longest answer of all counts.",
        total,
        {"deadline-per-read": "the deadline starts anew with each piece that arrives"},
    ),
)
