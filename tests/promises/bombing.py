"""Rows 30 and 31: what is too much is refused at once, and nobody else notices."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.promises import operations
from tests.promises.bombs import MAX_BODY_BYTES, QUERY_BOMBS, VARIABLE_BOMBS, Bomb
from tests.promises.load import Answer, open_loop, percentile
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.promises.server import Server
    from tests.promises.world import World

REFUSED_SECONDS: Final = 0.15
STALL_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 5.0
PROBES_PER_SECOND: Final = 20
WINDOWS: Final = 3
"""Of probes, each with a p99 of which the median counts: others on the same machine can spoil one."""

REPEATS: Final = 3
PAUSE_SECONDS: Final = 0.01


async def query_bombs(world: World, conditions: Conditions) -> Seen:
    """Row 30."""
    seen = Seen()
    async with world.server(mutant=conditions.mutant) as server:
        await _bombed(server, conditions, seen, QUERY_BOMBS, REFUSED_SECONDS)
    return seen


async def variable_bombs(world: World, conditions: Conditions) -> Seen:
    """Row 31."""
    seen = Seen()
    async with world.server(mutant=conditions.mutant) as server:
        at_cap, above = [(await _sent(server, _filled(size))).status for size in (0, 1)]
        seen.note(f"a body of {MAX_BODY_BYTES // 1024} KB: HTTP {at_cap}", holds=at_cap == 200)
        seen.note(f"one more byte: HTTP {above}", holds=above == 413)
        await _bombed(server, conditions, seen, VARIABLE_BOMBS, STALL_SECONDS)
    return seen


def _filled(more: int) -> bytes:
    """A request whose body is as large as may be, and so many bytes more."""
    start = b'{"query":"{__typename}","extensions":{"a":"'
    body = start + b"a" * (MAX_BODY_BYTES - len(start) - 3 + more) + b'"}}'
    return Bomb("", body).request(0)


@dataclass(frozen=True)
class _Round:
    """What was seen.

    Args:
        answers: of each bomb, by its name.
        base, during: of the probe, window by window: without bombs, and with them.
        own: the share of the time with bombs in which nobody else had the processor that the server was
            ready for. Seconds are taken times that: on a machine of one's own it is 1.
    """

    answers: Mapping[str, list[Answer]]
    base: list[list[Answer]]
    during: list[list[Answer]]
    own: float

    @property
    def slowest(self) -> tuple[float, str]:
        """The longest median of a bomb, less what an operation takes that is none, and its name."""
        medians = {name: median(each.seconds for each in answers) for name, answers in self.answers.items()}
        name = max(medians, key=medians.__getitem__)
        return (medians[name] - percentile(self.base[0], 0.5)) * self.own, name

    @property
    def more_seconds(self) -> float:
        """By how much the probe's p99 is longer with bombs."""
        return (_p99(self.during) - _p99(self.base)) * self.own


async def _bombed(
    server: Server, conditions: Conditions, seen: Seen, bombs: tuple[Bomb, ...], most_seconds: float
) -> None:
    """Note how bombs are refused, and what an operation of somebody else's sees of it."""
    found = await _round(server, conditions, bombs)
    wrong = [
        bomb.name for bomb in bombs if any(not _is_refused(each, bomb) for each in found.answers[bomb.name])
    ]
    seen.note(
        f"{len(bombs) - len(wrong)} of {len(bombs)} refused"
        + (f" (not {', '.join(wrong)})" if wrong else ""),
        holds=not wrong,
    )
    slowest, name = found.slowest
    seen.note(f"the slowest ({name}) after {slowest * 1000:.0f} ms", holds=slowest <= most_seconds)
    more = found.more_seconds
    fine = all(answer.is_fine for window in found.during for answer in window)
    seen.note(
        f"a probe's p99 base {more * 1000:+.0f} ms" + ("" if fine else ", with errors"),
        holds=fine and more <= most_seconds,
    )


async def _round(server: Server, conditions: Conditions, bombs: tuple[Bomb, ...]) -> _Round:
    seconds = conditions.seconds(5.0, 1.0)
    count = 1 if conditions.mutant else WINDOWS
    await _probed(server, 0.5)
    base = await _windows(server, seconds, count)
    answers: dict[str, list[Answer]] = {bomb.name: [] for bomb in bombs}
    began, waited = time.monotonic(), server.waited_seconds
    probing = asyncio.create_task(_windows(server, seconds, count))
    number = 0
    while number < REPEATS or not probing.done():
        for bomb in bombs:
            answers[bomb.name].append(await _sent(server, bomb.request(number)))
            await asyncio.sleep(PAUSE_SECONDS)
        number += 1
        if any(not answer.status for each in answers.values() for answer in each):
            # It hangs, and would for each of them.
            break
    during = await probing
    share = (server.waited_seconds - waited) / (time.monotonic() - began)
    return _Round(answers, base, during, own=1 - share)


def _p99(windows: list[list[Answer]]) -> float:
    return median(percentile(window, 0.99) for window in windows)


async def _windows(server: Server, seconds: float, count: int) -> list[list[Answer]]:
    return [await _probed(server, seconds) for _ in range(count)]


async def _probed(server: Server, seconds: float) -> list[Answer]:
    return await open_loop(
        server.client,
        operations.product,
        per_second=PROBES_PER_SECOND,
        seconds=seconds,
        patience_seconds=PATIENCE_SECONDS,
    )


async def _sent(server: Server, request: bytes) -> Answer:
    at = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            status, body = await server.client.exchange(request)
    except (OSError, EOFError, TimeoutError):
        return Answer.of(at)
    return Answer.of(at, status, body)


def _is_refused(answer: Answer, bomb: Bomb) -> bool:
    return answer.data is None and answer.codes == [bomb.code] and answer.status < 500


ROWS: Final = (
    Row(
        30,
        "query bombs",
        "refused within 150 ms; a probe's p99 <= base + 150 ms",
        f"{', '.join(bomb.name for bomb in QUERY_BOMBS)}: one after the other, each several times and never "
        "twice in the same words, while somebody else asks for a product 20 times a second. Of each bomb the "
        "median counts, less what an operation takes that is no bomb; each is to be refused with its code. "
        "Seconds in which others had the processor that the server was ready for do not count.",
        query_bombs,
        {
            "no-text-limits": "a text is parsed however long it is",
            "no-structure-limits": "a document is validated whatever it holds",
            "fields-compared-in-pairs": "overlapping fields are looked for by graphql-core's rule",
        },
    ),
    Row(
        31,
        "variable bombs",
        "128 KB + 1 byte: 413; long lists: the loop stalls <= 200 ms",
        f"A body of the cap's size and one of a byte more; then {', '.join(b.name for b in VARIABLE_BOMBS)}, "
        "as in row 30. A stall is what the probe's p99 is longer than without bombs.",
        variable_bombs,
        {
            "no-body-cap": "a body may have any size",
            "no-value-limits": "variables are coerced however many they are",
        },
    ),
)
