"""How much of its time a thread had something to do: idle is what is left of it.

A thread of a machine that has other things to do as well waits for the processor, and is as little idle then
as while it runs.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_SCHEDSTAT: Final = Path("/proc/thread-self/schedstat")


def busy_seconds() -> float:
    """How long the calling thread has run or waited for a processor since its start, in seconds.

    Where the system does not tell of waiting (all but Linux) it counts as idle.
    """
    waited = 0.0
    with suppress(OSError, ValueError, IndexError):
        waited = int(_SCHEDSTAT.read_text().split()[1]) / 1e9
    return time.thread_time() + waited
