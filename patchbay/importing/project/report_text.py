"""The report as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patchbay.importing.model import Severity
from patchbay.importing.project.report import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patchbay.importing.project.report import Guess, ImportReport, Trouble

MOST_SHOWN: Final = 10
"""Places of problems of one severity that are shown; the others are counted."""


def report_lines(report: ImportReport) -> Iterator[str]:
    """The report as text for people, without a line's end."""
    title = " ".join(filter(None, (report.title, report.version)))
    yield f"{report.name}: {title} ({report.kind}, {report.location})"
    yield f"  operations   {_operations(report)}"
    yield f"  types        {report.types}"
    yield f"  address      {report.address or 'none in the document: give one by url or by a variable'}"
    for variable in report.variables:
        state = "set" if variable.given else ("MISSING" if variable.needed else "not set, need not be")
        yield f"  variable     {variable.name} {state}: {variable.purpose}"
    for kind, guesses in (("batch", report.batches), ("pages", report.pages), ("edge", report.edges)):
        for guess in guesses:
            yield f"  {kind:<12} {guess.operation} {guess.what}{_because(guess)}"
    for severity in Severity:
        yield from _trouble_lines(severity, [each for each in report.troubles if each.severity is severity])
    yield f"  {'read from the compiled copy' if report.from_copy else 'compiled'} in {report.seconds:.2f} s"


def _operations(report: ImportReport) -> str:
    served = report.queries + report.mutations
    kinds = f"{_counted(report.queries, 'query', 'queries')}, {_counted(report.mutations, 'mutation')}"
    told = f"{served} of {max(report.offered, served)}: {kinds}"
    left = report.offered - report.excluded - served
    told += f"; {report.excluded} excluded" if report.excluded else ""
    return told + (f"; {left} left out" if left > 0 else "")


def _because(guess: Guess) -> str:
    why = f": {guess.why}" if guess.why else ""
    return f"{why}  (else: {guess.override})" if guess.override else why


def _trouble_lines(severity: Severity, troubles: Sequence[Trouble]) -> Iterator[str]:
    left = MOST_SHOWN
    for trouble in troubles:
        if left == 0:
            break
        shown = trouble.places[:left]
        left -= len(shown)
        more = len(trouble.places) - len(shown)
        yield f"  {SEVERITIES[severity]:<12} {trouble.reason} ({len(trouble.places)})"
        yield from (f"               {place}" for place in shown)
        if more:
            yield f"               and {more} more"
    hidden = troubles[_reasons_shown(troubles) :]
    if hidden:
        total = sum(len(each.places) for each in hidden)
        yield f"  {'':<12} {_counted(len(hidden), 'more reason')} at {_counted(total, 'place')}: see --json"


def _reasons_shown(troubles: Sequence[Trouble]) -> int:
    total = 0
    for number, trouble in enumerate(troubles):
        if total >= MOST_SHOWN:
            return number
        total += len(trouble.places)
    return len(troubles)


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def graph_lines(reports: Sequence[ImportReport], renamed: Mapping[str, str]) -> Iterator[str]:
    """All reports, and what is called otherwise than in its description because its name was taken."""
    for report in reports:
        yield from report_lines(report)
        yield ""
    for number, (name, given) in enumerate(renamed.items()):
        if number == MOST_SHOWN:
            yield f"renamed      and {len(renamed) - MOST_SHOWN} more"
            break
        yield f'renamed      {name} is {given}, as its name was taken  (else: [rename] "{name}" = "...")'
    if renamed:
        yield ""
