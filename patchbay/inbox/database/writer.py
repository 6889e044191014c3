"""The one thread that writes on a connection, and its group commit.

A commit costs an fsync, whatever it holds. Jobs that may share a transaction and wait at the same time are
committed together: while one group is on its way to the disk, the next one gathers.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from patchbay.inbox.database.base import RefusedError
from patchbay.inbox.model import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.inbox.database.base import TogetherWork, Work
    from patchbay.inbox.database.connection import Connection

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an item

MAX_GROUP = 256


@dataclass(frozen=True)
class Job:
    """Statements of one transaction, and who waits for their commit. `item` is for work that is shared."""

    work: Callable[..., Any]
    item: Any
    shared: bool
    done: asyncio.Future[Any]


class Writer:
    """Runs jobs in their order on a thread of its own.

    Args:
        connect: makes the connection, on the thread; called again after one that broke.
        translate: a driver's error -> what those who wait are told, and whether the connection is broken.
        max_waiting: how many jobs may be under way; beyond, a job is refused at once.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        translate: Callable[[Exception], tuple[InboxUnavailable, bool]],
        *,
        max_waiting: int,
    ) -> None:
        self._connect = connect
        self._translate = translate
        self._connection: Connection | None = None
        self._max_waiting = max_waiting
        self._waiting = 0
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._main, name="patchbay-inbox-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T]) -> T:
        """What `work` returns, after the commit of its own transaction. Raises InboxUnavailable."""
        result: T = await self._submit(work, None, shared=False)
        return result

    async def run_together(self, work: TogetherWork[I, T], item: I) -> T:
        """As `run`, for one item: neighbours of the same `work` stand in one transaction, and fail together.

        Where the database refuses a group, each stands in one of its own, so that the culprit fails alone.
        """
        result: T = await self._submit(work, item, shared=True)
        return result

    async def _submit(self, work: Callable[..., Any], item: Any, *, shared: bool) -> Any:
        if self._closing:
            raise InboxUnavailable("the inbox is closed")
        if self._waiting >= self._max_waiting:
            raise InboxUnavailable("too many events wait to be stored", retry_after_seconds=1)
        job = Job(work, item, shared, self._loop.create_future())
        self._waiting += 1
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()
        return await job.done

    async def close(self) -> None:
        """Returns when everything submitted before is committed and the connection is closed."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)

    def _main(self) -> None:
        while group := self._take():
            self._perform(group)
        self._drop()

    def _take(self) -> list[Job]:
        """The next job and those that may share its transaction; empty when closing."""
        with self._changed:
            while not self._jobs and not self._closing:
                self._changed.wait()
            group: list[Job] = []
            while self._jobs and len(group) < MAX_GROUP:
                if group and not (self._jobs[0].shared and self._jobs[0].work == group[0].work):
                    break
                group.append(self._jobs.popleft())
            return group

    def _perform(self, group: list[Job]) -> None:
        try:
            connection = self._connected()
            connection.begin()
            results = _results(connection, group)
            connection.commit()
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait get it and the thread lives on
            told, is_broken = self._translate(error)
            self._undo(is_broken=is_broken)
            if isinstance(told, RefusedError) and len(group) > 1:
                for job in group:
                    self._perform([job])
            else:
                self._tell(self._fail, group, told)
        else:
            self._tell(self._succeed, group, results)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _undo(self, *, is_broken: bool) -> None:
        if is_broken:
            self._drop()
        elif self._connection is not None:
            self._connection.rollback()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _tell(self, settle: Callable[..., None], group: list[Job], what: object) -> None:
        # A loop that is closed already has nobody left who waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(settle, group, what)

    def _succeed(self, group: list[Job], results: Sequence[Any]) -> None:
        self._waiting -= len(group)
        for job, result in zip(group, results, strict=True):
            if not job.done.done():
                job.done.set_result(result)

    def _fail(self, group: list[Job], told: InboxUnavailable) -> None:
        self._waiting -= len(group)
        for job in group:
            error = told if len(group) == 1 else _copy(told)
            if not job.done.done():
                job.done.set_exception(error)


def _results(connection: Connection, group: list[Job]) -> Sequence[Any]:
    first = group[0]
    if first.shared:
        results: Sequence[Any] = first.work(connection, [job.item for job in group])
        return results
    return [first.work(connection)]


def _copy(told: InboxUnavailable) -> InboxUnavailable:
    """One for each who waits: an exception that is raised in several places gathers all their tracebacks."""
    copied = InboxUnavailable(str(told), retry_after_seconds=told.retry_after_seconds)
    copied.__cause__ = told.__cause__
    return copied
