"""The loop from stored events to records.

It keeps no position of its own: an event's state is in the database, and changes in the transaction that
writes its records. After a crash the loop finds what is left, and nothing is applied twice.
"""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from patchbay.inbox.model import Change, EventFailed, InboxUnavailable, Notice, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patchbay.inbox.model import Event, Handler, Listener
    from patchbay.inbox.sqlite import SqliteStore

RETRY_SECONDS = 1.0
PUBLISHED_AT_ONCE = 32

_log = structlog.get_logger("patchbay.inbox")


class ApplyLoop:
    """Applies new events in the order they were stored.

    Args:
        store: where events come from and records go.
        publish: called for each change that won, after its commit.
    """

    def __init__(self, store: SqliteStore, publish: Callable[[Change], None]) -> None:
        self._store = store
        self._publish = publish
        self._handlers: dict[str, tuple[Handler, ...]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._executor: ThreadPoolExecutor | None = None

    @property
    def running(self) -> bool:
        """Whether events are being applied."""
        return self._task is not None and not self._task.done()

    def register(self, upstream: str, handlers: Sequence[Handler]) -> None:
        """Apply this upstream's events from now on. Events of other upstreams stay new."""
        self._handlers[upstream] = tuple(handlers)
        self.wake()

    def unregister(self, upstream: str) -> None:
        """Leave this upstream's events as they are from now on."""
        self._handlers.pop(upstream, None)

    def wake(self) -> None:
        """Say that there may be new events."""
        self._wake.set()

    def start(self) -> None:
        """Begin with what is stored already."""
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="patchbay-inbox-apply")
        self._task = asyncio.create_task(self._main(), name="patchbay-inbox-apply")

    async def stop(self) -> None:
        """Returns when no more is applied. What was under way is applied at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._task = self._executor = None

    async def _main(self) -> None:
        while True:
            self._wake.clear()
            try:
                busy = await self._batch()
            except InboxUnavailable as error:
                _log.error("not applied, tried again", error=str(error), cause=repr(error.__cause__))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if not busy:
                await self._wake.wait()

    async def _batch(self) -> bool:
        """Apply some events; False when there were none."""
        handlers = dict(self._handlers)
        events = await self._store.pending(handlers) if handlers else []
        if not events:
            return False
        # On a thread, so that a build function that takes long delays no acknowledgement.
        loop = asyncio.get_running_loop()
        outcomes = await loop.run_in_executor(self._executor, read_events, events, handlers)
        await self._write(outcomes)
        return True

    async def _write(self, outcomes: list[Outcome]) -> None:
        """Write and publish them; where the database refuses some, one by one, the culprits as failed."""
        try:
            changes = await self._store.apply(outcomes)
        except InboxUnavailable as error:
            if not _is_refusal(error.__cause__):
                raise
            if len(outcomes) > 1:
                for outcome in outcomes:
                    await self._write([outcome])
                return
            problem = f"the database refuses it: {type(error.__cause__).__name__}"
            _log.error("event failed", seq=outcomes[0].seq, error=problem)
            outcomes = [Outcome(outcomes[0].seq, "failed", error=problem)]
            changes = await self._store.apply(outcomes)
        # First, so that a subscriber who asks what an event has changed is not answered from before it.
        await _tell(outcomes)
        for number, change in enumerate(changes, 1):
            self._publish(change)
            if number % PUBLISHED_AT_ONCE == 0:
                # Lets subscribers empty their queues: a big batch alone must overflow nobody who reads.
                await asyncio.sleep(0)


def read_events(events: Sequence[Event], handlers: Mapping[str, Sequence[Handler]]) -> list[Outcome]:
    """What each event comes to, in their order. An event that cannot be read is `failed` and logged."""
    return [_read_event(event, handlers[event.upstream]) for event in events]


def _read_event(event: Event, handlers: Sequence[Handler]) -> Outcome:
    try:
        read = [handle(event.body) for handle in handlers]
    except Exception as error:  # noqa: BLE001 - a foreign function; its event is marked, the others go on
        problem = _describe(error)
        _log.error("event failed", upstream=event.upstream, seq=event.seq, error=problem)
        return Outcome(event.seq, "failed", error=problem)
    changes = tuple(each for each in read if isinstance(each, Change))
    notices = tuple(each for each in read if isinstance(each, Notice))
    return Outcome(event.seq, "applied" if changes or notices else "ignored", changes, notices=notices)


async def _tell(outcomes: Sequence[Outcome]) -> None:
    """Tell listeners what the events have changed, each of all its keys at once."""
    told: dict[Listener, dict[Any, None]] = {}
    for outcome in outcomes:
        for notice in outcome.notices:
            told.setdefault(notice.listener, {})[notice.key] = None
    for listener, keys in told.items():
        try:
            await listener.tell(list(keys))
        except Exception as error:  # noqa: BLE001 - what it keeps is no matter of the events, which are applied
            _log.error("change not told", error=_describe(error))


def _is_refusal(cause: BaseException | None) -> bool:
    """Whether the database works, and refuses what it was given.

    Not where it is busy, full or broken: a damaged file is a plain DatabaseError, and none of its subclasses.
    """
    if cause is None or type(cause) is sqlite3.DatabaseError:
        return False
    return not isinstance(cause, sqlite3.OperationalError | MemoryError)


def _describe(error: Exception) -> str:
    """What went wrong and where. Not the message of a foreign error, which often quotes the payload."""
    if isinstance(error, EventFailed):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
