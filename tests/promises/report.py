"""docs/promises.md, out of a whole run's results."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tests.promises.run import Result
from tests.serving import ROOT

PAGE: Final = ROOT / "docs" / "promises.md"

_HEAD: Final = """# Promises

What this server promises its users about calls to upstreams, the figure that is asked for, and the figure
that was seen. `make promises` makes this page out of one run, and it is not edited by hand; `make promises
ROWS=4-6` runs some rows, `make promises ARGS=--short` all of them in their short form, as `make test` does;
both write nothing. A whole run takes about a quarter of an hour.

Everything is real: the server is a process of its own, over the demo's upstreams, with a proxy in front of
each that makes it fail; all on 127.0.0.1 of one machine, together with the load. A timing is compared with a
base that is taken in the same run, and is the median of three rounds where it is one of many. Every row is
then measured again with a mutant, the same server broken in one place: a row that holds all the same would
show nothing, and counts as failed.
"""


def page(results: Sequence[Result]) -> str:
    """The whole page."""
    lines = [_HEAD, _machine(), ""]
    lines += [
        "| row | promise | figure asked | figure seen | mutant caught |",
        "| ---: | --- | --- | --- | --- |",
    ]
    lines += [_line(each) for each in results]
    lines += ["", "## How each is measured", ""]
    lines += [f"{each.row.number}. {each.row.how}" for each in results]
    lines += ["", "## The mutants", "", "| row | mutant | what is broken |", "| ---: | --- | --- |"]
    lines += [
        f"| {each.row.number} | {name} | {what} |"
        for each in results
        for name, what in each.row.mutants.items()
    ]
    return "\n".join(lines) + "\n"


def write(results: Sequence[Result]) -> None:
    """Make docs/promises.md."""
    PAGE.write_text(page(results))


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
