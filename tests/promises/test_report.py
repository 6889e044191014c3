"""The page of the promises, and the command that makes it."""

from __future__ import annotations

import argparse
import re

import pytest

from tests.promises.__main__ import row_numbers
from tests.promises.cost_mutants import COST_MUTANTS
from tests.promises.mutants import MUTANTS
from tests.promises.report import PAGE, kept_lines, page
from tests.promises.row import Row, Seen
from tests.promises.rows import ROWS
from tests.promises.run import Result


def seen(*figures: tuple[str, bool]) -> Seen:
    made = Seen()
    for figure, holds in figures:
        made.note(figure, holds=holds)
    return made


def result(figures: Seen | None, mutant: Seen | None, *failed: str) -> Result:
    async def measure(*_: object) -> Seen:
        return Seen()

    row = Row(99, "it | holds", "<= 1", "measured", measure, {"mutant": "is broken"})
    return Result(row, figures, {"mutant": mutant} if mutant else {}, list(failed))


GOOD, BAD = seen(("1 s", True)), seen(("1 s", True), ("2 s", False))


@pytest.mark.parametrize(
    ("made", "is_well"),
    [
        (result(GOOD, BAD), True),
        (result(BAD, BAD), False),
        (result(GOOD, GOOD), False),
        (result(GOOD, None), False),
        (result(None, BAD), False),
        (result(Seen(), BAD), False),
        (result(GOOD, BAD, "could not be measured"), False),
    ],
)
def test_a_row_is_well_when_it_holds_and_its_mutant_does_not(made: Result, is_well: bool) -> None:  # noqa: FBT001
    assert made.is_well is is_well
    assert made.line().startswith("FAILED ") is not is_well


def test_a_line_says_what_was_asked_and_seen_and_what_gave_the_mutant_away() -> None:
    assert result(GOOD, BAD).line() == "99 | <= 1 | 1 s | mutant: yes, by 2 s"
    assert result(BAD, GOOD).line() == "FAILED 99 | <= 1 | 1 s; NOT 2 s | mutant: NO"


def test_the_page_has_every_row_and_what_it_says_stays_in_its_cell() -> None:
    text = page([result(GOOD, BAD)])
    assert "| 99 | it \\| holds | <= 1 | 1 s | mutant: yes, by 2 s |" in text
    assert "99. measured" in text
    assert "| 99 | mutant | is broken |" in text


def test_a_run_of_some_rows_leaves_the_others_as_they_stand() -> None:
    kept = kept_lines(PAGE.read_text())
    assert list(kept) == list(ROWS)
    text = page([result(GOOD, BAD)], kept)
    assert [kept_lines(text)[number] for number in ROWS] == list(kept.values())
    assert "| 99 | it" in text
    assert page([], kept) == PAGE.read_text()


def test_the_kept_page_is_of_these_rows_and_all_of_them_hold() -> None:
    lines = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in PAGE.read_text().splitlines()]
    table = {int(cells[0]): cells for cells in lines if len(cells) == 5 and cells[0].isdecimal()}
    assert list(table) == list(ROWS)
    for number, row in ROWS.items():
        assert table[number][1:3] == [row.promise, row.asked]
        assert "NOT " not in table[number][3]
        assert table[number][4].count(": yes, by ") == len(row.mutants)


def test_every_row_has_mutants_that_are_there() -> None:
    for row in ROWS.values():
        assert row.mutants, row.number
        assert set(row.mutants) <= {*MUTANTS, *COST_MUTANTS}


@pytest.mark.parametrize(
    ("text", "numbers"), [("1-15", list(range(1, 16))), ("4", [4]), ("1-3,7", [1, 2, 3, 7])]
)
def test_rows_are_chosen_by_number(text: str, numbers: list[int]) -> None:
    assert row_numbers(text) == numbers


@pytest.mark.parametrize("text", ["", "x", "1-", "0", "99", "1,,2", "-3"])
def test_what_is_no_row_is_told(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        row_numbers(text)
