"""Work that is done now and then, by one process at a time: who does it, how far it is, how it went."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from patchbay.inbox.database import sql
from patchbay.inbox.model import InboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.inbox.database import Connection, Database

SILENT_SECONDS = 60.0
"""After which a run that does not move is taken for one whose process has ended."""

RunState: TypeAlias = Literal["running", "done", "failed"]

CLAIM = sql("""
INSERT INTO runs (name, token, state, started_at, seen_at, ended_at, report)
VALUES (:name, :token, 'running', :now, :now, NULL, :report)
ON CONFLICT (name) DO UPDATE SET token = excluded.token, state = excluded.state,
    started_at = excluded.started_at, seen_at = excluded.seen_at, ended_at = NULL, report = excluded.report
WHERE runs.state <> 'running' OR runs.seen_at < :silent_since
""")
BEAT = sql("""
UPDATE runs SET seen_at = :now, report = :report WHERE name = :name AND token = :token AND state = 'running'
""")
END = sql("""
UPDATE runs SET state = :state, seen_at = :now, ended_at = :now, report = :report
WHERE name = :name AND token = :token AND state = 'running'
""")
NOTE = sql("""
INSERT INTO runs (name, token, state, started_at, seen_at, ended_at, report)
VALUES (:name, '', 'done', :started_at, :now, :now, :report)
ON CONFLICT (name) DO UPDATE SET state = excluded.state, started_at = excluded.started_at,
    seen_at = excluded.seen_at, ended_at = excluded.ended_at, report = excluded.report
""")
READ = sql("SELECT name, state, started_at, seen_at, ended_at, report FROM runs WHERE name = :name")


class Run(msgspec.Struct, frozen=True):
    """A run as others see it. Times are in epoch seconds; `report` says what was done so far."""

    name: str
    state: RunState
    started_at: float
    seen_at: float
    ended_at: float | None
    report: dict[str, Any]


class LostRunError(InboxUnavailable):
    """Another process has taken over: this one was silent for too long."""

    def __init__(self) -> None:
        super().__init__("another process has taken over")


class RunClaim:
    """The right to do a work, held by one process until it ends or is silent.

    Args:
        name: of the work.
        token: tells this run from any other.
    """

    def __init__(self, name: str, token: str) -> None:
        self._run = {"name": name, "token": token}

    def beat(self, connection: Connection, report: Mapping[str, object]) -> None:
        """Say that it goes on. Raises LostRunError; what stands in the same transaction is undone then."""
        values = {**self._run, "now": time.time(), "report": json.dumps(report)}
        if not connection.run(BEAT, values).rowcount:
            raise LostRunError

    def end(self, connection: Connection, state: RunState, report: Mapping[str, object]) -> None:
        """Say how it went. Raises LostRunError."""
        values = {**self._run, "state": state, "now": time.time(), "report": json.dumps(report)}
        if not connection.run(END, values).rowcount:
            raise LostRunError


def claim(connection: Connection, name: str, report: Mapping[str, object]) -> RunClaim | None:
    """The right to do this work; None where another process does it."""
    token, now = secrets.token_hex(16), time.time()
    values = {"name": name, "token": token, "now": now, "silent_since": now - SILENT_SECONDS}
    claimed = connection.run(CLAIM, {**values, "report": json.dumps(report)}).rowcount
    return RunClaim(name, token) if claimed else None


def note_done(connection: Connection, name: str, *, started_at: float, report: Mapping[str, object]) -> None:
    """Note a run that needed no claim, because only the process that leads does such work."""
    values = {"name": name, "started_at": started_at, "now": time.time(), "report": json.dumps(report)}
    connection.run(NOTE, values)


async def last_run(database: Database, name: str) -> Run | None:
    """The run under way, or the last one. A run that does not move any more has failed.

    Raises:
        InboxUnavailable: the database cannot say.
    """
    row = await database.read(lambda connection: connection.run(READ, {"name": name}).fetchone())
    if row is None:
        return None
    name, state, started_at, seen_at, ended_at, report = row
    run = Run(name, state, started_at, seen_at, ended_at, json.loads(report))
    is_lost = run.state == "running" and run.seen_at < time.time() - SILENT_SECONDS
    return msgspec.structs.replace(run, state="failed", ended_at=run.seen_at) if is_lost else run
