"""All records of an upstream, made anew from its stored events, while events come and records are read.

    build    every event that was applied or ignored goes through today's handlers into a shadow table
    compare  which records are others there than in the table that is read
    swap     in one short transaction: what has come meanwhile is taken in, and what differs takes its place

Readers see the old table until the swap, and then the new one. What does not differ is not touched, and the
log of changes gets a line for each body that does. Nothing is told to listeners, and no reaction is set off.
A fetched record, and one whose event waits or can no longer be read, stays as it is.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import msgspec
import structlog

from patchbay.inbox import rebuild_events, runs, shadow
from patchbay.inbox.administration import REBUILD
from patchbay.inbox.database import sql
from patchbay.inbox.database.sql import json_list
from patchbay.inbox.model import InboxUnavailable
from patchbay.inbox.rebuild_records import Maker, chunks, without

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.inbox.database import Connection, Database
    from patchbay.inbox.database.base import Work
    from patchbay.inbox.rebuild_records import Keys
    from patchbay.inbox.runs import RunClaim
    from patchbay.inbox.sources import Source

T = TypeVar("T")

MAX_IN_SWAP = 256
"""Events and records that the swap may have to look at, beside what differs."""

MAX_ROUNDS = 50
PAUSE_SECONDS = 0.002
"""Between two batches, in which others write."""

LOG_END = sql("SELECT coalesce(max(position), 0) FROM changes")
LOGGED = sql("""
SELECT DISTINCT kind, key FROM changes
WHERE position > :after AND kind IN (SELECT value FROM EACH(:kinds, wanted))
""")

Phase: TypeAlias = Literal["build", "compare", "swap", "clean", "done"]

_log = structlog.get_logger("patchbay.inbox")


class RebuildReport(msgspec.Struct):
    """How far a rebuild is, and what it did.

    Args:
        upstreams: whose records.
        phase: what it is at.
        events: how many were read.
        percent: of all stored events, how many lie behind it, from 0 to 100.
        unreadable: how many events today's handlers failed on; records that stand as they told stay.
        changed: how many records became others, or came.
        removed: how many went.
        swap_seconds: how long the transaction of the swap took.
    """

    upstreams: list[str]
    phase: Phase = "build"
    events: int = 0
    percent: int = 0
    unreadable: int = 0
    changed: int = 0
    removed: int = 0
    swap_seconds: float = 0.0


class Rebuild:
    """One rebuild, to be run once.

    Args:
        database: open.
        sources: what makes the records; all of these upstreams'.
        progress: called now and then with the report so far.
    """

    def __init__(
        self,
        database: Database,
        sources: Sequence[Source],
        progress: Callable[[RebuildReport], None] = lambda _: None,
    ) -> None:
        self._database = database
        upstreams = sorted(source.upstream for source in sources)
        self._maker = Maker(sources)
        self._progress = progress
        self._walk = rebuild_events.Walk(upstreams)
        self._claim: RunClaim | None = None
        self._touched: Keys = set()
        self._differing: Keys = set()
        self._log_position = 0
        self.report = RebuildReport(upstreams)

    async def run(self) -> RebuildReport:
        """Do it.

        Raises:
            InboxUnavailable: another rebuild is under way, or the database fails; the records are as before.
        """
        await self.claim()
        try:
            await self._clear()
            await self._build()
            await self._compare()
            await self._settle()
            self._enter("clean")
            await self._clear()
            self._enter("done")
            await self._write(self._end)
        except BaseException:
            await self._fail()
            raise
        _log.info("records_rebuilt", **msgspec.structs.asdict(self.report))
        return self.report

    async def claim(self) -> None:
        """Begin. Done by `run` where it was not before. Raises InboxUnavailable as `run` does."""
        if self._claim is not None:
            return
        claim = partial(runs.claim, name=REBUILD, report=self._told())
        self._claim = await self._database.write_apart(claim)
        if self._claim is None:
            raise InboxUnavailable("another rebuild is under way", retry_after_seconds=60)

    async def _clear(self) -> None:
        """Delete the shadows, also what a rebuild has left that did not end."""
        for kind in sorted(self._maker.kinds):
            while await self._write(partial(shadow.clear, kind=kind)):
                pass

    async def _build(self) -> None:
        await self._database.read_apart(self._walk.begin)
        while (seqs := await self._database.read_apart(self._walk.window)) is not None:
            await self._take(seqs)

    async def _compare(self) -> None:
        self._enter("compare")
        # What changes from here on stands in the log.
        self._log_position = await self._database.read_apart(_log_end)
        for kind in sorted(self._maker.kinds):
            last = ""
            while keys := await self._database.read_apart(partial(shadow.keys_after, kind=kind, after=last)):
                last = keys[-1]
                await self._judge({(kind, key) for key in keys})
            after: str | None = ""
            while after is not None:
                found = partial(shadow.new_keys_after, kind=kind, after=after)
                keys, after = await self._database.read_apart(found)
                await self._judge({(kind, key) for key in keys})
            await self._write(lambda _: None)

    async def _settle(self) -> None:
        """Take in what comes meanwhile, until little enough is left for the swap."""
        self._enter("swap")
        for _ in range(MAX_ROUNDS):
            await self._take(await self._database.read_apart(self._walk.look_again))
            position, keys = await self._database.read_apart(self._changed)
            self._log_position = position
            touched, self._touched = self._touched, set()
            await self._judge(keys | touched)
            swapped = await self._write(self._swap)
            if swapped is not None:
                self.report.changed, self.report.removed, self.report.swap_seconds = swapped
                return
        raise InboxUnavailable("events come faster than records are rebuilt", retry_after_seconds=60)

    def _swap(self, connection: Connection) -> tuple[int, int, float] | None:
        """How many became others and how many went, in how many seconds; None where too much has come."""
        started = time.perf_counter()
        connection.take_turns()
        missed = self._walk.missed(connection)
        _, logged = self._changed(connection)
        if max(len(missed), len(logged - self._differing)) > MAX_IN_SWAP:
            return None
        touched: Keys = set()
        while missed:
            batch = rebuild_events.read(connection, missed)
            touched |= self._maker.apply(connection, self._maker.read(batch.events))
            missed = without(missed, batch.asked)
        changed = removed = 0
        for kind, keys in chunks(self._differing | logged | touched):
            found = shadow.differing(connection, kind, keys, self._maker.unreadable)
            shadow.swap(connection, kind, found)
            changed, removed = changed + len(found.others), removed + len(found.gone)
        connection.wake_others()
        return changed, removed, round(time.perf_counter() - started, 3)

    async def _take(self, seqs: Sequence[int]) -> None:
        """Read these events into the shadow, in bounded batches."""
        while seqs:
            batch = await self._database.read_apart(partial(rebuild_events.read, seqs=seqs))
            read = await asyncio.to_thread(self._maker.read, batch.events)
            if read:
                touched = await self._write(partial(self._maker.apply, read=read))
                # What is compared later on need not be remembered.
                self._touched |= touched if self.report.phase != "build" else set()
            self._walk.note(batch)
            self.report.events += len(read)
            self.report.percent = min(99, 100 * batch.asked[-1] // max(1, self._walk.last))
            seqs = without(seqs, batch.asked)

    async def _judge(self, keys: Keys) -> None:
        """Note which of these records differ."""
        for kind, some in chunks(keys):
            look = partial(shadow.differing, kind=kind, keys=some, unreadable=self._maker.unreadable)
            found = await self._database.read_apart(look)
            self._differing.difference_update((kind, key) for key in some)
            self._differing.update((kind, key) for key in (*found.others, *found.gone))

    def _changed(self, connection: Connection) -> tuple[int, Keys]:
        """The log's end, and the records that have changed since it was looked at."""
        position = _log_end(connection)
        asked = {"after": self._log_position, "kinds": json_list(sorted(self._maker.kinds))}
        return position, {(kind, key) for kind, key in connection.run(LOGGED, asked)}

    async def _write(self, work: Work[T]) -> T:
        """What `work` returns, in a transaction that only goes through while this rebuild has its claim."""
        report = self._told()

        def claimed(connection: Connection) -> T:
            if self._claim is not None:
                self._claim.beat(connection, report)
            return work(connection)

        result = await self._database.write_apart(claimed)
        await asyncio.sleep(PAUSE_SECONDS)
        return result

    def _enter(self, phase: Phase) -> None:
        self.report.phase = phase
        self._progress(self.report)

    def _told(self) -> dict[str, Any]:
        self.report.unreadable = len(self._maker.unreadable)
        return msgspec.structs.asdict(self.report)

    def _end(self, connection: Connection) -> None:
        if self._claim is not None:
            self._claim.end(connection, "done", self._told())

    async def _fail(self) -> None:
        """Say that it is over. Where that cannot be written, its silence says so."""
        claim = self._claim
        if claim is not None:
            with suppress(InboxUnavailable):
                await self._database.write_apart(lambda each: claim.end(each, "failed", self._told()))


def _log_end(connection: Connection) -> int:
    (position,) = connection.run(LOG_END).fetchone()
    return int(position)
