"""Runs rows, each as it is and with each of its mutants, and says what was seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.promises.row import Conditions, Row, Seen
from tests.promises.world import World

if TYPE_CHECKING:
    from tests.promises.row import Measure

MEASURE_SECONDS = 240.0
"""After which a measurement is given up."""


@dataclass
class Result:
    """What was seen of one row: as it is, and with each mutant by name.

    `failed` holds what could not be measured at all. That is neither a promise that holds nor a mutant that
    is caught.
    """

    row: Row
    seen: Seen | None = None
    mutants: dict[str, Seen] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Whether the promise holds and every mutant is caught."""
        holds = self.seen is not None and self.seen.holds
        caught = len(self.mutants) == len(self.row.mutants) and not any(
            each.holds for each in self.mutants.values()
        )
        return holds and caught and not self.failed

    @property
    def figure_seen(self) -> str:
        """The cell of the table."""
        return "; ".join([*([self.seen.text] if self.seen is not None else []), *self.failed])

    @property
    def mutant_caught(self) -> str:
        """The cell of the table: for each mutant whether it was caught, and by what."""
        return "; ".join(self._caught(name) for name in self.row.mutants)

    def _caught(self, name: str) -> str:
        seen = self.mutants.get(name)
        if seen is None:
            return f"{name}: not run"
        return f"{name}: NO" if seen.holds else f"{name}: yes, by {seen.broken}"

    def line(self) -> str:
        """The row's line on the terminal."""
        sign = "" if self.is_well else "FAILED "
        return f"{sign}{self.row.number} | {self.row.asked} | {self.figure_seen} | {self.mutant_caught}"


async def run(rows: Iterable[Row], *, short: bool) -> AsyncIterator[Result]:
    """The results, each as soon as it is there."""
    with World() as world:
        for row in rows:
            yield await run_row(row, world, short=short)


async def run_row(row: Row, world: World, *, short: bool) -> Result:
    """One row as it is, and with each of its mutants."""
    result = Result(row)
    result.seen = await _measure(row.measure, world, Conditions(short=short), result.failed)
    for mutant in row.mutants:
        seen = await _measure(row.measure, world, Conditions(short=short, mutant=mutant), result.failed)
        if seen is not None:
            result.mutants[mutant] = seen
    return result


async def _measure(measure: Measure, world: World, conditions: Conditions, failed: list[str]) -> Seen | None:
    try:
        async with asyncio.timeout(MEASURE_SECONDS):
            return await measure(world, conditions)
    except Exception as error:  # noqa: BLE001 - told in the table; the other rows are still measured
        what = "as it is" if conditions.mutant is None else f"with {conditions.mutant}"
        failed.append(f"could not be measured {what}: {type(error).__name__}: {error}")
        return None
    finally:
        world.heal()
