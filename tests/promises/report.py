"""docs/promises.md, out of a whole run's results."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.promises.rows import ROWS
from tests.promises.run import Result
from tests.serving import ROOT

_ROW: Final = re.compile(r"^\| (\d+) \| (?:[^\n]* \| ){3}[^\n]* \|$", re.MULTILINE)
"""A line of the table: the one of the mutants has three cells."""

PAGE: Final = ROOT / "docs" / "promises.md"

_HEAD: Final = """# Promises

What this server promises its users about calls to upstreams and about webhooks, the figure that is asked
for, and the figure that was seen. `make promises` makes this page, and it is not edited by hand. `make
promises ROWS=4-6` runs some rows, and puts what it saw in place of what stands here of them; all others stay
as their last run saw them. `make promises ARGS=--short` runs the short forms, as `make test` does, and writes
nothing; nor does a run in which a row does not hold. A whole run takes about 25 minutes.

Everything is real: the server is a process of its own, over the demo's upstreams, with a proxy in front of
each that makes it fail; all on 127.0.0.1 of one machine, together with the load. A timing is compared with a
base that is taken in the same run, and is the median of three rounds where it is one of many. Every row is
then measured again with a mutant, the same server broken in one place: a row that holds all the same would
show nothing, and counts as failed.
"""


def page(results: Sequence[Result], kept: Mapping[int, str] | None = None) -> str:
    """The whole page.

    Args:
        results: of this run.
        kept: row -> its line as an earlier run made it, for the rows that this run has left out.
    """
    lines_of = dict(kept or {}) | {each.row.number: _line(each) for each in results}
    rows = {**ROWS, **{each.row.number: each.row for each in results}}
    shown = [rows[number] for number in sorted(lines_of)]
    lines = [_HEAD, _machine(), ""]
    lines += [
        "| row | promise | figure asked | figure seen | mutant caught |",
        "| ---: | --- | --- | --- | --- |",
    ]
    lines += [lines_of[row.number] for row in shown]
    lines += ["", "## How each is measured", ""]
    lines += [f"{row.number}. {row.how}" for row in shown]
    lines += ["", "## The mutants", "", "| row | mutant | what is broken |", "| ---: | --- | --- |"]
    lines += [f"| {row.number} | {name} | {what} |" for row in shown for name, what in row.mutants.items()]
    return "\n".join(lines) + "\n"


def write(results: Sequence[Result]) -> None:
    """Make docs/promises.md; what it says of rows that were not measured stays."""
    PAGE.write_text(page(results, kept_lines(PAGE.read_text())))


def kept_lines(text: str) -> dict[int, str]:
    """Row -> its line in a page; of rows that there still are."""
    found = {int(match[1]): match[0] for match in _ROW.finditer(text)}
    return {number: line for number, line in found.items() if number in ROWS}


def _line(result: Result) -> str:
    row = result.row
    cells = (str(row.number), row.promise, row.asked, result.figure_seen, result.mutant_caught)
    return f"| {' | '.join(_cells(cells))} |"


def _cells(texts: Iterable[str]) -> list[str]:
    return [text.replace("|", "\\|") for text in texts]


def _machine() -> str:
    system = f"{platform.system()} {platform.machine()}"
    return f"{_cpu()}, {os.cpu_count()} cores, {system}, Python {platform.python_version()}."


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "an unknown processor"
