"""The benchmark of imported against hand-written adapters compares what answers the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import imported
from bench.cases import Q1


def test_both_graphs_of_the_benchmark_answer_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imported, "ROUND_SECONDS", 0.0)
    # Another answer than the other's is a WrongAnswer; so few queries tell nothing of speed.
    seconds = imported.measure(Q1, 1, tmp_path)
    assert seconds.keys() == {imported.BY_HAND, imported.IMPORTED}
    assert all(each > 0 for each in seconds.values())
