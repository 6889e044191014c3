"""Whether two answers to a case are the same, or differ only where graphql-core itself does not decide.

Data and the order of its keys are always decided. Errors are, too, and where nothing is asynchronous even
their order. Undecided is one thing only. Where awaitables race to null a position, graphql-core reports the
error that came first, and of the errors further below whatever had come by then. There, an answer must hold
exactly one of the errors that null the position, at most one for each position below, and none that the
fields do not have.

Where graphql-core gives up fields it cancels what they wait for, also a loader's future that other fields
wait for, and then the whole operation ends as cancelled. There is nothing to compare with then.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any

from graphql.execution import Executor

from tests.execution.differential.cases import Case
from tests.execution.differential.oracle import ErrorKey, Oracle, Position, Record
from tests.execution.differential.runs import Answer, Response, Runs


class Judge:
    """Compares an executor with graphql-core's own; `undecided` counts the cases where both may be right."""

    def __init__(
        self, runs: Runs, ours: type[Executor[Any]], reference: type[Executor[Any]] = Executor
    ) -> None:
        self._runs = runs
        self._ours = ours
        self._reference = reference
        self.undecided = 0

    def difference(self, case: Case) -> str:
        """What is wrong with our answer; "" where nothing is."""
        theirs = self._runs.run(case, self._reference)
        ours = self._runs.run(case, self._ours)
        reason = self._compare(case, theirs, ours)
        return f"{reason}\n--- graphql-core\n{theirs}\n--- ours\n{ours}" if reason else ""

    def _compare(self, case: Case, theirs: Answer, ours: Answer) -> str:
        if theirs.raised == repr(asyncio.CancelledError()) and not ours.raised:
            self.undecided += 1
            return ""
        if ours.raised != theirs.raised:
            return "execution raises something else"
        if case.kind == "mutation" and ours.log != theirs.log:
            return "root fields ran in another order"
        if [each.data for each in ours.responses] != [each.data for each in theirs.responses]:
            return "other data"
        pairs = list(zip(theirs.responses, ours.responses, strict=True))
        differing = [number for number, (one, other) in enumerate(pairs) if one.errors != other.errors]
        return self._compare_errors(case, differing, pairs) if differing else ""

    def _compare_errors(
        self, case: Case, differing: list[int], pairs: list[tuple[Response, Response]]
    ) -> str:
        if not case.asynchronous:
            return "other errors, or in another order"
        records: list[Record] = []
        self._runs.run(case, Oracle, records=records)
        reasons = (_compare_errors(records[number], *pairs[number]) for number in differing)
        reason = next((each for each in reasons if each), "")
        self.undecided += not reason
        return reason


def _compare_errors(record: Record, theirs: Response, ours: Response) -> str:
    if not record.asynchronous:
        return "other errors, or in another order, though nothing was awaited"
    invented = [error for error in ours.errors if error not in record.errors]
    if invented:
        return f"no field has this error: {invented[0]}"
    tops = {_top(theirs.value, error) for error in record.errors}
    for top in tops:
        own, others = (_under(top, each.value, each.errors) for each in (ours, theirs))
        for start in record.starts(top) if own != others else ():
            if _from(start, own) != _from(start, others) and not record.is_race(top, start):
                return f"other errors at or below {start}, or in another order, though no race decides there"
        reason = _inadmissible(record, top, own)
        if reason:
            return reason
    return ""


def _from(start: Position, errors: Iterable[ErrorKey]) -> list[ErrorKey]:
    return [error for error in errors if error[1][: len(start)] == start]


def _inadmissible(record: Record, top: Position, errors: list[ErrorKey]) -> str:
    """Why no order of events could have led to these errors at and below a nulled position."""
    nulled = Counter(record.nulled(error[1]) for error in errors)
    if nulled[top] != 1:
        return f"{nulled[top]} errors that null {top}"
    twice = [position for position, count in nulled.items() if count > 1]
    return f"several errors that null {twice[0]}" if twice else ""


def _under(top: Position, data: Any, errors: Iterable[ErrorKey]) -> list[ErrorKey]:
    return [error for error in errors if _top(data, error) == top]


def _top(data: Any, error: ErrorKey) -> Position:
    """The outermost position that is null on the way to where the error comes from."""
    path: Position = error[1]
    for depth, key in enumerate(path):
        if data is None:
            return path[:depth]
        data = data[key]
    return path
