"""PostgreSQL, which several replicas share: durability, schema, who leads, and who is woken.

Everything stands in a schema of its own, `patchbay`. Leading is a lock that the leader's own session holds:
it ends with that session, and so does every transaction of a former leader.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from patchbay.errors import ConfigurationError
from patchbay.inbox.database.base import NotLeadingError, RefusedError
from patchbay.inbox.database.readers import Readers
from patchbay.inbox.database.schema import SCHEMA_VERSION, statements, too_new
from patchbay.inbox.database.writer import Writer
from patchbay.inbox.model import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patchbay.environment import Secret
    from patchbay.inbox.database.base import TogetherWork, Work
    from patchbay.inbox.database.connection import Rows
    from patchbay.inbox.database.sql import Sql

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an item

SETTING = "PATCHBAY_DATABASE_URL"
SCHEMA = "patchbay"
CHANNEL = "patchbay"
READERS = 4
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 10
SILENCE_SECONDS = 10
"""After which a connection whose other end does not answer is given up."""

LISTEN_SECONDS = 1.0
LOCKS = {"migrate": 0x5042_0001, "turns": 0x5042_0002, "lead": 0x5042_0003}
"""Keys of advisory locks, in the database."""

TYPES = {
    "serial": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "text": 'TEXT COLLATE "C"',
    "int": "BIGINT",
    "float": "DOUBLE PRECISION",
    "bytes": "BYTEA",
    "without_rowid": "",
}

_SESSION = f"""
SET search_path = {SCHEMA};
SET synchronous_commit = on;
SET statement_timeout = '{STATEMENT_SECONDS}s';
SET lock_timeout = '{STATEMENT_SECONDS}s';
SET idle_in_transaction_session_timeout = '{STATEMENT_SECONDS}s'
"""


class PostgresDatabase:
    """See Database. One thread stores, one leads, a few read, and one listens for others' commits.

    What is in no hurry has a thread for writing and one for reading, which connect when there is something.

    Args:
        url: as postgresql://user:password@host:5432/name.
        max_waiting: how many writes may be under way before more are refused.
    """

    kind = "postgresql"

    def __init__(self, url: Secret, *, max_waiting: int) -> None:
        self._url = url
        self._max_waiting = max_waiting
        self._writer: Writer | None = None
        self._leader: Writer | None = None
        self._readers: Readers | None = None
        self._writer_apart: Writer | None = None
        self._readers_apart: Readers | None = None
        self._listener: _Listener | None = None

    async def open(self, woken: Callable[[], None]) -> None:
        """See Database."""
        await asyncio.to_thread(prepare, self._url)
        connecting = partial(connect, self._url)
        self._writer = Writer(connecting, translated_write, max_waiting=self._max_waiting)
        leading = partial(connect, self._url, leads=True)
        self._leader = Writer(leading, translated_write, max_waiting=self._max_waiting)
        self._readers = Readers(connecting, translated_read, threads=READERS)
        self._writer_apart = Writer(connecting, translated_write, max_waiting=self._max_waiting)
        self._readers_apart = Readers(connecting, translated_read, threads=1)
        self._listener = _Listener(connecting, woken)

    async def close(self) -> None:
        """See Database."""
        apart = (self._readers_apart, self._writer_apart)
        for part in (self._listener, *apart, self._readers, self._leader, self._writer):
            if part is not None:
                await part.close()
        self._writer = self._leader = self._readers = self._listener = None
        self._writer_apart = self._readers_apart = None

    async def write(self, work: Work[T]) -> T:
        """See Database."""
        return await _opened(self._writer).run(work)

    async def write_together(self, work: TogetherWork[I, T], item: I) -> T:
        """See Database."""
        return await _opened(self._writer).run_together(work, item)

    async def lead(self, work: Work[T]) -> T:
        """See Database."""
        return await _opened(self._leader).run(work)

    async def read(self, work: Work[T]) -> T:
        """See Database."""
        return await _opened(self._readers).run(work)

    async def write_apart(self, work: Work[T]) -> T:
        """See Database."""
        return await _opened(self._writer_apart).run(work)

    async def read_apart(self, work: Work[T]) -> T:
        """See Database."""
        return await _opened(self._readers_apart).run(work)

    async def check(self) -> None:
        """See Database."""
        await _opened(self._writer).run(lambda connection: connection.wake_others())


class PostgresConnection:
    """See Connection.

    Args:
        connection: in autocommit mode: transactions are begun by name.
        leads: whether its transactions need the lead.
    """

    def __init__(self, connection: psycopg.Connection[Any], *, leads: bool) -> None:
        self.raw = connection
        self._cursor = connection.cursor(binary=True)
        self._must_lead = leads
        self._leads = False

    def run(self, statement: Sql, values: Mapping[str, object] | None = None) -> Rows:
        """See Connection."""
        cursor: Rows = self.raw.cursor(binary=True).execute(statement.postgres, values or {})
        return cursor

    def run_each(self, statement: Sql, values: Sequence[Mapping[str, object]]) -> list[Any]:
        """See Connection."""
        if not values:
            return []
        # executemany() sends all before it waits for the first answer.
        self._cursor.executemany(statement.postgres, values, returning=True)
        rows = [self._cursor.fetchone()]
        while self._cursor.nextset():
            rows.append(self._cursor.fetchone())
        return rows

    def take_turns(self) -> None:
        """See Connection."""
        self.raw.execute("SELECT pg_advisory_xact_lock(%s)", (LOCKS["turns"],))

    def wake_others(self) -> None:
        """See Connection."""
        self.raw.execute(f"NOTIFY {CHANNEL}")

    def begin(self) -> None:
        """See Connection. Raises NotLeadingError where it must lead and another session does."""
        if self._must_lead and not self._leads:
            (self._leads,) = self.raw.execute("SELECT pg_try_advisory_lock(%s)", (LOCKS["lead"],)).fetchone()  # type: ignore[misc] # one row
            if not self._leads:
                raise NotLeadingError
        self.raw.execute("BEGIN")

    def commit(self) -> None:
        """See Connection."""
        self.raw.execute("COMMIT")

    def rollback(self) -> None:
        """See Connection."""
        with suppress(psycopg.Error):
            self.raw.execute("ROLLBACK")

    def close(self) -> None:
        """See Connection."""
        with suppress(psycopg.Error):
            self.raw.close()


def connect(url: Secret, *, leads: bool = False) -> PostgresConnection:
    """A session with the inbox's settings. Raises psycopg.Error."""
    raw = psycopg.connect(
        url.reveal(),
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        keepalives_idle=SILENCE_SECONDS // 2,
        keepalives_interval=1,
        keepalives_count=SILENCE_SECONDS // 2,
        tcp_user_timeout=SILENCE_SECONDS * 1000,
        application_name="patchbay",
    )
    raw.execute(_SESSION)
    if leads:
        # Silent for so long, it belongs to a process that was stopped, and keeps others from leading.
        raw.execute(f"SET idle_session_timeout = '{SILENCE_SECONDS}s'")
    return PostgresConnection(raw, leads=leads)


def prepare(url: Secret) -> None:
    """Create or migrate the schema, one process after the other.

    Raises:
        ConfigurationError: the database cannot be used; names the setting, and no password.
    """
    try:
        connection = connect(url)
        try:
            _migrate(connection)
        finally:
            connection.close()
    except psycopg.Error as error:
        # libpq's message names host, port and user, and no password.
        raise _unusable(str(error).strip() or type(error).__name__) from error


def _migrate(connection: PostgresConnection) -> None:
    raw = connection.raw
    with raw.transaction():
        raw.execute("SELECT pg_advisory_xact_lock(%s)", (LOCKS["migrate"],))
        raw.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        raw.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        row = raw.execute("SELECT version FROM schema_version").fetchone()
        version = 0 if row is None else int(row[0])
        if version > SCHEMA_VERSION:
            raise _unusable(too_new(version))
        for statement in statements(version, TYPES):
            raw.execute(statement)
        raw.execute("DELETE FROM schema_version")
        raw.execute("INSERT INTO schema_version VALUES (%s)", (SCHEMA_VERSION,))


class _Listener:
    """A thread that calls `woken` on the event loop when another session has committed something."""

    def __init__(self, connecting: Callable[[], PostgresConnection], woken: Callable[[], None]) -> None:
        self._connecting = connecting
        self._woken = woken
        self._loop = asyncio.get_running_loop()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._main, name="patchbay-inbox-listener", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Returns when the thread has ended."""
        self._closing.set()
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        # It waits for a notice, so that one ends it at once.
        with suppress(psycopg.Error), closing(self._connecting()) as connection:
            connection.wake_others()
        self._thread.join()

    def _main(self) -> None:
        while not self._closing.is_set():
            try:
                self._listen()
            except psycopg.Error:
                # Those who would be woken look by themselves, a little later.
                self._closing.wait(LISTEN_SECONDS)

    def _listen(self) -> None:
        connection = self._connecting()
        try:
            connection.raw.execute(f"LISTEN {CHANNEL}")
            self._wake()
            while not self._closing.is_set():
                for _ in connection.raw.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                    self._wake()
        finally:
            connection.close()

    def _wake(self) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._woken)


def translated_write(error: Exception) -> tuple[InboxUnavailable, bool]:
    """What those who wait for a write are told, and whether the session is lost."""
    return _translated(error, "the inbox's database cannot be written")


def translated_read(error: Exception) -> tuple[InboxUnavailable, bool]:
    """What those who wait for a read are told, and whether the session is lost."""
    return _translated(error, "the inbox's database cannot be read")


def _translated(error: Exception, problem: str) -> tuple[InboxUnavailable, bool]:
    if isinstance(error, InboxUnavailable):
        return error, False
    # Not a missing table or right either: they are no fault of the values.
    is_refusal = isinstance(error, psycopg.DataError | psycopg.IntegrityError) or not isinstance(
        error, psycopg.Error | MemoryError
    )
    told = RefusedError(problem) if is_refusal else InboxUnavailable(problem)
    told.__cause__ = error
    # Also where only a statement was given up: a new session costs little, and holds no old locks.
    return told, not is_refusal


def _opened(part: T | None) -> T:
    if part is None:
        raise InboxUnavailable("the inbox is not open")
    return part


def _unusable(problem: str) -> ConfigurationError:
    return ConfigurationError(f"the inbox cannot use its database (setting {SETTING}): {problem}")
