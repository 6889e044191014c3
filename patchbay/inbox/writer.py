"""The one thread that writes, and its group commit.

A commit costs an fsync, whatever it holds. Jobs that may share a transaction and wait at the same time are
committed together: while one group is on its way to the disk, the next one gathers.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from patchbay.inbox.model import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MAX_GROUP = 256


@dataclass(frozen=True)
class Job:
    """Statements of one transaction, and who waits for their commit."""

    work: Callable[[sqlite3.Connection], Any]
    shared: bool
    done: asyncio.Future[Any]


class Writer:
    """Runs jobs in their order on a thread of its own.

    Args:
        connection: a writing connection, used by this thread alone from now on, and closed by it.
        max_waiting: how many jobs may be under way; beyond, a job is refused at once.
    """

    def __init__(self, connection: sqlite3.Connection, *, max_waiting: int) -> None:
        self._connection = connection
        self._max_waiting = max_waiting
        self._waiting = 0
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._main, name="patchbay-inbox-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T], *, shared: bool = False) -> T:
        """What `work` returns, after the commit of the transaction that it ran in.

        Args:
            work: executes statements; begins and ends no transaction.
            shared: whether other such jobs may stand in the same transaction. They fail together.

        Raises:
            InboxUnavailable: too many jobs wait, or the database failed; nothing was changed.
        """
        if self._closing:
            raise InboxUnavailable("the inbox is closed")
        if self._waiting >= self._max_waiting:
            raise InboxUnavailable("too many events wait to be stored", retry_after_seconds=1)
        job = Job(work, shared, self._loop.create_future())
        self._waiting += 1
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()
        result: T = await job.done
        return result

    async def close(self) -> None:
        """Returns when everything submitted before is committed and the connection is closed."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)

    def _main(self) -> None:
        while group := self._take():
            self._perform(group)
        self._connection.close()

    def _take(self) -> list[Job]:
        """The next job and those that may share its transaction; empty when closing."""
        with self._changed:
            while not self._jobs and not self._closing:
                self._changed.wait()
            group: list[Job] = []
            while self._jobs and len(group) < MAX_GROUP:
                if group and not (group[0].shared and self._jobs[0].shared):
                    break
                group.append(self._jobs.popleft())
            return group

    def _perform(self, group: list[Job]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [job.work(self._connection) for job in group]
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait get it and the thread lives on
            with suppress(sqlite3.Error):
                self._connection.rollback()
            self._tell(self._fail, group, error)
        else:
            self._tell(self._succeed, group, results)

    def _tell(self, settle: Callable[..., None], group: list[Job], what: object) -> None:
        # A loop that is closed already has nobody left who waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(settle, group, what)

    def _succeed(self, group: list[Job], results: list[Any]) -> None:
        self._waiting -= len(group)
        for job, result in zip(group, results, strict=True):
            if not job.done.done():
                job.done.set_result(result)

    def _fail(self, group: list[Job], cause: Exception) -> None:
        self._waiting -= len(group)
        for job in group:
            error = InboxUnavailable("the inbox's database cannot be written")
            error.__cause__ = cause
            if not job.done.done():
                job.done.set_exception(error)
