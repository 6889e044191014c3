"""What is no longer needed goes, a little at a time, in the process that leads.

    events      applied or ignored, older than what is kept
    bodies      of applied and ignored events, oldest first, while all bodies together pass their cap
    changes     of the log, older than what is kept; the last one stays: no position is given out twice
    reactions   that are done, older than what is kept, when their event is gone as well

An event that a record is made of stays with its body, so that a rebuild brings the same records. One that
waits stays, and so does a dead letter, until an operator purges it.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import structlog

from patchbay.inbox import retention_batches as batches
from patchbay.inbox.database import NotLeadingError
from patchbay.inbox.model import InboxUnavailable
from patchbay.inbox.runs import note_done
from patchbay.inbox.tasks import end

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.inbox.database import Database
    from patchbay.inbox.database.base import Work
    from patchbay.inbox.options import InboxOptions

RETENTION = "retention"
DAY_SECONDS = 86_400.0
EVERY_SECONDS = 60.0
"""Between two runs."""

PAUSE_SECONDS = 0.02
"""Between two batches that write, in which others write."""

COUNT_AGAIN_SECONDS = 3600.0
"""After which all bodies are counted again; until then only those that came are added."""

_log = structlog.get_logger("patchbay.inbox")


class Retained(msgspec.Struct):
    """What a run has done, and what it found.

    Args:
        events: how many were deleted.
        bodies: how many were dropped.
        changes: how many were cut off the log.
        reactions: how many were forgotten.
        body_bytes: of all bodies that are left; None where there is no cap, and nobody counted.
    """

    events: int = 0
    bodies: int = 0
    changes: int = 0
    reactions: int = 0
    body_bytes: int | None = None


class Retention:
    """Runs now and then, where this process leads.

    Args:
        database: what is cleaned.
        options: how long and how much is kept.
        clock: epoch seconds.
        every_seconds: between two runs; EVERY_SECONDS where it is not given.
    """

    def __init__(
        self,
        database: Database,
        options: InboxOptions,
        clock: Callable[[], float] = time.time,
        every_seconds: float | None = None,
    ) -> None:
        self._database = database
        self._options = options
        self._bodies = _Bodies(database, options.max_body_bytes)
        self._clock = clock
        self._every_seconds = EVERY_SECONDS if every_seconds is None else every_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Run from now on."""
        self._task = asyncio.create_task(self._main(), name="patchbay-inbox-retention")

    async def stop(self) -> None:
        """Returns when nothing more is cleaned. Harmless when not started."""
        await end(self._task)
        self._task = None

    async def _main(self) -> None:
        while True:
            await asyncio.sleep(self._every_seconds)
            try:
                retained = await self.run()
            except NotLeadingError:
                continue
            except InboxUnavailable as error:
                _log.error("inbox_not_cleaned", error=str(error), cause=repr(error.__cause__))
                continue
            if retained.events or retained.bodies or retained.changes or retained.reactions:
                _log.info("inbox_cleaned", **msgspec.structs.asdict(retained))

    async def run(self) -> Retained:
        """Clean once.

        Raises:
            NotLeadingError: another process does it.
            InboxUnavailable: the database fails; what was cleaned before stays so.
        """
        started_at = time.time()
        await self._database.lead(lambda _: None)
        before = self._clock() - self._options.keep_days * DAY_SECONDS
        retained = Retained(
            events=await self._delete_events(before),
            bodies=await self._bodies.shrink(),
            changes=await self._repeat(partial(batches.cut_log, before=before)),
            reactions=await self._repeat(partial(batches.forget_reactions, before=before)),
            body_bytes=self._bodies.size_bytes,
        )
        report = msgspec.structs.asdict(retained)
        await self._database.lead(partial(note_done, name=RETENTION, started_at=started_at, report=report))
        return retained

    async def _delete_events(self, before: float) -> int:
        done = 0
        place: batches.Place | None = batches.Place()
        while place is not None:
            found = partial(batches.old_events, place=place, before=before)
            seqs, place = await self._database.read_apart(found)
            if seqs:
                done += await self._database.lead(partial(batches.delete_events, seqs=seqs, before=before))
                await asyncio.sleep(PAUSE_SECONDS)
        return done

    async def _repeat(self, work: Work[int]) -> int:
        """Do it until it finds nothing more; how much it did."""
        done = 0
        while some := await self._database.lead(work):
            done += some
            await asyncio.sleep(PAUSE_SECONDS)
        return done


class _Bodies:
    """Keeps the size of all stored bodies under a cap; all of them are counted once an hour."""

    def __init__(self, database: Database, max_bytes: int | None) -> None:
        self._database = database
        self._max_bytes = max_bytes
        self._counted_at = float("-inf")
        self._counted_up_to = 0
        self._dropped_up_to = 0
        self._total_bytes = 0

    @property
    def size_bytes(self) -> int | None:
        """Of all bodies, as far as it is known; None where there is no cap."""
        return None if self._max_bytes is None else self._total_bytes

    async def shrink(self) -> int:
        """Drop bodies until they are under the cap, or nothing can be dropped; how many."""
        if self._max_bytes is None:
            return 0
        if time.monotonic() - self._counted_at >= COUNT_AGAIN_SECONDS:
            self._counted_at = time.monotonic()
            self._counted_up_to = self._dropped_up_to = self._total_bytes = 0
        await self._count()
        dropped = 0
        while self._total_bytes > self._max_bytes and self._dropped_up_to < self._counted_up_to:
            dropped += await self._drop(self._total_bytes - self._max_bytes)
        if self._total_bytes > self._max_bytes:
            _log.warning("inbox_over_cap", body_bytes=self._total_bytes, cap_bytes=self._max_bytes)
        return dropped

    async def _count(self) -> None:
        is_last = False
        while not is_last:
            found = await self._database.read_apart(partial(batches.bodies, after=self._counted_up_to))
            self._total_bytes += sum(body.size_bytes for body in found)
            self._counted_up_to = found[-1].seq if found else self._counted_up_to
            is_last = len(found) < batches.BATCH_ROWS

    async def _drop(self, surplus_bytes: int) -> int:
        """Drop some of the next bodies, no more than are too many; how many."""
        found = await self._database.read_apart(partial(batches.bodies, after=self._dropped_up_to))
        seqs: list[int] = []
        freed_bytes = 0
        for body in found:
            if freed_bytes >= surplus_bytes:
                break
            self._dropped_up_to = body.seq
            if body.is_free:
                seqs.append(body.seq)
                freed_bytes += body.size_bytes
        if not found:
            self._dropped_up_to = self._counted_up_to
        if not seqs:
            return 0
        dropped = await self._database.lead(partial(batches.drop_bodies, seqs=seqs))
        self._total_bytes -= freed_bytes
        await asyncio.sleep(PAUSE_SECONDS)
        return dropped
