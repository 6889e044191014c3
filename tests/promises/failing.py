"""Rows 4 to 6: what becomes of calls that fail, and of an upstream that fails for a while."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.promises import operations
from tests.promises.load import closed_loop, fine_share, open_loop
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.promises.load import Answer
    from tests.promises.world import World

WORKERS = 16

DEAD_PER_SECOND = 50
OPEN_CODE = "UPSTREAM_CIRCUIT_OPEN"
CALLS_UNTIL_OPEN = 20
BACK_SECONDS = 10.0
BACK_SHARE = 0.99
JITTER_SECONDS = 0.05
"""By how much two probes a second apart may be nearer when they arrive."""


async def budgeted(world: World, conditions: Conditions) -> Seen:
    """Row 4."""
    seen = Seen()
    calls = conditions.count(6_000, 3_000)
    crm = world["crm"]
    for share, least, most in ((0.05, 0.999, 1.07), (0.30, 0.82, 1.22)):
        async with world.server(mutant=conditions.mutant) as server:
            crm.fault("status", status=503, share=share)
            answers = await closed_loop(server.client, operations.customer, workers=WORKERS, most=calls)
            load = len(crm.seen().requests) / len(answers)
            crm.heal()
            crm.reset()
        fine = fine_share(answers)
        seen.note(f"{share:.0%}: {fine:.2%} success", holds=fine >= least)
        seen.note(f"at {load:.3f}x load", holds=load <= most)
    return seen


async def dead(world: World, conditions: Conditions) -> Seen:
    """Row 5."""
    dead_seconds = conditions.seconds(20.0, 4.0)
    after_seconds = conditions.seconds(BACK_SECONDS + 4.0, 4.0)
    crm = world["crm"]
    async with world.server(mutant=conditions.mutant) as server:
        await server.client.ask(operations.customer(0))
        crm.reset()
        crm.fault("reset")
        asking = asyncio.create_task(
            open_loop(
                server.client,
                operations.customer,
                per_second=DEAD_PER_SECOND,
                seconds=dead_seconds + after_seconds,
            )
        )
        await asyncio.sleep(dead_seconds)
        arrivals = crm.seen().arrivals
        back_at = time.monotonic()
        crm.heal()
        answers = await asking
    seen = Seen()
    outcomes = [answer.outcome for answer in answers]
    until = outcomes.index(OPEN_CODE) if OPEN_CODE in outcomes else None
    told = "never opens" if until is None else f"opens after {until} calls"
    seen.note(told, holds=until is not None and until <= CALLS_UNTIL_OPEN)
    opened_at = answers[until or 0].at
    probes = [at for at in arrivals if at >= opened_at]
    most = _most_within(probes, 1.0 - JITTER_SECONDS)
    seen.note(
        f"{len(probes)} probes in {back_at - opened_at:.0f} s, {most} in any second", holds=0 < most <= 1
    )
    back_seconds = _back_after(answers, back_at)
    seen.note(
        "never fine again" if back_seconds is None else f"99 % fine {back_seconds:.1f} s after its return",
        holds=back_seconds is not None and back_seconds <= BACK_SECONDS,
    )
    return seen


def _most_within(times: Sequence[float], seconds: float) -> int:
    return max((sum(start <= at < start + seconds for at in times) for start in times), default=0)


def _back_after(answers: Sequence[Answer], back_at: float) -> float | None:
    """Seconds from the upstream's return until from then on 99 % of the calls are fine."""
    after = [answer for answer in answers if answer.at >= back_at]
    for number, answer in enumerate(after[:-DEAD_PER_SECOND]):
        if answer.is_fine and fine_share(after[number:]) >= BACK_SHARE:
            return answer.at - back_at
    return None


async def once(world: World, conditions: Conditions) -> Seen:
    """Row 6."""
    seen = Seen()
    writes = conditions.count(200, 40)
    async with world.server("no breaker", mutant=conditions.mutant) as server:
        for name, make, part in (
            ("crm", operations.change, "PATCH "),
            ("erp", operations.reserve, "ReserveStock"),
        ):
            # Kept connections are the harder case: on a new one, nobody would think of trying again.
            await asyncio.gather(*(server.client.ask(make(number)) for number in range(8)))
            world[name].reset()
            world[name].fault("reset", only=part)
            answers = await closed_loop(server.client, make, workers=8, most=writes)
            calls = len(world[name].seen().requests)
            failed = sum(not answer.is_fine for answer in answers)
            seen.note(f"{name}: {calls} calls of {failed} failed writes", holds=calls == failed == writes)
    return seen


ROWS = (
    Row(
        4,
        "retries keep a budget (20 %)",
        "5 %: >= 99.9 % success at <= 1.07x load; 30 %: >= 82 % at <= 1.22x",
        "The proxy before the CRM answers 503 to a random share of the calls. Success is counted at the "
        "clients, load is the calls at the proxy for each call of a client.",
        budgeted,
        {"retry-without-budget": "retries are free", "no-retry": "a call that failed is not made again"},
    ),
    Row(
        5,
        "breaker",
        "opens within 20 calls; <= 1 probe/s; >= 99 % within 10 s of its return",
        f"The CRM resets every call for 20 s, while clients ask {DEAD_PER_SECOND} times a second, and is "
        "then back. Calls until it opens are the clients', probes are counted at the proxy, and the time "
        "of its return is when from then on 99 % of the clients' calls are fine.",
        dead,
        {"no-breaker": "the breaker lets every call through"},
    ),
    Row(
        6,
        "writes are not retried",
        "calls counted at the upstream = calls made by clients",
        "The connection is reset when a write (PATCH at the CRM, ReserveStock at the ERP) has arrived whole, "
        "on connections that have served calls before. Calls are counted at the proxy.",
        once,
        {"writes-retried": "writes are taken for reads"},
    ),
)
