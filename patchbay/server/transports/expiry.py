"""When a client's proof of who it is ends, what runs for it ends too."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.access.identity import Identity

LONGEST_SECONDS = 3600.0
"""A timer that is set further ahead would not notice when the clock is set."""


class Expiry:
    """Calls back once, as soon as an identity has expired.

    Args:
        identity: one without an end never calls back.
        ended: called in the event loop.
    """

    __slots__ = ("_ended", "_identity", "_timer")

    def __init__(self, identity: Identity, ended: Callable[[], None]) -> None:
        self._identity = identity
        self._ended = ended
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """From now on it may call back."""
        expires_at = self._identity.expires_at
        if expires_at is not None:
            seconds = min(max(0.0, expires_at - time.time()), LONGEST_SECONDS)
            self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def cancel(self) -> None:
        """From now on it does not."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        if self._identity.has_expired:
            self._ended()
        else:
            self.start()
