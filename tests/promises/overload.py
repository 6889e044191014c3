"""Row 8: more comes in than the server can do, and what it can do it still does."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from math import inf
from statistics import mean, median
from typing import TYPE_CHECKING

from tests.promises import operations
from tests.promises.graph.options import DEFAULTS
from tests.promises.load import closed_loop, open_loop, percentile
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.promises.load import Answer
    from tests.promises.server import Server
    from tests.promises.world import World

WORKERS = 8
"""Clients that ask without a pause: enough for the server to have no time to spare, too few to be refused."""

WARM_SECONDS = 2.0

TIMES = 3.0
LEAST_TIMES = 2.7
"""What a load generator on the same machine must reach of it at least, to say anything."""

EASY = 0.3
GOOD_SECONDS = 1.0
"""Later, a client has gone."""

WINDOWS = 5
"""The time of the crowd is cut into so many. Others on the same machine can spoil one, or two."""

GOODPUT = 0.8
REJECT_SECONDS = 0.1
AGAIN_SECONDS = 5.0
NOISE = 1.5
"""How many times its base a p99 of one second may be, and still be called the same."""

BUSY = "SERVER_BUSY"
ROOM = {"PATCHBAY_MAX_ALIASES": "200"}
"""What is asked here is heavy by its many aliases."""


CORE = 0.93
"""Of a core, what a server with more to do than it can gets at least where nobody else takes it away."""

MORE_ROUNDS = 2
"""Measured at most in place of rounds that others have disturbed."""


@dataclass(frozen=True)
class _Overload:
    """What one round has seen; `core` and `goodput` as shares of a core and the peak, `back` in seconds."""

    core: float
    peak: float
    offered: float
    goodput: float
    rejected: float
    reject_p99: float
    base_p99: float
    back: float


async def shed(world: World, conditions: Conditions) -> Seen:
    """Row 8."""
    # The short form's crowds are so short that whatever else the machine does can fill one.
    rounds = 3 if conditions.short and not conditions.mutant else 1
    found = await _undisturbed(world, conditions, rounds)

    def middle(name: str) -> float:
        value: float = median(getattr(each, name) for each in found)
        return value

    seen = Seen()
    seconds = conditions.seconds(30.0, 5.0)
    offered, goodput, rejected = middle("offered"), middle("goodput"), middle("rejected")
    seen.note(
        f"{offered:.1f}x of {middle('peak'):.0f}/s offered for {seconds:.0f} s", holds=offered >= LEAST_TIMES
    )
    seen.note(f"the server on {middle('core'):.0%} of a core", holds=True)
    seen.note(f"goodput {goodput:.0%} of peak", holds=goodput >= GOODPUT)
    seen.note(f"{rejected:.0%} rejected", holds=rejected > 0)
    late = middle("reject_p99")
    if late:
        seen.note(f"rejects' p99 {late * 1000:.0f} ms", holds=late <= REJECT_SECONDS)
    back = middle("back")
    seen.note(
        f"base p99 of {middle('base_p99') * 1000:.0f} ms "
        + (f"again after {back:.0f} s" if back < inf else "not again"),
        holds=back <= AGAIN_SECONDS,
    )
    return seen


async def _undisturbed(world: World, conditions: Conditions, rounds: int) -> list[_Overload]:
    """Rounds in which the server had its core; all of them where there are too few such."""
    found = [await _round(world, conditions) for _ in range(rounds)]
    for _ in range(0 if conditions.mutant else MORE_ROUNDS):
        if sum(each.core >= CORE for each in found) >= rounds:
            break
        found.append(await _round(world, conditions))
    quiet = [each for each in found if each.core >= CORE]
    return quiet if len(quiet) >= rounds else found


async def _round(world: World, conditions: Conditions) -> _Overload:
    async with world.server(DEFAULTS, mutant=conditions.mutant, settings=ROOM) as server:
        await closed_loop(server.client, operations.heavy, workers=WORKERS, seconds=WARM_SECONDS)
        peak = await _peak(server, conditions)
        base = await _asked(server, EASY * peak, conditions.seconds(5.0, 2.0))
        seconds = conditions.seconds(30.0, 5.0)
        used_seconds, began = server.cpu_seconds, time.monotonic()
        asking = asyncio.create_task(_asked(server, TIMES * peak, seconds))
        await asyncio.sleep(seconds)
        core = (server.cpu_seconds - used_seconds) / (time.monotonic() - began)
        crowd = await asking
        after = await _asked(server, EASY * peak, AGAIN_SECONDS + conditions.seconds(5.0, 1.0))
        peaks = (peak, await _peak(server, conditions))
    took = max(answer.at for answer in crowd) - crowd[0].at
    windows = _windows(crowd, seconds / WINDOWS)
    rejects = [[answer for answer in each if answer.outcome == BUSY] for each in windows]
    base_p99 = median(_p99_by_second(base))
    back = _back_after(_p99_by_second(after), NOISE * base_p99)
    return _Overload(
        core=core,
        peak=peak,
        offered=len(crowd) / took / peak,
        goodput=median(sum(map(_is_good, each)) for each in windows) * WINDOWS / seconds / mean(peaks),
        rejected=sum(map(len, rejects)) / len(crowd),
        reject_p99=median(percentile(each, 0.99) for each in rejects) if all(rejects) else 0.0,
        base_p99=base_p99,
        back=inf if back is None else back,
    )


async def _peak(server: Server, conditions: Conditions) -> float:
    """Operations a second, all fine, that clients without a pause get answered."""
    found = []
    for _ in range(conditions.rounds):
        seconds = conditions.seconds(4.0, 2.0)
        answers = await closed_loop(server.client, operations.heavy, workers=WORKERS, seconds=seconds)
        found.append(sum(answer.is_fine for answer in answers) / seconds)
    return median(found)


async def _asked(server: Server, per_second: float, seconds: float) -> list[Answer]:
    return await open_loop(
        server.client,
        operations.heavy,
        per_second=per_second,
        seconds=seconds,
        patience_seconds=2 * GOOD_SECONDS,
    )


def _is_good(answer: Answer) -> bool:
    return answer.is_fine and answer.seconds <= GOOD_SECONDS


def _windows(answers: Sequence[Answer], seconds: float) -> list[list[Answer]]:
    """The answers that were asked for in each window in turn."""
    begin = answers[0].at
    number = round((answers[-1].at - begin) / seconds)
    return [
        [each for each in answers if window <= (each.at - begin) / seconds < window + 1]
        for window in range(number)
    ]


def _p99_by_second(answers: Sequence[Answer]) -> list[float]:
    return [percentile(window, 0.99) for window in _windows(answers, 1.0)]


def _back_after(p99: Sequence[float], bound: float) -> int | None:
    """Seconds until the p99 is within its bound."""
    return next((second for second, seconds in enumerate(p99) if seconds <= bound), None)


ROWS = (
    Row(
        8,
        "load is shed",
        "goodput >= 80 % of peak; rejects answer within 100 ms; base p99 again within 5 s",
        f"Peak is what {WORKERS} clients without a pause get answered, before the rest and after it, since "
        f"the machine's own speed changes; base the p99 at {EASY:.0%} of it. "
        "Then three times the peak is offered, whether answers come or not. Good is an answer without "
        f"errors within {GOOD_SECONDS:g} s; of goodput and rejects the median of {WINDOWS} windows counts. "
        "Afterwards the load is that of the base again, and the p99 of each second is compared with "
        f"{NOISE:g} times the base's. A round in which other programs left the server less than "
        f"{CORE:.0%} of a core is measured again, at most {MORE_ROUNDS} times.",
        shed,
        {"no-door": "nobody is refused"},
    ),
)
