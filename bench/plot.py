"""docs/performance.svg: requests per second of each server, one panel for each case.

The bytes prepared beforehand are left out: they are so far ahead that nothing else could be told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.cases import CASES
from bench.contestants import OURS, PREPARED
from bench.tables import number

if TYPE_CHECKING:
    from pathlib import Path

    from bench.results import Results, Row

COLOURS: Final = {"limit": "#c9c9c9", "off": "#7f9fbf", "on": "#9fbf9f"}
OURS_COLOUR: Final = "#c2410c"
COLUMNS: Final = 2


def draw(results: Results, path: Path) -> None:
    """Write the plot; the same results make the same file."""
    shown = [row for row in results.rows if row.server != PREPARED]
    panels = [(case, rows) for case in CASES if (rows := [row for row in shown if row.case == case.name])]
    height = -(-len(panels) // COLUMNS)
    with mpl.rc_context({"svg.hashsalt": "patchbay", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(11, 2.6 * height), layout="constrained")
        for index, (case, rows) in enumerate(panels, start=1):
            axes = figure.add_subplot(height, COLUMNS, index)
            ranked = sorted(rows, key=_speed)
            speeds = [_speed(row) for row in ranked]
            bars = axes.barh([row.server for row in ranked], speeds, color=[_colour(row) for row in ranked])
            axes.bar_label(bars, [number(speed) for speed in speeds], padding=2)
            axes.set_title(f"{case.name}: {case.title}", loc="left", x=-0.5)
            axes.margins(x=0.15)
            axes.tick_params(axis="x", labelbottom=False, bottom=False)
            axes.spines[["top", "right", "bottom"]].set_visible(False)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _speed(row: Row) -> float:
    return row.median("requests_per_second")


def _colour(row: Row) -> str:
    return OURS_COLOUR if row.server.startswith(OURS) else COLOURS[row.kind]
