"""What an upstream's errors mean for those who could be served an older answer."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from patchbay.errors import (
    CircuitOpen,
    UpstreamBusy,
    UpstreamQuota,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnauthenticated,
    UpstreamUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.errors import UpstreamError
    from patchbay.scope import Scope

LASTS_SECONDS = 10.0
"""How long a failure is taken to last. Refreshes in the background find out when it is over."""

_CANNOT_BE_HAD = (UpstreamUnavailable, UpstreamTimeout, UpstreamBusy, CircuitOpen, UpstreamQuota)
_ACCESS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Outage:
    """Whether an upstream has just failed. Those with an older answer need not wait to find it out again.

    Args:
        clock: seconds that only grow.
    """

    __slots__ = ("_clock", "_until")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0

    @property
    def lasts(self) -> bool:
        """Whether it has."""
        return self._until > 0 and self._clock() < self._until

    def saw(self, error: UpstreamError, scope: Scope) -> None:
        """An ask of this scope has failed."""
        if isinstance(error, _CANNOT_BE_HAD) and not is_own(error, scope):
            self._until = self._clock() + LASTS_SECONDS

    def ended(self) -> None:
        """It has answered."""
        self._until = 0.0


def is_own(error: UpstreamError, scope: Scope) -> bool:
    """Whether it is for want of the asking operation's own time, and so says nothing to others."""
    if isinstance(error, UpstreamBusy | UpstreamQuota):
        return scope.deadline is not None
    return isinstance(error, UpstreamTimeout) and scope.remaining_seconds() == 0


def allows_stale(error: UpstreamError) -> bool:
    """Whether an older answer may be served in its place: not where access was denied."""
    if isinstance(error, UpstreamRefused):
        return error.status not in _ACCESS
    return not isinstance(error, UpstreamUnauthenticated)
