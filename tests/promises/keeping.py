"""Row 7: what was read before is served while its source is down, and not for ever."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.promises import operations
from tests.promises.graph.options import (
    DEADLINE_SECONDS,
    FRESH_SECONDS,
    LONG_KEPT,
    LONG_STALE_SECONDS,
    STALE_SECONDS,
    stale_seconds_of,
)
from tests.promises.graph.options import KEPT as KEPT_CASE
from tests.promises.load import open_loop, percentile
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.load import Answer
    from tests.promises.world import World

KEPT = 50
PER_SECOND = 100
P99_SECONDS = 0.05
BEYOND_SECONDS = 0.2
"""Beyond every time at which something is to be so."""


async def stale(world: World, conditions: Conditions) -> Seen:
    """Row 7."""
    seen = Seen()
    if conditions.mutant:
        await _outage(world, conditions, seen, "refuse", KEPT_CASE)
    else:
        # The first to meet the outage wait for it: how long it lasts decides whether they are one in 100.
        await _outage(world, conditions, seen, "refuse", LONG_KEPT)
        await _outage(world, conditions, seen, "hang", KEPT_CASE)
    return seen


async def _outage(world: World, conditions: Conditions, seen: Seen, mode: str, case: str) -> None:
    lasts_seconds = FRESH_SECONDS + stale_seconds_of(case)
    async with world.server(case, mutant=conditions.mutant) as server:

        async def ask_all() -> list[Answer]:
            return await asyncio.gather(*(server.client.ask(operations.kept(each)) for each in range(KEPT)))

        read_at = time.monotonic()
        await ask_all()
        # Whatever is kept was read between these two.
        kept_at = time.monotonic()
        await asyncio.sleep(FRESH_SECONDS + BEYOND_SECONDS)
        world["crm"].fault(mode)
        if mode == "hang":
            # It is known to be down when the first call has run into its deadline.
            await ask_all()
            await asyncio.sleep(BEYOND_SECONDS)
        answers = await open_loop(
            server.client,
            lambda number: operations.kept(number % KEPT),
            per_second=PER_SECOND,
            seconds=read_at + lasts_seconds - BEYOND_SECONDS - time.monotonic(),
        )
        await asyncio.sleep(kept_at + lasts_seconds + DEADLINE_SECONDS + BEYOND_SECONDS - time.monotonic())
        after = await ask_all()
    right = sum(_is_stale(each, read_at, kept_at) for each in answers)
    what = {"refuse": "dead", "hang": "hung"}[mode]
    seen.note(f"{what}: {right} of {len(answers)} with data and their age", holds=right == len(answers))
    late = percentile(answers, 0.99)
    seen.note(f"p99 {late * 1000:.0f} ms", holds=late <= P99_SECONDS)
    gone = sum(_is_gone(each) for each in after)
    seen.note(f"past max-stale: {gone} of {KEPT} null with an error", holds=gone == KEPT)


def _is_stale(answer: Answer, read_at: float, kept_at: float) -> bool:
    """Data, no errors, and a warning with the age that they have."""
    warnings = (answer.document.get("extensions") or {}).get("warnings")
    if not (answer.is_fine and answer.data["keptCustomer"] and warnings and len(warnings) == 1):
        return False
    age_seconds: float = warnings[0]["age_seconds"]
    oldest, youngest = answer.at + answer.seconds - read_at, answer.at - kept_at
    return warnings[0]["source"] == "crm" and youngest - 0.001 <= age_seconds <= oldest + 0.001


def _is_gone(answer: Answer) -> bool:
    """No data, one error of the source, no warning."""
    return (
        answer.status == 200
        and answer.data == {"keptCustomer": None}
        and len(answer.errors) == 1
        and answer.errors[0]["extensions"].get("source") == "crm"
        and "warnings" not in (answer.document.get("extensions") or {})
    )


ROWS = (
    Row(
        7,
        "stale answers",
        "data + `extensions.warnings[{source, age_seconds}]`, p99 <= 50 ms; past max-stale: null + error",
        f"{KEPT} customers are read and kept for {FRESH_SECONDS:g} s, and for {LONG_STALE_SECONDS:g} s more "
        f"where the CRM is down. Then it refuses all connections, and clients ask {PER_SECOND} times a "
        "second; the age in each warning is compared with the time that has passed. Again with a CRM that "
        f"hangs, from the first timeout on, and {STALE_SECONDS:g} s.",
        stale,
        {
            "no-stale": "what is no longer fresh is thrown away",
            "stale-for-ever": "what is kept is served at any age",
            "stale-unsaid": "older answers are served without a word",
        },
    ),
)
