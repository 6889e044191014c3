"""Keys that are asked for anew in the background, one ask at a time."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from patchbay.calls.cache.background import Background

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from patchbay.caller import Caller
    from patchbay.keys import WireKey

PAUSE_SECONDS = 1.0
"""After an ask that failed; what becomes due meanwhile is asked for together."""


class Refreshes:
    """The refreshes of one read.

    Args:
        source: the upstream's name.
    """

    def __init__(self, source: str) -> None:
        self._background = Background(source)
        self._jobs: dict[str, _Job] = {}

    def start(
        self,
        variant: str,
        keys: Iterable[WireKey],
        ask: Callable[[list[WireKey]], Awaitable[bool]],
        caller: Caller,
        *,
        changed: bool = False,
    ) -> None:
        """Have these keys asked for.

        Args:
            variant: what their outcomes depend on beside the key; its keys are asked for together.
            keys: which.
            ask: asks for some, and tells whether all went well.
            caller: in whose name.
            changed: what is being asked for just now may be from before a change, and does not count.
        """
        job = self._jobs.get(variant)
        if job is None:
            job = self._jobs[variant] = _Job(keys)
            self._background.start(partial(self._run, variant, job, ask), caller)
        else:
            job.due.update((key, None) for key in keys if changed or key not in job.under_way)

    async def close(self) -> None:
        """Give up what is under way."""
        await self._background.close()
        self._jobs.clear()

    async def _run(self, variant: str, job: _Job, ask: Callable[[list[WireKey]], Awaitable[bool]]) -> None:
        try:
            while job.due:
                keys = list(job.due)
                job.due.clear()
                job.under_way = frozenset(keys)
                is_well = await ask(keys)
                job.under_way = frozenset()
                if not is_well:
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self._jobs.pop(variant, None)


class _Job:
    __slots__ = ("due", "under_way")

    def __init__(self, keys: Iterable[WireKey]) -> None:
        self.due: dict[WireKey, None] = dict.fromkeys(keys)
        self.under_way: frozenset[WireKey] = frozenset()
