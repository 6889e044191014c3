"""The heap of a process that has run many tests, in which a collection takes a second."""

from __future__ import annotations

import gc


def settle() -> None:
    """From now on collections look at what is made from now on, as the server's do after its start."""
    gc.collect()
    gc.freeze()
