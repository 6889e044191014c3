"""The threads that read, beside the writer and never blocked by it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, TypeVar

from patchbay.inbox.model import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.inbox.database.base import Work
    from patchbay.inbox.database.connection import Connection

T = TypeVar("T")


class Readers:
    """Runs reads on threads of its own, each with a connection that it keeps.

    Args:
        connect: makes a reading connection; called when one is needed, and again after one that broke.
        translate: as for Writer.
        threads: how many reads run at once.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        translate: Callable[[Exception], tuple[InboxUnavailable, bool]],
        *,
        threads: int,
    ) -> None:
        self._connect = connect
        self._translate = translate
        self._idle: LifoQueue[Connection] = LifoQueue()
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="patchbay-inbox-reader")
        self._closed = False

    async def run(self, work: Work[T]) -> T:
        """What `work` returns; it sees everything that was committed before. Raises InboxUnavailable."""
        if self._closed:
            raise InboxUnavailable("the inbox is closed")
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._perform, work)

    async def close(self) -> None:
        """Returns when the reads under way are done and the connections are closed."""
        self._closed = True
        await asyncio.to_thread(self._executor.shutdown)
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _perform(self, work: Work[T]) -> T:
        connection: Connection | None = None
        try:
            connection = self._idle_one() or self._connect()
            result = work(connection)
        except Exception as error:
            told, is_broken = self._translate(error)
            if connection is not None:
                self._give_back(connection, is_broken=is_broken)
            raise told from error
        self._give_back(connection, is_broken=False)
        return result

    def _idle_one(self) -> Connection | None:
        with suppress(Empty):
            return self._idle.get_nowait()
        return None

    def _give_back(self, connection: Connection, *, is_broken: bool) -> None:
        if is_broken:
            connection.close()
        else:
            self._idle.put(connection)
