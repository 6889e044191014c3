"""The collector of cycles waits for imports, and for all of them."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from patchbay.collector import paused_collector


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    assert gc.isenabled()
    yield
    gc.enable()


def test_it_goes_on_behind_the_last_block_also_when_that_fails() -> None:
    with paused_collector():
        with pytest.raises(ValueError, match="x"), paused_collector():
            raise ValueError("x")
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_block_of_another_thread_keeps_it_paused() -> None:
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with paused_collector():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with paused_collector():
        thread.start()
        entered.wait(10)
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()


def test_where_it_was_off_it_stays_off() -> None:
    gc.disable()
    with paused_collector():
        pass
    assert not gc.isenabled()
