"""Single flight: what is asked for several times at once is done once, by whoever asked first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

T = TypeVar("T")


class Flight(Generic[T]):
    """One piece of work under way, and those who wait for what it brings."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[T | None]] | None = None

    async def join(self) -> T | None:
        """What it brings; None where who does it brought nothing, and somebody else has to."""
        return await self.waiter()

    def waiter(self) -> asyncio.Future[T | None]:
        """A future of what `join` answers, for those who wait for several."""
        waiter: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
        if self._waiting is None:
            self._waiting = []
        self._waiting.append(waiter)
        return waiter

    def land(self, brought: T | None) -> None:
        """Give it to all who wait."""
        for waiter in self._waiting or ():
            if not waiter.done():
                waiter.set_result(brought)


class Flights(Generic[T]):
    """What is under way: key -> flight. The key holds all that the result depends on, who asks included."""

    __slots__ = ("_under_way",)

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Flight[T]] = {}

    def get(self, key: Hashable) -> Flight[T] | None:
        """The flight to join, if there is one."""
        return self._under_way.get(key)

    def start(self, key: Hashable) -> Flight[T]:
        """A flight that others can join from now on. Whoever starts one ends it, whatever happens."""
        flight: Flight[T] = Flight()
        self._under_way[key] = flight
        return flight

    def end(self, key: Hashable, flight: Flight[T], brought: T | None) -> None:
        """Land, and let the next who asks start anew."""
        if self._under_way.get(key) is flight:
            del self._under_way[key]
        flight.land(brought)

    def close_all(self) -> None:
        """Nobody joins what is under way now: something has been written since it began."""
        self._under_way.clear()
