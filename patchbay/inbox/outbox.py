"""Reactions under way: what each transaction of theirs does.

    set_off   in the transaction that applies the event: the reaction and its steps, once for each cause
    due       which reactions are to be looked at
    advance   look at one: take its next step, hold it, or end it
    finish    what a try of a step came to, and with it the next step

The leader alone advances and finishes. A try is known by its number, `attempts`: what a former leader still
has to say of an earlier one is not written.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from patchbay.inbox.claims import Claim, HeldError, StoredStep, claim
from patchbay.inbox.database import sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.inbox.database import Connection
    from patchbay.inbox.model import Event, SetOff
    from patchbay.inbox.step_runs import Ended
    from patchbay.reactions import Reaction

HELD_SECONDS = 30.0
"""After which a reaction that this release does not know, or knows otherwise, is looked at again."""

SET_OFF = sql("""
INSERT INTO reactions (reaction, upstream, cause, event_id, input, try_at, created_at)
VALUES (:reaction, :upstream, :cause, :event_id, :input, :created_at, :created_at)
ON CONFLICT (reaction, upstream, cause) DO NOTHING RETURNING id
""")
ADD_STEP = sql("INSERT INTO steps (reaction_id, place, name) VALUES (:id, :place, :name)")
DUE = sql("""
SELECT id FROM reactions WHERE state <> 'done' AND state = :state AND try_at <= :now
ORDER BY try_at, id LIMIT :most
""")
NEXT_TRY = sql("""
SELECT min(try_at) FROM reactions
WHERE state <> 'done' AND state IN ('running', 'held') AND try_at > :now
""")
LOOK_AT_HELD = sql("UPDATE reactions SET try_at = 0 WHERE state <> 'done' AND state = 'held'")
# An update, which keeps operators out until the end of the transaction.
TAKE = sql("""
UPDATE reactions SET state = 'running', error = NULL WHERE id = :id AND state IN ('running', 'held')
RETURNING reaction, upstream, cause, event_id, input
""")
STEPS = sql("""
SELECT place, name, state, attempts, attempts_before, result FROM steps
WHERE reaction_id = :id ORDER BY place
""")
BEGIN_STEP = sql("""
UPDATE steps SET state = 'running', attempts = :attempt, started_at = COALESCE(started_at, :now)
WHERE reaction_id = :id AND place = :place
""")
END_TRY = sql("""
UPDATE steps SET state = :state, result = :result, error = :error, ended_at = :now
WHERE reaction_id = :id AND place = :place AND state = 'running' AND attempts = :attempt
""")
SET_STATE = sql("""
UPDATE reactions SET state = :state, error = :error, try_at = :try_at, ended_at = :ended_at WHERE id = :id
""")


def set_off(connection: Connection, event: Event, reactions: Sequence[SetOff]) -> None:
    """Keep the reactions to an event; those to a cause that had its reaction before are left out."""
    for each in reactions:
        values = {
            "reaction": each.reaction,
            "upstream": event.upstream,
            "cause": each.cause,
            "event_id": event.event_id,
            "input": each.input,
            "created_at": time.time(),
        }
        row = connection.run(SET_OFF, values).fetchone()
        if row is not None:
            for place, name in enumerate(each.steps):
                connection.run(ADD_STEP, {"id": row[0], "place": place, "name": name})


def due(connection: Connection, most: int) -> list[int]:
    """The ids of reactions that are under way or to be looked at now: those that have waited the longest.

    Held ones come behind all others.
    """
    found: list[int] = []
    for state in ("running", "held"):
        values = {"state": state, "now": time.time(), "most": most - len(found)}
        found += [int(each) for (each,) in connection.run(DUE, values)]
    return found


def next_try_seconds(connection: Connection) -> float | None:
    """How long until the next reaction is to be looked at; None where none waits."""
    now = time.time()
    row = connection.run(NEXT_TRY, {"now": now}).fetchone()
    return None if row is None or row[0] is None else max(0.0, row[0] - now)


def advance(connection: Connection, id: int, declared: Mapping[str, Reaction[Any]]) -> Claim | None:
    """Take the next step of a reaction that nobody works at; None where there is none to take now.

    A step that stands there as running was a former process's, and may have happened.
    """
    row = connection.run(TAKE, {"id": id}).fetchone()
    if row is None:
        return None
    steps = [StoredStep(*each) for each in connection.run(STEPS, {"id": id})]
    step = next((each for each in steps if each.state != "done"), None)
    if step is None:
        _set(connection, id, "done")
        return None
    try:
        taken = claim(id, row, steps, step, declared)
    except HeldError as error:
        _set(connection, id, "held", error=str(error), try_at=time.time() + HELD_SECONDS)
        return None
    if step.state == "running" and (ended := _interrupted(taken)) is not None:
        state, problem = ended
        _end_try(connection, id, step.place, step.attempts, state=state, error=problem)
        _set(connection, id, state)
        return None
    begun = {"id": id, "place": step.place, "attempt": taken.attempt, "now": time.time()}
    connection.run(BEGIN_STEP, begun)
    return taken


def finish(
    connection: Connection, claim: Claim, ended: Ended, declared: Mapping[str, Reaction[Any]] | None
) -> Claim | None:
    """Write what a try came to; the next step, where this one is done and there is one.

    Args:
        connection: in the leader's transaction.
        claim: the try.
        ended: what it came to.
        declared: the reactions by name; None to take no further step.
    """
    if connection.run(TAKE, {"id": claim.id}).fetchone() is None:
        return None
    if not _end_try(
        connection, claim.id, claim.place, claim.attempt,
        state=ended.state, error=ended.error, result=ended.result,
    ):  # fmt: skip
        return None
    if ended.state == "done":
        return advance(connection, claim.id, declared) if declared is not None else None
    if ended.state == "waiting":
        _set(connection, claim.id, "running", try_at=time.time() + ended.pause_seconds)
    else:
        _set(connection, claim.id, ended.state)
    return None


def _interrupted(claim: Claim) -> tuple[str, str] | None:
    """What becomes of a step whose process ended; None where it is tried again."""
    if not claim.step.repeatable:
        return "in_doubt", "the process ended before it knew whether this has happened"
    if claim.tries > claim.step.retry.attempts:
        return "failed", "the process ended during each try"
    return None


def _end_try(
    connection: Connection, id: int, place: int, attempt: int,
    *, state: str, error: str | None, result: bytes | None = None,
) -> bool:  # fmt: skip
    values = {
        "id": id, "place": place, "attempt": attempt,
        "state": state, "error": error, "result": result, "now": time.time(),
    }  # fmt: skip
    return bool(connection.run(END_TRY, values).rowcount)


def _set(
    connection: Connection, id: int, state: str, *, error: str | None = None, try_at: float = 0.0
) -> None:
    ended_at = None if state in ("running", "held") else time.time()
    values = {"id": id, "state": state, "error": error, "try_at": try_at, "ended_at": ended_at}
    connection.run(SET_STATE, values)
