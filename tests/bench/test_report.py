"""The report: its figures are the measured rows, and nothing stands there that was not measured."""

from __future__ import annotations

import re

import msgspec

from bench.execution_table import LOOP
from bench.report import BY_HAND as BY_HAND_PART
from bench.report import PAGE, page
from bench.results import Execution, Machine, Results, Round, Row, load
from bench.tables import tables

MACHINE = Machine("a CPU", 2, "Linux 6", "3.11.2", "20.0.0", "4.1.0", {"uvicorn": "0.54.0"})


def row(server: str, case: str, speeds: list[float], **members: float) -> Row:
    base = Round(1.0, 100.0, 2.0, 3.0, 9.0, 50 * 1024 * 1024, 0, 0.0)
    rounds = [msgspec.structs.replace(base, requests_per_second=speed, **members) for speed in speeds]
    return Row(server, "off", case, rounds)


def table(lines: list[str], title: str) -> dict[str, list[str]]:
    """First cell -> the others, of the table under a heading."""
    start = lines.index(title)
    end = next(
        (index for index in range(start + 1, len(lines)) if lines[index].startswith("## ")), len(lines)
    )
    cells = [
        [cell.strip().strip("*") for cell in line.strip("|").split("|")]
        for line in lines[start:end]
        if line.startswith("|")
    ]
    return {first: others for first, *others in cells}


def test_a_figure_is_the_median_of_its_rounds() -> None:
    results = Results(MACHINE, 3, 5, [row("Patchbay", "Q1", [900, 1500, 1200]), row("Other", "Q1", [300])])
    lines = tables(results)
    assert table(lines, "## Requests per second")["Patchbay"] == ["own calls", "1,200", "50.0"]
    assert table(lines, "## Beside this server")["Other"] == ["own calls", "4.00"]


def test_what_was_not_measured_is_left_empty() -> None:
    results = Results(MACHINE, 1, 5, [row("Patchbay", "Q1", [900]), row("Other", "Q2", [300])])
    lines = tables(results)
    assert table(lines, "## Requests per second")["server"] == ["kind", "Q1", "Q2", "MB"]
    assert table(lines, "## Requests per second")["Other"] == ["own calls", "", "300", "50.0"]
    assert table(lines, "## Beside this server")["Other"] == ["own calls", "", ""]
    assert not any("reference graph" in line or "in process" in line for line in lines)


def test_requests_that_failed_are_told() -> None:
    results = Results(MACHINE, 1, 5, [row("Other", "Q1", [900, 900], failed=2)])
    assert "Requests that failed: Other, Q1: 4." in tables(results)


def test_how_busy_the_machine_was_is_told() -> None:
    row_ = row("Other", "Q1", [900], others_share=0.25)
    lines = tables(Results(MACHINE, 1, 5, [row_]))
    assert any("Other programs used 25% of the measured core (median), 25% at most" in line for line in lines)


def test_a_server_that_answered_nothing_makes_no_ratio() -> None:
    results = Results(MACHINE, 1, 5, [row("Patchbay", "Q1", [900]), row("Other", "Q1", [0])])
    assert table(tables(results), "## Beside this server")["Other"] == ["own calls", "none answered"]


def test_execution_is_told_by_row_and_field_and_beside_the_loop() -> None:
    execution = [Execution("one", "Q1", 100, 7, 0.0014, 0.002), Execution(LOOP, "Q1", 100, 7, 0.0007)]
    lines = tables(Results(MACHINE, 1, 5, [], execution))
    assert "| Q1 | 100 | one | 1.400 | 14.000 | 2.000 | 2.0 | 2.00 |" in lines
    assert "| Q1 | 100 | loop by hand | 0.700 | 7.000 | 1.000 | 1.0 |  |" in lines


def test_the_page_ends_with_the_part_that_is_written_by_hand() -> None:
    text = page(Results(MACHINE, 3, 5, [row("Patchbay", "Q1", [900])]), "By hand.\n")
    assert text.endswith("\n## Where the time goes\n\nBy hand.\n")
    assert "a CPU, 2 cores, Linux 6. 3 rounds of 5 s. Python 3.11.2, Node 20.0.0" in text


def test_the_kept_page_is_made_from_the_kept_results() -> None:
    results = load()
    assert PAGE.read_text() == page(results, BY_HAND_PART.read_text())
    assert all(len(each.rounds) == results.rounds for each in results.rows)
    assert not re.search(r"\bnan\b|\binf\b", PAGE.read_text())
