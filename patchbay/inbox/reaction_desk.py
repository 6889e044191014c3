"""What operators see and do of reactions, in any process on the database.

They change only what the leader leaves alone: reactions that failed, are in doubt or are held.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from patchbay.errors import InputError
from patchbay.inbox.database import sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.inbox.database import Connection, Database
    from patchbay.inbox.database.base import Work

ReactionState: TypeAlias = Literal["running", "held", "done", "failed", "in_doubt"]
StepState: TypeAlias = Literal["waiting", "running", "done", "failed", "in_doubt"]

MAX_PAGE = 500
_ANY = 2**63 - 1

_COLUMNS = """
reactions.id, reactions.reaction, reactions.upstream, reactions.event_id, reactions.cause, reactions.state,
reactions.error, reactions.try_at, reactions.created_at, reactions.ended_at
"""
LIST = sql(f"""
SELECT {_COLUMNS} FROM reactions WHERE id < :before ORDER BY id DESC LIMIT :most
""")  # noqa: S608 - a constant
LIST_STATE = sql(f"""
SELECT {_COLUMNS} FROM reactions WHERE state = :state AND id < :before ORDER BY id DESC LIMIT :most
""")  # noqa: S608 - a constant
SHOW = sql(f"SELECT {_COLUMNS} FROM reactions WHERE id = :id")  # noqa: S608 - a constant
STEPS = sql("""
SELECT name, state, attempts, error, started_at, ended_at FROM steps WHERE reaction_id = :id ORDER BY place
""")
COUNT = sql("SELECT state, count(*) FROM reactions WHERE state <> 'done' GROUP BY state")
# An update, which keeps the leader out until the end of the transaction.
TAKE = sql("""
UPDATE reactions SET error = error WHERE id = :id AND state IN ('held', 'failed', 'in_doubt') RETURNING state
""")
GO_ON = sql("""
UPDATE reactions SET state = 'running', try_at = 0, error = NULL, ended_at = NULL WHERE id = :id
""")
AGAIN = sql("""
UPDATE steps SET state = 'waiting', attempts_before = attempts WHERE reaction_id = :id AND name = :name
""")
DONE = sql("""
UPDATE steps SET state = 'done', result = :result, error = NULL, ended_at = COALESCE(ended_at, :now)
WHERE reaction_id = :id AND name = :name
""")


class ReactionStep(msgspec.Struct, frozen=True):
    """A step as operators see it. Times are epoch seconds; `error` is of its last try."""

    name: str
    state: StepState
    attempts: int
    error: str | None
    started_at: float | None
    ended_at: float | None


class ReactionReport(msgspec.Struct, frozen=True):
    """A reaction as operators see it, without anything of what set it off.

    Args:
        id: its number.
        reaction: its name.
        upstream, event_id: whose event set it off, and which.
        cause: what no second reaction is set off by.
        state: held: this release cannot go on with it, and `error` says why.
        error: of the reaction; those of its steps stand there.
        try_at: epoch seconds, from when on it is worked at; not in the past while it waits.
        created_at: epoch seconds.
        ended_at: epoch seconds; None while it is under way or held.
        steps: in their order.
    """

    id: int
    reaction: str
    upstream: str
    event_id: str
    cause: str
    state: ReactionState
    error: str | None
    try_at: float
    created_at: float
    ended_at: float | None
    steps: tuple[ReactionStep, ...] = ()


class ReactionDesk:
    """Every method raises InboxUnavailable.

    Args:
        database: where reactions are.
        woken: called when one goes on that did not before, in this process.
    """

    def __init__(self, database: Database, woken: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._woken = woken

    async def list(
        self, state: ReactionState | None = None, *, before: int | None = None, most: int = 50
    ) -> list[ReactionReport]:
        """The newest ones first, with their steps.

        Args:
            state: only those in it.
            before: only those with a lower id, for the next page.
            most: how many, at most MAX_PAGE.
        """
        return await self._database.read_apart(
            partial(_list, state=state, before=_ANY if before is None else before, most=min(most, MAX_PAGE))
        )

    async def show(self, id: int) -> ReactionReport | None:
        """One of them; None where there is none."""
        return await self._database.read_apart(partial(_show, id=id))

    async def counts(self) -> dict[str, int]:
        """How many there are in each state; those that are done are not counted."""
        found = await self._database.read_apart(lambda connection: connection.run(COUNT).fetchall())
        none = dict.fromkeys(("running", "held", "failed", "in_doubt"), 0)
        return none | {state: int(count) for state, count in found}

    async def again(self, id: int) -> ReactionReport:
        """Try the step that failed or is in doubt again, and go on from there.

        Raises:
            InputError: there is no such reaction, or it is in no such state.
        """
        return await self._change(partial(_again, id=id))

    async def resolve(self, id: int, result: bytes = b"null", *, step: str | None = None) -> ReactionReport:
        """Say that a step has happened, and go on behind it.

        Args:
            id: the reaction's.
            result: what it would have returned, as JSON. What does not fit the step's declaration holds the
                reaction.
            step: its name; None for the first that is not done. One that is done gets another result.

        Raises:
            InputError: there is no such reaction or step, the reaction is under way or done, steps before
                this one are not done, or the result is no JSON.
        """
        try:
            msgspec.json.decode(result)
        except (ValueError, RecursionError) as error:
            raise InputError("result", "is no JSON") from error
        return await self._change(partial(_resolve, id=id, result=result, name=step))

    async def _change(self, work: Work[ReactionReport | InputError]) -> ReactionReport:
        answer = await self._database.write_apart(work)
        if isinstance(answer, InputError):
            raise answer
        self._woken()
        return answer


def _list(
    connection: Connection, state: ReactionState | None, before: int, most: int
) -> list[ReactionReport]:
    values: dict[str, object] = {"before": before, "most": most}
    if state is None:
        rows = connection.run(LIST, values).fetchall()
    else:
        rows = connection.run(LIST_STATE, {**values, "state": state}).fetchall()
    return [_report(connection, row) for row in rows]


def _show(connection: Connection, id: int) -> ReactionReport | None:
    row = connection.run(SHOW, {"id": id}).fetchone()
    return None if row is None else _report(connection, row)


def _report(connection: Connection, row: tuple[Any, ...]) -> ReactionReport:
    steps = tuple(ReactionStep(*each) for each in connection.run(STEPS, {"id": row[0]}))
    return ReactionReport(*(*row, steps))


# What they answer is no exception: it would be taken for one of the database's.
def _again(connection: Connection, id: int) -> ReactionReport | InputError:
    report = _taken(connection, id)
    if isinstance(report, InputError):
        return report
    step = next((each for each in report.steps if each.state in ("failed", "in_doubt")), None)
    if step is None:
        return InputError("id", "is that of a reaction without a step that failed or is in doubt")
    connection.run(AGAIN, {"id": id, "name": step.name})
    return _gone_on(connection, id)


def _resolve(connection: Connection, id: int, result: bytes, name: str | None) -> ReactionReport | InputError:
    report = _taken(connection, id)
    if isinstance(report, InputError):
        return report
    first = next((each.name for each in report.steps if each.state != "done"), None)
    name = name or first
    done = {each.name for each in report.steps if each.state == "done"}
    if name is None or (name != first and name not in done):
        return InputError("step", "is none of the reaction's, or steps before it are not done")
    connection.run(DONE, {"id": id, "name": name, "result": result, "now": time.time()})
    return _gone_on(connection, id)


def _taken(connection: Connection, id: int) -> ReactionReport | InputError:
    taken = connection.run(TAKE, {"id": id}).fetchone()
    report = _show(connection, id)
    if report is None:
        return InputError("id", "is that of no reaction")
    return report if taken is not None else InputError("id", f"is that of a reaction that is {report.state}")


def _gone_on(connection: Connection, id: int) -> ReactionReport:
    connection.run(GO_ON, {"id": id})
    connection.wake_others()
    report = _show(connection, id)
    assert report is not None  # noqa: S101 - it was taken in this transaction
    return report
