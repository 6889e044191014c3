"""How much of its time a thread had something to do."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from patchbay.server.processor import busy_seconds

SECONDS = 0.3


def work() -> float:
    """The share of the time that counts as busy."""
    busy, began = busy_seconds(), time.monotonic()
    while time.monotonic() < began + SECONDS:
        pass
    return (busy_seconds() - busy) / (time.monotonic() - began)


def test_who_works_is_busy() -> None:
    assert 0.95 <= work() <= 1.05


def test_who_sleeps_is_not() -> None:
    busy = busy_seconds()
    time.sleep(SECONDS)
    assert busy_seconds() - busy < SECONDS / 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads from /proc how long a thread waits")
def test_who_waits_for_a_processor_that_others_have_is_busy_too() -> None:
    where = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(where)})
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        time.sleep(0.2)
        assert time.thread_time() < busy_seconds()
        had = time.thread_time()
        assert 0.9 <= work() <= 1.1
        assert time.thread_time() - had < 0.6 * SECONDS
    finally:
        os.sched_setaffinity(0, where)
        for each in others:
            each.kill()
            each.wait()
