"""How many operations one identity and one address may ask for.

Each has an allowance that fills up evenly and holds BURST_SECONDS' worth. What is kept of it is one number:
the time at which it will be full again (the generic cell rate algorithm). Who has not asked for that long has
no number, so that there are never more than those who asked in the last seconds.

A crowd of addresses can still be large. Beyond MOST_KEYS those who are new share a few allowances among them;
nobody's number is dropped before its time, as that would be a new allowance for whoever sends the crowd.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from patchbay.errors import PatchbayError
from patchbay.server.addresses import site_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.server.settings import Settings

BURST_SECONDS: Final = 3.0
"""So many seconds' worth may be asked for at once."""

MOST_KEYS: Final = 100_000
"""Identities, and as many addresses, that are known each by itself; about 20 MB."""

SHARED: Final = 1024
"""Allowances that the others share."""


class RateLimited(PatchbayError):
    """An identity or an address asks more often than it may.

    Args:
        retry_after_seconds: when the next operation may come.
    """

    code = "RATE_LIMITED"
    status = 429

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__("more operations than are allowed in this time; try again later")
        # Whole seconds, as HTTP has them: who comes back in the middle of one would come too early.
        self.retry_after_seconds = max(1, math.ceil(retry_after_seconds))

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        return {"code": self.code, "retry_after_seconds": self.retry_after_seconds}


class Rate:
    """One rate, for each of many keys.

    Args:
        per_second: operations of one key. At least one at a time may always be asked for.
        most: see MOST_KEYS.
        clock: seconds that only grow.
    """

    __slots__ = ("_clock", "_full_at", "_interval", "_most", "_shared", "_slack")

    def __init__(
        self, per_second: float, *, most: int = MOST_KEYS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = 1.0 / per_second
        # How far ahead an allowance may be spent when an operation comes; sums of intervals are not exact.
        self._slack = max(0.0, BURST_SECONDS - self._interval) + 1e-6
        self._most = most
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()
        """When each is full again; who was here last is at the end."""
        self._shared = [0.0] * SHARED

    def __len__(self) -> int:
        return len(self._full_at)

    def wait_seconds(self, key: str) -> float:
        """How long until the next operation may come; 0 where it may come now."""
        now = self._clock()
        full_at = self._full_at.get(key)
        if full_at is None:
            full_at = self._shared[hash(key) % SHARED] if self._is_full(now) else 0.0
        return max(0.0, full_at - now - self._slack)

    def take(self, key: str) -> None:
        """One operation comes."""
        now = self._clock()
        full_at = self._full_at.pop(key, None)
        if full_at is None and self._is_full(now):
            place = hash(key) % SHARED
            self._shared[place] = max(self._shared[place], now) + self._interval
            return
        self._full_at[key] = max(full_at or 0.0, now) + self._interval
        self._forget(now)

    def _is_full(self, now: float) -> bool:
        if len(self._full_at) >= self._most:
            self._forget(now)
        return len(self._full_at) >= self._most

    def _forget(self, now: float) -> None:
        """Drop who was here least lately and has its whole allowance; two, so that they become fewer."""
        for _ in range(2):
            if not self._full_at:
                return
            key = next(iter(self._full_at))
            if self._full_at[key] > now:
                return
            del self._full_at[key]


class RateLimits:
    """The rates of identities and of addresses.

    A replica counts by itself: a limit is divided among them, and no operation waits for another process.

    Args:
        per_identity: operations a second of one identity; None for any number.
        per_address: as well, of one address.
        replicas: processes that share each rate.
        clock: seconds that only grow.
    """

    __slots__ = ("_addresses", "_identities", "is_limited")

    def __init__(
        self,
        per_identity: float | None = None,
        per_address: float | None = None,
        *,
        replicas: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._identities = Rate(per_identity / replicas, clock=clock) if per_identity else None
        self._addresses = Rate(per_address / replicas, clock=clock) if per_address else None
        self.is_limited = bool(per_identity or per_address)

    @classmethod
    def of(cls, settings: Settings) -> RateLimits:
        """As the server is told."""
        return cls(settings.rate_per_identity, settings.rate_per_address, replicas=settings.replicas)

    def refuses(self, identity_key: str, address: str) -> float | None:
        """How many seconds to wait, where an operation comes too early; None where it is taken, and counted.

        Args:
            identity_key: Identity.key, empty for anonymous clients, who have their address alone.
            address: see address_of.
        """
        if not self.is_limited:
            return None
        identities = self._identities if identity_key else None
        addresses = self._addresses
        site = site_of(address)
        # What the one refuses does not count for the other.
        seconds = max(
            0.0 if identities is None else identities.wait_seconds(identity_key),
            0.0 if addresses is None else addresses.wait_seconds(site),
        )
        if seconds > 0:
            return seconds
        if identities is not None:
            identities.take(identity_key)
        if addresses is not None:
            addresses.take(site)
        return None

    def check(self, identity_key: str, address: str) -> None:
        """As `refuses`. Raises RateLimited."""
        seconds = self.refuses(identity_key, address)
        if seconds is not None:
            raise RateLimited(seconds)
