"""Single flight: identical queries of one identity that are under way at the same time are run once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from patchbay.server.answer import Answer


class Flight:
    """One query under way, and those who wait for its answer beside the client that it is run for."""

    __slots__ = ("_nobody_waits", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[Answer | None], None] = {}
        self._nobody_waits: Callable[[], None] | None = None

    async def join(self) -> Answer | None:
        """The answer; None where who ran it went away, and somebody else has to."""
        waiter: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = None
        try:
            return await waiter
        finally:
            del self._waiting[waiter]
            if self._nobody_waits is not None and not self._waiting:
                self._nobody_waits()

    def when_nobody_waits(self, then: Callable[[], None]) -> None:
        """Call this when the last of the others has gone, or now where there is none."""
        if self._waiting:
            self._nobody_waits = then
        else:
            then()

    def land(self, answer: Answer | None) -> None:
        """Give the answer to all who wait."""
        self._nobody_waits = None
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(answer)


class Flights:
    """What is under way: (request body, identity) -> flight."""

    __slots__ = ("_under_way",)

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Flight] = {}

    def get(self, key: Hashable) -> Flight | None:
        """The flight to join, if there is one."""
        return self._under_way.get(key)

    def start(self, key: Hashable) -> Flight:
        """A flight that others can join from now on."""
        flight = self._under_way[key] = Flight()
        return flight

    def end(self, key: Hashable, flight: Flight, answer: Answer | None) -> None:
        """Land, and let the next who asks start anew."""
        if self._under_way.get(key) is flight:
            del self._under_way[key]
        flight.land(answer)

    def close_all(self) -> None:
        """Nobody joins what is under way now: something has been written since it began."""
        self._under_way.clear()
