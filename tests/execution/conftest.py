"""Each feature is asked of both executors, and the compiled one must not have left it to the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from patchbay.execution import OUTCOMES, CompiledExecutor
from tests.execution.asking import EXECUTORS, Executor


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    chosen = EXECUTORS[request.param]
    before = OUTCOMES.copy()
    yield chosen
    new = OUTCOMES - before
    assert new["uncompilable"] == 0
    assert (new["compiled"] + new["incremental"] > 0) == (chosen is CompiledExecutor)
