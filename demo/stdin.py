"""Standard input as a leash: whoever holds its other end keeps this process alive.

The descriptor is read, not `sys.stdin`: a thread inside a buffered read would block the exit.
"""

import os
import select
import threading
from collections.abc import Callable
from typing import Final

STDIN: Final = 0
READ_BYTES: Final = 4096


def at_end() -> bool:
    """Whether standard input is closed or at its end already."""
    try:
        ready, _, _ = select.select([STDIN], [], [], 0)
        return bool(ready) and not os.read(STDIN, READ_BYTES)
    except OSError:
        return True


def when_stdin_ends(act: Callable[[], None]) -> None:
    """Calls `act` in a thread when standard input ends."""

    def watch() -> None:
        while _read():
            pass
        act()

    threading.Thread(target=watch, daemon=True).start()


def _read() -> bytes:
    try:
        return os.read(STDIN, READ_BYTES)
    except OSError:
        return b""
