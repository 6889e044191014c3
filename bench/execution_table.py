"""The table of execution alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.results import Execution

LOOP: Final = "loop by hand"

_TEXT = """No upstream, no HTTP, no JSON: records in memory, the text parsed and validated before, users
through a DataLoader in plain Strawberry and through a link on the compiled executor. The loop
by hand builds the same dicts; `x` is the multiple of its time. `first` is the first execution
of a text that was never seen: parse, validate, compile and run.
"""


def execution_table(found: Sequence[Execution]) -> list[str]:
    """Markdown lines: microseconds for a row and for a field, beside the loop by hand."""
    lines = [_TEXT]
    lines.append("| case | rows | how | ms | us a row | us a field | x | first, ms |")
    lines.append("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for each in found:
        loop = next(
            other for other in found if (other.how, other.case, other.rows) == (LOOP, each.case, each.rows)
        )
        row_microseconds = each.seconds / each.rows * 1e6
        first = "" if each.first_seconds is None else f"{each.first_seconds * 1e3:.2f}"
        lines.append(
            f"| {each.case} | {each.rows:,} | {each.how} | {each.seconds * 1e3:,.3f} "
            f"| {row_microseconds:.3f} | {row_microseconds / each.fields:.3f} "
            f"| {each.seconds / loop.seconds:.1f} | {first} |"
        )
    return lines
