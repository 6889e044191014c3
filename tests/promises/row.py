"""What one row of the promises is: its words, its figure, how it is measured, and its mutants."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.promises.world import World


class Seen:
    """What a measurement has seen: some figures, each with whether it is as promised."""

    def __init__(self) -> None:
        self._figures: list[tuple[str, bool]] = []

    def note(self, figure: str, *, holds: bool) -> None:
        """One more figure."""
        self._figures.append((figure, holds))

    @property
    def holds(self) -> bool:
        """Whether there are figures and all are as promised."""
        return bool(self._figures) and all(holds for _, holds in self._figures)

    @property
    def text(self) -> str:
        """All figures; those that are not as promised are marked."""
        return "; ".join(figure if holds else f"NOT {figure}" for figure, holds in self._figures)

    @property
    def broken(self) -> str:
        """The figures that are not as promised."""
        return "; ".join(figure for figure, holds in self._figures if not holds)


@dataclass(frozen=True)
class Conditions:
    """How a row is measured.

    Args:
        short: for CI: one round and less time, with the same figures.
        mutant: the name of what is broken in the server; None where nothing is.
    """

    short: bool = False
    mutant: str | None = None

    @property
    def rounds(self) -> int:
        """How often a timing is taken, of which the median counts. A mutant needs to fail only once."""
        return 1 if self.short or self.mutant else 3

    def count(self, full: int, short: int) -> int:
        """How many of something; as `seconds`."""
        return short if self.short or self.mutant else full

    def seconds(self, full: float, short: float) -> float:
        """How long something takes. A mutant is found out soon."""
        return short if self.short or self.mutant else full


Measure = Callable[["World", Conditions], Awaitable[Seen]]


@dataclass(frozen=True)
class Row:
    """One promise.

    Args:
        number: as in the list of promises.
        promise: in words.
        asked: the figure.
        how: what is measured where.
        measure: measures it.
        mutants: name in tests.promises.mutants -> what is broken, in words. With each, the row must not hold.
    """

    number: int
    promise: str
    asked: str
    how: str
    measure: Measure
    mutants: Mapping[str, str] = field(default_factory=dict)
