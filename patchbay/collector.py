"""Python's collector of cycles, paused while a tree of a million parts is made and none can be given back."""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = threading.Lock()
_pauses = 0
_was_on = False


@contextmanager
def paused_collector() -> Iterator[None]:
    """No search for cycles in this process while the block runs; it takes a third of an import's time.

    Blocks may run inside each other and in several threads; the last to end lets the collector go on.
    """
    global _pauses, _was_on  # noqa: PLW0603 - the collector is the process's, and so is what is known of it
    with _lock:
        if _pauses == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_on:
                gc.enable()
