"""Single flight for reads by key: what several operations ask for at once is asked once, key by key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

from patchbay.calls.cache.outage import is_own
from patchbay.errors import UpstreamError, UpstreamTimeout
from patchbay.flights import Flight

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence
    from typing import TypeAlias

    from patchbay.keys import WireKey
    from patchbay.scope import Scope

    Outcomes: TypeAlias = dict[WireKey, "R | UpstreamError | None"]

R = TypeVar("R")


class SharedAsks(Generic[R]):
    """What one read has under way.

    Args:
        source: the upstream's name.
    """

    __slots__ = ("_source", "_under_way")

    def __init__(self, source: str) -> None:
        self._source = source
        self._under_way: dict[tuple[str, WireKey], Flight[Outcomes[R]]] = {}

    async def outcomes(
        self,
        variant: str,
        keys: Sequence[WireKey],
        ask: Callable[[list[WireKey]], Awaitable[Outcomes[R]]],
        scope: Scope,
    ) -> Outcomes[R]:
        """An outcome for each key. Raises what `ask` raises.

        Args:
            variant: what the outcomes depend on beside the keys.
            keys: different ones.
            ask: asks for those that nobody has asked for yet.
            scope: who waits, and for how long.
        """
        outcomes: Outcomes[R] = {}
        while missing := [key for key in keys if key not in outcomes]:
            own, others = self._divide(variant, missing)
            if own:
                outcomes.update(await self._ask(variant, own, ask, scope))
            if others:
                outcomes.update(await self._join(others, scope))
        return outcomes

    def forget(self, keys: Collection[WireKey] | None) -> None:
        """Nobody joins what is under way for these keys now, or for any: it may be from before a change."""
        for place in list(self._under_way):
            if keys is None or place[1] in keys:
                del self._under_way[place]

    def _divide(
        self, variant: str, keys: Sequence[WireKey]
    ) -> tuple[list[WireKey], dict[asyncio.Future[Outcomes[R] | None], list[WireKey]]]:
        """Keys to ask for, and those that others have asked for, by the future that tells of them."""
        own: list[WireKey] = []
        others: dict[Flight[Outcomes[R]], list[WireKey]] = {}
        for key in keys:
            flight = self._under_way.get((variant, key))
            if flight is None:
                own.append(key)
            else:
                others.setdefault(flight, []).append(key)
        return own, {flight.waiter(): wanted for flight, wanted in others.items()}

    async def _ask(
        self,
        variant: str,
        keys: list[WireKey],
        ask: Callable[[list[WireKey]], Awaitable[Outcomes[R]]],
        scope: Scope,
    ) -> Outcomes[R]:
        flight: Flight[Outcomes[R]] = Flight()
        places = [(variant, key) for key in keys]
        self._under_way.update(dict.fromkeys(places, flight))
        brought: Outcomes[R] | None = None
        try:
            outcomes = await ask(keys)
            brought = {
                key: outcome
                for key, outcome in outcomes.items()
                if not (isinstance(outcome, UpstreamError) and is_own(outcome, scope))
            }
        finally:
            # Also where it was cancelled: who waits asks again.
            for place in places:
                if self._under_way.get(place) is flight:
                    del self._under_way[place]
            flight.land(brought)
        return outcomes

    async def _join(
        self, others: dict[asyncio.Future[Outcomes[R] | None], list[WireKey]], scope: Scope
    ) -> Outcomes[R]:
        """What others bring of it while this operation has time."""
        seconds = scope.remaining_seconds()
        await asyncio.wait(others, timeout=seconds)
        outcomes: Outcomes[R] = {}
        for waiter, keys in others.items():
            if waiter.done():
                brought = waiter.result() or {}
                outcomes.update((key, brought[key]) for key in keys if key in brought)
            else:
                waiter.cancel()
                outcomes.update(dict.fromkeys(keys, UpstreamTimeout(self._source, seconds or 0.0)))
        return outcomes
