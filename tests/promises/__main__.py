"""`python -m tests.promises --rows 1-15`: measures what is promised, and writes docs/promises.md.

Exit code 0; 1 where a promise does not hold or a mutant is not caught.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Sequence

from tests.promises import report
from tests.promises.rows import ROWS
from tests.promises.run import Result, run


def row_numbers(text: str) -> list[int]:
    """The numbers in a text such as "1-3,7"."""
    numbers: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", part, re.ASCII)
        if match is None:
            raise argparse.ArgumentTypeError("rows are given as in 1-3,7")
        numbers += range(int(match[1]), int(match[2] or match[1]) + 1)
    unknown = [str(number) for number in numbers if number not in ROWS]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no row {', '.join(unknown)}")
    return numbers


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.promises", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--rows", type=row_numbers, default=list(ROWS), help="as in 1-3,7; all without it")
    parser.add_argument("--short", action="store_true", help="one round and less time; nothing is written")
    parser.add_argument("--no-write", action="store_true", help="write nothing")
    return parser.parse_args(arguments)


def say(line: str) -> None:
    """One line on the terminal, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def measured(numbers: Sequence[int], *, short: bool) -> list[Result]:
    """The results, each printed as soon as it is there."""
    say("row | figure asked | figure seen | mutant caught")
    results: list[Result] = []
    async for result in run([ROWS[number] for number in numbers], short=short):
        say(result.line())
        results.append(result)
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; the exit code."""
    chosen = options(arguments)
    try:
        results = asyncio.run(measured(chosen.rows, short=chosen.short))
    except KeyboardInterrupt:
        sys.stderr.write("promises: interrupted; every process that it started has ended.\n")
        return 130
    failed = [str(each.row.number) for each in results if not each.is_well]
    if failed:
        sys.stderr.write(f"These rows do not hold, or do not catch their mutant: {', '.join(failed)}.\n")
    if not (chosen.short or chosen.no_write or failed):
        report.write(results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
