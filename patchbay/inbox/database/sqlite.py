"""The SQLite file: durability, schema, who leads, and the sentence when it cannot be used.

One process at a time writes; a lock on a file beside the database says which one leads, and ends with it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from patchbay.errors import ConfigurationError
from patchbay.inbox.database.base import NotLeadingError, RefusedError
from patchbay.inbox.database.readers import Readers
from patchbay.inbox.database.schema import SCHEMA_VERSION, statements, too_new
from patchbay.inbox.database.writer import Writer
from patchbay.inbox.model import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from patchbay.inbox.database.base import TogetherWork, Work
    from patchbay.inbox.database.connection import Connection, Rows
    from patchbay.inbox.database.sql import Sql

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an item

SETTING = "PATCHBAY_DATABASE"
APPLICATION_ID = 0x50426179
"""In the file's header: it is an inbox."""

BUSY_TIMEOUT_SECONDS = 5.0
LEADER_SUFFIX = "-leader"
TYPES = {
    "serial": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "text": "TEXT",
    "int": "INTEGER",
    "float": "REAL",
    "bytes": "BLOB",
    "without_rowid": "WITHOUT ROWID",
}


class SqliteDatabase:
    """See Database. One thread writes, one reads, and one reads what may take long.

    Args:
        path: the file; made when it is not there. Its folder must exist.
        max_waiting: how many writes may be under way before more are refused.
    """

    kind = "sqlite"

    def __init__(self, path: Path, *, max_waiting: int) -> None:
        self._path = path
        self._max_waiting = max_waiting
        self._writer: Writer | None = None
        self._readers: Readers | None = None
        self._apart: Readers | None = None
        self._leader: int | None = None

    async def open(self, woken: Callable[[], None]) -> None:
        """See Database. Nothing wakes: other processes' commits are found by those who look."""
        del woken
        connection = await asyncio.to_thread(connect, self._path)
        first = [connection]
        self._writer = Writer(
            lambda: first.pop() if first else connect(self._path),
            translated_write,
            max_waiting=self._max_waiting,
        )
        reading = partial(connect, self._path, read_only=True)
        self._readers = Readers(reading, translated_read, threads=1)
        self._apart = Readers(reading, translated_read, threads=1)

    async def close(self) -> None:
        """See Database."""
        # The writer's connection is the last one to close, so that it empties the write-ahead log.
        for readers in (self._readers, self._apart):
            if readers is not None:
                await readers.close()
        if self._writer is not None:
            await self._writer.close()
        if self._leader is not None:
            os.close(self._leader)
        self._readers = self._apart = self._writer = self._leader = None

    async def write(self, work: Work[T]) -> T:
        """See Database."""
        return await self._writing().run(work)

    async def write_together(self, work: TogetherWork[I, T], item: I) -> T:
        """See Database."""
        return await self._writing().run_together(work, item)

    async def lead(self, work: Work[T]) -> T:
        """See Database."""
        writer = self._writing()
        if self._leader is None:
            self._leader = _take_lead(self._path)
        return await writer.run(work)

    async def read(self, work: Work[T]) -> T:
        """See Database."""
        return await _opened(self._readers).run(work)

    async def write_apart(self, work: Work[T]) -> T:
        """See Database. SQLite has one writer at a time: a queue is fairer than two that try for its lock."""
        return await self._writing().run(work)

    async def read_apart(self, work: Work[T]) -> T:
        """See Database."""
        return await _opened(self._apart).run(work)

    async def check(self) -> None:
        """See Database."""
        await self._writing().run(lambda connection: _as_sqlite(connection).set_version())

    def _writing(self) -> Writer:
        return _opened(self._writer)


class SqliteConnection:
    """See Connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.raw = connection

    def run(self, statement: Sql, values: Mapping[str, object] | None = None) -> Rows:
        """See Connection."""
        return self.raw.execute(statement.sqlite, values or {})

    def run_each(self, statement: Sql, values: Sequence[Mapping[str, object]]) -> list[Any]:
        """See Connection."""
        return [self.run(statement, each).fetchone() for each in values]

    def take_turns(self) -> None:
        """Nothing to wait for: SQLite has one writer at a time."""

    def wake_others(self) -> None:
        """They look for themselves."""

    def begin(self) -> None:
        """See Connection."""
        self.raw.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """See Connection."""
        self.raw.execute("COMMIT")

    def rollback(self) -> None:
        """See Connection."""
        with suppress(sqlite3.Error):
            self.raw.rollback()

    def close(self) -> None:
        """See Connection."""
        self.raw.close()

    def set_version(self) -> None:
        """Written even when it stands there already: a file that cannot be written is found out now."""
        self.raw.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def connect(path: Path, *, read_only: bool = False) -> SqliteConnection:
    """A connection in autocommit mode: transactions are begun by name.

    It may be handed to another thread, and is then used by that thread alone.

    Raises:
        ConfigurationError: the file cannot be used; names the path and the setting.
    """
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise _unusable(path, str(error)) from error
    try:
        return _prepared(connection, path, read_only=read_only)
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, str(error)) from error
    except ConfigurationError:
        connection.close()
        raise


def _prepared(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> SqliteConnection:
    # FULL: a commit returns after its fsync. NORMAL would lose acknowledged events when the power fails.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    prepared = SqliteConnection(connection)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        return prepared
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise _unusable(path, f"it stays in journal mode {mode}, where readers block the writer")
    # One transaction, so that two processes that start on a new file do not both create the tables.
    prepared.begin()
    try:
        _migrate(prepared, path)
    except BaseException:
        prepared.rollback()
        raise
    prepared.commit()
    return prepared


def _migrate(connection: SqliteConnection, path: Path) -> None:
    raw = connection.raw
    (version,) = raw.execute("PRAGMA user_version").fetchone()
    (application,) = raw.execute("PRAGMA application_id").fetchone()
    (tables,) = raw.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and tables:
        raise _unusable(path, "it is no inbox, or an older development version's; name another file")
    if version > SCHEMA_VERSION:
        raise _unusable(path, too_new(version))
    # Not executescript(), which would commit first.
    for statement in statements(version if application == APPLICATION_ID else 0, TYPES):
        raw.execute(statement)
    raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.set_version()


def translated_write(error: Exception) -> tuple[InboxUnavailable, bool]:
    """What those who wait for a write are told. The connection stays: SQLite's does not break."""
    return _translated(error, "the inbox's database cannot be written"), False


def translated_read(error: Exception) -> tuple[InboxUnavailable, bool]:
    """What those who wait for a read are told."""
    return _translated(error, "the inbox's database cannot be read"), False


def _translated(error: Exception, problem: str) -> InboxUnavailable:
    if isinstance(error, InboxUnavailable):
        return error
    # Busy, full or broken. A damaged file is a plain DatabaseError, and none of its subclasses.
    is_ill = type(error) is sqlite3.DatabaseError or isinstance(
        error, sqlite3.OperationalError | MemoryError | ConfigurationError
    )
    told = InboxUnavailable(problem) if is_ill else RefusedError(problem)
    told.__cause__ = error
    return told


def _take_lead(path: Path) -> int:
    """A descriptor that holds the lock. Raises NotLeadingError where another process has it."""
    descriptor = os.open(f"{path}{LEADER_SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise NotLeadingError from error
    return descriptor


def _opened(part: T | None) -> T:
    if part is None:
        raise InboxUnavailable("the inbox is not open")
    return part


def _as_sqlite(connection: Connection) -> SqliteConnection:
    assert isinstance(connection, SqliteConnection)  # noqa: S101 - this database makes no other
    return connection


def _unusable(path: Path, problem: str) -> ConfigurationError:
    return ConfigurationError(f"the inbox cannot use {path} (setting {SETTING}): {problem}")
