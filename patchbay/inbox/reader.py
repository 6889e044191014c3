"""The one thread that reads, beside the writer and never blocked by it."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from patchbay.inbox.model import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Reader:
    """Runs reads in their order on a thread of its own.

    Args:
        connection: a reading connection, used by this thread alone from now on, and closed by it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="patchbay-inbox-reader")
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returns; it sees everything that was committed before. Raises InboxUnavailable."""
        if self._closed:
            raise InboxUnavailable("the inbox is closed")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work, self._connection)
        except sqlite3.Error as error:
            raise InboxUnavailable("the inbox's database cannot be read") from error

    async def close(self) -> None:
        """Returns when the reads under way are done and the connection is closed."""
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._executor, self._connection.close)
        self._executor.shutdown(wait=False)
