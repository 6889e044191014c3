"""Row 23: an acknowledgement waits for the disk, and for nothing that is done with the event."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from patchbay.inbox import Arrival, Inbox
from patchbay.inbox.database import writer
from tests.inbox.database import Location, rows
from tests.inbox.respawning import Respawning
from tests.promises.delivering import Delivery, database, databases, deliver, deliver_once, event
from tests.promises.inbox_mutants import on_both
from tests.promises.load import Client
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.world import World

PER_SECOND = 500
SECONDS = 10.0
SHORT_SECONDS = 1.5
ROUNDS = 3
PATIENCE_SECONDS = 2.0
P99_SECONDS = 0.1
MAX_SECONDS = 1.0

STORERS = 64
STORED = 4000
STORED_APART = 400
GROUP_RATIO = 3.0


async def fast_ack(world: World, conditions: Conditions) -> Seen:
    """Row 23."""
    seen = Seen()
    for name in databases(conditions):
        if "commit-per-event" not in (conditions.mutant or ""):
            await _while_stalled(name, world, conditions, seen)
        if "applied-on-the-loop" not in (conditions.mutant or ""):
            await _in_groups(name, world, conditions, seen)
    return seen


async def _while_stalled(name: str, world: World, conditions: Conditions, seen: Seen) -> None:
    took: list[tuple[float, float]] = []
    # A short round is one of many on a shared machine as well.
    for _ in range(1 if conditions.mutant else ROUNDS):
        # One of its own: what a mutant has left unanswered waits at the socket for whoever comes next.
        with database(name, world) as location, Respawning() as receiver:
            receiver.start(location, conditions.mutant)
            async with Client(receiver.port) as client:
                await deliver(client, "plain", event(0))
                answered = await _open_loop(client, conditions.seconds(SECONDS, SHORT_SECONDS))
            receiver.kill()
            ((applied,),) = rows(location, "SELECT count(*) FROM events WHERE state = 'applied'")
            assert applied == 0, "it is not stalled"
        ordered = sorted(answered)
        took.append((ordered[int(len(ordered) * 0.99)], ordered[-1]))
    p99, slowest = (statistics.median(each) for each in zip(*took, strict=True))
    seen.note(f"{name}: p99 {p99 * 1000:.0f} ms", holds=p99 <= P99_SECONDS)
    seen.note(f"max {slowest * 1000:.0f} ms", holds=slowest <= MAX_SECONDS)


async def _open_loop(client: Client, seconds: float) -> list[float]:
    """How long each acknowledgement took, at a fixed rate; what was none took for ever."""
    deliveries = [Delivery("hanging", event(number)) for number in range(round(PER_SECOND * seconds))]
    loop = asyncio.get_running_loop()

    async def timed(delivery: Delivery) -> float:
        at = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                status, _ = await deliver_once(client, delivery)
        except TimeoutError:
            return PATIENCE_SECONDS
        return time.perf_counter() - at if status == 200 else PATIENCE_SECONDS

    started = loop.time()
    sent: list[asyncio.Task[float]] = []
    for number, delivery in enumerate(deliveries):
        await asyncio.sleep(max(0.0, started + number / PER_SECOND - loop.time()))
        sent.append(loop.create_task(timed(delivery)))
    return list(await asyncio.gather(*sent))


async def _in_groups(name: str, world: World, conditions: Conditions, seen: Seen) -> None:
    with database(name, world) as location:
        if conditions.mutant:
            group, alone = [
                await _rate(location, "mutant" + str(each), STORED_APART, group=1) for each in range(2)
            ]
        else:
            group = await _rate(location, "group", STORED, group=writer.MAX_GROUP)
            alone = await _rate(location, "alone", STORED_APART, group=1)
    seen.note(
        f"group commit {group:,.0f} events/s, {group / alone:.1f} times those of a commit per event",
        holds=group / alone >= GROUP_RATIO,
    )


async def _rate(location: Location, prefix: str, count: int, *, group: int) -> float:
    """Events per second that an inbox stores for callers that wait together."""
    with _groups_of(group):
        inbox = Inbox(location)
        await inbox.open()
        numbers = itertools.count()

        async def store() -> None:
            while (number := next(numbers)) < count:
                await inbox.store("plain", Arrival(f"{prefix}_{number}", event(number)))

        started = time.perf_counter()
        await asyncio.gather(*(store() for _ in range(STORERS)))
        seconds = time.perf_counter() - started
        await inbox.close()
    return count / seconds


@contextmanager
def _groups_of(most: int) -> Iterator[None]:
    with patch.object(writer, "MAX_GROUP", most):
        yield


ROWS = (
    Row(
        23,
        "fast ack",
        f"{PER_SECOND} events/s while processing is stalled: p99 <= {P99_SECONDS * 1000:.0f} ms, max <= "
        f"{MAX_SECONDS:g} s; group commit >= {GROUP_RATIO:g} times a commit per event",
        "Events come at a fixed rate, signed, by HTTP, to a webhook whose handler hangs; each is "
        "answered when "
        "it is on the disk. Beside that, without HTTP: how many events per second an inbox stores for "
        f"{STORERS} callers, with group commit and with a commit for each event.",
        fast_ack,
        on_both(
            applied_on_the_loop="events are read where requests are answered, and no longer on a thread",
            commit_per_event="no event shares a commit",
        ),
    ),
)
