"""Several processes run the tests (pytest -n), file by file; those that measure run at the end, alone.

A plugin of tests/conftest.py. Without -n it does nothing.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Generator
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from tests.heap import settle
from tests.promises.timing import UNTIMED

ALONE: Final = (
    "tests/access/test_merging.py",
    "tests/access/test_validation.py",
    "tests/importing/test_scale.py",
    "tests/promises/test_promises.py",
    "tests/promises/test_replicas.py",
    "tests/server/test_door.py",
    "tests/soap/test_loading.py::test_the_loop_ticks",
)
"""What compares times with those of a machine that has nothing else to do; rows that do not are UNTIMED."""

GROUP: Final = "alone"


def is_alone(nodeid: str) -> bool:
    """Whether nothing else may run beside this test."""
    return nodeid.startswith(ALONE) and not is_untimed_row(nodeid)


def is_untimed_row(nodeid: str) -> bool:
    """Whether it is a promise that others may run beside."""
    row = re.fullmatch(r"tests/promises/test_promises\.py::.*\[(\d+)\]", nodeid)
    return row is not None and int(row[1]) in UNTIMED


class Scheduling(LoadFileScheduling):  # type: ignore[misc] # xdist's types are not exported
    """File by file, promises row by row, and all that run alone as one unit, behind everything else."""

    def _split_scope(self, nodeid: str) -> str:
        if is_untimed_row(nodeid):
            return nodeid
        return GROUP if is_alone(nodeid) else str(super()._split_scope(nodeid))

    def _assign_work_unit(self, node: WorkerController) -> None:
        if GROUP in self.workqueue:
            self.workqueue.move_to_end(GROUP)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """xdist asks for it."""
    return Scheduling(config, log)


class Others:
    """Whether other processes run tests: each holds the lock together with others, until it needs it alone.

    Args:
        session: the same for all processes of one run.
    """

    def __init__(self, session: str) -> None:
        self._file = (Path(gettempdir()) / f"patchbay-tests-{session}.lock").open("w")
        self._is_alone = False
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def wait_until_alone(self) -> None:
        """Return when no other process runs tests that are not alone."""
        if not self._is_alone:
            # Given up first: two that hold it together would wait for each other.
            fcntl.flock(self._file, fcntl.LOCK_UN)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._is_alone = True
            settle()

    def leave(self) -> None:
        """This process runs no more tests."""
        Path(self._file.name).unlink(missing_ok=True)
        self._file.close()


_others: list[Others] = []


def pytest_sessionstart() -> None:
    """A worker begins."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if session is not None:
        _others.append(Others(session))


def pytest_sessionfinish() -> None:
    """A worker ends."""
    while _others:
        _others.pop().leave()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Around each test, its time limit included."""
    for each in _others:
        if is_alone(item.nodeid):
            each.wait_until_alone()
    return (yield)
