"""Mistakes that somebody could make in the inbox, see tests.promises.mutants.

What a mistake does can depend on the database. So each has a mutant for each database, and a row that is
measured with one is measured on that database alone.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from patchbay.inbox import events, records, retention
from patchbay.inbox.applying import ApplyLoop
from patchbay.inbox.database import postgres, sql, sqlite, writer
from patchbay.inbox.database.postgres import PostgresConnection
from patchbay.inbox.database.sqlite import SqliteConnection
from patchbay.inbox.database.writer import Job, Writer
from patchbay.inbox.model import InboxUnavailable, Outcome, Receipt
from patchbay.inbox.signatures import checks
from tests.inbox.ack_before_commit import AckBeforeCommit
from tests.promises.patching import patch

DATABASES: Final = ("SQLite", "PostgreSQL")


def ack_before_commit() -> None:
    """An event is acknowledged first and committed a moment later."""
    for module in (sqlite, postgres):
        patch(module, "Writer", AckBeforeCommit)


def no_fsync() -> None:
    """A commit does not wait for the disk."""
    connect_sqlite, connect_postgres = sqlite.connect, postgres.connect

    def careless_sqlite(*arguments: Any, **options: Any) -> SqliteConnection:
        connection = connect_sqlite(*arguments, **options)
        connection.raw.execute("PRAGMA synchronous = OFF")
        return connection

    def careless_postgres(*arguments: Any, **options: Any) -> PostgresConnection:
        connection = connect_postgres(*arguments, **options)
        connection.raw.execute("SET synchronous_commit = off")
        return connection

    patch(sqlite, "connect", careless_sqlite)
    patch(postgres, "connect", careless_postgres)


def failure_unheard() -> None:
    """Who waits for a store hears that it is done, whatever the database said."""

    def fail(self: Writer, group: list[Job], told: InboxUnavailable) -> None:
        if group[0].shared:
            self._succeed(group, [Receipt("new")] * len(group))
        else:
            heard(self, group, told)

    heard = Writer._fail  # noqa: SLF001 - the point where it is said
    patch(Writer, "_fail", fail)


def applied_on_the_loop() -> None:
    """Events are read where requests are answered, and no longer on a thread."""

    async def batch(self: ApplyLoop) -> bool:
        handlers = dict(self._handlers)
        waiting = await self._events.pending(handlers)
        if waiting:
            await self._write(self._read(waiting, handlers))
        return bool(waiting)

    patch(ApplyLoop, "_batch", batch)


def commit_per_event() -> None:
    """No event shares a commit."""
    patch(writer, "MAX_GROUP", 1)


def ids_kept_for_hours() -> None:
    """A day of what is kept has an hour."""
    patch(retention, "DAY_SECONDS", 3600.0)


def ids_not_looked_at() -> None:
    """A delivery is a new event, whatever its id."""
    row = events._row  # noqa: SLF001 - what is stored of an arrival
    numbers = itertools.count()

    def unique(*item: Any) -> dict[str, Any]:
        made: dict[str, Any] = row(*item)
        return {**made, "event_id": f"{made['event_id']}#{os.getpid()}-{next(numbers)}"}

    patch(events, "_row", unique)


def last_one_wins() -> None:
    """A record is what the last event says, whichever version that is."""
    text = records.UPSERT.sqlite.partition("WHERE excluded.version")[0]
    patch(records, "UPSERT", sql(text))


def poison_stops_all() -> None:
    """An event that cannot be read stops the batch that it stands in."""

    def failed(_: ApplyLoop, event: object, problem: str) -> Outcome:
        raise InboxUnavailable(f"{event}: {problem}")

    patch(ApplyLoop, "_failed", failed)


def poison_for_ever() -> None:
    """An event that cannot be applied is tried again without an end."""
    failed = ApplyLoop._failed  # noqa: SLF001 - where it is given up

    def patient(self: ApplyLoop, event: Any, problem: str) -> Outcome:
        outcome = failed(self, event, problem)
        return Outcome(outcome.event, "new", error=outcome.error, try_at=outcome.try_at)

    patch(ApplyLoop, "_failed", patient)


def any_signature() -> None:
    """A signature is not compared with what it should be."""
    patch(checks, "require_match", lambda *_: None)


def any_time() -> None:
    """A delivery may have been signed at any time."""
    patch(checks, "require_fresh", lambda *_: None)


_EVERY: Final = (
    ack_before_commit, no_fsync, failure_unheard, applied_on_the_loop, commit_per_event, ids_kept_for_hours,
    ids_not_looked_at, last_one_wins, poison_stops_all, poison_for_ever,
)  # fmt: skip

INBOX_MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    f"{mutant.__name__.replace('_', '-')}-{database.lower()}": mutant
    for mutant in _EVERY
    for database in DATABASES
} | {"any-signature": any_signature, "any-time": any_time}


def on_both(**what: str) -> dict[str, str]:
    """For a row's mutants: name of the function here -> what is broken, in words."""
    return {
        f"{name.replace('_', '-')}-{database.lower()}": f"{words}, on {database}"
        for name, words in what.items()
        for database in DATABASES
    }
