"""The loop from stored events to records, run by the one process that leads.

It keeps no position of its own: an event's state is in the database, and changes in the transaction that
writes its records. After a crash the loop finds what is left, and nothing is applied twice. Events may fail
and be late, so that a single position could not say which of them are done.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from patchbay.inbox import outbox, records
from patchbay.inbox.database import NotLeadingError, RefusedError
from patchbay.inbox.events import mark
from patchbay.inbox.model import Change, EventFailed, InboxUnavailable, Notice, Outcome
from patchbay.inbox.tasks import end, wait_until_set
from patchbay.inbox.threads import on_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patchbay.inbox.database import Connection, Database
    from patchbay.inbox.events import EventStore
    from patchbay.inbox.model import Event, Handler, Listener
    from patchbay.inbox.options import InboxOptions
    from patchbay.inbox.triggers import Triggers

RETRY_SECONDS = 1.0
POLL_SECONDS = 1.0

_log = structlog.get_logger("patchbay.inbox")


class ApplyLoop:
    """Applies new events in the order they were stored.

    Args:
        database: where records go.
        events: where events come from.
        options: how often a failing event is tried, and when.
        triggers: which reactions events set off.
        applied: called after a commit that may have changed records.

    Attributes:
        leads: whether this process did when it last asked.
    """

    def __init__(
        self,
        database: Database,
        events: EventStore,
        options: InboxOptions,
        triggers: Triggers,
        applied: Callable[[], None],
    ) -> None:
        self._database = database
        self._events = events
        self._options = options
        self._triggers = triggers
        self._applied = applied
        self._handlers: dict[str, tuple[Handler, ...]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._leads_since = 0.0
        self.leads = False

    @property
    def running(self) -> bool:
        """Whether events are being applied, here or by the process that leads."""
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
        self._task = asyncio.create_task(self._main(), name="patchbay-inbox-apply")

    async def stop(self) -> None:
        """Returns when no more is applied. What was under way is applied at the next start."""
        await end(self._task)
        self._task = None

    async def _main(self) -> None:
        while True:
            self._wake.clear()
            wait_seconds = POLL_SECONDS
            try:
                await self._lead()
                while await self._batch():
                    pass
                next_seconds = await self._events.next_try_seconds()
                wait_seconds = (
                    POLL_SECONDS if next_seconds is None else min(POLL_SECONDS, next_seconds + 0.001)
                )
            except NotLeadingError:
                self.leads = False
            except InboxUnavailable as error:
                self.leads = False
                _log.error("not applied, tried again", error=str(error), cause=repr(error.__cause__))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await wait_until_set(self._wake, wait_seconds)

    async def _lead(self) -> None:
        """Raises NotLeadingError where another process does. Asked now and then, which keeps it alive."""
        if time.monotonic() - self._leads_since >= POLL_SECONDS:
            await self._database.lead(lambda _: None)
            self._leads_since = time.monotonic()
            self.leads = True

    async def _batch(self) -> bool:
        """Apply some events; False when there were none."""
        handlers = dict(self._handlers)
        events = await self._events.pending(handlers) if handlers else []
        if not events:
            return False
        try:
            outcomes = await self._read_beside(events, handlers)
        except TimeoutError:
            await self._batch_one_by_one(events, handlers)
        else:
            await self._write(outcomes)
        return True

    async def _batch_one_by_one(
        self, events: Sequence[Event], handlers: Mapping[str, Sequence[Handler]]
    ) -> None:
        """Apply events of which one takes too long, or all together do: who does alone has failed."""
        for event in events:
            try:
                outcomes = await self._read_beside([event], handlers)
            except TimeoutError:
                limit = self._options.handler_seconds
                outcomes = [self._failed(event, f"its handlers take longer than {limit:g} s")]
            await self._write(outcomes)

    async def _read_beside(
        self, events: Sequence[Event], handlers: Mapping[str, Sequence[Handler]]
    ) -> list[Outcome]:
        """On a thread, so that a build function that takes long delays no acknowledgement."""
        return await on_thread(
            partial(self._read, events, handlers),
            name="patchbay-inbox-apply",
            seconds=self._options.handler_seconds,
        )

    async def _write(self, outcomes: Sequence[Outcome]) -> None:
        """Write and tell them; where the database refuses some, one by one, the culprits as failed."""
        try:
            await self._database.lead(lambda connection: _apply(connection, outcomes))
        except RefusedError as error:
            if len(outcomes) > 1:
                for outcome in outcomes:
                    await self._write([outcome])
                return
            problem = f"the database refuses it: {type(error.__cause__).__name__}"
            outcomes = [self._failed(outcomes[0].event, problem)]
            await self._database.lead(lambda connection: _apply(connection, outcomes))
        # First, so that a subscriber who asks what an event has changed is not answered from before it.
        await _tell(outcomes)
        self._applied()

    def _read(self, events: Sequence[Event], handlers: Mapping[str, Sequence[Handler]]) -> list[Outcome]:
        return [self._read_event(event, handlers[event.upstream]) for event in events]

    def _read_event(self, event: Event, handlers: Sequence[Handler]) -> Outcome:
        try:
            read = [handle(event) for handle in handlers]
            changes = tuple(each for each in read if isinstance(each, Change))
            set_off = tuple(self._triggers.read(event, changes))
        except Exception as error:  # noqa: BLE001 - a foreign function; its event is marked, the others go on
            return self._failed(event, _describe(error))
        notices = tuple(each for each in read if isinstance(each, Notice))
        return Outcome(
            event, "applied" if changes or notices else "ignored", changes, notices, set_off=set_off
        )

    def _failed(self, event: Event, problem: str) -> Outcome:
        """An event that cannot be applied: tried again after a while, and given up after some tries."""
        attempts = event.attempts + 1
        is_dead = attempts >= self._options.attempts
        _log.log(
            40 if is_dead else 30,
            "event given up" if is_dead else "event failed",
            upstream=event.upstream,
            seq=event.seq,
            attempts=attempts,
            error=problem,
        )
        try_at = 0.0 if is_dead else time.time() + self._options.backoff_seconds(attempts)
        return Outcome(event, "dead" if is_dead else "new", error=problem, try_at=try_at)


def _apply(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Mark events and write what they change, in one transaction."""
    connection.take_turns()
    for outcome in outcomes:
        event = outcome.event
        if mark(connection, outcome):
            for change in outcome.changes:
                records.write(connection, change, as_of=event.received_at, seq=event.seq)
            outbox.set_off(connection, event, outcome.set_off)
    connection.wake_others()


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


def _describe(error: Exception) -> str:
    """What went wrong and where. Not the message of a foreign error, which often quotes the payload."""
    if isinstance(error, EventFailed):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
