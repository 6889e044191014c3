"""Row 22: while the database cannot write, nothing is acknowledged; when it can again, all goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from patchbay.environment import Secret
from tests.inbox.database import Location, eventually, rows, session, waiting
from tests.postgres_server import PostgresServer
from tests.promises.attaching import Attached
from tests.promises.delivering import Delivery, database, databases, deliver, deliver_once, event, receiving
from tests.promises.inbox_mutants import on_both
from tests.promises.load import Client
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.inbox.respawning import Respawning
    from tests.promises.world import World

EVENTS = 20
"""Before, during and after each fault."""

SENDERS = 4
PATIENCE_SECONDS = 0.3
"""Of the receiver, for a lock."""

RECOVERY_SECONDS = 5.0

EIO = "inject=fsync,fdatasync:error=EIO"
ENOSPC = "inject=pwrite64,write:error=ENOSPC"


@dataclass
class Place:
    """Where a receiver keeps its events."""

    location: Location
    receiver: Respawning
    server: PostgresServer | None
    folder: Path


Fault = Callable[[Place], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def failing_disk(place: Place, inject: str) -> AsyncIterator[None]:
    """Calls fail as on a disk that is broken or full. PostgreSQL dies of it, and is started again then."""
    if place.server is None:
        processes, only = [place.receiver.pid], str(place.location)
        paths = [only, f"{only}-wal"]
    else:
        processes, paths = place.server.processes(), place.server.log_files()
    options = ["-e", inject, *(text for path in paths for text in ("-P", path))]
    with Attached(processes, place.folder / "faults", *options):
        yield
    if place.server is not None:
        place.server.kill()
        place.server.start()


def full(place: Place) -> AbstractAsyncContextManager[None]:
    """No room is left on the disk."""
    return failing_disk(place, ENOSPC)


def broken(place: Place) -> AbstractAsyncContextManager[None]:
    """The disk does not say that it has written."""
    return failing_disk(place, EIO)


@asynccontextmanager
async def locked(place: Place) -> AsyncIterator[None]:
    """Somebody else holds a lock, for longer than the receiver waits."""
    if isinstance(place.location, Path):
        with closing(sqlite3.connect(place.location, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            yield
        return
    with session(place.location) as other, other.transaction():
        other.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        yield


@asynccontextmanager
async def away(place: Place) -> AsyncIterator[None]:
    """The database is not there."""
    if place.server is None:
        rows(place.location, "ALTER TABLE events RENAME TO away")
        yield
        rows(place.location, "ALTER TABLE away RENAME TO events")
        return
    place.server.kill()
    yield
    place.server.start()


FAULTS: dict[str, Fault] = {"ENOSPC": full, "EIO": broken, "locked": locked, "away": away}


async def never_acknowledged(world: World, conditions: Conditions) -> Seen:
    """Row 22."""
    seen = Seen()
    for name in databases(conditions):
        with tempfile.TemporaryDirectory(dir=world.folder) as folder:
            if name == "SQLite":
                with database(name, world) as location:
                    await _measure(name, world, location, None, Path(folder), conditions, seen)
            else:
                with PostgresServer() as server:
                    location = Secret(server.new_url(), "PATCHBAY_DATABASE_URL")
                    await _measure(name, world, location, server, Path(folder), conditions, seen)
    return seen


async def _measure(
    name: str,
    world: World,
    location: Location,
    server: PostgresServer | None,
    folder: Path,
    conditions: Conditions,
    seen: Seen,
) -> None:
    with receiving(world, location, conditions.mutant, patience_seconds=PATIENCE_SECONDS) as receiver:
        place = Place(location, receiver, server, folder)
        async with Client(receiver.port) as client:
            await asyncio.gather(*(deliver(client, "payments", event(number)) for number in range(EVENTS)))
            for turn, (what, fault) in enumerate(FAULTS.items(), 1):
                await _one(f"{name} {what}", client, fault(place), turn * EVENTS, seen)
            await eventually(lambda: not waiting(location), seconds=30)
    everything = sorted(f"evt_{number}" for number in range(EVENTS * (len(FAULTS) + 1)))
    stored = sorted(event_id for (event_id,) in rows(location, "SELECT event_id FROM events"))
    seen.note(f"{len(stored)} of {len(everything)} stored once in the end", holds=stored == everything)


async def _one(
    what: str, client: Client, fault: AbstractAsyncContextManager[None], first: int, seen: Seen
) -> None:
    numbers = range(first, first + EVENTS)
    statuses: list[int] = []

    async def send(own: range) -> None:
        for number in own:
            status, _ = await deliver_once(client, Delivery("payments", event(number)))
            statuses.append(status)

    async with fault:
        await asyncio.gather(*(send(numbers[sender::SENDERS]) for sender in range(SENDERS)))
    ended = time.monotonic()
    await asyncio.gather(*(deliver(client, "payments", event(number)) for number in numbers))
    seconds = time.monotonic() - ended
    told = sum(status == 503 for status in statuses)
    seen.note(
        f"{what}: {len(statuses) - told} of {len(statuses)} acknowledged, all stored {seconds:.1f} s "
        "after it",
        holds=told == len(statuses) and seconds <= RECOVERY_SECONDS,
    )


ROWS = (
    Row(
        22,
        "disk faults",
        f"never a 2xx; recovers by itself within {RECOVERY_SECONDS:g} s",
        "strace makes writes to the database's files fail with ENOSPC, and then fsyncs with EIO, "
        "while events "
        f"are delivered: each of {EVENTS} must be answered with 503. Then the disk is well, and the vendor's "
        "retries must be acknowledged, each stored once. So also where somebody else holds a lock for too "
        "long, and where the database is away: a SQLite whose table is gone, a PostgreSQL that was killed. "
        "PostgreSQL ends when its log cannot be written, and is started again when the disk is well.",
        never_acknowledged,
        on_both(failure_unheard="who waits for a store hears that it is done, whatever the database said"),
    ),
)
